//! Erasing a person, and making one of two.

use std::sync::Arc;

use talon_domain::{
    booking::{BookCommand, IdempotencyKey},
    email::Email,
    ids::{PersonId, ReferralKey},
    person::Card,
};

use super::{
    region::{
        ADULTS, ANNA, BORIS, CHILDREN, EAST, GLEB, book, booked, cancel, code, crowd, facility, fill, hold,
        hold_change, move_to, now, person, refused, removal, wait, withdraw,
    },
    tally::{all_but_audit, assert_exclusive, audit, entries},
};
use crate::{Kind, Record, Store};

fn plain(command: BookCommand) -> BookCommand {
    BookCommand { referral: None, ..command }
}

/// Whose a record is, where it says so itself.
fn owner(record: &Record) -> Option<PersonId> {
    match record {
        Record::Person(person) => Some(person.id),
        Record::Card(card) => Some(card.person),
        Record::Referral(referral) => Some(referral.person),
        Record::Entry(entry) => Some(entry.person),
        Record::Waiting(place) => Some(place.person),
        _ => None,
    }
}

/// Numbers once drawn stay drawn.
fn without_counters(records: Vec<Record>) -> Vec<Record> {
    records.into_iter().filter(|record| record.kind() != Kind::Counter).collect()
}

/// What a patient does: books, moves, cancels, waits, holds.
async fn live_through_much(store: &Arc<dyn Store>, who: u64) {
    let mut first = book(who, ADULTS, 0, 3, 0);
    first.email = Some(Email::parse("some@mail.ru").unwrap());
    first.idempotency = Some(IdempotencyKey { key: "a key".to_owned(), body: [7; 32] });
    let moved = booked(store, first).await.entry;
    store.move_entry(move_to(who, moved, None, 5), now()).await.unwrap().unwrap();
    let cancelled = booked(store, book(who, ADULTS, 1, 9, 1)).await.entry;
    store.cancel(cancel(who, cancelled), now()).await.unwrap().unwrap();
    booked(store, plain(book(who, EAST, 2, 30, 2))).await;
    store.wait(wait(who, ADULTS, 1), now()).await.unwrap().unwrap();
    store.hold(hold(who, ADULTS, 1, 12, 1), now()).await.unwrap().unwrap();
}

pub async fn everything_about_a_person_is_read_and_nothing_of_others(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    live_through_much(&store, ANNA).await;
    booked(&store, book(GLEB, EAST, 0, 9, 0)).await;
    let mut expected = all_but_audit(&store).await;
    let own: Vec<_> = entries(&store).await.into_iter().filter(|entry| entry.person == person(ANNA)).collect();
    expected.retain(|record| match record {
        Record::EntryVersion(version) => own.iter().any(|entry| entry.key == version.entry),
        Record::Cancellation(cancellation) => own.iter().any(|entry| entry.key == cancellation.entry),
        Record::Message(message) => own.iter().any(|entry| entry.key == message.entry),
        other => owner(other) == Some(person(ANNA)),
    });
    let mut found = store.about(person(ANNA)).await.unwrap();
    assert!(found.is_sorted_by_key(Record::kind));
    for record in &expected {
        let at = found.iter().position(|other| other == record).unwrap_or_else(|| panic!("not read: {record:?}"));
        found.remove(at);
    }
    assert_eq!(found, [], "nothing else");
    assert_eq!(store.about(person(99)).await.unwrap(), []);
}

pub async fn an_erased_person_leaves_nothing_and_their_places_go_to_others(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let before: Vec<_> =
        all_but_audit(&store).await.into_iter().filter(|record| owner(record) != Some(person(ANNA))).collect();
    live_through_much(&store, ANNA).await;
    let kept = audit(&store).await.len();
    let gone = store.remove(removal(ANNA, None), now()).await.unwrap().unwrap();
    assert!(
        gone.iter().any(|record| matches!(record, Record::Person(person) if person.id == owner(&gone[0]).unwrap()))
    );
    assert_eq!(without_counters(all_but_audit(&store).await), before, "as if they had never been here");
    assert_eq!(store.about(person(ANNA)).await.unwrap(), []);
    assert_eq!(store.personal(person(ANNA)).await.unwrap(), None);
    let records = audit(&store).await;
    assert_eq!((records.len(), records.last().unwrap().outcome.as_str()), (kept + 1, "ok"), "the audit stays");
    for (specialty, cell) in [(0, 5), (1, 12)] {
        booked(&store, book(100, ADULTS, specialty, cell, specialty)).await;
    }
    assert_eq!(store.remove(removal(ANNA, None), now()).await.unwrap(), Ok(Vec::new()), "there is nothing any more");
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 7, 0)).await.slug(), "card-not-found");
    assert_exclusive(&store).await;
}

pub async fn what_an_erased_person_had_is_offered_to_those_who_wait(store: Arc<dyn Store>) {
    fill(&store, crowd(100..102)).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    store.hold(hold(ANNA, ADULTS, 1, 9, 1), now()).await.unwrap().unwrap();
    // They wait as well, and must not be offered what they leave behind.
    store.wait(wait(ANNA, ADULTS, 1), now()).await.unwrap().unwrap();
    for (who, specialty) in [(100, 0), (101, 1)] {
        store.wait(wait(who, ADULTS, specialty), now()).await.unwrap().unwrap();
    }
    store.remove(removal(ANNA, None), now()).await.unwrap().unwrap();
    for who in [100, 101] {
        let places = store.waiting(person(who), now()).await.unwrap();
        assert!(places[0].offer.is_some(), "{who}");
    }
    assert_exclusive(&store).await;
}

pub async fn a_booking_that_races_with_an_erasure_leaves_nothing(store: Arc<dyn Store>) {
    fill(&store, crowd(100..120)).await;
    for who in 100..120 {
        let asked: Vec<_> = (0..4)
            .map(|number| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let cell = number * 3 + 2;
                    match number {
                        0 => drop(store.book(book(who, ADULTS, 0, cell, 0), now()).await.unwrap()),
                        1 => drop(store.book(plain(book(who, EAST, 1, 30, 1)), now()).await.unwrap()),
                        2 => drop(store.hold(hold(who, ADULTS, 2, cell, 2), now()).await.unwrap()),
                        _ => drop(store.wait(wait(who, ADULTS, 1), now()).await.unwrap()),
                    }
                })
            })
            .collect();
        store.remove(removal(who, None), now()).await.unwrap().unwrap();
        for asked in asked {
            asked.await.unwrap();
        }
        assert_eq!(store.about(person(who)).await.unwrap(), [], "{who}");
    }
    assert_eq!(entries(&store).await, []);
    assert_exclusive(&store).await;
}

pub async fn one_of_two_persons_has_everything(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    live_through_much(&store, ANNA).await;
    let before = store.about(person(ANNA)).await.unwrap();
    let gone = store.remove(removal(ANNA, Some(GLEB)), now()).await.unwrap().unwrap();
    assert_eq!(gone, before);
    assert_eq!(store.about(person(ANNA)).await.unwrap(), []);
    let after = store.about(person(GLEB)).await.unwrap();
    let count = |records: &[Record], kind| records.iter().filter(|record| record.kind() == kind).count();
    for kind in [Kind::Entry, Kind::EntryVersion, Kind::Cancellation, Kind::Waiting, Kind::Message] {
        assert_eq!(count(&after, kind), count(&before, kind), "{kind:?}");
    }
    assert_eq!(count(&after, Kind::Referral), 6);
    let card = |home| -> &Card {
        let found = after.iter().find_map(|record| match record {
            Record::Card(card) if card.facility == facility(home) => Some(card),
            _ => None,
        });
        found.unwrap()
    };
    assert_eq!(card(ADULTS).number, format!("К-{ANNA}"), "where one has no card, it is the other's");
    assert_eq!(card(ADULTS).email.as_ref().map(Email::as_str), Some("some@mail.ru"));
    assert_eq!((card(CHILDREN).number.as_str(), card(CHILDREN).dispensary.as_slice()), ("К-4", &[code(0)][..]));
    // What is theirs now is theirs in every respect.
    let again = BookCommand { person: person(GLEB), ..book(ANNA, ADULTS, 0, 7, 0) };
    assert_eq!(refused(&store, again).await.slug(), "referral-used");
    assert_eq!(refused(&store, book(GLEB, ADULTS, 0, 7, 0)).await.slug(), "specialty-limit");
    for entry in entries(&store).await.iter().filter(|entry| entry.state.is_live()) {
        assert_eq!(store.cancel(cancel(GLEB, entry.key), now()).await.unwrap(), Ok(()));
    }
    let place = store.waiting(person(GLEB), now()).await.unwrap()[0].waiting.key;
    assert_eq!(store.withdraw(withdraw(GLEB, place), now()).await.unwrap(), Ok(()));
    assert_exclusive(&store).await;
}

pub async fn what_was_offered_once_is_not_offered_again_to_one_of_two_persons(store: Arc<dyn Store>) {
    fill(&store, crowd(100..102)).await;
    store.wait(wait(100, ADULTS, 0), now()).await.unwrap().unwrap();
    let free_again = async || {
        let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
        store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    };
    free_again().await;
    let offer = store.waiting(person(100), now()).await.unwrap()[0].offer.clone().expect("an offer");
    store.release_hold(hold_change(100, offer.key), now()).await.unwrap().unwrap();
    store.remove(removal(100, Some(101)), now()).await.unwrap().unwrap();
    free_again().await;
    let places = store.waiting(person(101), now()).await.unwrap();
    assert_eq!((places.len(), &places[0].offer), (1, &None), "declined by the same person, under the other guid");
    assert_exclusive(&store).await;
}

pub async fn what_stands_against_one_of_two_persons_is_said_and_nothing_changed(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    for who in [ANNA, GLEB] {
        store.wait(wait(who, EAST, 1), now()).await.unwrap().unwrap();
    }
    let before = all_but_audit(&store).await;
    for (into, expected) in [(99, "there is no person"), (ANNA, "the same person"), (GLEB, "place on a waiting list")] {
        let told = store.remove(removal(ANNA, Some(into)), now()).await.unwrap().unwrap_err().join("\n");
        assert!(told.contains(expected), "{told}");
        assert_eq!(all_but_audit(&store).await, before);
        assert_eq!(audit(&store).await.last().unwrap().outcome, "refused");
    }
}

pub async fn a_booking_that_races_with_a_merge_is_the_others(store: Arc<dyn Store>) {
    fill(&store, crowd(100..120)).await;
    for who in 100..120 {
        let asked = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.book(book(who, ADULTS, 0, who % 40, 0), now()).await.unwrap() })
        };
        store.remove(removal(who, Some(ANNA)), now()).await.unwrap().unwrap();
        if let Ok(booked) = asked.await.unwrap() {
            let found = entries(&store).await.into_iter().find(|entry| entry.key == booked.entry);
            assert_eq!(found.map(|entry| entry.person), Some(person(ANNA)), "answered, and so kept");
        }
        assert_eq!(store.about(person(who)).await.unwrap(), []);
    }
    let referrals = store.about(person(ANNA)).await.unwrap();
    let theirs: Vec<ReferralKey> = referrals
        .iter()
        .filter_map(|record| if let Record::Referral(it) = record { Some(it.key) } else { None })
        .collect();
    assert_eq!(theirs.len(), 3 + 20 * 3);
    booked(&store, book(BORIS, CHILDREN, 0, 3, 0)).await;
    assert_exclusive(&store).await;
}
