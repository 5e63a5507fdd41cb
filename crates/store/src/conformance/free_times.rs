//! Free times to offer instead of a refused one.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::DateTime};
use talon_domain::{
    access::{Right, Rights},
    booking::{BookCommand, FreeTime, nearest},
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
use crate::{FreeTimesQuery, Record, Sought, Store, StoreError};

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

/// Cells that nobody here is old enough for: more on end than are read at once.
const FOR_THE_OLD: std::ops::Range<u64> = 6..34;

/// The therapist and a colleague, whose cells have several places, are the desk's for now, or open.
fn therapists() -> Vec<Record> {
    let key = ResourceKey { resource: doctor(ADULTS, 100).resource, ..doctor(ADULTS, 0) };
    let name = "Рыбакова Инна Львовна".to_owned();
    let ages = Ages::default();
    let colleague = Resource { key, kind: ResourceKind::Doctor, name, specialty: code(0), room: None, ages };
    let cell = |specialty, number| {
        let cell = slot(ADULTS, specialty, number, local_start(number));
        let ages = Ages { min: Some(60), ..cell.ages };
        if FOR_THE_OLD.contains(&number) { Slot { ages, ..cell } } else { cell }
    };
    let release = |cell: &Slot| Some(Release { at: now() + SignedDuration::from_mins(30), rights: cell.rights });
    let theirs = |number| {
        let cell = Slot { resource: key.resource, ..cell(100, number) };
        match number % 4 {
            0 => Slot { places: 3, ..cell },
            1 => Slot { rights: Rights::of(&[Right::Registry]), release: release(&cell), ..cell },
            _ => cell,
        }
    };
    let cells = (0..40).flat_map(|number| [cell(0, number), theirs(number)]);
    std::iter::once(Record::Resource(colleague)).chain(cells.map(Record::Slot)).collect()
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

/// A store does not wait long for a hint, and the machine may be busy.
async fn found(store: &Arc<dyn Store>, query: &FreeTimesQuery, at: Timestamp) -> Vec<FreeTime> {
    for _ in 0..9 {
        match store.alternatives(query, at).await {
            Err(StoreError::Unavailable(_)) => {}
            found => return found.unwrap(),
        }
    }
    store.alternatives(query, at).await.unwrap()
}

/// Different persons, facilities, times and presents, and holds that are one's own, another's or have run out.
pub async fn who_searches_beside_others_finds_what_they_would_alone(store: Arc<dyn Store>) {
    fill(&store, [crowd(100..140), therapists()].concat()).await;
    let (therapist, colleague) =
        (doctor(ADULTS, 0), ResourceKey { resource: doctor(ADULTS, 100).resource, ..doctor(ADULTS, 0) });
    let mut entries = Vec::new();
    for (who, cell) in [(100, 0), (101, 1), (102, 38), (103, 39)] {
        entries.push((who, booked(&store, book(who, ADULTS, 0, cell, 0)).await.entry));
    }
    for (who, cell) in [(104, 2), (105, 37)] {
        store.hold(hold(who, ADULTS, 0, cell, 0), now()).await.unwrap().unwrap();
    }
    // Of three places two are taken, and all.
    for (who, cell) in [(106, 4), (107, 4), (108, 36), (109, 36), (110, 36)] {
        booked(&store, BookCommand { resource: colleague, ..book(who, ADULTS, 0, cell, 0) }).await;
    }
    let noon = slot(ADULTS, 0, 6, local_start(6)).start;
    let mut searches = Vec::new();
    for who in [ANNA, VERA, GLEB, 999].into_iter().chain(100..140) {
        let at = [now(), now() + SignedDuration::from_mins(7), now() + SignedDuration::from_mins(40), noon];
        let at = at[usize::try_from(who % 4).unwrap()];
        let under = Sought::Referral(referral(who, 0));
        searches.push((who, ADULTS, under.clone(), local_start(who % 40), at));
        searches.push((who, EAST, under, local_start(who % 7), at));
        searches.push((who, ADULTS, Sought::Specialty(code(0)), local_start(20), at));
    }
    searches.extend(entries.iter().map(|(who, entry)| (*who, ADULTS, Sought::Entry(*entry), local_start(20), now())));
    // Before what nobody is old enough for, and behind it.
    let literal = [
        (now(), 20, [(therapist, 5), (therapist, 4), (colleague, 4)]),
        (noon, 8, [(therapist, 34), (colleague, 34), (therapist, 35)]),
    ];
    let under = Sought::Referral(referral(ANNA, 0));
    searches.extend(literal.iter().map(|(at, near, _)| (ANNA, ADULTS, under.clone(), local_start(*near), *at)));

    let query = |(who, lpu, sought, near, _): &(u64, u64, Sought, DateTime, Timestamp)| FreeTimesQuery {
        person: person(*who),
        caller: portal(),
        lpu: LpuCode::parse(&format!("0{lpu}")).unwrap(),
        sought: sought.clone(),
        near: *near,
    };
    let mut at_once = JoinSet::new();
    for (nth, search) in searches.iter().enumerate() {
        let (store, query, at) = (Arc::clone(&store), query(search), search.4);
        at_once.spawn(async move { (nth, found(&store, &query, at).await) });
    }
    let mut answers = at_once.join_all().await;
    answers.sort_by_key(|(nth, _)| *nth);
    let answers: Vec<_> = answers.into_iter().map(|(_, times)| times).collect();
    let offered = answers.iter().filter(|times| times.len() == 3).count();
    assert!(offered > searches.len() / 2, "hardly anybody is offered anything: {offered}");
    for (times, search) in answers.iter().zip(&searches) {
        let (who, lpu, sought, near, at) = search;
        let alone = match sought {
            Sought::Referral(_) => nearest_listed(&store, *who, *lpu, *near, *at).await,
            _ => found(&store, &query(search), *at).await,
        };
        assert_eq!(*times, alone, "{search:?}");
    }
    for (times, (at, near, expected)) in answers[searches.len() - literal.len()..].iter().zip(literal) {
        let times: Vec<_> = times.iter().map(|time| (time.resource, time.day.to_datetime(time.time))).collect();
        assert_eq!(times, expected.map(|(who, cell)| (who, local_start(cell))), "near {near} at {at}");
    }
}
