//! Two nodes on one database, in each other's way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

mod common;

use std::{collections::HashMap, sync::Arc};

use futures_util::future::join_all;
use jiff::civil::{DateTime, Time, Weekday, date};
use talon_domain::{
    access::{Right, Rights},
    entry::{Entry, EntryState, Ticket},
    ids::{EntryId, EntryKey, SlotKey, TemplateId},
    schedule::{DayPart, Parity, Template, expand},
    slot::{Ages, Slot},
};
use talon_store::{
    ANY_PLACE, Kind, Published, Record, Store,
    conformance::{
        region::{
            ADULTS, BORIS, book, code, doctor, facility, fill, local_start, now, person, person_records, referral,
            referral_to, slot, slot_key,
        },
        tally::{all, all_but_audit, assert_exclusive, entries},
    },
};
use talon_testkit::postgres::Schema;

use common::{node, schema};

type Nodes = [Arc<dyn Store>; 2];

async fn nodes() -> (Nodes, Schema) {
    let schema = schema().await;
    ([node(&schema).await, node(&schema).await], schema)
}

async fn close(nodes: &Nodes) {
    assert_exclusive(&nodes[0]).await;
    for node in nodes {
        node.close().await;
    }
}

/// Therapy every evening, in visits of this length.
fn evenings(minutes: u16) -> Template {
    Template {
        resource: doctor(ADULTS, 0),
        id: TemplateId::from_bytes([3; 16]),
        from: date(2026, 4, 1),
        until: None,
        weekdays: Weekday::Monday.cycle_forward().take(7).collect(),
        parity: Parity::Any,
        parts: vec![DayPart {
            from: Time::constant(17, 0, 0, 0),
            to: Time::constant(19, 0, 0, 0),
            minutes,
            places: 1,
            rights: Rights::of(&[Right::Internet]),
            release: None,
        }],
        breaks: Vec::new(),
        exceptions: Vec::new(),
        ages: Ages::default(),
    }
}

async fn publish(nodes: &Nodes, turn: usize, template: &Template) -> Published {
    let (from, until) = (date(2026, 4, 14), date(2026, 4, 28));
    // The node that imported knows its facilities at once.
    let reference = nodes[0].reference();
    let home = reference.facility(facility(ADULTS)).unwrap();
    nodes[turn % 2].publish(template, (from, until), expand(template, home, from, until), now()).await.unwrap()
}

async fn slots(node: &Arc<dyn Store>) -> HashMap<SlotKey, Slot> {
    let records = all(node, Kind::Slot).await.into_iter();
    records.filter_map(|record| if let Record::Slot(slot) = record { Some((slot.key, slot)) } else { None }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_nodes_that_publish_a_template_at_once_one_finds_it_done() {
    let (nodes, _schema) = nodes().await;
    fill(&nodes[0], Vec::new()).await;
    for (round, minutes) in [20, 30, 15, 40, 10].into_iter().enumerate() {
        let template = evenings(minutes);
        assert_eq!(nodes[round % 2].import_page(vec![Record::Template(template.clone())], now()).await, Ok(Vec::new()));
        let done = join_all((0..6).map(|turn| publish(&nodes, turn, &template))).await;
        let added: u64 = done.iter().map(|done| done.added).sum();
        assert_eq!(added, 15 * 120 / u64::from(minutes), "{done:?}");
        assert!(done.iter().all(|done| done.blocked == 0 && done.kept == 0), "{done:?}");
        let made = slots(&nodes[0]).await.into_values().filter(|slot| slot.template == Some(template.id));
        let made: Vec<_> = made.map(|slot| slot.minutes).collect();
        assert_eq!(made, vec![minutes; usize::try_from(added).unwrap()]);
    }
    close(&nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_booked_into_a_cell_that_goes() {
    let (nodes, _schema) = nodes().await;
    fill(&nodes[0], (100..156).flat_map(person_records).collect()).await;
    // In half-hours these do not begin.
    let times = [(17, 20), (17, 40), (18, 20), (18, 40)].map(|(hour, minute)| Time::constant(hour, minute, 0, 0));
    let cells = (15..29).flat_map(|day| times.map(|time| (date(2026, 4, day), time)));
    let changed = evenings(30);
    for (who, (day, time)) in (100..).zip(cells) {
        publish(&nodes, 0, &evenings(20)).await;
        let mut command = book(who, ADULTS, 0, 0, 0);
        (command.day, command.time) = (day, time);
        let (booked, _) = tokio::join!(nodes[0].book(command, now()), publish(&nodes, 1, &changed));
        if let Err(refusal) = booked.unwrap() {
            assert_eq!(refusal.slug(), "time-absent", "{who}");
        }
    }
    let (slots, booked) = (slots(&nodes[1]).await, entries(&nodes[1]).await);
    for entry in booked {
        let cell = &slots[&SlotKey { facility: entry.key.facility, slot: entry.slot }];
        assert_eq!((cell.start, cell.minutes), (entry.start, entry.minutes), "{}", entry.key);
    }
    assert_no_overlap(slots.into_values());
    close(&nodes).await;
}

fn assert_no_overlap(slots: impl Iterator<Item = Slot>) {
    let mut slots: Vec<_> = slots.collect();
    slots.sort_by_key(|slot| (slot.key.facility, slot.resource, slot.start));
    for pair in slots.windows(2) {
        let same = (pair[0].key.facility, pair[0].resource) == (pair[1].key.facility, pair[1].resource);
        assert!(!same || !pair[0].interval().overlaps(&pair[1].interval()), "{pair:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_imports_that_fill_one_time_one_is_refused() {
    let (nodes, _schema) = nodes().await;
    fill(&nodes[0], Vec::new()).await;
    let morning: DateTime = "2026-05-04T08:00:00".parse().unwrap();
    for round in 0..20 {
        let at =
            |minutes: i64| morning + jiff::SignedDuration::from_hours(round) + jiff::SignedDuration::from_mins(minutes);
        let number = 100 + 2 * u64::try_from(round).unwrap();
        let (one, other) = (slot(ADULTS, 0, number, at(0)), slot(ADULTS, 0, number + 1, at(10)));
        let (one, other) = tokio::join!(
            nodes[0].import_page(vec![Record::Slot(one)], now()),
            nodes[1].import_page(vec![Record::Slot(other)], now())
        );
        let taken = [one.unwrap(), other.unwrap()].iter().filter(|faults| faults.is_empty()).count();
        assert_eq!(taken, 1, "round {round}");
    }
    assert_no_overlap(slots(&nodes[0]).await.into_values());
    close(&nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_referral_that_is_being_used_stays_its_persons() {
    let (nodes, _schema) = nodes().await;
    fill(&nodes[0], (100..140).flat_map(person_records).collect()).await;
    for who in 100..140 {
        let mut moved = referral_to(who, 0, 0);
        moved.person = person(BORIS);
        let (booked, moved) = tokio::join!(
            nodes[0].book(book(who, ADULTS, 0, who - 100, 0), now()),
            nodes[1].import_page(vec![Record::Referral(moved)], now())
        );
        let (booked, moved) = (booked.unwrap().is_ok(), moved.unwrap().is_empty());
        assert!(booked != moved, "{who}: booked {booked}, moved {moved}");
    }
    close(&nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_file_may_be_imported_by_both_at_once() {
    let (nodes, _schema) = nodes().await;
    fill(&nodes[0], (100..140).flat_map(person_records).collect()).await;
    let page: Vec<_> = (0..40).map(|number| Record::Entry(entry(number))).collect();
    for _ in 0..3 {
        let pages = join_all((0..4).map(|turn| nodes[turn % 2].import_page(page.clone(), now()))).await;
        assert!(pages.iter().all(|faults| *faults == Ok(Vec::new())), "{pages:?}");
    }
    assert_eq!(entries(&nodes[0]).await.len(), 40);
    let before = all_but_audit(&nodes[0]).await;
    assert_eq!(nodes[1].import_page(before.iter().take(500).cloned().collect(), now()).await, Ok(Vec::new()));
    assert_eq!(all_but_audit(&nodes[0]).await, before);
    close(&nodes).await;
}

/// An entry from elsewhere: each of another person, in a cell of its own.
fn entry(number: u64) -> Entry {
    let (who, cell) = (100 + number, slot(ADULTS, 0, number, local_start(number)));
    Entry {
        key: EntryKey { facility: facility(ADULTS), entry: EntryId(uuid::Uuid::from_u128(1 + u128::from(number))) },
        person: person(who),
        referral: Some(referral(who, 0)),
        resource: cell.resource,
        slot: slot_key(ADULTS, 0, number).slot,
        place: ANY_PLACE,
        specialty: code(0),
        start: cell.start,
        minutes: cell.minutes,
        ticket: Ticket(format!("Т-{number:03}")),
        state: EntryState::Booked,
        version: 1,
        booked_at: now(),
        client: None,
        channel: None,
    }
}
