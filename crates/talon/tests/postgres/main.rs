//! PostgreSQL through the front door: what the binary says when it cannot have its database, and what
//! callers are told and what is left when the database, or a node, goes away.
//!
//! A test that needs a server of its own does not run where `TALON_TEST_POSTGRES` names one, and says so.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

/// A server of the test's own; where there can be none the test says so and ends.
macro_rules! own {
    ($options:expr) => {
        match talon_testkit::postgres::Cluster::start($options) {
            Ok(cluster) => cluster,
            Err(reason) => return eprintln!("this test did NOT run: {}", reason.0),
        }
    };
}

mod address;
mod down;
mod failover;
mod in_doubt;
mod kill;
mod moving;
mod nodes;
mod power_cut;
mod refused;
mod rights;
mod tls;

use talon_testkit::{Attempt, Booking, Client, Installation, Outcome, postgres::Schema};

/// An installation in a schema.
fn on(schema: Schema) -> Installation {
    talon_testkit::raise_file_limit();
    common::installation().on_postgres(schema)
}

/// Entry and ticket.
#[track_caller]
fn booked(attempt: &Attempt) -> (String, String) {
    match &attempt.outcome {
        Outcome::Ok { entry, ticket } => (entry.clone(), ticket.clone()),
        other => panic!("not booked: {other:?}"),
    }
}

/// What was asked and has no answer yet.
fn without_answer(history: &[Attempt]) -> Vec<Booking> {
    let unknown = history.iter().filter(|attempt| matches!(attempt.outcome, Outcome::Unknown(_)));
    unknown.map(|attempt| attempt.booking.clone()).collect()
}

/// Asks again until there is an answer.
async fn insist(client: &mut Client, booking: &Booking) -> Attempt {
    for _ in 0..20 {
        let attempt = client.book(booking).await;
        if !matches!(attempt.outcome, Outcome::Unknown(_)) {
            return attempt;
        }
    }
    panic!("no answer to {}", booking.direction_id);
}
