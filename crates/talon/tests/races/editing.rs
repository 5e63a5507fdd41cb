//! I14: those who book against an editor who moves their cells, closes and opens them, takes a day of a template back
//! and publishes it again, all of it by `talon import` while the server runs.

mod booker;
mod editor;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::Value;
use talon_testkit::{
    Installation, Ledger, Outcome, RegionBuilder, Server, claims_astray, duplicates_per_key, expect_none,
    message_missing, record_missing,
};
use tokio::task::{JoinSet, block_in_place};

use crate::On;
use booker::{Booker, Story};
use editor::Editor;

on_each_store!(an_edited_schedule_and_its_bookings_agree);

/// Who book at once.
const BOOKERS: usize = 64;

/// Imports.
const EDITS: usize = 24;

async fn an_edited_schedule_and_its_bookings_agree(on: On) {
    // Whoever books and gives up again and again would be asked to pause, and on a fast machine be told that they ask too often.
    let installation =
        on.installation().with_env("TALON_LIMITS_CANCELLATIONS", "0").with_env("TALON_LIMITS_PERSON_BURST", "1000000");
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
    let mut editor = Editor::new(&mut region, &facility);
    let patients: Vec<_> = (0..BOOKERS).map(|_| region.patient(&facility, "1")).collect();
    installation.import(&region);
    let server = Server::start(&installation);

    let is_over = Arc::new(AtomicBool::new(false));
    let mut bookers = JoinSet::new();
    for (nth, (person, referral)) in patients.iter().enumerate() {
        let token = installation.token(person);
        let booker = Booker::new(&token, referral, editor.times(), nth as u64);
        bookers.spawn(booker.book_until(server.address, Arc::clone(&is_over)));
    }
    for _ in 0..EDITS {
        block_in_place(|| editor.edit(&installation));
    }
    is_over.store(true, Ordering::Relaxed);
    let stories = bookers.join_all().await;
    drop(server);

    tells_of_a_race(&stories, &editor);
    nobody_was_sold_what_was_closed(&stories, &editor);
    let ledger = Ledger::of(&installation);
    let checks =
        [duplicates_per_key(&ledger), claims_astray(&ledger), message_missing(&ledger), record_missing(&ledger)];
    expect_none(&checks.concat());
    everybody_has_what_they_were_told(&stories, &ledger);
    let lines = exported(&installation);
    editor.expect_its_cells(&lines);
    every_visit_is_in_a_cell_of_its_time(&lines);
    let doctor = installation.command("doctor").args(["--listen", "127.0.0.1:0"]).output().unwrap();
    assert!(doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
}

/// Both sides got in each other's way, or nothing was tried.
fn tells_of_a_race(stories: &[Story], editor: &Editor) {
    let attempts = || stories.iter().flat_map(|story| &story.attempts);
    let refused = |reason: &str| attempts().filter(|attempt| attempt.outcome.is_refused(reason)).count();
    let booked = attempts().filter(|attempt| attempt.outcome.is_ok()).count();
    let [taken, absent, closed] = ["time-taken", "time-absent", "time-not-open"].map(refused);
    println!(
        "{booked} booked, {taken} taken, {absent} not there, {closed} not open; {} cells moved, {} stayed booked",
        editor.moved, editor.refused
    );
    for count in [booked, taken, absent, closed, editor.moved, editor.refused] {
        assert!(count > 0);
    }
    for attempt in attempts() {
        let expected = ["time-taken", "time-absent", "time-not-open"];
        let is_expected = expected.iter().any(|reason| attempt.outcome.is_refused(reason));
        assert!(attempt.outcome.is_ok() || is_expected, "{:?}", attempt.outcome);
    }
}

/// Between the end of the import that closed cells and the beginning of the one that opened them.
fn nobody_was_sold_what_was_closed(stories: &[Story], editor: &Editor) {
    for attempt in stories.iter().flat_map(|story| &story.attempts).filter(|attempt| attempt.outcome.is_ok()) {
        let closed = editor.closed.iter().find(|(from, to)| *from < attempt.began && attempt.ended < *to);
        let is_closed = closed.is_some() && editor.is_of_its_cells(&attempt.booking);
        assert!(!is_closed, "{} {} was booked while it was closed", attempt.booking.day, attempt.booking.time);
    }
}

fn everybody_has_what_they_were_told(stories: &[Story], ledger: &Ledger) {
    let mut live = 0;
    for story in stories {
        for attempt in &story.attempts {
            let Outcome::Ok { entry, ticket } = &attempt.outcome else { continue };
            let kept = ledger.entry(entry).unwrap_or_else(|| panic!("{entry} is gone"));
            let start = kept.local_start;
            let told = (&attempt.booking.day, &attempt.booking.time, ticket);
            assert_eq!(told, (&start.date().to_string(), &start.strftime("%H:%M").to_string(), &kept.ticket));
            assert_eq!(kept.is_live(), story.has.as_ref() == Some(entry), "{kept:?}");
            live += usize::from(kept.is_live());
        }
    }
    assert_eq!(ledger.live(), live, "nobody has what they were not told of");
}

/// Whoever moves or takes back a cell is told that it is booked, and it stays.
fn every_visit_is_in_a_cell_of_its_time(lines: &[Value]) {
    let of = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
    let visits = of("entry").filter(|line| line["state"] == "booked");
    for visit in visits {
        let cell = of("slot").find(|slot| slot["guid"] == visit["slot"] && slot["facility"] == visit["facility"]);
        let cell = cell.unwrap_or_else(|| panic!("the cell of {visit} is not there"));
        for key in ["resource", "start", "minutes"] {
            assert_eq!(cell[key], visit[key], "{visit}");
        }
    }
}

fn exported(installation: &Installation) -> Vec<Value> {
    let output = installation.command("export").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
