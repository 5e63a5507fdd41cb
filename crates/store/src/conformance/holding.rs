//! Holding times: whom a hold keeps out and for how long, and what it becomes.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use talon_domain::booking::{GRACE, Hold, HoldCommand, HoldRefusal, HoldTerms, Refusal};

use super::{
    booking::faulty,
    publishing::{evening, publish, template},
    region::{
        ADULTS, ANNA, BORIS, VERA, book, booked, crowd, fill, hold, hold_change, local_start, now, refused, slot, terms,
    },
    tally::{all_but_audit, assert_exclusive, entries, outcomes},
};
use crate::{Record, Store};

/// Holds, and expects an answer.
async fn held(store: &Arc<dyn Store>, command: HoldCommand) -> Hold {
    held_at(store, command, now()).await.expect("held")
}

async fn held_at(store: &Arc<dyn Store>, command: HoldCommand, at: Timestamp) -> Result<Hold, Refusal> {
    store.hold(command, at).await.expect("the store answers").map(|kept| kept.hold)
}

/// The first instant at which nobody is kept out any more.
fn free_again(hold: &Hold) -> Timestamp {
    hold.expires + GRACE
}

pub async fn a_held_time_is_the_persons_alone_until_they_book_it(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    assert_eq!((first.expires, first.extended), (now() + terms().time, 0));
    assert_eq!(refused(&store, book(100, ADULTS, 0, 3, 0)).await, Refusal::TimeTaken);
    assert_eq!(held_at(&store, hold(100, ADULTS, 0, 3, 0), now()).await, Err(Refusal::TimeTaken));
    let again = store.hold(hold(ANNA, ADULTS, 0, 3, 0), now()).await.unwrap().unwrap();
    assert_eq!((again.hold, again.repeated), (first.clone(), true));
    let reply = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert!(!reply.repeated);
    assert_exclusive(&store).await;
    // Nothing is left of the hold: neither itself nor the number under which it was held.
    let gone = store.extend_hold(hold_change(ANNA, first.key), terms(), now()).await.unwrap();
    assert_eq!(gone, Err(HoldRefusal::NotFound));
    for cell in [4, 5] {
        held(&store, hold(ANNA, ADULTS, 1, cell, 1)).await;
    }
    assert_eq!(refused(&store, book(100, ADULTS, 0, 3, 0)).await, Refusal::TimeTaken);
    assert_exclusive(&store).await;
}

pub async fn what_is_refused_to_be_booked_is_refused_to_be_held(store: Arc<dyn Store>) {
    let (records, commands) = faulty();
    fill(&store, records).await;
    let before = all_but_audit(&store).await;
    for (reason, asked) in commands {
        let refusal = held_at(&store, HoldCommand { asked, terms: terms() }, now()).await.unwrap_err();
        assert_eq!(refusal.slug(), reason);
        assert!(outcomes(&store).await.contains_key(reason), "{reason} is recorded");
    }
    assert_eq!(all_but_audit(&store).await, before);
}

pub async fn the_next_claimant_takes_over_what_has_run_out(store: Arc<dyn Store>) {
    fill(&store, crowd(100..102)).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    let last = free_again(&first) - SignedDuration::from_micros(1);
    for at in [first.expires, last] {
        assert_eq!(store.book(book(100, ADULTS, 0, 3, 0), at).await.unwrap(), Err(Refusal::TimeTaken));
        assert_eq!(held_at(&store, hold(100, ADULTS, 0, 3, 0), at).await, Err(Refusal::TimeTaken));
        // Whoever waits comes before the one who let it run out.
        assert_eq!(held_at(&store, hold(ANNA, ADULTS, 0, 3, 0), at).await, Err(Refusal::TimeTaken));
    }
    let second = held_at(&store, hold(100, ADULTS, 0, 3, 0), free_again(&first)).await.unwrap();
    assert_exclusive(&store).await;
    let late = store.extend_hold(hold_change(ANNA, first.key), terms(), free_again(&first)).await.unwrap();
    assert_eq!(late, Err(HoldRefusal::Expired), "what somebody took over never comes back");
    let third = store.book(book(101, ADULTS, 0, 3, 0), free_again(&second)).await.unwrap();
    assert!(third.is_ok(), "{third:?}");
    assert_exclusive(&store).await;
    assert_eq!(store.sweep(free_again(&second), 10).await.unwrap().ended, 2, "their rows are cleared away");
    assert_exclusive(&store).await;
    assert_eq!(entries(&store).await.len(), 1);
}

pub async fn its_owner_may_book_late_what_nobody_took(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    assert!(store.book(book(ANNA, ADULTS, 0, 3, 0), first.expires).await.unwrap().is_ok());
    assert_exclusive(&store).await;
}

pub async fn a_sweep_frees_what_has_run_out_at_once(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    let early = first.expires - SignedDuration::from_micros(1);
    assert_eq!(store.sweep(early, 10).await.unwrap().ended, 0);
    assert_eq!(store.sweep(first.expires, 10).await.unwrap().ended, 1);
    assert_eq!(store.sweep(first.expires, 10).await.unwrap().ended, 0);
    let change = || hold_change(ANNA, first.key);
    assert_eq!(store.extend_hold(change(), terms(), first.expires).await.unwrap(), Err(HoldRefusal::Expired));
    assert_eq!(store.release_hold(change(), first.expires).await.unwrap(), Ok(()));
    held_at(&store, hold(100, ADULTS, 0, 3, 0), first.expires).await.unwrap();
    assert_exclusive(&store).await;
    let much_later = first.expires + SignedDuration::from_hours(25);
    store.sweep(much_later, 10).await.unwrap();
    assert_eq!(store.release_hold(change(), much_later).await.unwrap(), Err(HoldRefusal::NotFound), "forgotten");
}

pub async fn a_hold_is_extended_as_often_as_it_may_be(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    let minute = |n| now() + SignedDuration::from_mins(n);
    for n in 1..=2 {
        let extended = store.extend_hold(hold_change(ANNA, first.key), terms(), minute(n)).await.unwrap().unwrap();
        assert_eq!((extended.expires, extended.extended), (minute(n) + terms().time, u16::try_from(n).unwrap()));
    }
    let third = store.extend_hold(hold_change(ANNA, first.key), terms(), minute(3)).await.unwrap();
    assert_eq!(third, Err(HoldRefusal::NotExtendable));
    let end = minute(2) + terms().time;
    assert_eq!(store.sweep(end - SignedDuration::from_micros(1), 10).await.unwrap().ended, 0);
    assert_eq!(store.sweep(end, 10).await.unwrap().ended, 1);
    // No time is held once it has begun.
    let long = HoldTerms { time: SignedDuration::from_hours(200), ..terms() };
    let command = HoldCommand { terms: long, ..hold(ANNA, ADULTS, 0, 4, 0) };
    let until_start = held(&store, command).await;
    assert_eq!(until_start.expires, until_start.start);
    assert_exclusive(&store).await;
}

pub async fn only_its_owner_changes_a_hold(store: Arc<dyn Store>) {
    fill(&store, crowd(100..101)).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    let before = all_but_audit(&store).await;
    let foreign = || hold_change(BORIS, first.key);
    assert_eq!(store.extend_hold(foreign(), terms(), now()).await.unwrap(), Err(HoldRefusal::NotFound));
    assert_eq!(store.release_hold(foreign(), now()).await.unwrap(), Err(HoldRefusal::NotFound));
    assert_eq!(all_but_audit(&store).await, before);
    for _ in 0..2 {
        assert_eq!(store.release_hold(hold_change(ANNA, first.key), now()).await.unwrap(), Ok(()));
    }
    let gone = store.extend_hold(hold_change(ANNA, first.key), terms(), now()).await.unwrap();
    assert_eq!(gone, Err(HoldRefusal::NotFound));
    booked(&store, book(100, ADULTS, 0, 3, 0)).await;
    assert_exclusive(&store).await;
}

pub async fn one_of_many_holds_or_books_a_time(store: Arc<dyn Store>) {
    fill(&store, crowd(100..140)).await;
    let racing: Vec<_> = (100..140)
        .map(|who| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                match who % 2 {
                    0 => store.book(book(who, ADULTS, 0, 3, 0), now()).await.unwrap().map(drop),
                    _ => store.hold(hold(who, ADULTS, 0, 3, 0), now()).await.unwrap().map(drop),
                }
            })
        })
        .collect();
    let mut won = 0;
    for raced in racing {
        match raced.await.unwrap() {
            Ok(()) => won += 1,
            Err(refusal) => assert_eq!(refusal, Refusal::TimeTaken),
        }
    }
    assert_eq!(won, 1);
    assert_exclusive(&store).await;
}

pub async fn one_of_many_takes_over_what_has_run_out(store: Arc<dyn Store>) {
    fill(&store, crowd(100..140)).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    let late = free_again(&first);
    let mut racing = Vec::new();
    for who in 100..140 {
        let (store, first) = (Arc::clone(&store), first.key);
        racing.push(tokio::spawn(async move {
            match who % 4 {
                0 => store.hold(hold(who, ADULTS, 0, 3, 0), late).await.unwrap().is_ok(),
                1 => {
                    // Its owner comes too late, and a sweep must not free what a booking has.
                    assert!(store.extend_hold(hold_change(ANNA, first), terms(), late).await.unwrap().is_err());
                    store.sweep(late, 10).await.unwrap();
                    false
                }
                _ => store.book(book(who, ADULTS, 0, 3, 0), late).await.unwrap().is_ok(),
            }
        }));
    }
    let mut won = 0;
    for raced in racing {
        won += usize::from(raced.await.unwrap());
    }
    assert_eq!(won, 1);
    assert_exclusive(&store).await;
}

/// By the owner's clock there is a moment left, by the other's it is over: either of them may win, and not both.
pub async fn an_extension_and_a_takeover_exclude_each_other(store: Arc<dyn Store>) {
    fill(&store, crowd(100..120)).await;
    for (who, cell) in (100..120).zip(0..) {
        let first = held(&store, hold(ANNA, ADULTS, 0, cell, 0)).await;
        let (early, late) = (first.expires - SignedDuration::from_micros(1), free_again(&first));
        let extending = tokio::spawn({
            let store = Arc::clone(&store);
            async move { store.extend_hold(hold_change(ANNA, first.key), terms(), early).await.unwrap() }
        });
        let taken = store.book(book(who, ADULTS, 0, cell, 0), late).await.unwrap();
        let extended = extending.await.unwrap();
        assert_ne!(extended.is_ok(), taken.is_ok(), "{extended:?}, {taken:?}");
        assert_exclusive(&store).await;
        store.release_hold(hold_change(ANNA, first.key), late).await.unwrap().unwrap();
        store.sweep(late + terms().time, 10).await.unwrap();
    }
}

pub async fn a_person_holds_as_much_as_they_may_however_often_they_ask(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let racing: Vec<_> = (0..16)
        .map(|cell| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.hold(hold(ANNA, ADULTS, 0, cell, 0), now()).await.unwrap() })
        })
        .collect();
    let mut kept = Vec::new();
    for raced in racing {
        match raced.await.unwrap() {
            Ok(won) => kept.push(won.hold),
            Err(refusal) => assert_eq!(refusal, Refusal::HoldLimit),
        }
    }
    assert_eq!(kept.len(), 2);
    store.release_hold(hold_change(ANNA, kept[0].key), now()).await.unwrap().unwrap();
    held(&store, hold(ANNA, ADULTS, 1, 3, 1)).await;
    assert_eq!(held_at(&store, hold(ANNA, ADULTS, 1, 4, 1), now()).await, Err(Refusal::HoldLimit));
    // A number is void with its hold, swept or not.
    held_at(&store, hold(ANNA, ADULTS, 1, 4, 1), kept[1].expires).await.unwrap();
    assert_exclusive(&store).await;
}

pub async fn an_extension_counts_once_however_many_ask(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    let racing: Vec<_> = (0..12)
        .map(|_| {
            let (store, key) = (Arc::clone(&store), first.key);
            tokio::spawn(async move { store.extend_hold(hold_change(ANNA, key), terms(), now()).await.unwrap() })
        })
        .collect();
    let mut extended = Vec::new();
    for raced in racing {
        extended.extend(raced.await.unwrap().ok().map(|hold| hold.extended));
    }
    extended.sort_unstable();
    assert_eq!(extended, [1, 2]);
}

pub async fn each_place_of_a_cell_is_held_or_booked_by_one(store: Arc<dyn Store>) {
    let mut more = crowd(100..104);
    let mut wide = slot(ADULTS, 0, 3, local_start(3));
    wide.places = 3;
    more.push(Record::Slot(wide));
    fill(&store, more).await;
    let first = held(&store, hold(100, ADULTS, 0, 3, 0)).await;
    let second = held(&store, hold(101, ADULTS, 0, 3, 0)).await;
    booked(&store, book(102, ADULTS, 0, 3, 0)).await;
    assert_eq!(refused(&store, book(103, ADULTS, 0, 3, 0)).await, Refusal::TimeTaken);
    // Each gets the very place that they hold.
    booked(&store, book(101, ADULTS, 0, 3, 0)).await;
    booked(&store, book(100, ADULTS, 0, 3, 0)).await;
    let mut places: Vec<_> = entries(&store).await.iter().map(|entry| (entry.person, entry.place)).collect();
    places.sort_unstable();
    assert_eq!(places.iter().map(|(_, place)| *place).collect::<Vec<_>>(), [first.place, second.place, 3]);
    assert_exclusive(&store).await;
}

pub async fn who_may_not_book_may_not_hold_and_loses_nothing_by_asking(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    assert_eq!(held_at(&store, hold(VERA, ADULTS, 0, 3, 0), now()).await, Err(Refusal::SelfBookingBarred));
    let first = held(&store, hold(ANNA, ADULTS, 0, 3, 0)).await;
    booked(&store, book(ANNA, ADULTS, 0, 5, 0)).await;
    // The specialty's visit is made at another time: the hold is of no use, but still the person's.
    assert_eq!(refused(&store, book(ANNA, ADULTS, 0, 3, 0)).await.slug(), "referral-used");
    assert_eq!(store.release_hold(hold_change(ANNA, first.key), now()).await.unwrap(), Ok(()));
    assert_exclusive(&store).await;
}

pub async fn a_held_cell_stays_where_it_is(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    publish(&store, &template(20)).await;
    let mut asked = hold(ANNA, ADULTS, 0, 0, 0);
    asked.asked = evening(asked.asked);
    held(&store, asked).await;
    held(&store, hold(ANNA, ADULTS, 1, 3, 1)).await;
    assert_eq!(publish(&store, &template(30)).await.kept, 1);
    let mut moved = slot(ADULTS, 1, 3, local_start(3));
    moved.minutes = 10;
    let faults = store.check_page(&[Record::Slot(moved)]).await.unwrap();
    assert_eq!(faults.iter().map(|fault| fault.key).collect::<Vec<_>>(), ["start"]);
    assert_exclusive(&store).await;
}
