use std::collections::{BTreeMap, BTreeSet};

use talon_testkit::{
    Chance, Crowd, Installation, MailRelay, Server, patients_for_strikes, postgres::Postgres, strikes_while_booking,
};

use crate::common;

/// How many cycles: `TALON_KILLS`, 50 by default.
fn cycles() -> usize {
    std::env::var("TALON_KILLS").map_or(50, |number| number.parse().expect("TALON_KILLS is a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_made_up_by_kills_while_letters_are_sent() {
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
    let mut relay = MailRelay::start();
    let crowd = Crowd::new(patients_for_strikes(cycles), 1, 1);
    installation.import(&crowd.region);
    let installation = installation
        .with_env("TALON_MAIL_SMTP", &format!("smtp-plain://{}", relay.address))
        .with_env("TALON_MAIL_FROM", "noreply@talon.test")
        // A claim of a killed process ends after twice as long.
        .with_env("TALON_MAIL_PATIENCE", "500ms");
    let bookings: Vec<_> = crowd.bookings(&installation).iter().map(|one| one.with_email("a@patient.test")).collect();
    let booked = strikes_while_booking(&installation, &bookings, cycles, &mut chance).await;
    let expected: BTreeSet<String> = booked.iter().map(|entry| format!("<{}.1.booked@talon.test>", entry.id)).collect();

    // On a slow machine a server may be struck each time before it comes to sending: one is struck in the middle of it.
    let mut server = Server::start(&installation);
    let mut told = BTreeMap::from([(relay.next().await.id().to_owned(), 1_u32)]);
    server.kill();
    let before = relay.letters().len();

    let mut server = Server::start(&installation);
    while told.len() < expected.len() {
        *told.entry(relay.next().await.id().to_owned()).or_default() += 1;
    }
    assert!(server.stop().success(), "what is on its way is finished");
    for letter in relay.letters().split_off(told.values().sum::<u32>() as usize) {
        *told.entry(letter.id().to_owned()).or_default() += 1;
    }
    let twice = told.values().filter(|times| **times > 1).count();
    println!(
        "{cycles} kills, {} entries, {before} letters before the last start, {twice} more than once",
        expected.len()
    );
    assert_eq!(told.into_keys().collect::<BTreeSet<_>>(), expected, "lost, or of what was never committed");
}
