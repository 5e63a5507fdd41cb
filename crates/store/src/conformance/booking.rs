//! Booking: what it leaves, what it refuses, what it promises under contention.

use std::sync::Arc;

use jiff::{SignedDuration, civil::date};
use talon_domain::{
    access::{Right, Rights},
    booking::{BookCommand, IdempotencyKey, Refusal},
    email::Email,
    entry::EntryState,
    facility::LpuCode,
    ids::{ReferralId, ReferralKey, ResourceId},
    referral::{ReferralKind, ReferralState},
    slot::Ages,
};

use super::{
    region::{
        ADULTS, ANNA, BORIS, CHILDREN, EAST, GLEB, VERA, book, booked, doctor, facility, fill, local_start, now,
        person, referral, referral_to, refused, slot,
    },
    tally::{all, all_but_audit, assert_exclusive, audit, entries, messages, outcomes},
};
use crate::{Kind, PersonMatch, PolicyQuery, Record, Store};

pub async fn books_and_leaves_everything_it_owes(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let command = book(ANNA, ADULTS, 0, 3, 0);
    let reply = booked(&store, command.clone()).await;
    assert_eq!(reply.ticket.to_string(), "Т-001");
    assert!(!reply.repeated);
    let entry = entries(&store).await.pop().unwrap();
    assert_eq!((entry.key, entry.person, entry.state), (reply.entry, person(ANNA), EntryState::Booked));
    assert_eq!((entry.place, entry.version, entry.referral), (1, 1, command.referral));
    let message = messages(&store).await.pop().unwrap();
    assert_eq!((message.entry, message.version), (reply.entry, 1));
    let record = audit(&store).await.pop().unwrap();
    assert_eq!((record.request, record.outcome.as_str()), (command.request.id, "ok"));
    assert_eq!(record.object, Some(reply.entry.to_string()));
    assert_eq!(booked(&store, book(BORIS, ADULTS, 1, 3, 1)).await.ticket.to_string(), "Х-002", "over all specialties");
}

/// Commands and the one reason each of them is refused for.
pub(super) fn faulty() -> (Vec<Record>, Vec<(&'static str, BookCommand)>) {
    let (mut records, mut commands) = (Vec::new(), Vec::new());
    let mut with = |number: u64, change: &dyn Fn(&mut talon_domain::referral::Referral)| {
        let mut referral = referral_to(ANNA, number, 0);
        change(&mut referral);
        records.push(Record::Referral(referral));
    };
    with(10, &|referral| referral.kind = None);
    with(11, &|referral| referral.state = ReferralState::Closed);
    with(12, &|referral| referral.valid_until = date(2026, 4, 13));
    with(13, &|referral| referral.issued = date(2026, 4, 15));
    with(14, &|referral| referral.to_facility = Some(facility(EAST)));
    with(15, &|referral| referral.resource = Some(doctor(ADULTS, 2)));
    let mut duvisit = referral_to(BORIS, 16, 0);
    duvisit.kind = Some(ReferralKind::Duvisit);
    records.push(Record::Referral(duvisit));
    let mut cell = |number: u64, change: &dyn Fn(&mut talon_domain::slot::Slot)| {
        let mut cell = slot(ADULTS, 0, number, local_start(number));
        change(&mut cell);
        records.push(Record::Slot(cell));
    };
    cell(50, &|cell| cell.rights = Rights::of(&[Right::Registry]));
    cell(51, &|cell| cell.ages = Ages { min: Some(60), max: None });
    cell(54, &|cell| cell.absent = true);
    let begun = "2026-04-14T12:00:00".parse().unwrap();
    records.push(Record::Slot(slot(ADULTS, 0, 52, begun)));
    let beyond = "2026-04-29T08:00:00".parse().unwrap();
    records.push(Record::Slot(slot(ADULTS, 0, 53, beyond)));

    let mut refuse = |reason, command: BookCommand, change: &dyn Fn(&mut BookCommand)| {
        let mut command = command;
        change(&mut command);
        commands.push((reason, command));
    };
    let anna = || book(ANNA, ADULTS, 0, 3, 0);
    refuse("facility-unknown", anna(), &|c| c.lpu = LpuCode::parse("99").unwrap());
    refuse("card-not-found", book(GLEB, ADULTS, 0, 3, 0), &|_| ());
    refuse("referral-not-found", anna(), &|c| c.referral = Some(nobodys_referral()));
    refuse("referral-pair-incomplete", book(ANNA, ADULTS, 0, 3, 10), &|_| ());
    refuse("referral-closed", book(ANNA, ADULTS, 0, 3, 11), &|_| ());
    refuse("referral-expired", book(ANNA, ADULTS, 0, 3, 12), &|_| ());
    refuse("referral-not-yet-valid", book(ANNA, ADULTS, 0, 3, 13), &|_| ());
    refuse("referral-mismatch", book(ANNA, ADULTS, 0, 3, 14), &|_| ());
    refuse("referral-mismatch", book(ANNA, ADULTS, 0, 3, 15), &|_| ());
    refuse("referral-mismatch", book(ANNA, ADULTS, 1, 3, 0), &|_| ());
    refuse("children-facility", book(ANNA, CHILDREN, 0, 3, 0), &|_| ());
    refuse("self-booking-barred", book(VERA, ADULTS, 0, 3, 0), &|_| ());
    refuse("dispensary-required", book(BORIS, ADULTS, 0, 3, 16), &|_| ());
    refuse("age-group", book(ANNA, ADULTS, 0, 51, 0), &|_| ());
    refuse("resource-unknown", anna(), &|c| c.resource.resource = ResourceId::from_bytes([7; 16]));
    refuse("resource-unknown", anna(), &|c| c.resource = doctor(EAST, 0));
    refuse("time-absent", book(ANNA, ADULTS, 0, 60, 0), &|_| ());
    refuse("time-absent", book(ANNA, ADULTS, 0, 54, 0), &|_| ());
    refuse("time-past", anna(), &|c| (c.day, c.time) = (begun.date(), begun.time()));
    refuse("time-beyond-window", anna(), &|c| (c.day, c.time) = (beyond.date(), beyond.time()));
    refuse("time-not-open", book(ANNA, ADULTS, 0, 50, 0), &|_| ());
    (records, commands)
}

pub async fn every_refusal_leaves_an_audit_record_and_nothing_else(store: Arc<dyn Store>) {
    let (records, commands) = faulty();
    fill(&store, records).await;
    booked(&store, book(BORIS, ADULTS, 0, 5, 0)).await;
    booked(&store, book(BORIS, EAST, 2, 20, 2)).await;
    let before = all_but_audit(&store).await;
    let commands = commands
        .into_iter()
        .chain([("time-taken", book(ANNA, ADULTS, 0, 5, 0)), ("referral-used", book(BORIS, ADULTS, 0, 6, 0))]);
    for (reason, command) in commands {
        let request = command.request;
        assert_eq!(refused(&store, command).await.slug(), reason);
        let records = audit(&store).await;
        let left: Vec<_> = records.iter().filter(|record| record.request == request.id).collect();
        assert_eq!(left.len(), 1, "{reason}");
        assert_eq!(left[0].outcome, reason);
        assert_eq!(all_but_audit(&store).await, before, "{reason}");
    }
}

pub async fn the_first_refusal_in_the_contracts_order_wins(store: Arc<dyn Store>) {
    let (records, commands) = faulty();
    fill(&store, records).await;
    // Each later fault is added to the earlier ones; the earliest keeps winning.
    let mut all_at_once = book(GLEB, ADULTS, 0, 60, 11);
    all_at_once.lpu = LpuCode::parse("99").unwrap();
    assert_eq!(refused(&store, all_at_once.clone()).await.slug(), "facility-unknown");
    all_at_once.lpu = LpuCode::parse("01").unwrap();
    assert_eq!(refused(&store, all_at_once).await.slug(), "card-not-found");
    let closed_and_absent = book(ANNA, CHILDREN, 0, 60, 11);
    assert_eq!(refused(&store, closed_and_absent).await.slug(), "referral-closed");
    let child_rule_and_absent = book(ANNA, CHILDREN, 0, 60, 0);
    assert_eq!(refused(&store, child_rule_and_absent).await.slug(), "children-facility");
    assert!(commands.len() > 15);
}

pub async fn asking_again_gives_the_same_entry(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert!(store.is_repetition(&book(ANNA, ADULTS, 0, 3, 0)).await.unwrap());
    assert!(!store.is_repetition(&book(ANNA, ADULTS, 0, 4, 0)).await.unwrap());
    let before = all_but_audit(&store).await;
    let mut again = book(ANNA, ADULTS, 0, 3, 0);
    again.email = Some(Email::parse("other@mail.ru").unwrap());
    let second = booked(&store, again).await;
    assert_eq!((second.entry, &second.ticket, second.repeated), (first.entry, &first.ticket, true));
    let after_the_start = now() + SignedDuration::from_hours(48);
    let third = store.book(book(ANNA, ADULTS, 0, 3, 0), after_the_start).await.unwrap().unwrap();
    assert_eq!(third.entry, first.entry);
    assert_eq!(all_but_audit(&store).await, before, "asking again changes nothing");
    let asked: Vec<_> = (0..16)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { booked(&store, book(BORIS, ADULTS, 1, 3, 1)).await.entry })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "in parallel too");
}

pub async fn an_idempotency_key_replays_its_answer_for_a_day(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let keyed = |number: u64, body: u8| {
        let mut command = book(ANNA, ADULTS, 0, number, 0);
        command.idempotency = Some(IdempotencyKey { key: "k".to_owned(), body: [body; 32] });
        command
    };
    let first = booked(&store, keyed(3, 1)).await;
    assert_eq!(booked(&store, keyed(3, 1)).await.entry, first.entry);
    assert_eq!(refused(&store, keyed(4, 2)).await, Refusal::IdempotencyMismatch);
    store.cancel(super::region::cancel(ANNA, first.entry), now()).await.unwrap().unwrap();
    assert_eq!(booked(&store, keyed(3, 1)).await.entry, first.entry, "the stored answer, whatever happened since");
    let mut stranger = book(BORIS, ADULTS, 0, 7, 0);
    stranger.idempotency = Some(IdempotencyKey { key: "k".to_owned(), body: [1; 32] });
    assert_ne!(booked(&store, stranger).await.entry, first.entry, "a key is its person's");
    let next_day = now() + SignedDuration::from_hours(24);
    let fresh = store.book(keyed(30, 3), next_day).await.unwrap().unwrap();
    assert_ne!(fresh.entry, first.entry, "after a day the key is free");
    let mut refusal = book(VERA, ADULTS, 0, 9, 0);
    refusal.idempotency = Some(IdempotencyKey { key: "v".to_owned(), body: [1; 32] });
    assert_eq!(refused(&store, refusal.clone()).await, Refusal::SelfBookingBarred);
    refusal.idempotency = Some(IdempotencyKey { key: "v".to_owned(), body: [2; 32] });
    assert_eq!(refused(&store, refusal).await, Refusal::SelfBookingBarred, "a refusal is not stored");
}

fn nobodys_referral() -> ReferralKey {
    ReferralKey { referral: ReferralId::from_bytes([9; 16]), ..referral(ANNA, 0) }
}

pub async fn a_foreign_referral_and_an_absent_one_answer_alike(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let mut foreign = book(ANNA, ADULTS, 0, 3, 0);
    foreign.referral = book(BORIS, ADULTS, 0, 3, 0).referral;
    let mut absent = book(ANNA, ADULTS, 0, 3, 0);
    absent.referral = Some(nobodys_referral());
    assert_eq!(refused(&store, foreign.clone()).await, refused(&store, absent).await);
    booked(&store, book(BORIS, ADULTS, 0, 3, 0)).await;
    assert_eq!(refused(&store, foreign).await, Refusal::ReferralNotFound, "used or not");
}

/// Runs commands at once; what became of each.
async fn race(store: &Arc<dyn Store>, commands: Vec<BookCommand>) -> (usize, Vec<&'static str>) {
    let running: Vec<_> = commands
        .into_iter()
        .map(|command| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.book(command, now()).await.unwrap() })
        })
        .collect();
    let (mut won, mut lost) = (0, Vec::new());
    for answer in running {
        match answer.await.unwrap() {
            Ok(_) => won += 1,
            Err(refusal) => lost.push(refusal.slug()),
        }
    }
    assert_exclusive(store).await;
    (won, lost)
}

/// Sixty more persons, numbered from 100.
fn crowd() -> Vec<Record> {
    (100..160).flat_map(super::region::person_records).collect()
}

pub async fn one_place_is_sold_once_however_many_ask(store: Arc<dyn Store>) {
    fill(&store, crowd()).await;
    let (won, lost) = race(&store, (100..160).map(|who| book(who, ADULTS, 0, 3, 0)).collect()).await;
    assert_eq!(won, 1);
    assert!(lost.iter().all(|reason| *reason == "time-taken"), "{lost:?}");
    assert_eq!(outcomes(&store).await.get("time-taken"), Some(&59));
}

pub async fn a_cell_of_several_places_sells_each_once(store: Arc<dyn Store>) {
    let mut more = crowd();
    let mut wide = slot(ADULTS, 0, 3, local_start(3));
    wide.places = 5;
    more.push(Record::Slot(wide));
    fill(&store, more).await;
    let (won, lost) = race(&store, (100..160).map(|who| book(who, ADULTS, 0, 3, 0)).collect()).await;
    assert_eq!(won, 5);
    assert!(lost.iter().all(|reason| *reason == "time-taken"), "{lost:?}");
    let mut places: Vec<_> = entries(&store).await.iter().map(|entry| entry.place).collect();
    places.sort_unstable();
    assert_eq!(places, [1, 2, 3, 4, 5]);
}

pub async fn a_referral_is_used_once_however_many_ask(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let (won, lost) = race(&store, (0..40).map(|number| book(ANNA, ADULTS, 0, number, 0)).collect()).await;
    assert_eq!(won, 1);
    assert!(lost.iter().all(|reason| *reason == "referral-used"), "{lost:?}");
}

pub async fn one_visit_per_specialty_however_many_ask(store: Arc<dyn Store>) {
    let more = (20..60).map(|number| Record::Referral(referral_to(ANNA, number, 0))).collect();
    fill(&store, more).await;
    let commands = (20..60).map(|number| {
        let home = if number % 2 == 0 { ADULTS } else { EAST };
        book(ANNA, home, 0, number - 20, number)
    });
    let (won, lost) = race(&store, commands.collect()).await;
    assert_eq!(won, 1);
    assert!(lost.iter().all(|reason| *reason == "specialty-limit"), "{lost:?}");
}

pub async fn visits_of_one_person_do_not_overlap_across_facilities(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 6, 0)).await;
    // Ten o'clock in Moscow is noon two hours east: cell 12 there begins with cell 6 here.
    let Refusal::PatientOverlap(other) = refused(&store, book(ANNA, EAST, 1, 12, 1)).await else {
        panic!("not an overlap");
    };
    assert_eq!((other.who.as_str(), other.at), ("Орлова Н. П.", local_start(6)));
    booked(&store, book(ANNA, EAST, 1, 13, 1)).await;
}

pub async fn a_visit_that_has_begun_frees_specialty_and_time_but_not_its_referral(store: Arc<dyn Store>) {
    let more = vec![Record::Referral(referral_to(ANNA, 20, 0))];
    fill(&store, more).await;
    let first = booked(&store, book(ANNA, ADULTS, 0, 0, 0)).await;
    let begun = entries(&store).await[0].start;
    let second = store.book(book(ANNA, ADULTS, 0, 1, 20), begun).await.unwrap().unwrap();
    assert_ne!(second.entry, first.entry);
    let used = store.book(book(ANNA, ADULTS, 0, 2, 0), begun).await.unwrap().unwrap_err();
    assert_eq!(used.slug(), "referral-used");
}

pub async fn an_email_becomes_the_cards_contact(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let mut command = book(ANNA, ADULTS, 0, 3, 0);
    command.email = Some(Email::parse("some@mail.ru").unwrap());
    booked(&store, command).await;
    let cards = all(&store, Kind::Card).await;
    let given: Vec<_> = cards
        .iter()
        .filter_map(|record| match record {
            Record::Card(card) => card.email.as_ref().map(|email| (card.person, card.facility, email.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(given, [(person(ANNA), facility(ADULTS), "some@mail.ru")]);
}

pub async fn only_one_person_with_a_card_is_found_by_policy(store: Arc<dyn Store>) {
    let mut without_card = super::region::person_records(200);
    without_card.truncate(1);
    fill(&store, without_card).await;
    let query = |number: u64, birth_date, series: Option<&str>| PolicyQuery {
        birth_date,
        series: series.map(str::to_owned),
        number: format!("77{number:014}"),
    };
    let born = date(1980, 6, 1);
    let find = async |query: PolicyQuery| store.person_by_policy(&query).await.unwrap();
    assert_eq!(find(query(ANNA, born, None)).await, PersonMatch::One(person(ANNA)));
    assert_eq!(find(query(ANNA, date(1980, 6, 2), None)).await, PersonMatch::None);
    assert_eq!(find(query(ANNA, born, Some("77"))).await, PersonMatch::None);
    assert_eq!(find(query(200, born, None)).await, PersonMatch::None);
}
