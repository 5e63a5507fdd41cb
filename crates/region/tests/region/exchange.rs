//! Inputs whose lines take what other lines give up: they are judged by what they come to.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::{ToSpan, civil::DateTime};
use serde_json::{Value, json};
use talon_region::{ImportReport, import};
use talon_store::{Kind, Record, Store};
use talon_store_sqlite::SqliteStore;

use crate::{
    common::*,
    sqlite::{exported, load_into, open},
};

/// More than two pages.
const MANY: u32 = 2500;

/// Cell `number` at the `place`th time of the resource's schedule.
pub(crate) fn cell(number: u32, place: u32) -> Value {
    let first: DateTime = "2026-04-01T00:00".parse().unwrap();
    let start = first + (i64::from(place) * 20).minutes();
    slot(100_000 + number, &start.strftime("%Y-%m-%dT%H:%M").to_string())
}

fn cells(place_of: impl Fn(u32) -> u32) -> Vec<Value> {
    (0..MANY).map(|number| cell(number, place_of(number))).collect()
}

pub(crate) fn use_referral(entry: Value, number: u32) -> Value {
    with(entry, "referral", json!(guid(FACILITY) + &guid(number)))
}

/// Entries without claims that fill the pages between others.
fn over(count: u32) -> Vec<Value> {
    (0..count).map(|number| with(entry(500_000 + number, 6, PERSON), "state", json!("cancelled"))).collect()
}

/// A store that has taken one input, and another of which it takes two inputs.
pub(crate) struct Stores {
    directory: tempfile::TempDir,
    store: Arc<SqliteStore>,
}

impl Stores {
    pub(crate) async fn with(lines: &[Value]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path(), "talon.db");
        let report = load_into(&*store, &text(lines)).await;
        assert_eq!(shown(&report), Vec::<String>::new());
        Self { directory, store }
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Takes an input that says everything anew: the store is then as if it had never had another.
    pub(crate) async fn becomes(&self, lines: &[Value]) {
        for _ in 0..2 {
            let report = load_into(&*self.store, &text(lines)).await;
            assert_eq!(shown(&report), Vec::<String>::new());
            assert_eq!(report.applied_lines(), lines.len() as u64);
        }
        let fresh = open(self.path(), "fresh.db");
        assert_eq!(shown(&load_into(&*fresh, &text(lines)).await), Vec::<String>::new());
        // Counters only grow.
        let rest =
            |text: String| text.lines().filter(|line| !line.contains(r#""counter""#)).collect::<Vec<_>>().join("\n");
        assert_eq!(rest(exported(&*self.store).await), rest(exported(&*fresh).await));
        assert_eq!(self.store.verify().await, Ok(Vec::new()));
        fresh.close().await;
        self.store.close().await;
    }

    /// Refuses an input, and is as it was. Gives the faults.
    async fn refuses(&self, lines: &[Value]) -> Vec<String> {
        let before = exported(&*self.store).await;
        let report = load_into(&*self.store, &text(lines)).await;
        assert_eq!(report.applied_lines(), 0);
        assert_eq!(exported(&*self.store).await, before);
        shown(&report)
    }

    async fn keeps_good(&self, lines: &[Value]) -> ImportReport {
        let options = talon_region::ImportOptions {
            keep_good: true,
            ..talon_region::ImportOptions::new(jiff::Timestamp::UNIX_EPOCH)
        };
        import(&*self.store, vec![input("f", text(lines))], options, &mut |_| ()).await.unwrap()
    }
}

pub(crate) fn joined(parts: &[&[Value]]) -> Vec<Value> {
    parts.concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_take_each_others_times_across_pages() {
    // Turned round, all moved on by one, in a ring, and each by half its length.
    let reversed = |number| MANY - 1 - number;
    let later = |number| number + 1;
    let ring = |number| (number + 1) % MANY;
    for place_of in [&reversed as &dyn Fn(u32) -> u32, &later, &ring] {
        let stores = Stores::with(&joined(&[&base(), &cells(|number| number)])).await;
        stores.becomes(&joined(&[&base(), &cells(place_of)])).await;
    }
    // An hour earlier, because the facility's zone was wrong.
    let stores = Stores::with(&joined(&[&base(), &cells(|number| number)])).await;
    let mut corrected = base();
    corrected[1] = with(facility(FACILITY), "zone", json!("Europe/Samara"));
    stores.becomes(&joined(&[&corrected, &cells(|number| number)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facilities_exchange_their_codes() {
    let first = 1000;
    let code = |number: u32, code: u32| with(facility(first + number), "mkod", json!(code.to_string()));
    let before: Vec<_> = (0..MANY).map(|number| code(number, number)).collect();
    let stores = Stores::with(&before).await;
    let after: Vec<_> = (0..MANY).map(|number| code(number, (number + 1) % MANY)).collect();
    stores.becomes(&after).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_change_hands() {
    let persons: Vec<_> = (0..MANY).map(|number| person(10_000 + number)).collect();
    let cards = |owner: &dyn Fn(u32) -> u32| -> Vec<_> {
        (0..MANY).map(|number| card(20_000 + number, 10_000 + owner(number))).collect()
    };
    let stores = Stores::with(&joined(&[&base(), &persons, &cards(&|number| number)])).await;
    // The first and the last exchange theirs, the others keep what they have.
    let swapped = cards(&|number| match number {
        0 => MANY - 1,
        last if last == MANY - 1 => 0,
        other => other,
    });
    stores.becomes(&joined(&[&base(), &persons, &swapped])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_ends_makes_way_for_the_next_whatever_their_order() {
    let known = joined(&[&base(), &[slot(6, "2026-04-14T09:00"), referral(5, PERSON)]]);
    for (old, new) in [(9, 900_000), (900_000, 9)] {
        let booked = use_referral(entry(old, 6, PERSON), 5);
        let stores = Stores::with(&joined(&[&known, &over(1500), std::slice::from_ref(&booked)])).await;
        let cancelled = with(booked, "state", json!("cancelled"));
        let next = with(use_referral(entry(new, 6, PERSON), 5), "ticket", json!("Т-002"));
        stores.becomes(&joined(&[&known, &over(1500), &[next, cancelled]])).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn visits_move_round_in_a_ring() {
    let people: Vec<_> = (0..MANY).map(|number| person(10_000 + number)).collect();
    let visits = |place_of: &dyn Fn(u32) -> u32| -> Vec<_> {
        (0..MANY).map(|number| entry(300_000 + number, 100_000 + place_of(number), 10_000 + number)).collect()
    };
    let known = joined(&[&base(), &cells(|number| number), &people]);
    let stores = Stores::with(&joined(&[&known, &visits(&|number| number)])).await;
    stores.becomes(&joined(&[&known, &visits(&|number| (number + 1) % MANY)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_input_exchanges_all_sorts_of_things() {
    let (other, boris) = (with(facility(200), "mkod", json!("200")), person(30));
    let before = joined(&[
        &base(),
        &[other.clone(), boris.clone(), card(4, PERSON), card(5, 30), referral(50, PERSON)],
        &cells(|number| number),
        &over(1500),
        &[slot(6, "2026-06-14T09:00"), use_referral(entry(9, 100_003, PERSON), 50), entry(10, 100_008, 30)],
    ]);
    let stores = Stores::with(&before).await;
    let after = joined(&[
        &[specialty(), resource(RESOURCE), person(PERSON)],
        &[with(facility(FACILITY), "mkod", json!("200")), with(other, "mkod", json!("1")), boris],
        &[card(4, 30), card(5, PERSON), referral(50, 30)],
        &over(1500),
        // The first visit is cancelled, its cell goes elsewhere, and the referral is another person's.
        &[with(entry(9, 100_003, PERSON), "state", json!("cancelled")), use_referral(entry(11, 6, 30), 50)],
        &cells(|number| if number < 8 { 7 - number } else { number }),
        // The other visit goes to another cell, and there is room for two where it was.
        &[slot(6, "2026-06-14T09:00"), entry(10, 100_002, 30), entry(12, 100_008, PERSON), entry(13, 100_008, 30)],
        &[with(cell(8, 8), "places", json!(2))],
    ]);
    let report = load_into(&*stores.store, &text(&after)).await;
    assert_eq!(shown(&report), Vec::<String>::new());
    let kinds: BTreeMap<Kind, u64> = report.applied.iter().copied().collect();
    assert_eq!((kinds[&Kind::Slot], kinds[&Kind::Entry]), (u64::from(MANY) + 1, 1505));
    assert!(report.applied.is_sorted(), "in the order of the kinds");
    assert_eq!(stores.store.verify().await, Ok(Vec::new()));
    let lines = exported(&*stores.store).await;
    let entries: Vec<_> =
        lines.lines().filter(|line| line.contains(r#""entry""#) && line.contains("booked\"")).collect();
    assert_eq!(entries.len(), 4);
    stores.store.close().await;
}

/// A visit whose referral becomes free goes to a new cell, which takes the time of one that was booked. A
/// page lies between the two exchanges.
#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_may_need_what_a_later_one_brings() {
    let known = joined(&[&base(), &[person(30), referral(50, PERSON)]]);
    let cancelled = |entry| with(entry, "state", json!("cancelled"));
    let (first, second, third) =
        (use_referral(entry(9, 100_001, PERSON), 50), entry(10, 100_005, 30), entry(12, 101_500, 30));
    let visits = [first.clone(), with(second.clone(), "minutes", json!(20)), third.clone()];
    let stores = Stores::with(&joined(&[&known, &cells(|number| number), &visits])).await;
    let moved = cells(|number| match number {
        5 => 9000,
        ring if ring >= 1000 => 1000 + (ring + 1) % 1500,
        other => other,
    });
    let new = with(cell(0, 5), "guid", json!(guid(700_000)));
    let visit = use_referral(entry(11, 700_000, PERSON), 50);
    stores
        .becomes(&joined(&[
            &[cancelled(first), visit, cancelled(third)],
            &moved[1000..],
            &moved[..1000],
            &[cancelled(second), new],
            &known,
        ]))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_every_line_that_hangs_on_it() {
    let visit = entry(9, 100_005, PERSON);
    let known = joined(&[&base(), &[person(30), card(4, PERSON), card(5, 30), referral(50, PERSON)]]);
    let stores = Stores::with(&joined(&[&known, &cells(|number| number), std::slice::from_ref(&visit)])).await;
    // The cell of the visit stays, so the one before cannot go there, nor the one before that.
    let moved: Vec<_> = (3..8).map(|number| cell(number, number + 1)).collect();
    let faults = stores.refuses(&joined(&[&moved, &[cell(8, 9000), visit.clone()]])).await;
    let expected = [
        format!("f:1: overlaps slot {} of the same resource, key `start`", guid(100_004)),
        format!("f:2: overlaps slot {} of the same resource, key `start`", guid(100_005)),
        "f:3: the slot is booked: resource, start and minutes must stay, key `start`".to_owned(),
    ];
    assert_eq!(faults, expected);
    // The same when the cell of another line is the reason, which is found between the two lines.
    let moved: Vec<_> = (9..12).map(|number| cell(number, number + 1)).collect();
    let faults = stores.refuses(&joined(&[&[cell(13, 14)], &moved, &[cell(12, 14)]])).await;
    let overlaps =
        |line: u32, number: u32| format!("f:{line}: overlaps slot {} of the same resource, key `start`", guid(number));
    let in_file = "f:5: overlaps the cell of f:1, which is of the same resource, key `start`".to_owned();
    let (nine, ten, eleven) = (overlaps(2, 100_010), overlaps(3, 100_011), overlaps(4, 100_012));
    assert_eq!(faults, [overlaps(1, 100_014), nine, ten, eleven, in_file]);
    // Cards: the second stays with its owner. Facilities: a code that a third one gets.
    let codes = [with(facility(FACILITY), "mkod", json!("7")), with(facility(8), "mkod", json!("7"))];
    let faults = stores.refuses(&joined(&[&[card(4, 30), card(5, 30)], &codes])).await;
    let stays = format!("f:1: has card {} in this facility already, key `person`", guid(5));
    let expected = [
        &stays,
        "f:2: f:1 gives this person a card in this facility, too, key `person`",
        "f:4: f:3 has this МКОД too, key `mkod`",
    ];
    assert_eq!(faults, expected);
    // Two who want one place, and one referral of another person.
    let two = [entry(20, 100_005, 30), with(visit.clone(), "state", json!("missed")), entry(21, 100_005, 30)];
    let theirs = use_referral(entry(22, 100_001, 30), 50);
    let faults = stores.refuses(&joined(&[&two, &[theirs]])).await;
    let expected =
        ["f:3: has no place left for this entry, key `slot`", "f:4: belongs to another person, key `referral`"];
    assert_eq!(faults, expected);
    stores.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hangs_on_a_refused_line_is_checked_again_without_it() {
    let visit = entry(9, 100_005, PERSON);
    let stores =
        Stores::with(&joined(&[&base(), &[person(30)], &cells(|number| number), std::slice::from_ref(&visit)])).await;
    // The visit stays, because its line is faulty; so do its cell and what would go there. The exchange beside
    // them is taken.
    let cancelled = with(with(visit.clone(), "state", json!("cancelled")), "client", json!(guid(77)));
    let lines = [cell(5, 9000), cancelled, cell(4, 5), cell(1, 2), cell(2, 1), entry(10, 100_004, 30)];
    let report = stores.keeps_good(&lines).await;
    assert_eq!(report.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 2, 3], "{:#?}", shown(&report));
    assert_eq!(report.applied, [(Kind::Slot, 2), (Kind::Entry, 1)]);
    // With its own line good the visit keeps its cell where it is.
    let report = stores.keeps_good(&[cell(5, 9000), visit, cell(4, 5)]).await;
    assert_eq!(report.faults.iter().map(|fault| fault.line).collect::<Vec<_>>(), [1, 3]);
    assert_eq!(report.applied, [(Kind::Entry, 1)]);
    let lines = exported(&*stores.store).await;
    let at = |number: u32, start: &str| {
        let line = lines.lines().find(|line| line.contains(r#""entry""#) && line.contains(&guid(number))).unwrap();
        assert!(line.contains(&format!(r#""start":"{start}""#)), "{line}");
    };
    at(9, "2026-04-01T01:40");
    at(10, "2026-04-01T01:20");
    assert_eq!(stores.store.verify().await, Ok(Vec::new()));
    stores.store.close().await;
}

/// Or the specialty that it counted for would stay the old one's, and then be nobody's.
#[tokio::test]
async fn what_is_over_is_applied_before_what_begins() {
    let over = with(entry(9, 6, PERSON), "state", json!("missed"));
    let lines = [
        slot(6, "2026-04-14T09:00"),
        entry(8, 6, PERSON),
        over,
        with(entry(10, 6, PERSON), "state", json!("cancelled")),
    ];
    let store = FakeStore::default();
    assert_eq!(shown(&load(&store, based(&lines), false).await.unwrap()), Vec::<String>::new());
    let entries = store.imported().into_iter().filter_map(|record| match record {
        Record::Entry(entry) => Some(entry.state.is_live()),
        _ => None,
    });
    assert_eq!(entries.collect::<Vec<_>>(), [false, false, true]);
}

#[tokio::test]
async fn exchanges_are_whole_and_an_import_that_was_cut_off_is_run_again() {
    let store = FakeStore::default();
    load(&store, text(&joined(&[&base(), &cells(|number| number)])), false).await.unwrap();
    let taken = store.pages().len();
    // A hundred rings of 25 cells, none of which lies within a page.
    let after = joined(&[&base(), &cells(|number| (number + 100) % MANY)]);
    *store.lasts.lock().unwrap() = Some(taken + 5);
    assert!(load(&store, text(&after), false).await.is_err());
    *store.lasts.lock().unwrap() = None;
    assert_eq!(store.pages()[taken..], [1, 1, 1, 1, 1000]);
    assert_eq!(shown(&load(&store, text(&after), false).await.unwrap()), Vec::<String>::new());
    let fresh = FakeStore::default();
    load(&fresh, text(&after), false).await.unwrap();
    assert_eq!(store.all(), fresh.all());
}
