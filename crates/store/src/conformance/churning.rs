//! Booking and giving up again and again: how often, for whom, and until when.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use talon_domain::{
    access::Channel,
    booking::{BookCommand, CancelCommand, ChurnTerms, MoveRefusal, Refusal},
    ids::EntryKey,
    zone::Zone,
};

use super::{
    listing::query,
    region::{ADULTS, ANNA, BORIS, book, booked, cancel, doctor, fill, hold, move_to, now, refused},
    tally::{all_but_audit, assert_exclusive, entries},
};
use crate::{Store, StoreError};

/// Three in a day.
const TERMS: ChurnTerms = ChurnTerms { most: 3, within: SignedDuration::from_hours(24) };

const SLUG: &str = "cancelled-too-often";

/// The same, asked for by another channel.
fn through(channel: Channel, mut command: BookCommand) -> BookCommand {
    command.caller.channel = channel;
    command
}

fn counted(who: u64, entry: EntryKey) -> CancelCommand {
    CancelCommand { churn: TERMS, ..cancel(who, entry) }
}

/// Books cell `number` of a specialty and gives it up.
async fn book_and_cancel(store: &Arc<dyn Store>, who: u64, specialty: u64, number: u64, at: Timestamp) {
    let entry = store.book(book(who, ADULTS, specialty, number, specialty), at).await.unwrap().unwrap().entry;
    for again in [false, true] {
        let done = store.cancel(counted(who, entry), at).await.unwrap();
        assert_eq!(done, Ok(()), "again: {again}");
    }
}

pub async fn who_gives_up_too_often_pauses(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    for number in 3..6 {
        book_and_cancel(&store, ANNA, 0, number, now()).await;
    }
    let until = now() + TERMS.within;
    let local = Zone::parse("Europe/Moscow").unwrap().local(until);
    let before = all_but_audit(&store).await;
    let refusal = refused(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert!(matches!(&refusal, Refusal::CancelledTooOften { until, .. } if *until == local), "{refusal:?}");
    assert_eq!(store.hold(hold(ANNA, ADULTS, 0, 3, 0), now()).await.unwrap().unwrap_err().slug(), SLUG);
    for lpu in [Some(ADULTS), None] {
        assert_eq!(store.free_times(&query(ANNA, 0, lpu), now()).await.unwrap().unwrap_err().slug(), SLUG);
    }
    assert_eq!(all_but_audit(&store).await, before, "a refusal leaves nothing");
    booked(&store, book(BORIS, ADULTS, 0, 3, 0)).await;
    booked(&store, book(ANNA, ADULTS, 1, 9, 1)).await;
    let last = store.book(book(ANNA, ADULTS, 0, 30, 0), until - SignedDuration::from_secs(1)).await.unwrap();
    assert_eq!(last.unwrap_err().slug(), SLUG);
    // Swept or not, it is over; and then counting begins anew.
    store.sweep(until, 100).await.unwrap();
    for number in 30..33 {
        book_and_cancel(&store, ANNA, 0, number, until).await;
    }
    let again = store.book(book(ANNA, ADULTS, 0, 33, 0), until).await.unwrap();
    assert_eq!(again.unwrap_err().slug(), SLUG);
    let over = until + TERMS.within;
    assert!(store.book(book(ANNA, ADULTS, 0, 39, 0), over).await.unwrap().is_ok());
}

pub async fn a_desk_neither_counts_nor_pauses(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    // What the desk booked or cancelled is none of the patient's.
    for (booker, canceller) in [
        (Channel::Registry, Channel::Internet),
        (Channel::Internet, Channel::CallCenter),
        (Channel::Doctor, Channel::Doctor),
    ] {
        for number in 3..7 {
            let entry = booked(&store, through(booker, book(ANNA, ADULTS, 0, number, 0))).await.entry;
            let mut given_up = counted(ANNA, entry);
            given_up.caller.channel = canceller;
            assert_eq!(store.cancel(given_up, now()).await.unwrap(), Ok(()));
        }
    }
    for number in 3..6 {
        book_and_cancel(&store, ANNA, 0, number, now()).await;
    }
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 3, 0)).await.slug(), SLUG);
    let entry = booked(&store, through(Channel::Registry, book(ANNA, ADULTS, 0, 3, 0))).await.entry;
    assert_eq!(store.cancel(counted(ANNA, entry), now()).await.unwrap(), Ok(()), "giving up is never refused");
}

pub async fn who_has_a_visit_may_move_it_while_they_pause(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    for number in 3..6 {
        book_and_cancel(&store, ANNA, 0, number, now()).await;
    }
    let entry = booked(&store, through(Channel::Registry, book(ANNA, ADULTS, 0, 3, 0))).await.entry;
    assert!(store.move_entry(move_to(ANNA, entry, None, 5), now()).await.unwrap().is_ok());
    // To the specialty of which they gave up so many it would be another booking.
    let other = booked(&store, BookCommand { referral: None, ..book(ANNA, ADULTS, 1, 9, 1) }).await.entry;
    store.cancel(counted(ANNA, entry), now()).await.unwrap().unwrap();
    let moved = store.move_entry(move_to(ANNA, other, Some(doctor(ADULTS, 0)), 12), now()).await.unwrap();
    assert!(matches!(&moved, Err(MoveRefusal::Time(refusal)) if refusal.slug() == SLUG), "{moved:?}");
}

/// A visit that is booked and given up between the facts and the claims of another booking is counted too.
pub async fn however_many_race_nobody_gives_up_more_than_they_may(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let mut running = Vec::new();
    for task in 0..12 {
        let store = Arc::clone(&store);
        running.push(tokio::spawn(async move {
            let (mut made, cell) = (0, 3 + 3 * task);
            loop {
                match store.book(book(ANNA, ADULTS, 0, cell, 0), now()).await {
                    Ok(Ok(reply)) => {
                        made += 1;
                        store.cancel(counted(ANNA, reply.entry), now()).await.unwrap().unwrap();
                    }
                    Ok(Err(refusal)) if refusal.slug() == SLUG => return made,
                    Ok(Err(refusal)) => assert!(refusal.rests_on_a_claim(), "{refusal:?}"),
                    // The others may come first so often that a store puts it off.
                    Err(error) => assert!(matches!(error, StoreError::Unavailable(_)), "{error}"),
                }
            }
        }));
    }
    let mut made = 0;
    for task in running {
        made += task.await.unwrap();
    }
    assert_eq!(made, u32::from(TERMS.most));
    assert_eq!(entries(&store).await.len(), usize::from(TERMS.most));
    assert_exclusive(&store).await;
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 3, 0)).await.slug(), SLUG);
}
