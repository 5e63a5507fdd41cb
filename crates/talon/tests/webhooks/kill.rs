use std::collections::{BTreeMap, BTreeSet};

use talon_testkit::{
    Chance, Crowd, Installation, Receiver, Server, patients_for_strikes, postgres::Postgres, strikes_while_booking,
};

use crate::{common, hooked::hooked};

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
    let crowd = Crowd::new(patients_for_strikes(cycles), 1, 1);
    installation.import(&crowd.region);
    // A claim of a killed process ends after twice as long.
    let installation = hooked(installation, &receiver).with_env("TALON_WEBHOOK_PATIENCE", "500ms");
    let booked = strikes_while_booking(&installation, &crowd.bookings(&installation), cycles, &mut chance).await;
    let expected: BTreeSet<String> = booked.iter().map(|entry| format!("evt_{}_1_booked", entry.id)).collect();

    // On a slow machine a server may be struck each time before it comes to sending: one is struck in the middle of it.
    let mut server = Server::start(&installation);
    let mut told = BTreeMap::from([(receiver.next().await.header("webhook-id").to_owned(), 1_u32)]);
    server.kill();
    let before = receiver.posted().len();

    let mut server = Server::start(&installation);
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
    assert_eq!(told.into_keys().collect::<BTreeSet<_>>(), expected, "lost, or of what was never committed");
}
