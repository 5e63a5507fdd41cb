//! Integrators are told of what is committed, at least once, signed; of what is not they are never told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod hooked;
mod kill;
mod settings;
mod told;
