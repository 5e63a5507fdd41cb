//! I7: a cancel frees exactly one place, once.

use std::sync::Arc;

use talon_store::Store;
use talon_testkit::{Crowd, Installation, Ledger, Patient, check_all, expect_none};
use tokio::task::JoinSet;

use crate::{On, in_process};

on_each_store!(
    sixteen_parallel_cancels_free_one_place,
    a_cancel_racing_with_bookings_loses_no_place_and_sells_none_twice
);

async fn with(on: On, crowd: &Crowd) -> (Installation, Arc<dyn Store>) {
    let installation = on.installation();
    installation.import(&crowd.region);
    let store = in_process::open(&installation).await;
    (installation, store)
}

/// Books for all of them at once; gives how many got a place, all others having found it taken.
async fn book_at_once(store: &Arc<dyn Store>, patients: &[Patient]) -> usize {
    let mut tasks = JoinSet::new();
    for patient in patients {
        let (store, patient) = (Arc::clone(store), patient.clone());
        tasks.spawn(async move { in_process::book(&*store, &patient).await });
    }
    let replies = tasks.join_all().await;
    for refusal in replies.iter().filter_map(|reply| reply.as_ref().err()) {
        assert_eq!(refusal.slug(), "time-taken");
    }
    replies.iter().filter(|reply| reply.is_ok()).count()
}

async fn sixteen_parallel_cancels_free_one_place(on: On) {
    let crowd = Crowd::new(1, 3, 35);
    let (installation, store) = with(on, &crowd).await;
    let (first, rest) = crowd.patients.split_at(3);
    assert_eq!(book_at_once(&store, first).await, 3);
    let one = Ledger::of(&installation).entries.remove(1);
    let holder = first.iter().find(|patient| patient.person.guid == one.person).unwrap();

    let mut cancels = JoinSet::new();
    for _ in 0..16 {
        let (store, person, id) = (Arc::clone(&store), holder.person.clone(), one.id.clone());
        cancels.spawn(async move { in_process::cancel(&*store, &person, &id).await });
    }
    assert!(cancels.join_all().await.iter().all(Result::is_ok), "every cancel of one's own entry is answered alike");

    let ledger = Ledger::of(&installation);
    let told = ledger.messages.iter().filter(|message| message.kind == "cancelled").count();
    assert_eq!((ledger.live(), told), (2, 1));
    expect_none(&check_all(&[], &ledger));

    assert_eq!(book_at_once(&store, rest).await, 1, "one place was freed");
    let ledger = Ledger::of(&installation);
    assert_eq!(ledger.live(), 3);
    expect_none(&check_all(&[], &ledger));
    in_process::close(store).await;
}

async fn a_cancel_racing_with_bookings_loses_no_place_and_sells_none_twice(on: On) {
    // Each slot has three places: one patient gives theirs up while four others ask.
    let crowd = Crowd::new(100, 3, 7);
    let (installation, store) = with(on, &crowd).await;
    for patients in crowd.patients.chunks(7) {
        let (first, rivals) = patients.split_at(3);
        assert_eq!(book_at_once(&store, first).await, 3);
        let held = in_process::book(&*store, &first[0]).await.expect("asking again for what one has");
        assert!(held.repeated);
        let entry = held.entry.to_string();
        let (cancelled, during) =
            tokio::join!(in_process::cancel(&*store, &first[0].person, &entry), book_at_once(&store, rivals),);
        cancelled.expect("one's own entry can be cancelled");
        assert!(during <= 1, "{during} got the one place that was freed");
        // Whoever lost the race finds the place now, if nobody has it yet.
        let after = book_at_once(&store, &patients[6..]).await;
        let live = Ledger::of(&installation);
        let slot = &patients[0].slot.guid;
        let taken = live.entries.iter().filter(|entry| entry.is_live() && entry.slot == *slot).count();
        assert_eq!(taken, 3, "during {during}, after {after}");
    }
    expect_none(&check_all(&[], &Ledger::of(&installation)));
    in_process::close(store).await;
}
