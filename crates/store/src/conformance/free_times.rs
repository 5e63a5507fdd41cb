//! Free times to offer instead of a refused one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::DateTime};
use talon_domain::{
    access::{Right, Rights},
    booking::{FreeTime, nearest},
    facility::LpuCode,
    ids::ResourceKey,
    resource::{Resource, ResourceKind},
    slot::{Ages, Release, Slot},
};
use tokio::task::JoinSet;

use super::{
    listing,
    region::{
        ADULTS, ANNA, EAST, GLEB, VERA, book, booked, code, crowd, doctor, fill, hold, local_start, now, person,
        portal, referral, referral_to, slot,
    },
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

/// A colleague of the therapist, with cells of several places, of the desk alone for now, and for the old.
fn colleague() -> Vec<Record> {
    let therapist = doctor(ADULTS, 0);
    let key = ResourceKey { resource: doctor(ADULTS, 100).resource, ..therapist };
    let name = "Рыбакова Инна Львовна".to_owned();
    let ages = Ages::default();
    let resource = Resource { key, kind: ResourceKind::Doctor, name, specialty: code(0), room: None, ages };
    let cells = (0..40).map(|number| {
        let cell = Slot { resource: key.resource, ..slot(ADULTS, 100, number, local_start(number)) };
        let ages = Ages { min: Some(60), ..cell.ages };
        let release = Some(Release { at: now() + SignedDuration::from_mins(30), rights: cell.rights });
        Record::Slot(match number % 4 {
            0 => Slot { places: 2, ..cell },
            1 => Slot { rights: Rights::of(&[Right::Registry]), release, ..cell },
            2 => Slot { ages, ..cell },
            _ => cell,
        })
    });
    std::iter::once(Record::Resource(resource)).chain(cells).collect()
}

/// The nearest of all that the person could book at that moment, by the list.
async fn nearest_listed(store: &Arc<dyn Store>, who: u64, lpu: u64, near: DateTime, at: Timestamp) -> Vec<FreeTime> {
    let Ok(listed) = store.free_times(&listing::query(who, 0, Some(lpu)), at).await.unwrap() else { return Vec::new() };
    let Some(zone) = listed.first().map(|there| there.facility.zone.clone()) else { return Vec::new() };
    let times = listing::times(&listed).into_iter().map(|(resource, local, _)| {
        let start = zone.instant(local).unwrap();
        FreeTime { resource, day: local.date(), time: local.time(), start }
    });
    nearest(times.collect(), zone.instant(near).unwrap())
}

/// Different persons, facilities, times and presents, and holds that are one's own, another's or have run out.
pub async fn who_searches_beside_others_finds_what_they_would_alone(store: Arc<dyn Store>) {
    fill(&store, [crowd(100..140), colleague()].concat()).await;
    for who in 100..112 {
        booked(&store, book(who, ADULTS, 0, who - 100, 0)).await;
    }
    for who in 112..120 {
        store.hold(hold(who, ADULTS, 0, who - 97, 0), now()).await.unwrap().unwrap();
    }
    for who in 120..124 {
        let mut pair = book(who, ADULTS, 0, (who - 120) / 2 * 4, 0);
        pair.resource.resource = doctor(ADULTS, 100).resource;
        booked(&store, pair).await;
    }
    let everybody = [ANNA, VERA, GLEB, 999].into_iter().chain(100..140);
    let searches = everybody.flat_map(|who| {
        let at = now() + SignedDuration::from_mins(7 * (i64::try_from(who).unwrap() % 6));
        [(who, ADULTS, local_start(who % 40), at), (who, EAST, local_start(who % 7), at)]
    });
    let searches: Vec<_> = searches.collect();
    let mut at_once = JoinSet::new();
    for (nth, &(who, lpu, near, at)) in searches.iter().enumerate() {
        let query = FreeTimesQuery {
            person: person(who),
            caller: portal(),
            lpu: LpuCode::parse(&format!("0{lpu}")).unwrap(),
            sought: Sought::Referral(referral(who, 0)),
            near,
        };
        let store = Arc::clone(&store);
        at_once.spawn(async move { (nth, store.alternatives(&query, at).await.unwrap()) });
    }
    let found = at_once.join_all().await;
    let offered = found.iter().filter(|(_, times)| times.len() == 3).count();
    assert!(offered > searches.len() / 2, "hardly anybody is offered anything: {offered}");
    for (nth, found) in found {
        let (who, lpu, near, at) = searches[nth];
        assert_eq!(found, nearest_listed(&store, who, lpu, near, at).await, "{who} in {lpu} near {near} at {at}");
    }
}
