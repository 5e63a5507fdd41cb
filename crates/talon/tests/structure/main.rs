//! The invariants of ARCHITECTURE.md and deny.toml, over the whole workspace.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

mod dependencies;
mod files;
mod graph;
mod licences;
mod routes;
