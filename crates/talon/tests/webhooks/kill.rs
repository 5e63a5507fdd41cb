use std::collections::{BTreeMap, BTreeSet};

use talon_testkit::{
    Chance, Crowd, Installation, Ledger, Moment, Receiver, Server, postgres::Postgres, strike_under_load,
};

use crate::{common, hooked::hooked};

/// Requests of one cycle.
const REQUESTS: usize = 24;

/// How many cycles: `TALON_KILLS`, 50 by default.
fn cycles() -> usize {
    std::env::var("TALON_KILLS").map_or(50, |number| number.parse().expect("TALON_KILLS is a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_made_up_by_kills_while_events_are_sent() {
    killed(common::installation(), cycles()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgresql() {
    talon_testkit::raise_file_limit();
    killed(common::installation().on_postgres(Postgres::shared().schema()), cycles().div_ceil(5)).await;
}

/// Each cycle books, and is killed while it does and while it sends what the cycle before has left.
async fn killed(installation: Installation, cycles: usize) {
    let mut chance = Chance::from_env();
    let mut receiver = Receiver::start();
    let crowd = Crowd::new(cycles * REQUESTS, 1, 1);
    installation.import(&crowd.region);
    // A claim of a killed process ends after twice as long.
    let installation = hooked(installation, &receiver).with_env("TALON_WEBHOOK_PATIENCE", "500ms");
    for share in crowd.bookings(&installation).chunks(REQUESTS) {
        let moment = Moment::random(&mut chance, REQUESTS);
        drop(strike_under_load(&installation, share.to_vec(), 8, moment, |_| ()).await);
    }
    let expected: BTreeSet<String> =
        Ledger::of(&installation).entries.iter().map(|entry| format!("evt_{}_1_booked", entry.id)).collect();
    assert!(expected.len() > cycles * REQUESTS / 8, "hardly anything was booked: {}", expected.len());
    let before = receiver.posted().len();

    let mut server = Server::start(&installation);
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    while told.len() < expected.len() {
        *told.entry(receiver.next().await.header("webhook-id").to_owned()).or_default() += 1;
    }
    assert!(server.stop().success(), "what is on its way is finished");
    for posted in receiver.posted().split_off(told.values().sum::<u32>() as usize) {
        *told.entry(posted.header("webhook-id").to_owned()).or_default() += 1;
    }
    let twice = told.values().filter(|times| **times > 1).count();
    println!(
        "{cycles} kills, {} entries, {before} events before the last start, {twice} more than once",
        expected.len()
    );
    assert!(before > 0, "no kill hit the sending");
    assert_eq!(told.into_keys().collect::<BTreeSet<_>>(), expected, "lost, or of what was never committed");
}
