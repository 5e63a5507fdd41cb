//! Each checker finds what it is for, in ledgers that are wrong in one thing.

use std::time::Instant;

use super::*;
use crate::ledger::{Message, Record};

const FACILITY: &str = "fac00000-0000-4000-8000-000000000001";
const SLOT: &str = "51000000-0000-4000-8000-000000000002";

fn entry(number: u32) -> EntryRow {
    EntryRow {
        facility: FACILITY.into(),
        id: format!("entry {number}"),
        person: format!("person {number}"),
        referral: Some(format!("referral {number}")),
        resource: "doctor".into(),
        slot: SLOT.into(),
        place: i64::from(number),
        specialty: "1".into(),
        start: 1_780_000_000,
        local_start: "2026-05-28T23:26:40".parse().unwrap(),
        minutes: 10,
        ticket: format!("Т-{number:03}"),
        state: "booked".into(),
    }
}

/// Two entries in a slot of two places, with all that belongs to them.
fn sound() -> Ledger {
    let entries = vec![entry(1), entry(2)];
    Ledger {
        messages: entries
            .iter()
            .map(|entry| Message { entry: entry.id.clone(), version: 1, kind: "booked".into() })
            .collect(),
        records: entries
            .iter()
            .map(|entry| Record {
                request: String::new(),
                person: Some(entry.person.clone()),
                action: "book".into(),
                object: Some(entry.id.clone()),
                outcome: "ok".into(),
            })
            .collect(),
        holds: BTreeSet::new(),
        claims: entries.iter().flat_map(claims_of).collect(),
        places: HashMap::from([(format!("{FACILITY}{SLOT}"), 2)]),
        entries,
    }
}

fn attempt(number: u32, outcome: Outcome) -> Attempt {
    let booking = Booking {
        token: String::new(),
        direction_id: format!("referral {number}"),
        lpu_code: FACILITY.into(),
        resource_id: format!("{FACILITY}doctor"),
        day: "2026-05-28".into(),
        time: "23:26".into(),
        email: None,
    };
    Attempt { booking, outcome, answer: None, began: Instant::now(), ended: Instant::now() }
}

fn ok(number: u32) -> Outcome {
    Outcome::Ok { entry: format!("entry {number}"), ticket: format!("Т-{number:03}") }
}

/// Which checkers find something in a ledger that is sound but for one change.
fn found_after(change: impl FnOnce(&mut Ledger)) -> Vec<&'static str> {
    let mut ledger = sound();
    change(&mut ledger);
    let mut checkers: Vec<_> = check_all(&[], &ledger).into_iter().map(|violation| violation.checker).collect();
    checkers.dedup();
    checkers
}

#[test]
fn a_sound_ledger_has_no_violations() {
    let history = [attempt(1, ok(1)), attempt(2, ok(2)), attempt(1, ok(1)), attempt(3, Outcome::Refused("x".into()))];
    assert_eq!(check_all(&history, &sound()), []);
}

#[test]
fn a_shared_key_is_found() {
    let with_claims = |change: fn(&mut EntryRow)| {
        found_after(|ledger| {
            change(&mut ledger.entries[1]);
            ledger.claims = ledger.entries.iter().flat_map(claims_of).collect();
        })
    };
    assert_eq!(with_claims(|entry| entry.place = 1), ["duplicates_per_key"]);
    assert_eq!(with_claims(|entry| entry.referral = Some("referral 1".into())), ["duplicates_per_key"]);
    assert_eq!(with_claims(|entry| entry.person = "person 1".into()), ["duplicates_per_key"]);
    assert_eq!(with_claims(|entry| entry.ticket = "Х-001".into()), ["duplicates_per_key"]);
    assert_eq!(found_after(|ledger| _ = ledger.places.insert(format!("{FACILITY}{SLOT}"), 1)), ["duplicates_per_key"]);
}

#[test]
fn an_overlap_of_one_person_is_found() {
    let found = found_after(|ledger| {
        let second = &mut ledger.entries[1];
        second.person = "person 1".into();
        second.specialty = "2".into();
        second.start += 9 * 60;
        ledger.claims = ledger.entries.iter().flat_map(claims_of).collect();
    });
    assert_eq!(found, ["duplicates_per_key"]);
}

#[test]
fn claims_that_are_not_those_of_the_entries_are_found() {
    assert_eq!(found_after(|ledger| _ = ledger.claims.pop_first()), ["claims_astray"]);
    assert_eq!(found_after(|ledger| ledger.entries[0].state = "cancelled".into()), ["claims_astray"]);
}

#[test]
fn a_missing_message_or_record_is_found() {
    assert_eq!(found_after(|ledger| _ = ledger.messages.pop()), ["message_missing"]);
    assert_eq!(found_after(|ledger| ledger.messages[0].entry = "entry 9".into()), ["message_missing"]);
    assert_eq!(found_after(|ledger| _ = ledger.records.pop()), ["record_missing"]);
    assert_eq!(found_after(|ledger| ledger.records.push(ledger.records[0].clone())), ["record_missing"]);
}

#[test]
fn an_answer_that_the_ledger_belies_is_found() {
    let checkers = |history: &[Attempt]| -> Vec<_> {
        check_all(history, &sound()).into_iter().map(|violation| violation.checker).collect()
    };
    assert_eq!(checkers(&[attempt(3, ok(3))]), ["ok_but_missing"]);
    // Another's entry.
    assert_eq!(checkers(&[attempt(3, ok(1))]), ["ok_but_missing"]);
    assert_eq!(checkers(&[attempt(1, Outcome::Refused("time-taken".into()))]), ["refused_but_present"]);
    assert_eq!(checkers(&[attempt(1, Outcome::Refused("time-taken".into())), attempt(1, ok(1))]), [""; 0]);
    let other_ticket = Outcome::Ok { entry: "entry 1".into(), ticket: "Т-009".into() };
    assert_eq!(checkers(&[attempt(1, ok(1)), attempt(1, other_ticket)]), ["ok_but_missing", "repeats_differ"]);
}
