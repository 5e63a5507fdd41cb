//! Races over HTTP against the real binary: what many callers at once are told, and what is left.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod cancel;
mod golden;
mod in_process;
mod linear;
mod overlap;
mod referral;
mod refusals;
mod repeat;
mod slot;
mod specialty;

use talon_testkit::{Attempt, Installation, raise_file_limit};

/// An installation whose limit per person is out of the way of races of one person.
fn installation() -> Installation {
    raise_file_limit();
    Installation::new(env!("CARGO_BIN_EXE_talon")).with_env("TALON_LIMITS_PERSON_BURST", "1000")
}

/// How many were booked; the others must all be refused for this reason.
#[track_caller]
fn booked_else(history: &[Attempt], reason: &str) -> usize {
    for attempt in history {
        let expected = attempt.outcome.is_ok() || attempt.outcome.is_refused(reason);
        assert!(expected, "neither booked nor {reason}: {:?}", attempt.outcome);
    }
    history.iter().filter(|attempt| attempt.outcome.is_ok()).count()
}
