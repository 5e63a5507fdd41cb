//! Cancelling: what it frees, for whom, and how often.

use std::sync::Arc;

use talon_domain::{
    booking::ChangeRefusal,
    entry::{EntryState, Ticket},
    message::MessageKind,
};

use super::{
    importing::foreign_entry,
    region::{
        ADULTS, ANNA, BORIS, book, booked, cancel, fill, local_start, now, person_records, referral, referral_to,
        refused, slot,
    },
    tally::{all_but_audit, assert_exclusive, entries, messages, outcomes},
};
use crate::{Record, Store};

pub async fn a_cancelled_entry_frees_everything_it_claimed(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert_eq!(store.cancel(cancel(ANNA, first.entry), now()).await.unwrap(), Ok(()));
    let second = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert_ne!(second.entry, first.entry, "a new booking, not a repetition");
    let states: Vec<_> = entries(&store).await.iter().map(|entry| (entry.key, entry.state, entry.version)).collect();
    assert!(states.contains(&(first.entry, EntryState::Cancelled, 2)));
    let kinds: Vec<_> = messages(&store).await.iter().map(|message| (message.entry, message.kind)).collect();
    assert!(
        kinds.contains(&(first.entry, MessageKind::Cancelled)) && kinds.contains(&(second.entry, MessageKind::Booked))
    );
}

pub async fn a_place_is_freed_once_however_many_cancel(store: Arc<dyn Store>) {
    let mut more: Vec<Record> = (100..120).flat_map(person_records).collect();
    let mut wide = slot(ADULTS, 0, 3, local_start(3));
    wide.places = 3;
    more.push(Record::Slot(wide));
    fill(&store, more).await;
    let mut kept = Vec::new();
    for who in 100..103 {
        kept.push(booked(&store, book(who, ADULTS, 0, 3, 0)).await.entry);
    }
    let mut running = Vec::new();
    for _ in 0..16 {
        let (store, entry) = (Arc::clone(&store), kept[1]);
        running.push(tokio::spawn(async move {
            store.cancel(cancel(101, entry), now()).await.unwrap().unwrap();
        }));
    }
    let bookers: Vec<_> = (103..119)
        .map(|who| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.book(book(who, ADULTS, 0, 3, 0), now()).await.unwrap().is_ok() })
        })
        .collect();
    for cancelled in running {
        cancelled.await.unwrap();
    }
    let mut won = 0;
    for booker in bookers {
        won += usize::from(booker.await.unwrap());
    }
    assert!(won <= 1, "one place was freed, {won} were sold");
    assert_exclusive(&store).await;
    let sent = messages(&store).await.iter().filter(|message| message.kind == MessageKind::Cancelled).count();
    assert_eq!(sent, 1, "one cancellation, one message");
    if won == 0 {
        booked(&store, book(119, ADULTS, 0, 3, 0)).await;
    }
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 3, 0)).await.slug(), "time-taken");
}

pub async fn only_the_owner_cancels_and_only_before_the_start(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let before = all_but_audit(&store).await;
    assert_eq!(store.cancel(cancel(BORIS, entry), now()).await.unwrap(), Err(ChangeRefusal::NotFound));
    let start = entries(&store).await[0].start;
    assert_eq!(store.cancel(cancel(ANNA, entry), start).await.unwrap(), Err(ChangeRefusal::Begun));
    assert_eq!(all_but_audit(&store).await, before);
    let told = outcomes(&store).await;
    assert_eq!((told.get("entry-not-found"), told.get("entry-begun")), (Some(&1), Some(&1)));
    assert_eq!(store.cancel(cancel(ANNA, entry), now()).await.unwrap(), Ok(()));
    let after = all_but_audit(&store).await;
    assert_eq!(store.cancel(cancel(ANNA, entry), now()).await.unwrap(), Ok(()), "again answers the same");
    assert_eq!(all_but_audit(&store).await, after);
}

pub async fn a_ticket_number_never_comes_back(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let mut numbers = Vec::new();
    for _ in 0..5 {
        let reply = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
        numbers.push(reply.ticket.to_string());
        store.cancel(cancel(ANNA, reply.entry), now()).await.unwrap().unwrap();
    }
    assert_eq!(numbers, ["Т-001", "Т-002", "Т-003", "Т-004", "Т-005"]);
    let next_day = booked(&store, book(ANNA, ADULTS, 0, 27, 0)).await;
    assert_eq!(next_day.ticket.to_string(), "Т-001", "each day begins anew");
}

/// Two visits ahead of one specialty, which only an import can bring.
pub async fn a_cancelled_visit_leaves_its_specialty_to_another(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let (first, mut last) =
        (foreign_entry(1, ANNA, 3, EntryState::Booked), foreign_entry(2, ANNA, 5, EntryState::Booked));
    last.referral = Some(referral(ANNA, 1));
    last.ticket = Ticket("Т-042".to_owned());
    let page = vec![Record::Entry(first.clone()), Record::Entry(last.clone())];
    assert_eq!(store.import_page(page, now()).await, Ok(Vec::new()));
    store.cancel(cancel(ANNA, last.key), now()).await.unwrap().unwrap();
    assert_exclusive(&store).await;
    // Under the referral that is free again, to the same specialty.
    let more = Record::Referral(referral_to(ANNA, 4, 0));
    assert_eq!(store.import_page(vec![more], now()).await, Ok(Vec::new()));
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 8, 4)).await.slug(), "specialty-limit");
    store.cancel(cancel(ANNA, first.key), now()).await.unwrap().unwrap();
    booked(&store, book(ANNA, ADULTS, 0, 8, 4)).await;
    assert_exclusive(&store).await;
}
