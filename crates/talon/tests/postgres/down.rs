//! A database that goes away while a node serves.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use talon_testkit::{Crowd, Ledger, Load, Outcome, Server, check_all, expect_none, postgres::Options};

use crate::{booked, common::get, on};

/// Longer than a request may take whose database is gone, and shorter than two of them.
const ANSWERED_WITHIN: Duration = Duration::from_secs(18);

/// Longer than readiness takes to turn red, and shorter than a request waits for its database.
const RED_WITHIN: Duration = Duration::from_secs(6);

/// Readiness is red, and soon.
fn is_red(address: SocketAddr) {
    let asked = Instant::now();
    let ready = get(address, "/health/ready");
    let took = asked.elapsed();
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains("retry-after"), "{ready}");
    assert!(took < RED_WITHIN, "red after {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_are_put_off_readiness_turns_red_and_it_recovers_by_itself() {
    let mut database = own!(Options::new());
    let crowd = Crowd::new(33, 1, 1);
    let installation = on(database.schema());
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let mut bookings = crowd.bookings(&installation);
    let first = bookings.remove(0);
    let before = server.client().book(&first).await;
    booked(&before);
    assert!(get(server.address, "/health/ready").starts_with("HTTP/1.1 200"));

    database.kill();
    let address = server.address;
    let ready = tokio::task::spawn_blocking(move || is_red(address));
    let began = Instant::now();
    let put_off = Load::new(address, 32).run(bookings.clone()).await;
    let took = began.elapsed();
    assert_eq!(put_off.len(), 32);
    for attempt in &put_off {
        let answer = attempt.answer.as_ref().unwrap_or_else(|| panic!("no answer: {:?}", attempt.outcome));
        assert_eq!(answer.status, 503, "{:?}", attempt.outcome);
        assert!(answer.headers.contains_key("retry-after"), "{:?}", answer.headers);
        assert_eq!(answer.json()["Code"], 503, "{:?}", attempt.outcome);
    }
    assert!(took < ANSWERED_WITHIN, "the last was put off after {took:?}");
    ready.await.unwrap();
    assert!(get(address, "/health/live").starts_with("HTTP/1.1 200"));

    database.start_again();
    assert!(get(address, "/health/ready").starts_with("HTTP/1.1 200"));
    let again = server.client().book(&first).await;
    assert_eq!(booked(&again), booked(&before));
    let later = Load::new(address, 8).run(bookings).await;
    assert!(later.iter().all(|attempt| attempt.outcome.is_ok()), "{later:?}");
    let history = [vec![before, again], put_off, later].concat();
    expect_none(&check_all(&history, &Ledger::of(&installation)));
}

/// One that neither answers nor hangs up.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_hangs_is_not_waited_for() {
    let database = own!(Options::new());
    let crowd = Crowd::new(1, 1, 1);
    let installation = on(database.schema());
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let booking = crowd.bookings(&installation).remove(0);
    database.pause();
    tokio::task::block_in_place(|| is_red(server.address));
    let began = Instant::now();
    let put_off = server.client().book(&booking).await;
    let took = began.elapsed();
    database.resume();
    assert!(matches!(put_off.outcome, Outcome::Unknown(_)) && put_off.answer.is_some(), "{:?}", put_off.outcome);
    assert!(took < ANSWERED_WITHIN, "{took:?}");
    let again = server.client().book(&booking).await;
    booked(&again);
    expect_none(&check_all(&[put_off, again], &Ledger::of(&installation)));
}
