//! Tokens at the front door: what is let in, what is refused, and with which reason.

// The whole crate is tests; the lints know only functions marked as such.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod any_bytes;
mod crafted;
mod identity;
mod key_files;
mod outside;
mod own_key;
mod rotation;
mod world;
