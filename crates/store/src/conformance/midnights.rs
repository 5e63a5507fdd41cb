//! Time rules at midnight and at new year, whose midnight it is, and when the server's own clock jumps.

use std::sync::Arc;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
};
use talon_domain::{
    booking::{BookCommand, GRACE, HoldRefusal, Refusal},
    slot::Slot,
};

use super::{
    clocks::{LONG, ask, at_local, cell_at, clinic, offered, people, start_of},
    region::{ADULTS, EAST, book, cancel, crowd, fill, hold, hold_change, now, referral_to, terms},
    tally::{assert_exclusive, entries},
};
use crate::{Record, Store};

/// A visit is of the day on which it begins where it is: neither of UTC's nor of another facility's.
pub async fn tickets_are_numbered_by_the_facilitys_own_days(store: Arc<dyn Store>) {
    let (moscow, east) = (10, 11);
    let mut more = people(100..105);
    more.extend(clinic(moscow, "Europe/Moscow", 30, 100..105));
    more.extend(clinic(east, "Asia/Yekaterinburg", 30, 100..105));
    // Ten minutes before midnight in Moscow and ten after it, and the same instants two hours east.
    for (number, start) in (0..).zip(["2026-12-31T20:50:00Z", "2026-12-31T21:10:00Z"]) {
        let start = start.parse().unwrap();
        more.push(Record::Slot(Slot { places: 2, ..cell_at(moscow, 0, number, start) }));
        more.push(Record::Slot(cell_at(east, 0, number, start)));
    }
    fill(&store, more).await;
    let at: Timestamp = "2026-12-20T09:00:00Z".parse().unwrap();
    let mut tickets = Vec::new();
    for (who, home, local) in [
        (100, moscow, "2026-12-31T23:50:00"),
        (101, moscow, "2027-01-01T00:10:00"),
        (102, moscow, "2026-12-31T23:50:00"),
        (103, east, "2027-01-01T01:50:00"),
        (104, east, "2027-01-01T02:10:00"),
    ] {
        tickets.push(store.book(at_local(who, home, 0, local), at).await.unwrap().expect("booked").ticket.0);
    }
    assert_eq!(tickets, ["Т-001", "Т-001", "Т-002", "Т-001", "Т-002"]);
    assert_exclusive(&store).await;
}

/// A person's visits are kept by days of UTC, and one that lies on two of them is in the way on both, whoever comes
/// first; what ends at midnight is in the way of nothing that begins then.
pub async fn visits_that_meet_at_midnight_exclude_each_other(store: Arc<dyn Store>) {
    const RIVALS: u64 = 12;
    let (moscow, east) = (10, 11);
    let all = 100..100 + 2 * RIVALS;
    let mut more = people(all.clone());
    more.extend(clinic(moscow, "Europe/Moscow", 30, all.clone()));
    more.extend(clinic(east, "Asia/Yekaterinburg", 30, all.clone()));
    let places = u16::try_from(all.end - all.start).unwrap();
    let cell = |home, specialty, number, start: &str| {
        Record::Slot(Slot { places, ..cell_at(home, specialty, number, start.parse().unwrap()) })
    };
    more.push(cell(moscow, 0, 0, "2026-12-31T23:50:00Z"));
    // The one ends at midnight, when the other begins.
    more.push(Record::Slot(Slot {
        minutes: 10,
        places,
        ..cell_at(moscow, 1, 0, "2026-12-31T23:50:00Z".parse().unwrap())
    }));
    more.push(cell(east, 1, 0, "2027-01-01T00:00:00Z"));
    more.push(cell(east, 0, 1, "2027-01-01T00:00:00Z"));
    fill(&store, more).await;
    let at: Timestamp = "2026-12-20T09:00:00Z".parse().unwrap();
    let race = |one, other| {
        let (first, second) = (Arc::clone(&store), Arc::clone(&store));
        async move {
            let first = tokio::spawn(async move { ask(&first, one, at).await });
            let second = tokio::spawn(async move { ask(&second, other, at).await });
            [first.await.unwrap(), second.await.unwrap()]
        }
    };
    for who in 100..100 + RIVALS {
        let over_midnight = at_local(who, moscow, 0, "2027-01-01T02:50:00");
        let after_it = at_local(who, east, 1, "2027-01-01T05:00:00");
        let told = race(over_midnight.clone(), after_it.clone()).await;
        let (booked, refused): (Vec<_>, Vec<_>) = told.iter().partition(|told| told.is_ok());
        let [Err(refusal)] = &refused[..] else { panic!("{told:?}") };
        assert_eq!(refusal.slug(), "patient-overlap");
        // What is given up is in the way no longer, on either day.
        let given_up = *booked[0].as_ref().unwrap();
        assert_eq!(store.cancel(cancel(who, given_up), at).await.unwrap(), Ok(()));
        let other = if told[0].is_ok() { after_it } else { over_midnight };
        ask(&store, other, at).await.expect("it is alone now");
    }
    for who in 100 + RIVALS..all.end {
        let until_midnight = at_local(who, moscow, 1, "2027-01-01T02:50:00");
        let from_it = at_local(who, east, 0, "2027-01-01T05:00:00");
        let told = race(until_midnight, from_it).await;
        assert!(told.iter().all(Result::is_ok), "{told:?}");
    }
    assert_exclusive(&store).await;
}

/// To the nanosecond, and by the facility's clocks: days of 23 and 25 hours are days too.
pub async fn windows_and_validity_change_at_the_facilitys_midnight(store: Arc<dyn Store>) {
    // The zone, an instant at which a day begins there, that day, and 9:00 of the two days after it.
    let midnights = [
        ("Asia/Kamchatka", "2026-04-14T12:00:00Z", "2026-04-15", ["2026-04-15T21:00:00Z", "2026-04-16T21:00:00Z"]),
        ("America/New_York", "2026-03-09T04:00:00Z", "2026-03-09", ["2026-03-10T13:00:00Z", "2026-03-11T13:00:00Z"]),
        ("America/New_York", "2026-11-02T05:00:00Z", "2026-11-02", ["2026-11-03T14:00:00Z", "2026-11-04T14:00:00Z"]),
        ("Europe/Moscow", "2026-12-31T21:00:00Z", "2027-01-01", ["2027-01-02T06:00:00Z", "2027-01-03T06:00:00Z"]),
    ];
    let mut more = Vec::new();
    for (nth, (zone, _, day, cells)) in (0..).zip(midnights) {
        let (home, who) = (10 + nth, 100 + 10 * nth);
        more.extend(people(who..who + 3));
        let day: Date = day.parse().unwrap();
        let (mut ending, mut beginning) = (referral_to(who + 1, 50, 0), referral_to(who + 2, 50, 0));
        (ending.issued, ending.valid_until) = (day.yesterday().unwrap(), day.yesterday().unwrap());
        (beginning.issued, beginning.valid_until) = (day, day);
        more.extend([Record::Referral(ending), Record::Referral(beginning)]);
        more.extend(clinic(home, zone, 2, who..who + 3));
        let cells = cells.into_iter().zip(0..);
        more.extend(cells.map(|(start, number)| {
            Record::Slot(Slot { places: 3, ..cell_at(home, 0, number, start.parse().unwrap()) })
        }));
    }
    fill(&store, more).await;
    for (nth, (zone, midnight, day, _)) in (0..).zip(midnights) {
        let (home, who) = (10 + nth, 100 + 10 * nth);
        let midnight: Timestamp = midnight.parse().unwrap();
        let before = midnight - SignedDuration::from_nanos(1);
        let day: Date = day.parse().unwrap();
        let nine = |days: i8| -> String {
            let local: DateTime = (0..days).fold(day, |day, _| day.tomorrow().unwrap()).at(9, 0, 0, 0);
            local.to_string()
        };
        let (near, far) = (nine(1), nine(2));
        assert_eq!(offered(&store, who, home, &near, before).await, [1; 3], "{zone}");
        assert_eq!(offered(&store, who, home, &far, before).await, [0; 3], "{zone}");
        let beyond = ask(&store, at_local(who, home, 0, &far), before).await;
        assert_eq!(beyond, Err(Refusal::TimeBeyondWindow), "{zone}");
        assert_eq!(offered(&store, who, home, &far, midnight).await, [1; 3], "{zone}");
        ask(&store, at_local(who, home, 0, &far), midnight).await.expect("a new day has come");

        let under = |who: u64| {
            let referral = book(who, home, 0, 0, 50).referral;
            BookCommand { referral, ..at_local(who, home, 0, &near) }
        };
        let yesterday = day.yesterday().unwrap();
        let expired = ask(&store, under(who + 1), midnight).await;
        assert_eq!(expired, Err(Refusal::ReferralExpired { until: yesterday }), "{zone}");
        ask(&store, under(who + 1), before).await.expect("it is valid to the end of its last day");
        let early = ask(&store, under(who + 2), before).await;
        assert_eq!(early, Err(Refusal::ReferralNotYetValid { from: day }), "{zone}");
        ask(&store, under(who + 2), midnight).await.expect("it is valid from the beginning of its first day");
    }
    assert_exclusive(&store).await;
}

/// Between one request and the next, back by a day or forward by half of one.
pub async fn a_clock_that_jumps_sells_nothing_twice(store: Arc<dyn Store>) {
    fill(&store, crowd(100..112)).await;
    let (past, future) = (now() - SignedDuration::from_hours(24), now() + SignedDuration::from_hours(12));
    let cell = |who, number| book(who, ADULTS, 0, number, 0);
    let held =
        async |who, number, at| store.hold(hold(who, ADULTS, 0, number, 0), at).await.unwrap().expect("held").hold;

    // Sold by a clock that was ahead, and asked for by one that is behind.
    let sold = ask(&store, cell(100, 20), future).await.expect("booked");
    assert_eq!(ask(&store, cell(101, 20), past).await, Err(Refusal::TimeTaken));
    let again = store.book(cell(100, 20), past).await.unwrap().unwrap();
    assert_eq!((again.entry, again.repeated), (sold, true));

    // The clock goes back between a hold and its booking: to nobody else does it end earlier or later for that.
    let first = held(102, 21, now()).await;
    assert_eq!(ask(&store, cell(103, 21), past).await, Err(Refusal::TimeTaken));
    let extended = store.extend_hold(hold_change(102, first.key), terms(), past).await.unwrap().unwrap();
    assert_eq!(extended.expires, first.expires, "an extension takes nothing away");
    ask(&store, cell(102, 21), past).await.expect("the holder's");
    assert_eq!(ask(&store, cell(103, 21), future).await, Err(Refusal::TimeTaken));

    // It goes forward, and nobody has come meanwhile; or somebody has, and then it goes back.
    held(104, 22, now()).await;
    ask(&store, cell(104, 22), future).await.expect("nobody took it");
    let lost = held(105, 23, now()).await;
    let early = lost.expires + GRACE - SignedDuration::from_micros(1);
    assert_eq!(ask(&store, cell(106, 23), early).await, Err(Refusal::TimeTaken));
    let taken = ask(&store, cell(106, 23), future).await.expect("it has run out");
    for at in [past, now()] {
        assert_eq!(ask(&store, cell(105, 23), at).await, Err(Refusal::TimeTaken), "it does not come back");
        let late = store.extend_hold(hold_change(105, lost.key), terms(), at).await.unwrap();
        assert_eq!(late, Err(HoldRefusal::Expired));
    }
    assert_eq!(store.sweep(past, 10).await.unwrap().ended, 0);
    assert!(entries(&store).await.iter().any(|entry| entry.key == taken && entry.state.is_live()));

    // What a clock that was ahead has swept away is free by the one that is behind.
    let swept = held(107, 24, now()).await;
    assert!(store.sweep(future, 10).await.unwrap().ended >= 1);
    let gone = store.extend_hold(hold_change(107, swept.key), terms(), past).await.unwrap();
    assert_eq!(gone, Err(HoldRefusal::Expired));
    ask(&store, cell(108, 24), past).await.expect("free");
    assert_eq!(ask(&store, cell(107, 24), now()).await, Err(Refusal::TimeTaken));
    assert_exclusive(&store).await;
}

/// By the clock that is ahead the first of the two has begun; by the one that is behind both are still to come.
pub async fn a_clock_that_jumps_back_lets_a_person_have_no_third_visit(store: Arc<dyn Store>) {
    fill(&store, people(100..101)).await;
    let first = ask(&store, book(100, ADULTS, 0, 0, 0), now()).await.expect("booked");
    let begun = start_of(&store, first).await;
    assert_eq!(ask(&store, book(100, ADULTS, 0, 5, LONG), now()).await.unwrap_err().slug(), "specialty-limit");
    ask(&store, book(100, ADULTS, 0, 5, LONG), begun).await.expect("the first has begun");
    let third = Record::Referral(referral_to(100, 51, 0));
    assert_eq!(store.import_page(vec![third], now()).await, Ok(Vec::new()));
    assert_eq!(ask(&store, book(100, ADULTS, 0, 9, 51), now()).await.unwrap_err().slug(), "specialty-limit");
    // The time of the second is the person's by any clock.
    let beside = ask(&store, book(100, EAST, 1, 11, 1), now()).await.unwrap_err();
    assert_eq!(beside.slug(), "patient-overlap");
    assert_exclusive(&store).await;
}
