//! Messages on their way: each goes to one claimant at a time, in the order of its entry, and only while it is true.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp, civil::date};
use talon_domain::{
    booking::BookCommand,
    email::Email,
    ids::EntryKey,
    message::{Message, MessageKind, MessageState},
};
use uuid::Uuid;

use super::{
    region::{
        ADULTS, ANNA, book, booked, cancel, crowd, doctor, facility, fill, hold_change, local_start, move_to, now,
        person, slot, wait,
    },
    tally::messages,
};
use crate::{
    About, Attempted, ClaimMessages, ClaimedMessages, DueMessage, MessageRow, MessagesQuery, Record, ReminderPass,
    Sending, Store,
};

const ADDRESS: &str = "patient@example.ru";
const LEASE: SignedDuration = SignedDuration::from_mins(2);

fn claim(limit: u32, at: Timestamp) -> ClaimMessages {
    ClaimMessages { after: None, limit, lease: Uuid::new_v4(), until: at + LEASE }
}

async fn claimed(store: &Arc<dyn Store>, at: Timestamp) -> (ClaimMessages, ClaimedMessages) {
    let claim = claim(100, at);
    let found = store.claim_messages(&claim, at).await.unwrap();
    (claim, found)
}

fn said(claimed: &ClaimedMessages) -> Vec<(EntryKey, MessageKind, u32)> {
    claimed.due.iter().map(|due| (due.message.entry, due.message.kind, due.message.version)).collect()
}

async fn settle(store: &Arc<dyn Store>, due: &DueMessage, lease: Uuid, result: Sending, at: Timestamp) -> bool {
    let attempted = Attempted { message: due.message, lease, result, reply: Some("250".to_owned()) };
    store.settle_message(&attempted, at).await.unwrap()
}

async fn in_state(store: &Arc<dyn Store>, state: Option<MessageState>) -> Vec<MessageRow> {
    store.messages(&MessagesQuery { state, entry: None, limit: 1000 }).await.unwrap()
}

/// A booking that names an address.
fn with_email(who: u64, number: u64) -> BookCommand {
    BookCommand { email: Some(Email::parse(ADDRESS).unwrap()), ..book(who, ADULTS, 0, number, 0) }
}

pub async fn a_message_is_claimed_sent_and_owed_no_more(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, with_email(ANNA, 3)).await.entry;
    let (first, found) = claimed(&store, now()).await;
    assert_eq!(said(&found), [(entry, MessageKind::Booked, 1)]);
    let due = &found.due[0];
    assert_eq!((due.attempt, due.to.as_str()), (1, ADDRESS));
    assert!(matches!(&due.about, About::Visit { entry: about, before: None, .. } if about.key == entry));
    assert_eq!(said(&claimed(&store, now()).await.1), [], "it is being sent");
    assert!(settle(&store, due, first.lease, Sending::Sent, now()).await);
    assert_eq!(messages(&store).await, []);
    let sent = in_state(&store, Some(MessageState::Sent)).await;
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].message, sent[0].attempts, sent[0].at), (due.message, 1, Some(now())));
    assert_eq!(sent[0].reply.as_deref(), Some("250"));
    // Owed once more, by an import say: what is settled stays settled.
    assert_eq!(store.import_page(vec![Record::Message(due.message)], now()).await, Ok(Vec::new()));
    assert_eq!(said(&claimed(&store, now()).await.1), []);
    assert_eq!(messages(&store).await, []);
    let counts = store.message_counts().await.unwrap();
    assert_eq!((counts.owed, counts.settled), (0, vec![(MessageState::Sent, 1)]));
    assert_eq!(store.forget_messages(now(), 10).await, Ok(0));
    assert_eq!(store.forget_messages(now() + LEASE, 10).await, Ok(1));
    assert_eq!(in_state(&store, Some(MessageState::Sent)).await, []);
}

pub async fn each_message_goes_to_one_of_many_claimants(store: Arc<dyn Store>) {
    fill(&store, crowd(100..130)).await;
    for who in 100..130 {
        booked(&store, with_email(who, who - 100)).await;
    }
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let (mut mine, mut after) = (Vec::new(), None);
                loop {
                    let claim = ClaimMessages { after, ..claim(3, now()) };
                    let found = store.claim_messages(&claim, now()).await.unwrap();
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
        for message in worker.await.unwrap() {
            *times.entry(message.0).or_default() += 1;
        }
    }
    assert_eq!(times.len(), 30, "each is claimed");
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

pub async fn a_claim_that_has_ended_is_taken_over(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, with_email(ANNA, 3)).await;
    let (first, found) = claimed(&store, now()).await;
    let just_before = now() + LEASE - SignedDuration::from_secs(1);
    assert_eq!(said(&claimed(&store, just_before).await.1), []);
    let (second, again) = claimed(&store, now() + LEASE).await;
    assert_eq!((said(&again), again.due[0].attempt), (said(&found), 2));
    assert!(!settle(&store, &found.due[0], first.lease, Sending::Rejected, now() + LEASE).await, "it lost it");
    assert_eq!(messages(&store).await.len(), 1, "and changes nothing");
    assert!(settle(&store, &again.due[0], second.lease, Sending::Sent, now() + LEASE).await);
}

pub async fn what_cannot_be_sent_now_is_tried_later(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, with_email(ANNA, 3)).await;
    let (first, found) = claimed(&store, now()).await;
    let later = now() + SignedDuration::from_mins(10);
    assert!(settle(&store, &found.due[0], first.lease, Sending::Later(later), now()).await);
    let owed = in_state(&store, None).await;
    assert_eq!((owed[0].state, owed[0].attempts, owed[0].at), (None, 1, Some(later)));
    assert_eq!(said(&claimed(&store, now() + LEASE).await.1), [], "the lease's end is not what it waits for");
    let (second, again) = claimed(&store, later).await;
    assert_eq!(again.due[0].attempt, 2);
    assert!(settle(&store, &again.due[0], second.lease, Sending::Rejected, later).await);
    let rejected = in_state(&store, Some(MessageState::Rejected)).await;
    assert_eq!((rejected.len(), rejected[0].attempts), (1, 2));
    assert_eq!(said(&claimed(&store, later + LEASE).await.1), []);
}

pub async fn what_is_no_longer_true_is_not_sent(store: Arc<dyn Store>) {
    fill(&store, crowd(100..103)).await;
    let cancelled = booked(&store, with_email(100, 3)).await.entry;
    store.cancel(cancel(100, cancelled), now()).await.unwrap().unwrap();
    let moved = booked(&store, with_email(101, 4)).await.entry;
    store.move_entry(move_to(101, moved, None, 9), now()).await.unwrap().unwrap();
    let begun = booked(&store, with_email(102, 0)).await.entry;
    let at = slot(ADULTS, 0, 0, local_start(0)).start;
    let (_, found) = claimed(&store, at).await;
    let mut expected = [(cancelled, MessageKind::Cancelled, 2), (moved, MessageKind::Moved, 2)];
    expected.sort();
    let mut told = said(&found);
    told.sort();
    assert_eq!(told, expected);
    let about = found.due.iter().find(|due| due.message.entry == moved).map(|due| &due.about);
    let Some(About::Visit { before: Some(before), entry, .. }) = about else { panic!("{about:?}") };
    assert_eq!(
        (before.start, entry.start),
        (slot(ADULTS, 0, 4, local_start(4)).start, slot(ADULTS, 0, 9, local_start(9)).start)
    );
    let superseded = in_state(&store, Some(MessageState::Superseded)).await;
    let mut entries: Vec<_> = superseded.iter().map(|row| (row.message.entry, row.message.kind)).collect();
    entries.sort();
    let mut expected = [cancelled, moved, begun].map(|entry| (entry, MessageKind::Booked));
    expected.sort();
    assert_eq!(entries, expected);
    assert!(superseded.iter().all(|row| row.attempts == 0));
}

pub async fn who_left_no_address_is_not_written_to(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let (_, found) = claimed(&store, now()).await;
    assert_eq!((said(&found), found.settled), (vec![], vec![(MessageKind::Booked, MessageState::NoContact)]));
    assert_eq!(in_state(&store, Some(MessageState::NoContact)).await.len(), 1);
}

pub async fn a_change_waits_for_the_message_that_is_being_sent(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, with_email(ANNA, 3)).await.entry;
    let (first, found) = claimed(&store, now()).await;
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    assert_eq!(said(&claimed(&store, now()).await.1), [], "it must not overtake");
    assert!(settle(&store, &found.due[0], first.lease, Sending::Sent, now()).await);
    let (_, next) = claimed(&store, now()).await;
    assert_eq!(said(&next), [(entry, MessageKind::Cancelled, 2)]);
    assert_eq!(next.due[0].attempt, 1);
}

/// However they race: once a cancellation is answered nobody is given the booking's message any more, and whoever was
/// given it before is followed by the cancellation's.
pub async fn a_cancellation_races_with_the_sending(store: Arc<dyn Store>) {
    fill(&store, crowd(100..130)).await;
    for who in 100..130 {
        let entry = booked(&store, with_email(who, who - 100)).await.entry;
        let racing = tokio::spawn({
            let store = Arc::clone(&store);
            async move { claimed(&store, now()).await }
        });
        store.cancel(cancel(who, entry), now()).await.unwrap().unwrap();
        let after = claimed(&store, now()).await;
        assert!(!said(&after.1).contains(&(entry, MessageKind::Booked, 1)), "a false message was given out");
        let before = racing.await.unwrap();
        let mut told = Vec::new();
        for (claim, found) in [before, after] {
            for due in &found.due {
                told.push(due.message.kind);
                assert!(settle(&store, due, claim.lease, Sending::Sent, now()).await);
            }
        }
        let (claim, found) = claimed(&store, now()).await;
        for due in &found.due {
            told.push(due.message.kind);
            assert!(settle(&store, due, claim.lease, Sending::Sent, now()).await);
        }
        assert_eq!(told.last(), Some(&MessageKind::Cancelled), "{told:?}");
        assert!(told.len() <= 2, "{told:?}");
    }
    assert_eq!(messages(&store).await, []);
}

pub async fn an_offer_is_told_while_it_stands(store: Arc<dyn Store>) {
    fill(&store, crowd(100..102)).await;
    for who in [100, 101] {
        // Their address is known from an earlier visit.
        let command = BookCommand { email: Some(Email::parse(ADDRESS).unwrap()), ..book(who, ADULTS, 1, who - 90, 1) };
        booked(&store, command).await;
    }
    let entry = booked(&store, with_email(ANNA, 3)).await.entry;
    store.wait(wait(100, ADULTS, 0), now()).await.unwrap().unwrap();
    store.wait(wait(101, ADULTS, 0), now()).await.unwrap().unwrap();
    store.cancel(cancel(ANNA, entry), now()).await.unwrap().unwrap();
    let first = store.waiting(person(100), now()).await.unwrap().remove(0).offer.unwrap();
    store.release_hold(hold_change(100, first.key), now()).await.unwrap().unwrap();
    let (_, found) = claimed(&store, now()).await;
    let offers: Vec<_> = found.due.iter().filter(|due| due.message.kind == MessageKind::Offered).collect();
    assert_eq!(offers.len(), 1, "the first declined before it was told");
    assert!(matches!(&offers[0].about, About::Offer(hold) if hold.person == person(101)));
    assert!(found.settled.contains(&(MessageKind::Offered, MessageState::Superseded)));
}

fn pass() -> ReminderPass {
    ReminderPass {
        facility: facility(ADULTS),
        kind: MessageKind::ReminderDay,
        day: date(2026, 4, 15),
        from: "2026-04-14T21:00:00Z".parse().unwrap(),
        to: "2026-04-15T21:00:00Z".parse().unwrap(),
        booked_before: now() + SignedDuration::from_secs(1),
    }
}

/// At 18:00 of the day before.
fn evening() -> Timestamp {
    "2026-04-14T15:00:00Z".parse().unwrap()
}

pub async fn a_day_is_reminded_of_once_and_in_one_message(store: Arc<dyn Store>) {
    fill(&store, crowd(100..103)).await;
    let late = booked(&store, with_email(ANNA, 12)).await.entry;
    let early = booked(&store, book(ANNA, ADULTS, 1, 4, 1)).await.entry;
    booked(&store, with_email(100, 5)).await;
    let after = booked(&store, with_email(101, 30)).await.entry;
    let (first, found) = claimed(&store, now()).await;
    for due in &found.due {
        assert!(settle(&store, due, first.lease, Sending::Sent, now()).await);
    }
    // Who books after the pass's limit knows already.
    store.book(with_email(102, 6), now() + SignedDuration::from_secs(2)).await.unwrap().unwrap();
    let racing: Vec<_> = (0..4)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.plan_reminders(&pass(), evening()).await.unwrap() })
        })
        .collect();
    let mut made = Vec::new();
    for pass in racing {
        made.extend(pass.await.unwrap());
    }
    assert_eq!(made, [2], "one of them made it, for two persons");
    let (_, found) = claimed(&store, evening()).await;
    let reminder = |due: &&DueMessage| due.message.kind == MessageKind::ReminderDay;
    let told: Vec<_> = found.due.iter().filter(reminder).collect();
    assert_eq!(told.len(), 2);
    let annas = told.iter().find(|due| due.message.entry == early).expect("about the first of the day");
    let About::Visit { others, .. } = &annas.about else { panic!("{:?}", annas.about) };
    assert_eq!(others.iter().map(|other| other.key).collect::<Vec<_>>(), [late]);
    assert!(told.iter().all(|due| due.message.entry != after), "that is another day");
}

pub async fn a_reminder_passes_to_the_next_visit_of_the_day(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let late = booked(&store, with_email(ANNA, 12)).await.entry;
    let early = booked(&store, book(ANNA, ADULTS, 1, 4, 1)).await.entry;
    let away = booked(&store, with_email(100, 5)).await.entry;
    assert_eq!(store.plan_reminders(&pass(), evening()).await, Ok(Some(2)));
    store.cancel(cancel(ANNA, early), evening()).await.unwrap().unwrap();
    store.move_entry(move_to(100, away, Some(doctor(ADULTS, 0)), 30), evening()).await.unwrap().unwrap();
    let mut reminders: Vec<Message> = Vec::new();
    for _ in 0..2 {
        let (claim, found) = claimed(&store, evening()).await;
        for due in &found.due {
            reminders.extend((due.message.kind == MessageKind::ReminderDay).then_some(due.message));
            assert!(settle(&store, due, claim.lease, Sending::Sent, evening()).await);
        }
    }
    assert_eq!(reminders.iter().map(|message| message.entry).collect::<Vec<_>>(), [late]);
}
