//! Moving: what a reader sees at any time, what is given up and taken, and who wins a race (I8).

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use talon_domain::{
    access::{Channel, Right, Rights},
    booking::{ChangeRefusal, MoveRefusal, Refusal},
    entry::EntryState,
    facility::LpuCode,
    ids::{EntryId, EntryKey},
    message::MessageKind,
};

use super::{
    region::{
        ADULTS, ANNA, BORIS, EAST, book, booked, cancel, code, doctor, facility, fill, local_start, move_to, now,
        person_records, portal, referral_to, refused, slot,
    },
    tally::{all, all_but_audit, assert_exclusive, entries, messages, outcomes},
};
use crate::{Booked, FreeTimesQuery, Kind, MoveReply, Record, Sought, Store};

async fn moved(store: &Arc<dyn Store>, command: talon_domain::booking::MoveCommand) -> Booked {
    store.move_entry(command, now()).await.expect("the store answers").expect("moved")
}

pub async fn a_moved_entry_gives_up_what_it_had_and_has_what_it_wanted(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let first = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    booked(&store, book(BORIS, ADULTS, 0, 30, 0)).await;
    let same_day = moved(&store, move_to(ANNA, first.entry, None, 5)).await;
    assert_eq!((same_day.entry, &same_day.ticket, same_day.repeated), (first.entry, &first.ticket, false));
    assert_exclusive(&store).await;
    booked(&store, book(BORIS, ADULTS, 1, 3, 1)).await;
    let next_day = moved(&store, move_to(ANNA, first.entry, None, 31)).await;
    assert_eq!(
        (next_day.entry, next_day.ticket.to_string()),
        (first.entry, "Т-002".to_owned()),
        "the day's own number"
    );
    let entry = entries(&store).await.into_iter().find(|entry| entry.key == first.entry).unwrap();
    assert_eq!((entry.version, entry.state, entry.place), (3, EntryState::Booked, 1));
    assert_eq!(entry.referral, book(ANNA, ADULTS, 0, 3, 0).referral, "the referral stays used");
    let kinds: Vec<_> = messages(&store).await.into_iter().filter(|message| message.entry == first.entry).collect();
    let kinds: Vec<_> = kinds.iter().map(|message| (message.version, message.kind)).collect();
    assert_eq!(kinds, [(1, MessageKind::Booked), (2, MessageKind::Moved), (3, MessageKind::Moved)]);
    let was: Vec<_> = versions(&store).await.iter().map(|was| (was.version, was.start, was.ticket.clone())).collect();
    let starts = [3, 5].map(|number| slot(ADULTS, 0, number, local_start(number)).start);
    assert_eq!(was, [(1, starts[0], first.ticket.clone()), (2, starts[1], first.ticket)]);
    // Both places are free again.
    booked(&store, book(BORIS, ADULTS, 2, 5, 2)).await;
    for number in 100..102 {
        fill_with(&store, person_records(number)).await;
    }
    booked(&store, book(100, ADULTS, 0, 3, 0)).await;
    booked(&store, book(101, ADULTS, 0, 5, 0)).await;
    assert_exclusive(&store).await;
}

async fn fill_with(store: &Arc<dyn Store>, records: Vec<Record>) {
    assert_eq!(store.import_page(records, now()).await, Ok(Vec::new()));
}

async fn versions(store: &Arc<dyn Store>) -> Vec<talon_domain::history::EntryVersion> {
    let records = all(store, Kind::EntryVersion).await.into_iter();
    records.filter_map(|record| if let Record::EntryVersion(was) = record { Some(was) } else { None }).collect()
}

pub async fn asking_again_for_the_same_move_changes_nothing(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let first = moved(&store, move_to(ANNA, entry, None, 31)).await;
    let before = all_but_audit(&store).await;
    let again = moved(&store, move_to(ANNA, entry, Some(doctor(ADULTS, 0)), 31)).await;
    assert_eq!((again.entry, &again.ticket, again.repeated), (first.entry, &first.ticket, true));
    let after_the_start = now() + jiff::SignedDuration::from_hours(72);
    let late = store.move_entry(move_to(ANNA, entry, None, 31), after_the_start).await.unwrap().unwrap();
    assert!(late.repeated);
    assert_eq!(all_but_audit(&store).await, before);
    let asked: Vec<_> = (0..16)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { moved(&store, move_to(ANNA, entry, None, 6)).await })
        })
        .collect();
    let mut made = 0;
    for answer in asked {
        made += usize::from(!answer.await.unwrap().repeated);
    }
    assert_eq!(made, 1, "in parallel too");
    assert_exclusive(&store).await;
}

pub async fn a_refused_move_leaves_an_audit_record_and_nothing_else(store: Arc<dyn Store>) {
    let mut desk = slot(ADULTS, 0, 50, local_start(50));
    desk.rights = Rights::of(&[Right::Registry]);
    let beyond = slot(ADULTS, 0, 53, "2026-04-29T08:00:00".parse().unwrap());
    let more = vec![Record::Slot(desk), Record::Slot(beyond), Record::Referral(referral_to(ANNA, 20, 1))];
    fill(&store, more).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    booked(&store, book(ANNA, ADULTS, 1, 9, 1)).await;
    let other = booked(&store, book(BORIS, ADULTS, 0, 30, 0)).await.entry;
    let gone = booked(&store, book(BORIS, ADULTS, 1, 31, 1)).await.entry;
    store.cancel(cancel(BORIS, gone), now()).await.unwrap().unwrap();
    let before = all_but_audit(&store).await;
    let absent = EntryKey { facility: facility(ADULTS), entry: EntryId::from_bytes([7; 16]) };
    let mut far = move_to(ANNA, entry, None, 5);
    far.day = "2026-04-29".parse().unwrap();
    far.time = "08:00".parse().unwrap();
    let mut none = move_to(ANNA, entry, None, 5);
    none.time = "03:00".parse().unwrap();
    let mut late = move_to(ANNA, entry, None, 5);
    late.cutoff = Duration::from_secs(48 * 3600);
    let refusals = [
        ("entry-not-found", move_to(ANNA, absent, None, 5)),
        ("entry-not-found", move_to(ANNA, other, None, 5)),
        ("entry-cancelled", move_to(BORIS, gone, None, 32)),
        ("change-too-late", late),
        ("referral-mismatch", move_to(ANNA, entry, Some(doctor(ADULTS, 2)), 5)),
        ("patient-overlap", move_to(ANNA, entry, None, 9)),
        ("resource-unknown", move_to(ANNA, entry, Some(doctor(EAST, 0)), 5)),
        ("time-absent", none),
        ("time-beyond-window", far),
        ("time-not-open", move_to(ANNA, entry, None, 50)),
        ("time-taken", move_to(ANNA, entry, None, 30)),
    ];
    for (reason, command) in refusals {
        let request = command.request;
        let refusal = store.move_entry(command, now()).await.unwrap().unwrap_err();
        assert_eq!(refusal.slug(), reason);
        let left: Vec<_> = super::tally::audit(&store).await;
        let left: Vec<_> = left.iter().filter(|record| record.request == request.id).collect();
        assert_eq!((left.len(), left[0].outcome.as_str()), (1, reason));
        assert_eq!(all_but_audit(&store).await, before, "{reason}");
    }
    let begun = entries(&store).await.iter().find(|found| found.key == entry).unwrap().start;
    let reply = store.move_entry(move_to(ANNA, entry, None, 31), begun).await.unwrap();
    assert_eq!(reply, Err(MoveRefusal::Entry(ChangeRefusal::Begun)));
}

pub async fn a_desk_moves_and_cancels_after_the_cutoff(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let cutoff = Duration::from_secs(48 * 3600);
    let mut patient = cancel(ANNA, entry);
    patient.cutoff = cutoff;
    assert_eq!(store.cancel(patient.clone(), now()).await.unwrap(), Err(ChangeRefusal::TooLate));
    for channel in [Channel::CallCenter, Channel::Doctor, Channel::Registry] {
        let mut desk = move_to(ANNA, entry, None, if channel == Channel::Doctor { 6 } else { 5 });
        desk.cutoff = cutoff;
        desk.caller.channel = channel;
        let reply = store.move_entry(desk, now()).await.unwrap();
        assert!(reply.is_ok(), "{channel:?}: {reply:?}");
    }
    patient.caller.channel = Channel::Registry;
    assert_eq!(store.cancel(patient, now()).await.unwrap(), Ok(()));
}

/// A reader that looks all the time while an entry goes to and fro: one entry, at one place, and the claims
/// with it.
pub async fn a_reader_sees_a_moving_entry_at_one_place(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let done = Arc::new(AtomicBool::new(false));
    let reader = {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        tokio::spawn(async move {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::Acquire) {
                let found = entries(&store).await;
                assert_eq!(found.len(), 1, "zero or two");
                assert!(found[0].state.is_live());
                seen.insert(found[0].start);
                assert_eq!(store.verify().await, Ok(Vec::new()), "claims and entry of one state");
            }
            seen
        })
    };
    for round in 0..40 {
        let target = [31, 5, 3][round % 3];
        moved(&store, move_to(ANNA, entry, None, target)).await;
    }
    done.store(true, Ordering::Release);
    assert!(!reader.await.unwrap().is_empty());
    assert_exclusive(&store).await;
}

/// Many want one free place, some by booking and some by moving: one gets it, and nobody loses what they had.
pub async fn moves_and_bookings_race_for_one_place(store: Arc<dyn Store>) {
    fill(&store, (100..124).flat_map(person_records).collect()).await;
    let mut holders = Vec::new();
    for (number, who) in (8..20).zip(100..) {
        holders.push((who, booked(&store, book(who, ADULTS, 0, number, 0)).await.entry));
    }
    let movers: Vec<_> = holders
        .iter()
        .map(|(who, entry)| {
            let (store, command) = (Arc::clone(&store), move_to(*who, *entry, None, 5));
            tokio::spawn(async move { store.move_entry(command, now()).await.unwrap() })
        })
        .collect();
    let bookers: Vec<_> = (112..124)
        .map(|who| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.book(book(who, ADULTS, 0, 5, 0), now()).await.unwrap() })
        })
        .collect();
    let mut won = 0;
    for mover in movers {
        match mover.await.unwrap() {
            Ok(_) => won += 1,
            Err(refusal) => assert_eq!(refusal.slug(), "time-taken"),
        }
    }
    let by_moving = won;
    for booker in bookers {
        match booker.await.unwrap() {
            Ok(_) => won += 1,
            Err(refusal) => assert_eq!(refusal.slug(), "time-taken"),
        }
    }
    assert_eq!(won, 1);
    let live = entries(&store).await.iter().filter(|entry| entry.state.is_live()).count();
    assert_eq!(live, 12 + won - by_moving, "whoever was refused has what they had");
    assert_exclusive(&store).await;
}

/// A cancellation wins or comes after the move: what is left is a cancelled entry that holds nothing.
pub async fn a_move_races_with_a_cancellation(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    for round in 0..12 {
        let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
        let mover = {
            let (store, command) = (Arc::clone(&store), move_to(ANNA, entry, None, 31));
            tokio::spawn(async move { store.move_entry(command, now()).await.unwrap() })
        };
        let canceller = {
            let (store, command) = (Arc::clone(&store), cancel(ANNA, entry));
            tokio::spawn(async move { store.cancel(command, now()).await.unwrap() })
        };
        let reply: MoveReply = mover.await.unwrap();
        assert!(matches!(reply, Ok(_) | Err(MoveRefusal::Entry(ChangeRefusal::Cancelled))), "{round}: {reply:?}");
        assert_eq!(canceller.await.unwrap(), Ok(()));
        let left = entries(&store).await;
        assert!(left.iter().all(|entry| entry.state == EntryState::Cancelled), "{round}");
        assert_exclusive(&store).await;
    }
    let moves = versions(&store).await.len();
    assert_eq!(outcomes(&store).await.get("ok"), Some(&(24 + moves)), "bookings, cancellations and moves");
}

pub async fn a_visit_without_a_referral_may_go_to_another_specialty(store: Arc<dyn Store>) {
    let open = |specialty: u64, number: u64| {
        let mut cell = slot(ADULTS, specialty, number, local_start(number));
        cell.rights = Rights::of(&[Right::Internet]);
        Record::Slot(cell)
    };
    fill(&store, vec![open(0, 3), open(1, 4)]).await;
    let plain = || {
        let mut command = book(ANNA, ADULTS, 0, 3, 0);
        command.referral = None;
        command
    };
    let entry = booked(&store, plain()).await;
    let surgery = moved(&store, move_to(ANNA, entry.entry, Some(doctor(ADULTS, 1)), 4)).await;
    assert_eq!(surgery.ticket.to_string(), "Х-002", "the ticket begins with the specialty's letter");
    assert_exclusive(&store).await;
    let reason = refused(&store, book(ANNA, ADULTS, 1, 8, 1)).await;
    assert!(matches!(reason, Refusal::SpecialtyLimit(_)), "{reason:?}");
    booked(&store, plain()).await;
}

pub async fn other_times_for_a_move_are_those_it_could_go_to(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    booked(&store, book(BORIS, ADULTS, 0, 5, 0)).await;
    let query = FreeTimesQuery {
        person: super::region::person(ANNA),
        caller: portal(),
        lpu: LpuCode::parse("01").unwrap(),
        sought: Sought::Entry(entry),
        near: local_start(5),
    };
    let offered = store.alternatives(&query, now()).await.unwrap();
    let times: Vec<_> = offered.iter().map(|time| (time.resource, time.day.to_datetime(time.time))).collect();
    assert_eq!(times, [4, 6, 7].map(|number| (doctor(ADULTS, 0), local_start(number))));
    for number in [4, 6, 7] {
        moved(&store, move_to(ANNA, entry, None, number)).await;
    }
    let foreign = FreeTimesQuery { person: super::region::person(BORIS), ..query };
    assert_eq!(store.alternatives(&foreign, now()).await.unwrap(), []);
    assert_eq!(entries(&store).await.iter().filter(|found| found.specialty == code(0)).count(), 2);
}
