//! I11: a caller sees and changes only what is theirs. A matrix over every operation of the façade, by whoever
//! calls it, and whose the object is that the request names.
//!
//! An operation that has no row here fails the first test: whoever adds a route says what it does with what
//! belongs to somebody else.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

#[path = "../planted_bugs/build.rs"]
mod build;

mod ask;
mod audit;
mod contents;
mod foreign;
mod methods;
mod own;
mod roles;
mod rows;
mod statements;
mod world;

use std::collections::BTreeSet;

use talon_iemk::Operation;
use talon_testkit::{Installation, postgres::Postgres, raise_file_limit};

use rows::ROWS;
use world::World;

/// Patients of the region. With eleven operations that name an object they and the two who have nothing there make
/// ten thousand pairs of a foreign and an absent object.
const PATIENTS: usize = 30;
const PAIRS: usize = 10_000;

#[test]
fn every_operation_has_a_row_and_says_who_may_call_it() {
    let declared = talon_iemk::operations().into_iter();
    let declared: BTreeSet<_> =
        declared.map(|Operation { method, path, caller, .. }| (path, method.to_string(), caller)).collect();
    let rows: BTreeSet<_> = ROWS.iter().map(|row| (row.path, row.method.to_string(), row.about.caller())).collect();
    assert_eq!(rows, declared);
    assert_eq!(rows.len(), ROWS.len(), "a row stands twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_holds() {
    the_matrix_holds_on(served(binary())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_matrix_holds_on_postgresql() {
    the_matrix_holds_on(served(binary()).on_postgres(Postgres::shared().schema())).await;
}

/// One after another on one region, the owners' own requests last: until then nothing may have changed.
async fn the_matrix_holds_on(installation: Installation) {
    let world = World::build(installation, PATIENTS).await;
    foreign::is_answered_like_absent(&world, PAIRS).await;
    roles::are_kept_apart(&world).await;
    methods::change_nothing_but_their_own(&world).await;
    own::is_shown_and_changed(&world).await;
}

/// The matrix must be able to fail.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_is_not_asked_for_is_found() {
    let world = World::build(served(build::with_bug("owner-ignored")), 3).await;
    let found = foreign::tells_apart(&world).await;
    assert!(found.iter().any(|found| found.starts_with("GET /iemk/ticket/{entry}")), "{found:#?}");
    let world = World::build(served(build::with_bug("none")), 3).await;
    assert_eq!(foreign::tells_apart(&world).await, Vec::<String>::new());
}

pub(crate) fn binary() -> Installation {
    Installation::new(env!("CARGO_BIN_EXE_talon"))
}

pub(crate) fn served(installation: Installation) -> Installation {
    raise_file_limit();
    installation
        .with_env("TALON_TOKEN_ENDPOINT", "true")
        .with_env("TALON_SIGNING_KEY", world::OWN_KEY)
        // Holds outlast the test, and the limits are out of its way.
        .with_env("TALON_HOLD_TIME", "1h")
        .with_env("TALON_LIMITS_PERSON_BURST", "1000000")
        .with_env("TALON_LIMITS_PERSON_RATE", "1000000")
        .with_env("TALON_LIMITS_CLIENT_TOKENS", "1000000")
        .with_env("TALON_LOG_LEVEL", "warn")
}
