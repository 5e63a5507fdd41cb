//! Time rules in the nights in which clocks are changed, in zones that change for ever, and between zones.

use std::{ops::Range, sync::Arc};

use jiff::{SignedDuration, Timestamp, civil::DateTime};
use talon_domain::{
    booking::{BookCommand, HoldCommand, Refusal},
    facility::{Facility, LpuCode},
    ids::{EntryKey, ResourceKey},
    person::Card,
    slot::Slot,
    zone::Zone,
};

use super::{
    listing::{query, times},
    region::{
        ADULTS, book, cancel, crowd, doctor, facility, facility_records, fill, person, person_records, portal,
        referral, referral_to, slot, slot_key, terms,
    },
    tally::{assert_exclusive, entries},
};
use crate::{FreeTimesQuery, Record, Sought, Store};

/// The number of the referral to therapy that is valid at all the times of these tests; the next one's specialty
/// is the next.
pub(super) const LONG: u64 = 40;

/// Minutes of a cell.
const MINUTES: u16 = 20;

/// Persons who are known in [`ADULTS`], and their referrals that are valid for decades.
pub(super) fn people(numbers: Range<u64>) -> Vec<Record> {
    let mut records = crowd(numbers.clone());
    for who in numbers {
        for specialty in 0..2 {
            let mut long = referral_to(who, LONG + specialty, specialty);
            (long.issued, long.valid_until) = ("2000-01-01".parse().unwrap(), "2040-01-01".parse().unwrap());
            records.push(Record::Referral(long));
        }
    }
    records
}

/// A facility with its clocks in this zone, which publishes so many days, and these persons' cards there.
pub(super) fn clinic(number: u64, zone: &str, days: u16, patients: Range<u64>) -> Vec<Record> {
    let mut records = facility_records(number);
    for record in &mut records {
        if let Record::Facility(known) = record {
            *record =
                Record::Facility(Facility { zone: Zone::parse(zone).unwrap(), schedule_days: days, ..known.clone() });
        }
    }
    let cards = patients.flat_map(person_records).filter_map(|record| match record {
        Record::Card(card) if card.facility == facility(ADULTS) => {
            Some(Record::Card(Card { facility: facility(number), ..card }))
        }
        _ => None,
    });
    records.extend(cards);
    records
}

/// A cell of a doctor as another system writes it: by its instant, not by what clocks show.
pub(super) fn cell_at(home: u64, specialty: u64, number: u64, start: Timestamp) -> Slot {
    Slot {
        key: slot_key(home, specialty, number),
        resource: doctor(home, specialty).resource,
        start,
        minutes: MINUTES,
        ..slot(home, specialty, number, DateTime::constant(2026, 4, 15, 8, 0, 0, 0))
    }
}

/// `who` books a doctor at a time by the facility's clocks, under the referral that is always valid.
pub(super) fn at_local(who: u64, home: u64, specialty: u64, local: &str) -> BookCommand {
    let local: DateTime = local.parse().unwrap();
    BookCommand { day: local.date(), time: local.time(), ..book(who, home, specialty, 0, LONG + specialty) }
}

pub(super) async fn ask(store: &Arc<dyn Store>, command: BookCommand, at: Timestamp) -> Result<EntryKey, Refusal> {
    store.book(command, at).await.expect("the store answers").map(|booked| booked.entry)
}

pub(super) async fn start_of(store: &Arc<dyn Store>, entry: EntryKey) -> Timestamp {
    entries(store).await.into_iter().find(|kept| kept.key == entry).expect("the entry is there").start
}

/// How often a time is offered to `who` with the facility's doctor of therapy: in its own list, in that of all
/// facilities, and instead of a refused one.
pub(super) async fn offered(store: &Arc<dyn Store>, who: u64, home: u64, local: &str, at: Timestamp) -> [usize; 3] {
    let local: DateTime = local.parse().unwrap();
    let is_it = |(key, time): (ResourceKey, DateTime)| (key, time) == (doctor(home, 0), local);
    let mut found = [0; 3];
    for (found, lpu) in found.iter_mut().zip([Some(home), None]) {
        let listed = store.free_times(&query(who, LONG, lpu), at).await.unwrap().unwrap_or_default();
        *found = times(&listed).into_iter().filter(|(key, time, _)| is_it((*key, *time))).count();
    }
    let near = FreeTimesQuery {
        person: person(who),
        caller: portal(),
        lpu: LpuCode::parse(&format!("0{home}")).unwrap(),
        sought: Sought::Referral(referral(who, LONG)),
        near: local,
    };
    let others = store.alternatives(&near, at).await.unwrap();
    found[2] = others.iter().filter(|time| is_it((time.resource, time.day.to_datetime(time.time)))).count();
    found
}

/// Nights in which clocks go forward and back.
struct Nights {
    zone: &'static str,
    /// A local time that there is not, and the instant as far behind the gap as it lies in it.
    skipped: (&'static str, &'static str),
    /// A local time that there is twice, and both its instants.
    doubled: (&'static str, [&'static str; 2]),
}

/// Zones that change twice a year, that did it for the last time, that changed for ever, and by half an hour.
const NIGHTS: [Nights; 4] = [
    Nights {
        zone: "America/New_York",
        skipped: ("2026-03-08T02:30:00", "2026-03-08T07:30:00Z"),
        doubled: ("2026-11-01T01:30:00", ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]),
    },
    Nights {
        zone: "Europe/Moscow",
        skipped: ("2010-03-28T02:30:00", "2010-03-27T23:30:00Z"),
        doubled: ("2010-10-31T02:30:00", ["2010-10-30T22:30:00Z", "2010-10-30T23:30:00Z"]),
    },
    Nights {
        zone: "Asia/Novosibirsk",
        skipped: ("2016-07-24T02:30:00", "2016-07-23T20:30:00Z"),
        doubled: ("2014-10-26T01:30:00", ["2014-10-25T18:30:00Z", "2014-10-25T19:30:00Z"]),
    },
    Nights {
        zone: "Australia/Lord_Howe",
        skipped: ("2026-10-04T02:15:00", "2026-10-03T15:45:00Z"),
        doubled: ("2026-04-05T01:45:00", ["2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"]),
    },
];

/// A facility for each of [`NIGHTS`], with a cell at each of its instants, and two persons.
async fn fill_nights(store: &Arc<dyn Store>, instants: fn(&Nights) -> Vec<&'static str>) {
    let mut more = people(100..102);
    for (home, night) in (10..).zip(&NIGHTS) {
        more.extend(clinic(home, night.zone, 3660, 100..102));
        let cells = instants(night).into_iter().zip(0..);
        more.extend(cells.map(|(start, number)| Record::Slot(cell_at(home, 0, number, start.parse().unwrap()))));
    }
    fill(store, more).await;
}

/// The later of them can be asked for by nobody, so it is offered to nobody: neither while the earlier is free,
/// nor when that is held or booked.
pub async fn of_two_equal_times_the_earlier_is_offered_and_booked(store: Arc<dyn Store>) {
    fill_nights(&store, |night| night.doubled.1.to_vec()).await;
    for (home, night) in (10..).zip(&NIGHTS) {
        let Nights { zone, doubled: (local, [earlier, _]), .. } = night;
        let start: Timestamp = earlier.parse().unwrap();
        let before = start - SignedDuration::from_hours(7 * 24);
        let asked = |who| at_local(who, home, 0, local);
        assert_eq!(offered(&store, 101, home, local, before).await, [1; 3], "{zone}");

        let hold = HoldCommand { asked: asked(100), terms: terms() };
        let held = store.hold(hold, before).await.unwrap().expect("held").hold;
        assert_eq!(held.start, start, "{zone}");
        assert_eq!(offered(&store, 101, home, local, before).await, [0; 3], "{zone}");
        assert_eq!(ask(&store, asked(101), before).await, Err(Refusal::TimeTaken), "{zone}");

        let booked = ask(&store, asked(100), before).await.expect("booked");
        assert_eq!(start_of(&store, booked).await, start, "{zone}");
        assert_eq!(offered(&store, 101, home, local, before).await, [0; 3], "{zone}");
        assert_eq!(ask(&store, asked(101), before).await, Err(Refusal::TimeTaken), "{zone}");
        // Between the two of them the time has passed, though a clock on the wall will show it again.
        let between = start + SignedDuration::from_mins(1);
        assert_eq!(offered(&store, 101, home, local, between).await, [0; 3], "{zone}");
        assert_eq!(ask(&store, asked(101), between).await, Err(Refusal::TimePast), "{zone}");
        let cancelled = store.cancel(cancel(100, booked), before).await.unwrap();
        assert_eq!(cancelled, Ok(()), "{zone}: one visit of a specialty");
    }
    assert_exclusive(&store).await;
}

/// It is no other name for the time that clocks show instead.
pub async fn a_time_that_clocks_skip_is_nobodys(store: Arc<dyn Store>) {
    fill_nights(&store, |night| vec![night.skipped.1]).await;
    for (home, night) in (10..).zip(&NIGHTS) {
        let Nights { zone, skipped: (local, behind), .. } = night;
        let start: Timestamp = behind.parse().unwrap();
        let before = start - SignedDuration::from_hours(7 * 24);
        let shown = Zone::parse(zone).unwrap().local(start).to_string();
        assert_ne!(shown, *local, "{zone}");
        assert_eq!(ask(&store, at_local(100, home, 0, local), before).await, Err(Refusal::TimeAbsent), "{zone}");
        assert_eq!(offered(&store, 100, home, local, before).await, [0; 3], "{zone}");
        assert_eq!(offered(&store, 100, home, &shown, before).await, [1; 3], "{zone}");
        let booked = ask(&store, at_local(100, home, 0, &shown), before).await.expect("booked");
        assert_eq!(start_of(&store, booked).await, start, "{zone}");
        let cancelled = store.cancel(cancel(100, booked), before).await.unwrap();
        assert_eq!(cancelled, Ok(()), "{zone}: one visit of a specialty");
    }
    assert_exclusive(&store).await;
}

/// In the hour that there is twice in New York, a clock in Moscow shows two.
pub async fn visits_overlap_by_instants_whatever_clocks_show(store: Arc<dyn Store>) {
    let (york, moscow) = (10, 11);
    let earlier: Timestamp = "2026-11-01T05:30:00Z".parse().unwrap();
    let minutes = |minutes| earlier + SignedDuration::from_mins(minutes);
    let mut more = people(100..104);
    more.extend(clinic(york, "America/New_York", 30, 100..104));
    more.extend(clinic(moscow, "Europe/Moscow", 30, 100..104));
    more.push(Record::Slot(Slot { places: 4, ..cell_at(york, 0, 0, earlier) }));
    for (number, begins) in (0..).zip([0, 20, 60]) {
        more.push(Record::Slot(Slot { places: 4, ..cell_at(moscow, 1, number, minutes(begins)) }));
    }
    fill(&store, more).await;
    let before = earlier - SignedDuration::from_hours(24);
    let there = |who| at_local(who, york, 0, "2026-11-01T01:30:00");
    // The same time, the one at its end, and the one at which New York shows half past one again.
    for (who, local, is_apart) in
        [(100, "2026-11-01T08:30:00", false), (101, "2026-11-01T08:50:00", true), (102, "2026-11-01T09:30:00", true)]
    {
        let first = ask(&store, there(who), before).await.expect("booked");
        let second = ask(&store, at_local(who, moscow, 1, local), before).await;
        let Err(refusal) = second else {
            assert!(is_apart, "{local}");
            continue;
        };
        assert!(!is_apart, "{local}: {refusal:?}");
        assert_eq!(refusal.slug(), "patient-overlap");
        // And the other way round.
        assert_eq!(store.cancel(cancel(who, first), before).await.unwrap(), Ok(()));
        ask(&store, at_local(who, moscow, 1, local), before).await.expect("booked");
        assert_eq!(ask(&store, there(who), before).await.expect_err("they overlap").slug(), "patient-overlap");
    }
    assert_exclusive(&store).await;
    assert_eq!(entries(&store).await.iter().filter(|entry| entry.state.is_live()).count(), 5);
}
