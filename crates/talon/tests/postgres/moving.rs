//! From the embedded store to PostgreSQL and back, with all that has happened.

use std::collections::BTreeSet;

use serde_json::Value;
use talon_testkit::{
    Booking, Crowd, Installation, Ledger, Outcome, Server, check_all, clock, expect_none, postgres::Postgres,
};

use crate::{
    booked,
    common::{self, told},
    on,
};

/// The lines of an export, in the order of their texts: the order in which a store keeps them is its own.
fn exported(installation: &Installation) -> Vec<String> {
    let (code, output, errors) = told(&installation.command("export").output().unwrap());
    assert_eq!(code, 0, "{errors}");
    let mut lines: Vec<String> = output.lines().map(ToOwned::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// Takes an export.
fn import(installation: &Installation, lines: &[String], of: &Installation) {
    let (code, output, errors) = told(&of.command("export").output().unwrap());
    assert_eq!((code, output.lines().count()), (0, lines.len()), "{errors}");
    let (code, _, errors) = told(&installation.try_import(&output));
    assert_eq!(code, 0, "{errors}");
}

fn kinds(lines: &[String]) -> BTreeSet<String> {
    let kind = |line: &String| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned();
    lines.iter().map(kind).collect()
}

fn sound(installation: &Installation) {
    let (code, output, errors) =
        told(&installation.command("doctor").args(["--listen", "127.0.0.1:0"]).output().unwrap());
    assert!(code == 0 && output.contains("what it holds fits together"), "{output}{errors}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_moves_with_all_that_has_happened() {
    let embedded = common::installation();
    let mut crowd = Crowd::new(12, 1, 2);
    let patient = crowd.patients[0].clone();
    let doctor =
        talon_testkit::ResourceRef { facility: patient.slot.facility.clone(), guid: patient.slot.resource.clone() };
    let another = crowd.region.slot(&doctor, clock::day_ahead(2).at(16, 0, 0, 0), 1);
    embedded.import(&crowd.region);
    let add = ["--name", "Портал", "--channel", "Internet"];
    let added = embedded.command("client");
    let added = reordered(&added, &["add"], &add).output().unwrap();
    assert!(added.status.success(), "{added:?}");
    let bookings = crowd.bookings(&embedded);
    let server = Server::start(&embedded);
    let mut history = Vec::new();
    for booking in bookings.iter().take(16) {
        history.push(server.client().book(&booking.with_email("patient@example.org")).await);
    }
    drop(server);
    let before = exported(&embedded);
    for kind in ["entry", "counter", "message", "audit", "client", "card", "referral", "slot"] {
        assert!(kinds(&before).contains(kind), "{kind} in {:?}", kinds(&before));
    }

    assert!(before.iter().any(|line| line.contains("argon2")), "the hash of the client's secret");

    let region = on(Postgres::shared().schema());
    region.trust(&[embedded.key().jwk()]);
    import(&region, &before, &embedded);
    assert_eq!(exported(&region), before);
    sound(&region);
    let (there, here) = (Ledger::read(embedded.store()), Ledger::of(&region));
    assert_eq!(here.entries, there.entries);
    assert_eq!(here.claims, there.claims);
    expect_none(&check_all(&history, &here));
    // Once more, and nothing changes.
    import(&region, &before, &embedded);
    assert_eq!(exported(&region), before);

    let server = Server::start(&region);
    let mut client = server.client();
    let again = client.book(&bookings[0]).await;
    assert_eq!(booked(&again), booked(&history[0]));
    let used =
        Booking { token: bookings[0].token.clone(), ..region.booking(&patient.person, &patient.referral, &another) };
    let refused = client.book(&used).await;
    assert_eq!(refused.outcome, Outcome::Refused("referral-used".into()));
    let last = here.entries.iter().filter(|entry| entry.facility == patient.slot.facility).map(number).max();
    let next = client.book(&bookings[16]).await;
    let (entry, _) = booked(&next);
    history.extend([again, refused, next]);
    drop(server);
    let here = Ledger::of(&region);
    assert_eq!(here.entry(&entry).map(number), last.map(|number| number + 1));
    expect_none(&check_all(&history, &here));

    let back = common::installation();
    let after = exported(&region);
    import(&back, &after, &region);
    assert_eq!(exported(&back), after);
    sound(&back);
    let there = Ledger::read(back.store());
    assert_eq!((there.entries.clone(), there.claims.clone()), (here.entries, here.claims));
    expect_none(&check_all(&history, &there));
}

fn number(entry: &talon_testkit::EntryRow) -> u32 {
    entry.ticket.rsplit('-').next().unwrap().parse().unwrap()
}

/// A command with words before the options that every command of an installation has.
fn reordered(command: &std::process::Command, words: &[&str], options: &[&str]) -> std::process::Command {
    let mut arguments = command.get_args();
    let mut made = std::process::Command::new(command.get_program());
    made.arg(arguments.next().unwrap()).args(words).args(arguments).args(options);
    made.current_dir(command.get_current_dir().unwrap());
    made
}
