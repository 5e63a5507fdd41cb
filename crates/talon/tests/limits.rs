//! RS-3, CR-3: what one address, one client application and one patient may do, and whose word on an address counts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::time::{Duration, Instant};

use common::installation;
use hyper::Method;
use rusqlite::Connection;
use talon_testkit::{Answer, Booking, Client, Crowd, Installation, Outcome, Server};
use tokio::task::JoinSet;

/// Accounts of the bot.
const ACCOUNTS: usize = 100;
/// What its address may do at once, and then once a second.
const BURST: usize = 20;

fn limited() -> Installation {
    let burst = BURST.to_string();
    installation().with_env("TALON_LIMITS_ADDRESS_BURST", &burst).with_env("TALON_LIMITS_ADDRESS_RATE", "1")
}

/// A server, and a time for each of the accounts.
fn serving(installation: &Installation) -> (Server, Vec<Booking>) {
    let crowd = Crowd::new(ACCOUNTS, 1, 1);
    installation.import(&crowd.region);
    (Server::start(installation), crowd.bookings(installation))
}

/// Books for everybody, saying for which address: how many are let in, how many are told to wait.
async fn ask_all(server: &Server, bookings: &[Booking], from: impl Fn(usize) -> String) -> (usize, usize) {
    let (mut client, mut let_in, mut put_off) = (server.client(), 0, 0);
    for (nth, booking) in bookings.iter().enumerate() {
        let answer = client.ask_with(booking, &[("X-Forwarded-For", from(nth).as_str())]).await.unwrap();
        match answer.outcome() {
            Outcome::Ok { .. } => let_in += 1,
            Outcome::Refused(reason) if reason == "too-many-requests" => {
                assert_eq!((answer.status.as_u16(), retry_after(&answer)), (429, 1));
                put_off += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    (let_in, put_off)
}

fn retry_after(answer: &Answer) -> u64 {
    answer.headers["retry-after"].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_with_a_hundred_accounts_does_what_one_address_may() {
    let installation = limited();
    let (server, bookings) = serving(&installation);
    let began = Instant::now();
    // It writes another address into each request. Nobody is a proxy here.
    let (let_in, put_off) = ask_all(&server, &bookings, |nth| format!("203.0.113.{nth}")).await;
    let most = BURST + 1 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!((BURST..=most).contains(&let_in), "{let_in} were let in, not {BURST} to {most}");
    assert_eq!(let_in + put_off, ACCOUNTS);
    let again = server.client().book(&bookings[0]).await;
    assert!(again.outcome.is_ok(), "a 429 never stands in for an exact repetition: {:?}", again.outcome);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_proxy_asks_for_many_addresses_and_a_forged_one_is_none_of_them() {
    let installation = limited().with_env("TALON_TRUSTED_PROXIES", "127.0.0.0/8, ::1");
    let (server, bookings) = serving(&installation);
    let (honest, forging) = bookings.split_at(50);
    let everybodys_own = ask_all(&server, honest, |nth| format!("203.0.113.{nth}")).await;
    assert_eq!(everybodys_own, (50, 0));
    // What the proxy adds stands last, whatever the caller wrote before.
    let began = Instant::now();
    let (let_in, _) = ask_all(&server, forging, |nth| format!("203.0.113.{nth}, 198.51.100.7")).await;
    let most = BURST + 1 + usize::try_from(began.elapsed().as_secs()).unwrap();
    assert!((BURST..=most).contains(&let_in), "{let_in} were let in, not {BURST} to {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cancels_again_and_again_pauses() {
    let installation = installation().with_env("TALON_LIMITS_CANCELLATIONS", "2");
    let (server, bookings) = serving(&installation);
    let (bot, other) = (&bookings[0], &bookings[1]);
    let mut client = server.client();
    for _ in 0..2 {
        let Outcome::Ok { entry, .. } = client.book(bot).await.outcome else { panic!("not booked") };
        let path = format!("/iemk/doctors/visit/{entry}");
        let cancelled = Client::new(server.address).call(Method::DELETE, &path, &bot.token, "{}").await.unwrap();
        assert_eq!(cancelled.status, 200);
    }
    let refused = client.ask(bot).await.unwrap();
    let answer = refused.json();
    assert_eq!((refused.status.as_u16(), &answer["Reason"]), (400, &"cancelled-too-often".into()), "{answer}");
    assert_eq!(answer["Message_code"], "4007");
    assert!(client.book(other).await.outcome.is_ok(), "it is one patient who pauses");
}

/// The store is locked by somebody else: one booking waits for it, and one for that booking.
#[tokio::test(flavor = "multi_thread")]
async fn where_bookings_fill_their_queue_one_more_is_sent_away_and_whoever_reads_is_answered() {
    const WAIT: usize = 2;
    let installation = installation().with_env("TALON_LIMITS_QUEUE", "1");
    let (server, bookings) = serving(&installation);
    let outside = Connection::open(installation.store()).unwrap();
    outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    let began = Instant::now();
    let mut asked = JoinSet::new();
    let (token, last) = (bookings[0].token.clone(), bookings[ACCOUNTS - 1].clone());
    for booking in bookings.into_iter().take(12) {
        let mut client = server.client();
        asked.spawn(async move { (client.ask(&booking).await.unwrap(), began.elapsed()) });
    }
    let mut longest = Duration::ZERO;
    while asked.len() > WAIT {
        let (answer, took) = asked.join_next().await.unwrap().unwrap();
        assert_eq!((answer.status.as_u16(), retry_after(&answer)), (503, 1));
        longest = longest.max(took);
    }
    assert!(longest >= Duration::from_secs(1), "whoever is told at once asks again at once: {longest:?}");
    let mut reader = server.client();
    let read = reader.call(Method::GET, "/iemk/doctors/visits", &token, "").await.unwrap();
    assert_eq!(read.status, 200, "{read:?}");
    outside.execute_batch("COMMIT").unwrap();
    // Whatever else the server writes may have had a place of the two.
    for (answer, _) in asked.join_all().await {
        assert!([200, 503].contains(&answer.status.as_u16()), "{answer:?}");
    }
    assert!(server.client().book(&last).await.outcome.is_ok(), "it goes on once the store is free");
}
