//! What tests share: a server on a real socket, a client, builders
