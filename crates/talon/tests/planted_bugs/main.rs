//! The checkers have teeth: each bug that is planted into the store is found by the checkers that
//! the races, the kills and the power cuts rest on.
//!
//! The bugs live in a build of their own; `build.rs` beside this file has the command that makes it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod build;
mod holds;

use talon_testkit::{
    Attempt, Chance, Crowd, Ledger, Load, Moment, PowerRig, Server, Violation, check_all, duplicates_per_key,
    expect_none, message_missing, ok_but_missing, raise_file_limit, strike_under_load,
};

use build::with_bug;

/// Requests of one strike.
const REQUESTS: usize = 200;

/// After so many strikes a bug counts as not found.
const MOST_STRIKES: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn no_slot_key_is_caught_by_a_race() {
    let (history, ledger) = race("no-slot-key").await;
    let found = duplicates_per_key(&ledger);
    assert!(!found.is_empty(), "{} attempts and no slot sold twice", history.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_before_the_commit_is_caught_by_a_kill() {
    caught_by_a_kill("answer-before-commit", ok_but_missing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outbox_outside_the_transaction_is_caught_by_a_kill() {
    caught_by_a_kill("outbox-outside", |_, ledger| message_missing(ledger)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn synchronous_normal_is_caught_by_a_power_cut() {
    let rig = match PowerRig::new() {
        Ok(rig) => rig,
        Err(reason) => return eprintln!("power cut rig did NOT run: {}", reason.0),
    };
    let mut chance = Chance::from_env();
    let crowd = Crowd::new(MOST_STRIKES * REQUESTS, 1, 1);
    let installation = with_bug("synchronous-normal").with_store(rig.mount_point().join("talon.db"));
    installation.import(&crowd.region);
    for (strike, share) in crowd.bookings(&installation).chunks(REQUESTS).enumerate() {
        let moment = Moment::random(&mut chance, REQUESTS);
        let cut = |server: &Server| rig.cut(server).expect("the power can be cut");
        let told = strike_under_load(&installation, share.to_vec(), 16, moment, cut).await;
        rig.remount().expect("the disk can be mounted again");
        let lost = ok_but_missing(&told, &Ledger::read(installation.store())).len();
        if lost > 0 {
            return println!("synchronous-normal lost {lost} answered bookings in power cut {}", strike + 1);
        }
    }
    panic!("synchronous-normal was not found in {MOST_STRIKES} power cuts");
}

/// What finds a bug must find nothing where there is none.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_bug_nothing_is_found() {
    let (history, ledger) = race("none").await;
    expect_none(&check_all(&history, &ledger));
    let crowd = Crowd::new(3 * REQUESTS, 1, 1);
    let installation = with_bug("none");
    installation.import(&crowd.region);
    let mut chance = Chance::from_env();
    for share in crowd.bookings(&installation).chunks(REQUESTS) {
        let moment = Moment::random(&mut chance, REQUESTS);
        let told = strike_under_load(&installation, share.to_vec(), 16, moment, |_| ()).await;
        expect_none(&check_all(&told, &Ledger::read(installation.store())));
    }
}

/// Ten rivals for each of twenty slots.
async fn race(bug: &str) -> (Vec<Attempt>, Ledger) {
    raise_file_limit();
    let crowd = Crowd::new(20, 1, 10);
    let installation = with_bug(bug);
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let history = Load::new(server.address, 64).run(crowd.bookings(&installation)).await;
    let ledger = Ledger::read(installation.store());
    (history, ledger)
}

/// Kills at random moments until the checker finds something.
async fn caught_by_a_kill(bug: &str, checker: fn(&[Attempt], &Ledger) -> Vec<Violation>) {
    let mut chance = Chance::from_env();
    let crowd = Crowd::new(MOST_STRIKES * REQUESTS, 1, 1);
    let installation = with_bug(bug);
    installation.import(&crowd.region);
    for (strike, share) in crowd.bookings(&installation).chunks(REQUESTS).enumerate() {
        let moment = Moment::random(&mut chance, REQUESTS);
        let told = strike_under_load(&installation, share.to_vec(), 16, moment, |_| ()).await;
        let found = checker(&told, &Ledger::read(installation.store()));
        if let Some(first) = found.first() {
            return println!("{bug} found by kill {}: {first}", strike + 1);
        }
    }
    panic!("{bug} was not found in {MOST_STRIKES} kills");
}
