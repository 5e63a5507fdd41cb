//! I2, I4 and I20: what is left after a kill and after a failing disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod faulty_disk;
mod kill;
