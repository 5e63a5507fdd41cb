//! I9: what is committed is told at least once, what is not is never told, and what comes twice has one Message-ID.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod kill;
mod settings;
mod told;
