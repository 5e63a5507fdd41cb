//! Free times to offer instead of a refused one.

use std::sync::Arc;

use jiff::civil::DateTime;
use talon_domain::{
    access::{Right, Rights},
    booking::FreeTime,
    facility::LpuCode,
};

use super::region::{
    ADULTS, ANNA, VERA, book, booked, doctor, fill, local_start, now, person, portal, referral, referral_to, slot,
};
use crate::{FreeTimesQuery, Record, Sought, Store};

async fn offers(store: &Arc<dyn Store>, who: u64, under: u64, near: DateTime) -> Vec<FreeTime> {
    let query = FreeTimesQuery {
        person: person(who),
        caller: portal(),
        lpu: LpuCode::parse("01").unwrap(),
        sought: Sought::Referral(referral(who, under)),
        near,
    };
    store.alternatives(&query, now()).await.unwrap()
}

pub async fn offers_are_bookable_and_nearest_first(store: Arc<dyn Store>) {
    fill(&store, (100..140).flat_map(super::region::person_records).collect()).await;
    booked(&store, book(100, ADULTS, 0, 6, 0)).await;
    booked(&store, book(101, ADULTS, 0, 8, 0)).await;
    let found = offers(&store, ANNA, 0, local_start(6)).await;
    let starts: Vec<_> = found.iter().map(|time| time.day.to_datetime(time.time)).collect();
    assert_eq!(starts, [local_start(5), local_start(7), local_start(4)], "the earlier one at equal distance");
    assert!(found.iter().all(|time| time.resource == doctor(ADULTS, 0)));
    // What is offered is bookable, until nothing is left to offer.
    let mut left = 0;
    for who in 102..140 {
        let Some(time) = offers(&store, who, 0, local_start(6)).await.first().copied() else { break };
        let mut command = book(who, ADULTS, 0, 0, 0);
        (command.day, command.time) = (time.day, time.time);
        booked(&store, command).await;
        left += 1;
    }
    assert_eq!(left, 38);
    assert_eq!(offers(&store, ANNA, 0, local_start(6)).await, []);
}

pub async fn nothing_is_offered_that_a_rule_forbids(store: Arc<dyn Store>) {
    let mut closed = slot(ADULTS, 0, 5, local_start(5));
    closed.rights = Rights::of(&[Right::Registry]);
    let mut for_the_old = slot(ADULTS, 0, 7, local_start(7));
    for_the_old.ages.min = Some(70);
    let beyond = slot(ADULTS, 1, 60, "2026-04-29T09:00:00".parse().unwrap());
    let past = slot(ADULTS, 1, 61, "2026-04-14T11:00:00".parse().unwrap());
    let mut named = referral_to(ANNA, 20, 0);
    named.resource = Some(doctor(ADULTS, 1));
    let more = vec![
        Record::Slot(closed),
        Record::Slot(for_the_old),
        Record::Slot(beyond),
        Record::Slot(past),
        Record::Referral(named),
    ];
    fill(&store, more).await;
    let found = offers(&store, ANNA, 0, local_start(6)).await;
    let starts: Vec<_> = found.iter().map(|time| time.day.to_datetime(time.time)).collect();
    assert_eq!(starts, [local_start(6), local_start(4), local_start(8)]);
    booked(&store, book(ANNA, ADULTS, 1, 6, 1)).await;
    let found = offers(&store, ANNA, 0, local_start(6)).await;
    assert!(found.iter().all(|time| time.time != local_start(6).time()), "not where the patient has a visit");
    let around = offers(&store, ANNA, 2, "2026-04-14T10:00:00".parse().unwrap()).await;
    assert!(around.iter().all(|time| time.start > now()));
    assert_eq!(offers(&store, ANNA, 20, local_start(6)).await, [], "the named resource has another specialty");
    assert_eq!(offers(&store, VERA, 0, local_start(6)).await, [], "who is barred is offered nothing");
    assert_eq!(offers(&store, ANNA, 1, local_start(6)).await, [], "not a second visit of the specialty");
}
