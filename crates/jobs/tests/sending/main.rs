//! The worker with a store, a relay on loopback or a folder, and a clock that stands still.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod letters;
mod relay;
mod reminders;
mod world;
