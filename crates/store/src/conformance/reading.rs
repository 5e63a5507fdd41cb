//! What a person may read of their own, and of a facility's schedule.

use std::{collections::BTreeSet, sync::Arc};

use jiff::{Timestamp, civil::date};
use talon_domain::{
    booking::{CancelCommand, CellPlaces},
    entry::EntryState,
    history::{CancelReason, Cancellation},
    ids::ResourceId,
    resource::{Resource, ResourceKind},
    slot::Ages,
};

use super::{
    region::{
        ADULTS, ANNA, BORIS, CHILDREN, EAST, GLEB, VERA, book, booked, cancel, code, doctor, facility, fill, hold,
        local_start, move_to, now, person, person_records, referral, referral_to, slot,
    },
    tally::entries,
};
use crate::{EntriesQuery, MOST_REFERRALS, Past, Record, ScheduleQuery, Store};

pub async fn a_person_is_read_with_their_cards_and_nobody_elses(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    for (who, homes) in [(ANNA, vec![ADULTS, CHILDREN, EAST]), (GLEB, vec![CHILDREN, EAST])] {
        let found = store.personal(person(who)).await.unwrap().unwrap();
        assert_eq!(found.person.id, person(who));
        assert!(found.cards.iter().all(|card| card.person == person(who)));
        let known_at: BTreeSet<_> = found.cards.iter().map(|card| card.facility).collect();
        assert_eq!((known_at, found.cards.len()), (homes.iter().map(|it| facility(*it)).collect(), homes.len()));
    }
    let barred = store.personal(person(VERA)).await.unwrap().unwrap();
    assert!(barred.cards.iter().all(|card| card.self_booking_barred));
    assert_eq!(store.personal(person(99)).await, Ok(None), "somebody who is not there");
}

pub async fn referrals_come_newest_first_with_the_visit_that_uses_them_up(store: Arc<dyn Store>) {
    let (mut older, mut newer) = (referral_to(ANNA, 20, 0), referral_to(ANNA, 21, 0));
    (older.issued, newer.issued) = (date(2026, 3, 1), date(2026, 4, 10));
    fill(&store, vec![Record::Referral(older), Record::Referral(newer)]).await;
    let kept = booked(&store, book(ANNA, EAST, 1, 3, 1)).await.entry;
    let found = store.referrals(person(ANNA)).await.unwrap();
    let keys: Vec<_> = found.iter().map(|own| own.referral.key).collect();
    assert_eq!(keys, [21, 0, 1, 2, 20].map(|number| referral(ANNA, number)));
    for own in &found {
        let expected = Some(kept).filter(|_| own.referral.key == referral(ANNA, 1));
        assert_eq!(own.used_by.as_ref().map(|visit| visit.key()), expected);
    }
    let others = store.referrals(person(BORIS)).await.unwrap();
    assert_eq!(others.len(), 3);
    assert!(others.iter().all(|own| own.referral.person == person(BORIS) && own.used_by.is_none()));
    store.cancel(cancel(ANNA, kept), now()).await.unwrap().unwrap();
    let found = store.referrals(person(ANNA)).await.unwrap();
    assert!(found.iter().all(|own| own.used_by.is_none()), "a cancelled visit gives it back");
    assert_eq!(store.referrals(person(99)).await, Ok(Vec::new()));
}

pub async fn no_more_referrals_are_read_than_are_shown(store: Arc<dyn Store>) {
    let more = (20..20 + u64::from(MOST_REFERRALS)).map(|number| Record::Referral(referral_to(ANNA, number, 0)));
    fill(&store, more.collect()).await;
    assert_eq!(store.referrals(person(ANNA)).await.unwrap().len(), usize::from(MOST_REFERRALS));
}

pub async fn entries_are_read_by_owner_time_and_state(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let second = booked(&store, book(ANNA, EAST, 1, 27, 1)).await.entry;
    let given_up = booked(&store, book(ANNA, ADULTS, 2, 5, 2)).await.entry;
    store.cancel(cancel(ANNA, given_up), now()).await.unwrap().unwrap();
    booked(&store, book(GLEB, EAST, 0, 3, 0)).await;
    let everything = entries(&store).await;
    let start = |key| everything.iter().find(|entry| entry.key == key).unwrap().start;
    let all = EntriesQuery { person: person(ANNA), from: Timestamp::MIN, to: Timestamp::MAX, state: None };
    for (query, expected) in [
        (all, vec![second, given_up, first]),
        (EntriesQuery { state: Some(EntryState::Booked), ..all }, vec![second, first]),
        (EntriesQuery { state: Some(EntryState::Cancelled), ..all }, vec![given_up]),
        (EntriesQuery { state: Some(EntryState::Missed), ..all }, vec![]),
        (EntriesQuery { from: start(given_up), ..all }, vec![second, given_up]),
        (EntriesQuery { to: start(given_up), ..all }, vec![first]),
        (EntriesQuery { person: person(99), ..all }, vec![]),
    ] {
        let found = store.entries(&query).await.unwrap();
        assert_eq!(found.iter().map(|entry| entry.key).collect::<Vec<_>>(), expected, "{query:?}");
        assert!(found.iter().all(|entry| everything.contains(entry)), "as they are stored");
    }
}

pub async fn the_past_of_an_entry_is_its_owners(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let moved = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    for number in [5, 30] {
        store.move_entry(move_to(ANNA, moved.entry, None, number), now()).await.unwrap().unwrap();
    }
    let given_up = booked(&store, book(ANNA, ADULTS, 1, 9, 1)).await.entry;
    let reason = CancelReason::new(CancelReason::OTHER, Some("Уезжаю".to_owned())).unwrap();
    let command = CancelCommand { reason: Some(reason.clone()), ..cancel(ANNA, given_up) };
    store.cancel(command, now()).await.unwrap().unwrap();
    booked(&store, book(ANNA, EAST, 2, 12, 2)).await;
    let all = EntriesQuery { person: person(ANNA), from: Timestamp::MIN, to: Timestamp::MAX, state: None };
    let own = store.entries(&all).await.unwrap();
    let mut past = store.past(person(ANNA), &own).await.unwrap();
    past.versions.sort_by_key(|was| was.version);
    let was: Vec<_> = past.versions.iter().map(|was| (was.entry, was.version, was.ticket.clone())).collect();
    assert_eq!(was, [(moved.entry, 1, moved.ticket.clone()), (moved.entry, 2, moved.ticket)]);
    let starts: Vec<_> = past.versions.iter().map(|was| was.start).collect();
    assert_eq!(starts, [3, 5].map(|number| slot(ADULTS, 0, number, local_start(number)).start));
    assert_eq!(past.cancellations, [Cancellation { entry: given_up, reason: Some(reason), at: now() }]);
    assert_eq!(store.past(person(BORIS), &own).await, Ok(Past::default()), "they are not his");
    assert_eq!(store.past(person(ANNA), &[]).await, Ok(Past::default()));
}

pub async fn a_schedule_is_read_in_pages_with_the_places_that_are_left(store: Arc<dyn Store>) {
    let mut wide = slot(ADULTS, 0, 0, local_start(0));
    wide.places = 3;
    let mut more: Vec<Record> = [100, 101].into_iter().flat_map(person_records).collect();
    more.push(Record::Slot(wide.clone()));
    let idle = Resource {
        key: doctor(ADULTS, 9),
        kind: ResourceKind::Room,
        name: "Кабинет".to_owned(),
        specialty: code(0),
        room: None,
        ages: Ages::default(),
    };
    more.push(Record::Resource(idle));
    fill(&store, more).await;
    for who in [100, 101] {
        booked(&store, book(who, ADULTS, 0, 0, 0)).await;
    }
    let named = |number| doctor(ADULTS, number).resource;
    let query = ScheduleQuery {
        facility: facility(ADULTS),
        resources: vec![named(9), named(1), named(0)],
        only_scheduled: false,
        skip: 0,
        take: 2,
        from: wide.start,
        to: slot(ADULTS, 0, 24, local_start(24)).start,
        now: now(),
    };
    let told = async |query: &ScheduleQuery| -> (Vec<(ResourceId, Vec<u16>)>, usize) {
        let page = store.schedule(query).await.unwrap();
        for (resource, cells) in &page.resources {
            assert!(cells.iter().all(|cell| cell.slot.resource == *resource));
            assert!(cells.is_sorted_by_key(|cell| cell.slot.start));
        }
        let free = |(resource, cells): &(_, Vec<CellPlaces>)| (*resource, cells.iter().map(|cell| cell.free).collect());
        (page.resources.iter().map(free).collect(), page.total)
    };
    assert_eq!(told(&query).await, (vec![(named(9), vec![]), (named(1), vec![1; 24])], 3));
    assert_eq!(told(&ScheduleQuery { skip: 2, ..query.clone() }).await, (vec![(named(0), vec![1; 24])], 3));
    let only_scheduled = ScheduleQuery { only_scheduled: true, take: 1, ..query.clone() };
    assert_eq!(told(&only_scheduled).await, (vec![(named(1), vec![1; 24])], 2));
    booked(&store, book(ANNA, ADULTS, 0, 0, 0)).await;
    let full = ScheduleQuery { skip: 2, to: slot(ADULTS, 0, 1, local_start(1)).start, ..query.clone() };
    assert_eq!(told(&full).await, (vec![(named(0), vec![0])], 3));
    store.hold(hold(100, ADULTS, 1, 5, 1), now()).await.unwrap().unwrap();
    let (from, to) = (slot(ADULTS, 1, 5, local_start(5)).start, slot(ADULTS, 1, 6, local_start(6)).start);
    let held = ScheduleQuery { resources: vec![named(1)], from, to, ..query.clone() };
    assert_eq!(told(&held).await, (vec![(named(1), vec![0])], 1));
    let lapsed = ScheduleQuery { now: from, ..held };
    assert_eq!(told(&lapsed).await, (vec![(named(1), vec![1])], 1), "its time is over");
    let before = ScheduleQuery { only_scheduled: true, from: now(), to: wide.start, ..query };
    assert_eq!(told(&before).await, (vec![], 0), "the end belongs to what follows");
}
