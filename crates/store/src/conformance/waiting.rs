//! Waiting lists: who comes first, who is offered what becomes free, and what becomes of offers.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::date};
use talon_domain::{
    booking::{GRACE, Hold, Refusal},
    ids::WaitingKey,
    message::MessageKind,
    waiting::{NotWaiting, OfferTerms, WaitCommand, WaitingState},
    zone::Zone,
};

use super::{
    publishing::{publish, template},
    region::{
        ADULTS, ANNA, BORIS, VERA, book, booked, cancel, crowd, doctor, fill, hold, hold_change, local_start, move_to,
        now, person, refused, slot, terms, wait, withdraw,
    },
    tally::{all, assert_exclusive, audit, messages},
};
use crate::{Kind, PlaceInLine, Record, Store};

async fn joined(store: &Arc<dyn Store>, command: WaitCommand) -> PlaceInLine {
    store.wait(command, now()).await.expect("the store answers").expect("joined")
}

/// What is offered to a person now.
async fn offer(store: &Arc<dyn Store>, who: u64, at: Timestamp) -> Option<Hold> {
    let places = store.waiting(person(who), at).await.unwrap();
    places.into_iter().find_map(|place| place.offer)
}

async fn state(store: &Arc<dyn Store>, who: u64) -> WaitingState {
    store.waiting(person(who), now()).await.unwrap()[0].waiting.state
}

/// When an offer of a cell of tomorrow ends that is made at noon.
fn offer_end(at: Timestamp) -> Timestamp {
    let zone = Zone::parse("Europe/Moscow").unwrap();
    OfferTerms::default().end(&zone, zone.instant(local_start(3)).unwrap(), at).unwrap()
}

pub async fn who_is_promised_more_and_waits_longer_comes_first(store: Arc<dyn Store>) {
    fill(&store, crowd(100..104)).await;
    let later = now() + SignedDuration::from_mins(1);
    let first = joined(&store, wait(100, ADULTS, 0)).await;
    assert_eq!((first.position, first.waiting.state), (Some(1), WaitingState::Waiting));
    assert_eq!(first.waiting.dates, (date(2026, 4, 14), date(2026, 5, 14)));
    let second = store.wait(wait(101, ADULTS, 0), later).await.unwrap().unwrap();
    assert_eq!(second.position, Some(2));
    let promised = WaitCommand { deadline: Some(20), ..wait(102, ADULTS, 0) };
    let third = store.wait(promised, later).await.unwrap().unwrap();
    assert_eq!((third.position, third.waiting.due), (Some(1), Some(date(2026, 5, 4))));
    // Another list counts by itself.
    assert_eq!(joined(&store, wait(103, ADULTS, 1)).await.position, Some(1));
    let position = async |who| store.waiting(person(who), later).await.unwrap()[0].position;
    assert_eq!((position(102).await, position(100).await, position(101).await), (Some(1), Some(2), Some(3)));
    assert_exclusive(&store).await;
}

pub async fn a_person_waits_once_on_a_list_and_leaves_it_once(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = joined(&store, wait(ANNA, ADULTS, 0)).await;
    let again = store.wait(wait(ANNA, ADULTS, 0), now()).await.unwrap();
    assert_eq!(again, Err(Refusal::WaitingAlready));
    joined(&store, wait(ANNA, ADULTS, 1)).await;
    let key = first.waiting.key;
    assert_eq!(store.withdraw(withdraw(BORIS, key), now()).await.unwrap(), Err(NotWaiting));
    for _ in 0..2 {
        assert_eq!(store.withdraw(withdraw(ANNA, key), now()).await.unwrap(), Ok(()));
    }
    assert_eq!(store.waiting(person(ANNA), now()).await.unwrap().len(), 2, "what has ended is still shown");
    joined(&store, wait(ANNA, ADULTS, 0)).await;
    assert_exclusive(&store).await;
}

pub async fn who_could_book_nothing_does_not_wait(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let refusal = async |command| store.wait(command, now()).await.unwrap().unwrap_err().slug();
    assert_eq!(refusal(wait(VERA, ADULTS, 0)).await, "self-booking-barred");
    let named = WaitCommand { resource: Some(doctor(ADULTS, 1).resource), ..wait(ANNA, ADULTS, 0) };
    assert_eq!(refusal(named).await, "resource-unknown");
    let foreign = WaitCommand { referral: wait(BORIS, ADULTS, 0).referral, ..wait(ANNA, ADULTS, 0) };
    assert_eq!(refusal(foreign).await, "referral-not-found");
    let over = WaitCommand { until: Some(date(2026, 4, 13)), ..wait(ANNA, ADULTS, 0) };
    assert_eq!(refusal(over).await, "time-past");
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert_eq!(refusal(wait(ANNA, ADULTS, 0)).await, "referral-used");
    assert_eq!(all(&store, Kind::Waiting).await, []);
}

pub async fn a_cancelled_time_goes_to_the_first_who_may_have_it(store: Arc<dyn Store>) {
    fill(&store, crowd(100..106)).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    // The first waits for another day, the second has a visit at that time, the third for the afternoon.
    joined(&store, WaitCommand { from: Some(date(2026, 4, 16)), ..wait(100, ADULTS, 0) }).await;
    joined(&store, wait(101, ADULTS, 0)).await;
    booked(&store, book(101, ADULTS, 1, 3, 1)).await;
    let noon = local_start(12).time();
    joined(&store, WaitCommand { times: (noon, noon), ..wait(102, ADULTS, 0) }).await;
    joined(&store, wait(103, ADULTS, 0)).await;
    joined(&store, wait(104, ADULTS, 0)).await;
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    let offered = offer(&store, 103, now()).await.expect("offered");
    assert_eq!((offered.start, offered.expires), (slot(ADULTS, 0, 3, local_start(3)).start, offer_end(now())));
    for who in [100, 101, 102, 104] {
        assert_eq!(offer(&store, who, now()).await, None, "{who}");
    }
    let message = messages(&store).await.into_iter().find(|message| message.kind == MessageKind::Offered).unwrap();
    assert_eq!(message.entry.entry.0, offered.key.hold.0, "it names the hold");
    let record = audit(&store).await.into_iter().find(|record| record.action.code() == "offer").unwrap();
    assert_eq!((record.person, record.object), (Some(person(103)), Some(offered.key.to_string())));
    // It is theirs alone, does not count to what they hold, and is not extended.
    assert_eq!(refused(&store, book(104, ADULTS, 0, 3, 0)).await, Refusal::TimeTaken);
    for cell in [5, 6] {
        store.hold(hold(103, ADULTS, 1, cell, 1), now()).await.unwrap().unwrap();
    }
    assert!(store.extend_hold(hold_change(103, offered.key), terms(), now()).await.unwrap().is_err());
    assert_exclusive(&store).await;
    booked(&store, book(103, ADULTS, 0, 3, 0)).await;
    assert_eq!(state(&store, 103).await, WaitingState::Booked);
    joined(&store, WaitCommand { referral: None, ..wait(105, ADULTS, 0) }).await;
    assert_exclusive(&store).await;
}

pub async fn what_is_declined_or_lapses_goes_to_the_next_and_then_to_everybody(store: Arc<dyn Store>) {
    fill(&store, crowd(100..104)).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    for who in 100..103 {
        joined(&store, wait(who, ADULTS, 0)).await;
    }
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    let first = offer(&store, 100, now()).await.expect("to the first");
    assert_eq!(store.release_hold(hold_change(100, first.key), now()).await.unwrap(), Ok(()));
    assert_eq!((offer(&store, 100, now()).await, state(&store, 100).await), (None, WaitingState::Waiting));
    let second = offer(&store, 101, now()).await.expect("to the next");
    let lapsed = second.expires;
    assert_eq!(
        store.book(book(103, ADULTS, 0, 3, 0), lapsed).await.unwrap(),
        Err(Refusal::TimeTaken),
        "the line first"
    );
    store.sweep(lapsed, 10).await.unwrap();
    let third = offer(&store, 102, lapsed).await.expect("and to the last");
    assert_eq!(third.expires, offer_end(lapsed));
    let place = store.waiting(person(102), lapsed).await.unwrap()[0].waiting.key;
    store.withdraw(withdraw(102, place), lapsed).await.unwrap().unwrap();
    for who in 100..103 {
        assert_eq!(offer(&store, who, lapsed).await, None, "nobody is offered the same twice");
    }
    assert_exclusive(&store).await;
    assert!(store.book(book(103, ADULTS, 0, 3, 0), lapsed).await.unwrap().is_ok(), "then it is everybody's");
    assert_exclusive(&store).await;
}

pub async fn a_time_that_was_held_goes_to_those_who_wait_first(store: Arc<dyn Store>) {
    fill(&store, crowd(100..102)).await;
    let held = store.hold(hold(ANNA, ADULTS, 0, 3, 0), now()).await.unwrap().unwrap().hold;
    joined(&store, wait(100, ADULTS, 0)).await;
    store.sweep(held.expires, 10).await.unwrap();
    assert!(offer(&store, 100, held.expires).await.is_some());
    // Where nobody sweeps, an offer that has run out keeps nobody out for long.
    let late = offer_end(held.expires) + GRACE;
    assert!(store.book(book(101, ADULTS, 0, 3, 0), late).await.unwrap().is_ok());
    store.sweep(late, 10).await.unwrap();
    assert_eq!(state(&store, 100).await, WaitingState::Waiting);
    assert_exclusive(&store).await;
}

pub async fn new_times_are_offered_before_anybody_sees_them(store: Arc<dyn Store>) {
    fill(&store, crowd(100..104)).await;
    for who in 100..103 {
        joined(&store, wait(who, ADULTS, 0)).await;
    }
    let mut wide = slot(ADULTS, 0, 90, date(2026, 4, 17).at(8, 0, 0, 0));
    wide.places = 2;
    assert_eq!(store.import_page(vec![Record::Slot(wide.clone())], now()).await, Ok(Vec::new()));
    let mut places = Vec::new();
    for who in [100, 101] {
        places.push(offer(&store, who, now()).await.expect("offered").place);
    }
    assert_eq!(places, [1, 2]);
    // The same page again is not new.
    assert_eq!(store.import_page(vec![Record::Slot(wide)], now()).await, Ok(Vec::new()));
    assert_eq!(offer(&store, 102, now()).await, None);
    assert_eq!(publish(&store, &template(20)).await.added, 24);
    assert!(offer(&store, 102, now()).await.is_some());
    assert_exclusive(&store).await;
}

pub async fn an_imported_cancellation_frees_its_time_for_those_who_wait(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    joined(&store, wait(100, ADULTS, 0)).await;
    let mut entry = super::tally::entries(&store).await.pop().unwrap();
    (entry.state, entry.version) = (talon_domain::entry::EntryState::Cancelled, 2);
    assert_eq!(store.import_page(vec![Record::Entry(entry)], now()).await, Ok(Vec::new()));
    assert!(offer(&store, 100, now()).await.is_some());
    assert_exclusive(&store).await;
}

pub async fn a_moved_visit_leaves_its_time_to_those_who_wait(store: Arc<dyn Store>) {
    fill(&store, crowd(100..102)).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    joined(&store, wait(100, ADULTS, 0)).await;
    store.move_entry(move_to(ANNA, entry, None, 5), now()).await.unwrap().unwrap();
    let offered = offer(&store, 100, now()).await.expect("offered");
    assert_eq!(offered.start, slot(ADULTS, 0, 3, local_start(3)).start);
    // Nobody else's visit is moved there.
    let other = booked(&store, book(101, ADULTS, 0, 7, 0)).await.entry;
    assert!(store.move_entry(move_to(101, other, None, 3), now()).await.unwrap().is_err());
    assert_exclusive(&store).await;
    booked(&store, book(100, ADULTS, 0, 3, 0)).await;
    assert_exclusive(&store).await;
}

pub async fn each_of_many_freed_times_goes_to_one(store: Arc<dyn Store>) {
    fill(&store, crowd(100..132)).await;
    let mut kept = Vec::new();
    for (who, cell) in (100..116).zip(0..) {
        kept.push((who, booked(&store, book(who, ADULTS, 0, cell, 0)).await.entry));
    }
    for who in 116..128 {
        joined(&store, wait(who, ADULTS, 0)).await;
    }
    let running: Vec<_> = kept
        .into_iter()
        .map(|(who, entry)| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.cancel(cancel(who, entry), now()).await.unwrap().unwrap() })
        })
        .collect();
    for cancelled in running {
        cancelled.await.unwrap();
    }
    let mut places = std::collections::BTreeSet::new();
    for who in 116..128 {
        let offered = offer(&store, who, now()).await.unwrap_or_else(|| panic!("{who} was passed over"));
        assert!(places.insert((offered.slot, offered.place)), "one place was offered twice");
    }
    assert_exclusive(&store).await;
}

pub async fn waiting_ends_with_its_last_day(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    joined(&store, WaitCommand { until: Some(date(2026, 4, 15)), ..wait(100, ADULTS, 0) }).await;
    store.sweep(now() + SignedDuration::from_hours(24), 10).await.unwrap();
    assert_eq!(state(&store, 100).await, WaitingState::Waiting);
    assert_eq!(store.sweep(now() + SignedDuration::from_hours(72), 10).await.unwrap().ended, 1);
    assert_eq!(state(&store, 100).await, WaitingState::Over);
    assert_exclusive(&store).await;
}

pub async fn places_in_line_move_with_an_installation(store: Arc<dyn Store>) {
    fill(&store, crowd(100..103)).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    joined(&store, wait(100, ADULTS, 0)).await;
    joined(&store, WaitCommand { phone: Some("+7 900 000-00-00".to_owned()), ..wait(101, ADULTS, 0) }).await;
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    let page = all(&store, Kind::Waiting).await;
    assert_eq!(page.len(), 2);
    // What is there already stays as it is, the offer too.
    assert_eq!(store.import_page(page.clone(), now()).await, Ok(Vec::new()));
    assert_eq!(all(&store, Kind::Waiting).await, page);
    assert!(offer(&store, 100, now()).await.is_some());
    let Record::Waiting(mut other) = page[1].clone() else { panic!("a place in line") };
    other.key = WaitingKey { waiting: talon_domain::ids::WaitingId::from_bytes([9; 16]), ..other.key };
    let faults = store.check_page(&[Record::Waiting(other.clone())]).await.unwrap();
    assert_eq!(faults.iter().map(|fault| fault.key).collect::<Vec<_>>(), ["person"], "one place on a list");
    // One ends and the other begins in one page.
    let Record::Waiting(ended) = page[1].clone() else { panic!("a place in line") };
    let ended = ended.changed_to(WaitingState::Withdrawn);
    let both = vec![Record::Waiting(other), Record::Waiting(ended)];
    assert_eq!(store.import_page(both, now()).await, Ok(Vec::new()));
    assert_exclusive(&store).await;
}
