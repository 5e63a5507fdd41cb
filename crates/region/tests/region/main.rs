//! The region file from outside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;
mod contract;
mod exchange;
mod import;
mod lines;
mod round_trip;
mod shuffled;
mod sqlite;
