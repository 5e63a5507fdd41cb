//! I15: a backup that was made under load, restored elsewhere, is a prefix of history with all
//! invariants; and what guards `talon backup` and `talon restore` from the outside.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod full_disk;
mod prefix;
mod replace;
mod under_load;

use std::process::{Command, Output};

use talon_testkit::Installation;

fn installation() -> Installation {
    Installation::new(env!("CARGO_BIN_EXE_talon"))
}

/// Runs a command that must succeed and gives what it printed.
#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().expect("the binary can be run");
    assert!(output.status.success(), "{command:?}: {}", errors(&output));
    String::from_utf8(output.stdout).expect("what it prints is text")
}

/// Runs a command that must fail with 1 and gives what it said.
#[track_caller]
fn refused(command: &mut Command) -> String {
    let output = command.output().expect("the binary can be run");
    assert_eq!(output.status.code(), Some(1), "{command:?}: {}", errors(&output));
    errors(&output)
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
