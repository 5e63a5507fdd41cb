//! Events on their way: written with the change, each to one claimant at a time, in the order of its entry.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use talon_domain::{
    entry::{Entry, EntryState},
    event::{EventKey, EventKind, EventState, HookName, Subscription},
    ids::{EntryId, EntryKey, ResourceId},
    slot::Slot,
};
use uuid::Uuid;

use super::{
    region::{
        ADULTS, ANNA, book, booked, cancel, crowd, fill, move_to, now, person, person_records, refused, removal, wait,
    },
    tally::{self, entries},
};
use crate::{
    AttemptedEvent, ClaimEvents, ClaimedEvents, DueEvent, EventCounts, EventRow, EventsQuery, Kind, Record, Replay,
    Replayed, Sending, Store,
};

const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// Who is told in this suite: one of what happens to entries and offers, one of cancellations alone, one of schedules.
pub fn hooks() -> Arc<[Subscription]> {
    let events = EventKind::ALL.iter().copied().filter(|kind| *kind != EventKind::Schedule).collect();
    let told = |hook, kind| Subscription { hook, events: vec![kind] };
    let few = told(few(), EventKind::Cancelled);
    [Subscription { hook: all(), events }, few, told(schedules(), EventKind::Schedule)].into()
}

fn all() -> HookName {
    HookName::parse("all").unwrap()
}

fn few() -> HookName {
    HookName::parse("few").unwrap()
}

fn schedules() -> HookName {
    HookName::parse("schedules").unwrap()
}

async fn claimed(store: &Arc<dyn Store>, hook: HookName, at: Timestamp) -> (Uuid, ClaimedEvents) {
    let lease = Uuid::new_v4();
    let claim = ClaimEvents { hook, after: None, limit: 100, lease, until: at + LEASE };
    (lease, store.claim_events(&claim, at).await.unwrap())
}

fn said(claimed: &ClaimedEvents) -> Vec<(EntryKey, EventKind, u32)> {
    claimed.due.iter().map(|due| (due.event.key.about, due.event.key.kind, due.event.key.version)).collect()
}

async fn settle(
    store: &Arc<dyn Store>,
    hook: HookName,
    (due, lease): (&DueEvent, Uuid),
    result: Sending,
    at: Timestamp,
) -> bool {
    let attempted = AttemptedEvent { hook, event: due.event, lease, result, reply: Some("200".to_owned()) };
    store.settle_event(&attempted, at).await.unwrap()
}

async fn in_state(store: &Arc<dyn Store>, state: Option<EventState>) -> Vec<EventRow> {
    let rows = store.events(&EventsQuery { state, hook: None, limit: 1000 }).await.unwrap();
    rows.into_iter().filter(|row| row.hook != schedules()).collect()
}

/// What is counted of the others than who is told of schedules.
async fn counts(store: &Arc<dyn Store>) -> EventCounts {
    let mut counts = store.event_counts().await.unwrap();
    counts.owed.retain(|(hook, ..)| *hook != schedules());
    counts.settled.retain(|(hook, ..)| *hook != schedules());
    counts
}

/// Claims and delivers everything that is due to a receiver, once.
async fn deliver(store: &Arc<dyn Store>, hook: HookName, at: Timestamp) -> Vec<(EntryKey, EventKind, u32)> {
    let (lease, found) = claimed(store, hook.clone(), at).await;
    for due in &found.due {
        assert!(settle(store, hook.clone(), (due, lease), Sending::Sent, at).await);
    }
    said(&found)
}

pub async fn every_change_is_owed_to_those_who_want_to_know(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    store.move_entry(move_to(ANNA, entry, None, 9), now()).await.unwrap().unwrap();
    store.wait(wait(100, ADULTS, 0), now()).await.unwrap().unwrap();
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    let owed = in_state(&store, None).await;
    let of = |hook: HookName| {
        let mut kinds: Vec<_> = owed.iter().filter(|row| row.hook == hook).map(|row| row.event.key).collect();
        kinds.sort_by_key(|key| (key.version, key.kind));
        kinds
    };
    let key = |version, kind| EventKey { about: entry, version, kind };
    let changes = [key(1, EventKind::Booked), key(2, EventKind::Moved), key(3, EventKind::Cancelled)];
    let (offers, others): (Vec<_>, Vec<_>) = of(all()).into_iter().partition(|key| key.kind == EventKind::Offered);
    assert_eq!((others.as_slice(), offers.len()), (changes.as_slice(), 1), "{owed:?}");
    assert_eq!(of(few()), [key(3, EventKind::Cancelled)]);
    assert!(owed.iter().all(|row| row.event.happened == now() && row.attempts == 0 && row.at.is_none()));
}

pub async fn what_another_system_changed_is_owed_and_what_it_brings_is_not(store: Arc<dyn Store>) {
    fill(&store, crowd(100..103)).await;
    for who in 100..103 {
        booked(&store, book(who, ADULTS, 0, who - 100, 0)).await;
    }
    deliver(&store, all(), now()).await;
    let stored = entries(&store).await;
    let of = |who| stored.iter().find(|entry| entry.person == person(who)).unwrap().clone();
    let changed: Vec<_> = [(100, EntryState::Fulfilled), (101, EntryState::Missed), (102, EntryState::Booked)]
        .map(|(who, state)| Record::Entry(Entry { state, version: 2, ..of(who) }))
        .into();
    assert_eq!(store.import_page(changed.clone(), now()).await, Ok(Vec::new()));
    assert_eq!(store.import_page(changed, now()).await, Ok(Vec::new()));
    let owed: Vec<_> = deliver(&store, all(), now()).await;
    let mut expected = vec![(of(100).key, EventKind::Arrived, 2), (of(101).key, EventKind::Missed, 2)];
    expected.sort();
    assert_eq!(owed, expected, "who came and who did not, once, and nothing of a visit that stayed as it was");
    // As by `talon import` into an installation that does not have them.
    store.remove(removal(102, None), now()).await.unwrap().unwrap();
    let mut more = person_records(102);
    more.push(Record::Entry(of(102)));
    assert_eq!(store.import_page(more, now()).await, Ok(Vec::new()));
    assert_eq!(deliver(&store, all(), now()).await, []);
}

pub async fn what_is_refused_is_no_event(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    refused(&store, book(ANNA, ADULTS, 0, 4, 0)).await;
    assert!(booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.repeated);
    assert_eq!(in_state(&store, None).await.len(), 1, "neither is what was answered once more");
}

pub async fn an_event_is_claimed_sent_and_owed_no_more(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let (lease, found) = claimed(&store, all(), now()).await;
    assert_eq!(said(&found), [(entry, EventKind::Booked, 1)]);
    assert_eq!((found.due[0].attempt, found.due[0].owed), (1, now()));
    assert_eq!(said(&claimed(&store, all(), now()).await.1), [], "it is being sent");
    let later = now() + SignedDuration::from_mins(10);
    assert!(settle(&store, all(), (&found.due[0], lease), Sending::Later(later), now()).await);
    assert_eq!(said(&claimed(&store, all(), now() + LEASE).await.1), [], "the lease's end is not what it waits for");
    let owed = in_state(&store, None).await;
    assert_eq!((owed[0].attempts, owed[0].at, owed[0].reply.as_deref()), (1, Some(later), Some("200")));
    let (lease, again) = claimed(&store, all(), later).await;
    assert_eq!(again.due[0].attempt, 2);
    assert!(settle(&store, all(), (&again.due[0], lease), Sending::Sent, later).await);
    assert_eq!(in_state(&store, None).await, []);
    let sent = in_state(&store, Some(EventState::Delivered)).await;
    assert_eq!((sent.len(), sent[0].event, sent[0].attempts, sent[0].at), (1, found.due[0].event, 2, Some(later)));
    let counts = counts(&store).await;
    assert_eq!((counts.owed, counts.settled), (vec![], vec![(all(), EventState::Delivered, 1)]));
}

pub async fn each_event_goes_to_one_of_many_claimants(store: Arc<dyn Store>) {
    fill(&store, crowd(100..130)).await;
    for who in 100..130 {
        booked(&store, book(who, ADULTS, 0, who - 100, 0)).await;
    }
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (mut mine, mut after) = (Vec::new(), None);
                loop {
                    let lease = Uuid::new_v4();
                    let claim = ClaimEvents { hook: all(), after, limit: 3, lease, until: now() + LEASE };
                    let found = store.claim_events(&claim, now()).await.unwrap();
                    mine.extend(said(&found));
                    after = found.next;
                    if after.is_none() {
                        return mine;
                    }
                }
            })
        })
        .collect();
    let mut times: BTreeMap<_, u32> = BTreeMap::new();
    for worker in workers {
        for event in worker.await.unwrap() {
            *times.entry(event.0).or_default() += 1;
        }
    }
    assert_eq!(times.len(), 30, "each is claimed");
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

pub async fn a_claim_of_events_that_has_ended_is_taken_over(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let (first, found) = claimed(&store, all(), now()).await;
    let just_before = now() + LEASE - SignedDuration::from_secs(1);
    assert_eq!(said(&claimed(&store, all(), just_before).await.1), []);
    let (second, again) = claimed(&store, all(), now() + LEASE).await;
    assert_eq!((said(&again), again.due[0].attempt), (said(&found), 2));
    for result in [Sending::Rejected, Sending::Later(now())] {
        assert!(!settle(&store, all(), (&found.due[0], first), result, now() + LEASE).await, "it lost it");
    }
    assert_eq!(in_state(&store, None).await.len(), 1, "and changes nothing");
    assert!(settle(&store, all(), (&again.due[0], second), Sending::Sent, now() + LEASE).await);
}

pub async fn the_events_of_an_entry_are_sent_one_after_another(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let (lease, found) = claimed(&store, all(), now()).await;
    store.move_entry(move_to(ANNA, entry, None, 9), now()).await.unwrap().unwrap();
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    assert_eq!(said(&claimed(&store, all(), now()).await.1), [], "nothing overtakes what is being sent");
    assert!(settle(&store, all(), (&found.due[0], lease), Sending::Sent, now()).await);
    // What has happened is told, whatever came after it.
    assert_eq!(deliver(&store, all(), now()).await, [(entry, EventKind::Moved, 2)]);
    assert_eq!(deliver(&store, all(), now()).await, [(entry, EventKind::Cancelled, 3)]);
    assert_eq!(deliver(&store, all(), now()).await, []);
}

pub async fn one_receiver_does_not_wait_for_another(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    let (lease, found) = claimed(&store, all(), now()).await;
    let later = now() + SignedDuration::from_hours(1);
    assert!(settle(&store, all(), (&found.due[0], lease), Sending::Later(later), now()).await);
    assert_eq!(deliver(&store, few(), now()).await, [(entry, EventKind::Cancelled, 2)]);
    let counts = counts(&store).await;
    assert_eq!(counts.owed, [(all(), 2, now())]);
    assert_eq!(counts.settled, [(few(), EventState::Delivered, 1)]);
}

pub async fn what_was_settled_is_told_once_more_when_it_is_asked_for(store: Arc<dyn Store>) {
    fill(&store, crowd(100..103)).await;
    let mut entries = Vec::new();
    for who in 100..103 {
        entries.push(booked(&store, book(who, ADULTS, 0, who - 100, 0)).await.entry);
    }
    let (lease, found) = claimed(&store, all(), now()).await;
    for due in &found.due {
        let result = if due.event.key.about == entries[0] { Sending::Rejected } else { Sending::Sent };
        assert!(settle(&store, all(), (due, lease), result, now()).await);
    }
    let later = now() + SignedDuration::from_mins(5);
    let replay = |hook, state, which| Replay { hook, state, which };
    let happened = Replayed::Happened(now(), later);
    let nothing = Replayed::Happened(later, later + LEASE);
    for none in [
        replay(Some(few()), None, happened),
        replay(None, None, nothing),
        replay(
            None,
            Some(EventState::GivenUp),
            Replayed::One(EventKey { about: entries[1], ..found.due[0].event.key }),
        ),
    ] {
        assert_eq!(store.replay_events(&none, later, 10).await, Ok(0), "{none:?}");
    }
    assert_eq!(store.replay_events(&replay(None, Some(EventState::GivenUp), happened), later, 10).await, Ok(1));
    let (lease, again) = claimed(&store, all(), later).await;
    assert_eq!(said(&again), [(entries[0], EventKind::Booked, 1)], "under the id that it had");
    assert_eq!((again.due[0].owed, again.due[0].event.happened), (later, now()), "and for as long as a new one");
    assert!(settle(&store, all(), (&again.due[0], lease), Sending::Sent, later + LEASE).await);
    // What was sent since it was asked for is not told again by the same request.
    let one = Replayed::One(again.due[0].event.key);
    assert_eq!(store.replay_events(&replay(Some(all()), None, one), later, 10).await, Ok(0));
    assert_eq!(store.replay_events(&replay(Some(all()), None, one), later + LEASE, 10).await, Ok(1));
    assert_eq!(store.replay_events(&replay(Some(all()), None, happened), later, 1).await, Ok(1), "a page at a time");
    assert_eq!(store.replay_events(&replay(Some(all()), None, happened), later, 10).await, Ok(1));
    assert_eq!(deliver(&store, all(), later + LEASE).await.len(), 3);
}

pub async fn old_events_are_forgotten(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    for hook in [all(), all(), schedules()] {
        deliver(&store, hook, now()).await;
    }
    assert_eq!(store.forget_events(now(), 10).await, Ok(0), "neither what is settled nor what is owed is old");
    let later = now() + LEASE;
    assert_eq!(store.forget_events(later, 1).await, Ok(1));
    while store.forget_events(later, 10).await.unwrap() == 10 {}
    assert_eq!(store.event_counts().await.unwrap(), EventCounts::default(), "what nobody takes goes as well");
}

pub async fn a_changed_schedule_is_told_once_for_all_its_changes_and_again_after_the_next(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    while !deliver(&store, schedules(), now()).await.is_empty() {}
    let slots: Vec<Slot> = tally::all(&store, Kind::Slot)
        .await
        .into_iter()
        .filter_map(|it| if let Record::Slot(slot) = it { Some(slot) } else { None })
        .collect();
    let resource = |slot: &Slot| EntryKey { facility: slot.key.facility, entry: EntryId(slot.resource.0) };
    let one = slots[0].clone();
    let other = slots.iter().find(|slot| resource(slot) != resource(&one)).unwrap().clone();
    let same = vec![Record::Slot(one.clone()), Record::Slot(other)];
    assert_eq!(store.import_page(same, now()).await, Ok(Vec::new()));
    assert_eq!(deliver(&store, schedules(), now()).await, [], "nothing changed");
    let with = |places| vec![Record::Slot(Slot { places, ..one.clone() })];
    for places in [7, 8] {
        assert_eq!(store.import_page(with(places), now()).await, Ok(Vec::new()));
    }
    let told = [(resource(&one), EventKind::Schedule, 0)];
    let (lease, first) = claimed(&store, schedules(), now()).await;
    assert_eq!(said(&first), told, "two changes are one event, and nobody else's schedule");
    // It changes once more while it is told, in the same microsecond: whoever has asked for the times has the old ones.
    assert_eq!(store.import_page(with(9), now()).await, Ok(Vec::new()));
    assert!(settle(&store, schedules(), (&first.due[0], lease), Sending::Sent, now()).await);
    let (lease, second) = claimed(&store, schedules(), now()).await;
    assert_eq!(said(&second), told);
    assert!(second.due[0].event.happened > first.due[0].event.happened);
    assert_ne!(second.due[0].event.id(), first.due[0].event.id(), "a receiver must not take it for the one it knows");
    assert!(settle(&store, schedules(), (&second.due[0], lease), Sending::Sent, now()).await);
    assert_eq!(deliver(&store, schedules(), now()).await, []);
    // Its old and its new resource both.
    let moved = Slot { resource: ResourceId(same_facility(&slots, &one).entry.0), ..one.clone() };
    let moved = Slot { start: moved.start + SignedDuration::from_hours(24 * 40), ..moved };
    assert_eq!(store.import_page(vec![Record::Slot(moved.clone())], now()).await, Ok(Vec::new()));
    let mut both = [resource(&one), resource(&moved)].map(|about| (about, EventKind::Schedule, 0));
    both.sort();
    assert_eq!(deliver(&store, schedules(), now()).await, both);
}

/// Another resource of a cell's facility.
fn same_facility(slots: &[Slot], one: &Slot) -> EntryKey {
    let other =
        slots.iter().find(|slot| slot.key.facility == one.key.facility && slot.resource != one.resource).unwrap();
    EntryKey { facility: other.key.facility, entry: EntryId(other.resource.0) }
}

pub async fn events_of_an_erased_person_go_and_of_a_merged_one_stay(store: Arc<dyn Store>) {
    fill(&store, crowd(100..102)).await;
    let erased = booked(&store, book(100, ADULTS, 0, 3, 0)).await.entry;
    store.cancel(cancel(100, erased), now()).await.unwrap().unwrap();
    let kept = booked(&store, book(101, ADULTS, 0, 4, 0)).await.entry;
    let (lease, found) = claimed(&store, all(), now()).await;
    let due = found.due.iter().find(|due| due.event.key.about == erased).unwrap();
    assert!(settle(&store, all(), (due, lease), Sending::Sent, now()).await);
    store.remove(removal(100, None), now()).await.unwrap().unwrap();
    let about = |rows: Vec<EventRow>| rows.iter().map(|row| row.event.key.about).collect::<Vec<_>>();
    assert_eq!(about(in_state(&store, None).await), [kept]);
    assert_eq!(about(in_state(&store, Some(EventState::Delivered)).await), []);
    store.remove(removal(101, Some(ANNA)), now()).await.unwrap().unwrap();
    assert_eq!(
        about(in_state(&store, None).await),
        [kept],
        "the visit is still there, and what happened to it is told"
    );
}
