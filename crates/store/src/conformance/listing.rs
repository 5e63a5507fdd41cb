//! The list of everything that can be booked under a referral.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::date};
use talon_domain::{
    access::{Right, Rights},
    booking::{BookCommand, FacilityTimes, GRACE, MOST_ANYWHERE},
    facility::LpuCode,
    ids::{FacilityId, ReferralId, ResourceKey},
    referral::{ReferralKind, ReferralState},
    resource::{Resource, ResourceKind},
    slot::{Ages, Release, Slot},
};

use super::region::{
    ADULTS, ANNA, BORIS, CHILDREN, EAST, GLEB, VERA, book, booked, cancel, code, crowd, doctor, facility, fill, hold,
    local_start, now, person, person_records, portal, referral, referral_to, refused, slot, slot_key,
};
use crate::{FreeTimesQuery, ListQuery, ListReply, Record, Sought, Store};

/// What `who` may ask under their referral `under`, at `lpu` or anywhere.
#[must_use]
pub fn query(who: u64, under: u64, lpu: Option<u64>) -> ListQuery {
    ListQuery {
        person: person(who),
        caller: portal(),
        referral: referral(who, under),
        lpu: lpu.map(|number| LpuCode::parse(&format!("0{number}")).unwrap()),
        days: None,
    }
}

async fn list(store: &Arc<dyn Store>, query: &ListQuery) -> ListReply {
    store.free_times(query, now()).await.unwrap()
}

async fn slug(store: &Arc<dyn Store>, query: &ListQuery) -> &'static str {
    list(store, query).await.expect_err("refused").slug()
}

/// Every time of a list, in its order, with its free places.
#[must_use]
pub fn times(listed: &[FacilityTimes]) -> Vec<(ResourceKey, jiff::civil::DateTime, u16)> {
    let resources = listed.iter().flat_map(|there| &there.resources);
    let days = resources.flat_map(|one| one.days.iter().map(move |day| (one.resource.key, day)));
    days.flat_map(|(key, day)| day.times.iter().map(move |(time, places)| (key, day.day.to_datetime(*time), *places)))
        .collect()
}

pub async fn what_is_free_is_listed_earliest_first(store: Arc<dyn Store>) {
    let mut group = slot(ADULTS, 0, 41, "2026-04-17T09:00:00".parse().unwrap());
    group.places = 3;
    let mut records = vec![Record::Slot(group)];
    records.extend([100, 101, 102].into_iter().flat_map(person_records));
    fill(&store, records).await;
    booked(&store, book(100, ADULTS, 0, 0, 0)).await;
    let mut second = book(101, ADULTS, 0, 0, 0);
    second.day = date(2026, 4, 17);
    second.time = jiff::civil::time(9, 0, 0, 0);
    booked(&store, second).await;

    let listed = list(&store, &query(ANNA, 0, Some(ADULTS))).await.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].facility.id, listed[0].resources.len()), (facility(ADULTS), 1));
    let found = times(&listed);
    let mut expected: Vec<_> = (1..40).map(|number| (doctor(ADULTS, 0), local_start(number), 1)).collect();
    expected.push((doctor(ADULTS, 0), "2026-04-17T09:00:00".parse().unwrap(), 2));
    assert_eq!(found, expected);

    // In the east it is eight o'clock two hours earlier; the children's clinic is left out.
    let listed = list(&store, &query(ANNA, 0, None)).await.unwrap();
    let order: Vec<FacilityId> = listed.iter().map(|there| there.facility.id).collect();
    assert_eq!(order, [facility(EAST), facility(ADULTS)]);
    assert_eq!(times(&listed).len(), 80);

    let today = ListQuery { days: Some(0), ..query(ANNA, 0, None) };
    assert_eq!(list(&store, &today).await.unwrap(), []);
    let tomorrow = ListQuery { days: Some(1), ..query(ANNA, 0, Some(ADULTS)) };
    assert_eq!(times(&list(&store, &tomorrow).await.unwrap()).len(), 23);
    let beyond = ListQuery { days: Some(u16::MAX), ..query(ANNA, 0, Some(ADULTS)) };
    assert_eq!(times(&list(&store, &beyond).await.unwrap()).len(), 40, "no further than the caller sees");
}

pub async fn a_list_is_refused_as_a_booking_is(store: Arc<dyn Store>) {
    let mut records = Vec::new();
    let mut with = |owner: u64, number: u64, change: &dyn Fn(&mut talon_domain::referral::Referral)| {
        let mut referral = referral_to(owner, number, 0);
        change(&mut referral);
        records.push(Record::Referral(referral));
    };
    with(ANNA, 10, &|referral| referral.kind = None);
    with(ANNA, 11, &|referral| referral.state = ReferralState::Closed);
    with(ANNA, 12, &|referral| referral.valid_until = date(2026, 4, 13));
    with(ANNA, 14, &|referral| referral.to_facility = Some(facility(EAST)));
    with(ANNA, 15, &|referral| referral.resource = Some(doctor(ADULTS, 2)));
    with(BORIS, 16, &|referral| referral.kind = Some(ReferralKind::Duvisit));
    with(BORIS, 17, &|referral| {
        (referral.kind, referral.to_facility) = (Some(ReferralKind::Duvisit), Some(facility(ADULTS)));
    });
    with(GLEB, 18, &|referral| referral.to_facility = Some(facility(ADULTS)));
    fill(&store, records).await;
    let nowhere = ListQuery { lpu: Some(LpuCode::parse("99").unwrap()), ..query(ANNA, 0, None) };
    assert_eq!(slug(&store, &nowhere).await, "facility-unknown");
    for (who, under, lpu, reason) in [
        (GLEB, 0, Some(ADULTS), "card-not-found"),
        (ANNA, 10, Some(ADULTS), "referral-pair-incomplete"),
        (ANNA, 11, Some(ADULTS), "referral-closed"),
        (ANNA, 12, Some(ADULTS), "referral-expired"),
        (ANNA, 14, Some(ADULTS), "referral-mismatch"),
        (ANNA, 15, Some(ADULTS), "referral-mismatch"),
        (ANNA, 0, Some(CHILDREN), "children-facility"),
        (VERA, 0, Some(ADULTS), "self-booking-barred"),
        (BORIS, 16, Some(ADULTS), "dispensary-required"),
        (ANNA, 10, None, "referral-pair-incomplete"),
        (ANNA, 11, None, "referral-closed"),
        (ANNA, 12, None, "referral-expired"),
        (VERA, 0, None, "self-booking-barred"),
        (BORIS, 17, None, "dispensary-required"),
        (GLEB, 18, None, "card-not-found"),
    ] {
        assert_eq!(slug(&store, &query(who, under, lpu)).await, reason, "{who} under {under} at {lpu:?}");
        let Some(lpu) = lpu else { continue };
        assert_eq!(refused(&store, book(who, lpu, 0, 3, under)).await.slug(), reason, "as the booking");
    }
    let listed = list(&store, &query(ANNA, 14, None)).await.unwrap();
    assert_eq!(listed.iter().map(|there| there.facility.id).collect::<Vec<_>>(), [facility(EAST)]);
    // A visit elsewhere in the specialty, and the referral's own.
    let entry = booked(&store, book(ANNA, EAST, 0, 3, 0)).await.entry;
    assert_eq!(slug(&store, &query(ANNA, 0, Some(ADULTS))).await, "referral-used");
    assert_eq!(slug(&store, &query(ANNA, 0, None)).await, "referral-used");
    assert_eq!(slug(&store, &query(ANNA, 14, None)).await, "specialty-limit");
    assert_eq!(store.cancel(cancel(ANNA, entry), now()).await.unwrap(), Ok(()));
    assert_eq!(times(&list(&store, &query(ANNA, 0, None)).await.unwrap()).len(), 80);
}

pub async fn a_list_for_a_foreign_referral_and_an_absent_one_answer_alike(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    for lpu in [Some(ADULTS), None] {
        let foreign = ListQuery { referral: referral(BORIS, 0), ..query(ANNA, 0, lpu) };
        let mut absent = foreign.clone();
        absent.referral.referral = ReferralId::from_bytes([7; 16]);
        let (foreign, absent) = (list(&store, &foreign).await, list(&store, &absent).await);
        assert_eq!(foreign, absent);
        assert_eq!(foreign.expect_err("refused").slug(), "referral-not-found");
    }
}

/// It can be booked by whoever holds it, and by nobody else before it is over.
pub async fn a_held_time_is_listed_to_its_holder_alone(store: Arc<dyn Store>) {
    let mut group = slot(ADULTS, 0, 4, local_start(4));
    group.places = 2;
    fill(&store, [vec![Record::Slot(group)], crowd(100..101)].concat()).await;
    let held = store.hold(hold(ANNA, ADULTS, 0, 3, 0), now()).await.unwrap().expect("held").hold;
    store.hold(hold(ANNA, ADULTS, 0, 4, 0), now()).await.unwrap().expect("held");
    let free_again = held.expires + GRACE;
    let last = free_again - SignedDuration::from_micros(1);
    // Who asks, when, and the places that they find of the one cell and of the other.
    for (who, at, of_one, of_two) in [
        (ANNA, now(), 1, 2),
        (100, now(), 0, 1),
        (ANNA, last, 1, 2),
        (100, last, 0, 1),
        (ANNA, free_again, 1, 2),
        (100, free_again, 1, 2),
    ] {
        for lpu in [Some(ADULTS), None] {
            let listed = times(&store.free_times(&query(who, 0, lpu), at).await.unwrap().unwrap());
            let places = |cell| {
                let there = (doctor(ADULTS, 0), local_start(cell));
                listed.iter().find(|(key, local, _)| (*key, *local) == there).map_or(0, |(.., places)| *places)
            };
            assert_eq!((places(3), places(4)), (of_one, of_two), "{who} at {at}, {lpu:?}");
        }
        let near = FreeTimesQuery {
            person: person(who),
            caller: portal(),
            lpu: LpuCode::parse("01").unwrap(),
            sought: Sought::Referral(referral(who, 0)),
            near: local_start(3),
        };
        let offered = store.alternatives(&near, at).await.unwrap();
        let is_offered = offered.iter().any(|time| time.day.to_datetime(time.time) == local_start(3));
        assert_eq!(is_offered, of_one > 0, "{who} at {at}");
    }
    // What is listed is bookable: to the other not now, to the holder at once.
    assert_eq!(refused(&store, book(100, ADULTS, 0, 3, 0)).await.slug(), "time-taken");
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
}

/// At the very instant: in a list, among alternatives and to a booking.
pub async fn a_cell_is_sold_and_listed_from_its_release_on(store: Arc<dyn Store>) {
    let released = now() + SignedDuration::from_hours(3);
    let mut desk = slot(ADULTS, 0, 41, "2026-04-17T09:00:00".parse().unwrap());
    desk.rights = Rights::of(&[Right::Registry]);
    desk.release = Some(Release { at: released, rights: Rights::of(&[Right::Internet]) });
    let mut other = slot(ADULTS, 0, 42, "2026-04-17T10:00:00".parse().unwrap());
    other.rights = Rights::of(&[Right::Registry]);
    other.release = Some(Release { at: released, rights: Rights::of(&[Right::Infomat]) });
    fill(&store, vec![Record::Slot(desk.clone()), Record::Slot(other.clone())]).await;
    let stored = super::tally::all(&store, crate::Kind::Slot).await;
    assert!(stored.contains(&Record::Slot(desk)) && stored.contains(&Record::Slot(other)));

    let mut command = book(ANNA, ADULTS, 0, 0, 0);
    (command.day, command.time) = (date(2026, 4, 17), jiff::civil::time(9, 0, 0, 0));
    let on_the_day =
        |listed: &[FacilityTimes]| times(listed).iter().filter(|(_, at, _)| at.date() == command.day).count();
    let before: Timestamp = released - SignedDuration::from_nanos(1);
    for lpu in [Some(ADULTS), None] {
        assert_eq!(on_the_day(&store.free_times(&query(ANNA, 0, lpu), before).await.unwrap().unwrap()), 0);
        assert_eq!(on_the_day(&store.free_times(&query(ANNA, 0, lpu), released).await.unwrap().unwrap()), 1);
    }
    let near = FreeTimesQuery {
        person: person(ANNA),
        caller: portal(),
        lpu: LpuCode::parse("01").unwrap(),
        sought: Sought::Referral(referral(ANNA, 0)),
        near: "2026-04-17T09:00:00".parse().unwrap(),
    };
    let offered = |times: &[talon_domain::booking::FreeTime]| times.iter().any(|time| time.day == command.day);
    assert!(!offered(&store.alternatives(&near, before).await.unwrap()));
    assert!(offered(&store.alternatives(&near, released).await.unwrap()));
    let early = store.book(command.clone(), before).await.unwrap().expect_err("refused");
    assert_eq!(early.slug(), "time-not-open");
    store.book(command, released).await.unwrap().expect("booked");
}

/// Cells of several places, taken in part.
const SHARED: std::ops::Range<u64> = 135..141;

pub async fn a_list_is_bounded_to_the_earliest(store: Arc<dyn Store>) {
    let colleague = |number: u64| ResourceKey { resource: doctor(EAST, 100 + number).resource, ..doctor(EAST, 0) };
    let mut records = Vec::new();
    // The first works from tomorrow on, each next one from a day later on, and the last one on one day alone.
    for number in 0..12 {
        records.push(Record::Resource(Resource {
            key: colleague(number),
            kind: ResourceKind::Doctor,
            name: "Рыбакова Инна Львовна".to_owned(),
            specialty: code(0),
            room: None,
            ages: Ages::default(),
        }));
        for cell in number * 24..if number == 11 { 288 } else { 13 * 24 } {
            let slot = slot(EAST, 0, number * 1000 + cell, local_start(cell));
            let key = slot_key(EAST, 100 + number, cell);
            // Some with two patients each, where a store may stop reading for the first time.
            let places = if number == 0 && SHARED.contains(&cell) { 3 } else { 1 };
            records.push(Record::Slot(Slot { key, resource: colleague(number).resource, places, ..slot }));
        }
    }
    records.extend(crowd(100..100 + 2 * (SHARED.end - SHARED.start)));
    fill(&store, records).await;
    for (who, cell) in (100..).zip(SHARED.flat_map(|cell| [cell, cell])) {
        booked(&store, BookCommand { resource: colleague(0), ..book(who, EAST, 0, cell, 0) }).await;
    }
    let mut all: Vec<_> = Vec::new();
    for home in [ADULTS, EAST] {
        let listed = list(&store, &query(ANNA, 0, Some(home))).await.unwrap();
        let zone = listed[0].facility.zone.clone();
        all.extend(times(&listed).into_iter().map(|(key, local, places)| (zone.instant(local).unwrap(), key, places)));
    }
    all.sort_unstable();
    assert!(all.len() > 2 * MOST_ANYWHERE, "{}", all.len());
    all.truncate(MOST_ANYWHERE);
    let listed = list(&store, &query(ANNA, 0, None)).await.unwrap();
    let mut found = Vec::new();
    for there in &listed {
        let instant = |local| there.facility.zone.instant(local).unwrap();
        let listed = times(std::slice::from_ref(there)).into_iter();
        found.extend(listed.map(|(key, local, places)| (instant(local), key, places)));
    }
    found.sort_unstable();
    assert_eq!(found, all);
}
