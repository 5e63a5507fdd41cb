//! Holds, raced for and booked: by those who hold a time, and by their rivals.

use talon_testkit::{
    Attempt, Crowd, Ledger, Load, Server, check_all, expect_none, held_twice, hold_broken, raise_file_limit,
};

use crate::build::with_bug;

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_without_a_key_is_caught_by_a_race() {
    let (held, ..) = race("hold-without-key").await;
    assert!(!held_twice(&held, 1).is_empty(), "{} attempts and no time held twice", held.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_bookings_look_over_is_caught_by_a_race() {
    let (held, booked, _) = race("hold-ignored").await;
    assert!(!hold_broken(&held, &booked).is_empty(), "{} attempts and no hold broken", booked.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_bug_a_hold_is_its_holders_alone() {
    let (held, booked, ledger) = race("none").await;
    assert_eq!(held.iter().filter(|attempt| attempt.outcome.is_ok()).count(), 20);
    expect_none(&[held_twice(&held, 1), hold_broken(&held, &booked), check_all(&booked, &ledger)].concat());
    assert_eq!(ledger.live(), 20);
}

/// Ten rivals for each of twenty slots: all ask to hold, and then all ask to book.
async fn race(bug: &str) -> (Vec<Attempt>, Vec<Attempt>, Ledger) {
    raise_file_limit();
    let crowd = Crowd::new(20, 1, 10);
    let installation = with_bug(bug);
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let load = Load::new(server.address, 64);
    let held = load.hold(crowd.bookings(&installation)).await;
    let booked = load.run(crowd.bookings(&installation)).await;
    let ledger = Ledger::read(installation.store());
    (held, booked, ledger)
}
