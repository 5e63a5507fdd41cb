//! Time rules where clocks are changed, at midnight, at new year, and when the server's own clock jumps.

use std::sync::Arc;

use jiff::{
    SignedDuration, Timestamp,
    civil::{DateTime, date},
};
use talon_domain::{
    booking::{BookCommand, GRACE, HoldRefusal, Refusal},
    facility::Facility,
    ids::EntryKey,
    slot::Slot,
    zone::Zone,
};

use super::{
    listing::{query, times},
    region::{
        ADULTS, ANNA, BORIS, CHILDREN, EAST, book, crowd, doctor, facility_records, fill, hold, hold_change,
        local_start, now, referral_to, slot, slot_key, terms,
    },
    tally::{assert_exclusive, entries},
};
use crate::{Record, Store};

/// The number of the referrals that are valid at all the times of this suite.
const LONG: u64 = 40;

/// A referral of a person that is valid for decades.
fn long_referral(who: u64, specialty: u64) -> Record {
    let mut referral = referral_to(who, LONG + specialty, specialty);
    (referral.issued, referral.valid_until) = (date(2000, 1, 1), date(2040, 1, 1));
    Record::Referral(referral)
}

/// A facility with its clocks in another zone, and a schedule without an end.
fn in_zone(number: u64, zone: &str) -> Record {
    let known = facility_records(number).into_iter().find_map(|record| match record {
        Record::Facility(facility) => Some(facility),
        _ => None,
    });
    Record::Facility(Facility { zone: Zone::parse(zone).unwrap(), schedule_days: 3660, ..known.unwrap() })
}

/// A cell of the doctor of therapy that begins at an instant.
fn cell_at(home: u64, number: u64, start: &str) -> Slot {
    Slot { start: start.parse().unwrap(), ..slot(home, 0, number, "2026-04-15T08:00:00".parse().unwrap()) }
}

/// `who` books therapy at a local time, under the referral that is always valid.
fn at_local(who: u64, home: u64, local: DateTime) -> BookCommand {
    BookCommand { day: local.date(), time: local.time(), ..book(who, home, 0, 0, LONG) }
}

async fn import(store: &Arc<dyn Store>, page: Vec<Record>) {
    assert_eq!(store.import_page(page, now()).await, Ok(Vec::new()));
}

async fn ask(store: &Arc<dyn Store>, command: BookCommand, at: Timestamp) -> Result<EntryKey, Refusal> {
    store.book(command, at).await.expect("the store answers").map(|booked| booked.entry)
}

async fn start_of(store: &Arc<dyn Store>, entry: EntryKey) -> Timestamp {
    entries(store).await.into_iter().find(|kept| kept.key == entry).expect("the entry is there").start
}

/// A night on which clocks go forward, and one on which they go back.
struct Nights {
    zone: &'static str,
    /// A local time that there is not.
    skipped: &'static str,
    /// A local time that there is twice, and both its instants.
    doubled: &'static str,
    earlier: &'static str,
    later: &'static str,
}

/// Zones with their changes: every year, once for ever, by half an hour.
const NIGHTS: [Nights; 4] = [
    Nights {
        zone: "Europe/Moscow",
        skipped: "2010-03-28T02:30:00",
        doubled: "2010-10-31T02:30:00",
        earlier: "2010-10-30T22:30:00Z",
        later: "2010-10-30T23:30:00Z",
    },
    Nights {
        zone: "America/New_York",
        skipped: "2026-03-08T02:30:00",
        doubled: "2026-11-01T01:30:00",
        earlier: "2026-11-01T05:30:00Z",
        later: "2026-11-01T06:30:00Z",
    },
    Nights {
        zone: "Asia/Novosibirsk",
        skipped: "2016-07-24T02:30:00",
        doubled: "2014-10-26T01:30:00",
        earlier: "2014-10-25T18:30:00Z",
        later: "2014-10-25T19:30:00Z",
    },
    Nights {
        zone: "Australia/Lord_Howe",
        skipped: "2026-10-04T02:15:00",
        doubled: "2026-04-05T01:45:00",
        earlier: "2026-04-04T14:45:00Z",
        later: "2026-04-04T15:15:00Z",
    },
];

pub async fn a_time_that_clocks_skip_is_nobodys_and_one_that_is_twice_is_the_earlier(store: Arc<dyn Store>) {
    let mut more = crowd(100..108);
    more.extend((100..108).map(|who| long_referral(who, 0)));
    fill(&store, more).await;
    for (night, (who, cell)) in NIGHTS.iter().zip((100..).step_by(2).zip((70..).step_by(3))) {
        let Nights { zone, skipped, doubled, earlier, later } = night;
        let (skipped, doubled): (DateTime, DateTime) = (skipped.parse().unwrap(), doubled.parse().unwrap());
        let start: Timestamp = earlier.parse().unwrap();
        // The cells as another system writes them: by their instants, and around the gap, whence the hour is missing.
        let gap: Timestamp = Zone::parse(zone).unwrap().nearest_instant(skipped).unwrap();
        let starts = [(*earlier).to_owned(), (*later).to_owned(), gap.to_string()];
        let cells = (cell..).zip(&starts).map(|(number, start)| Record::Slot(cell_at(ADULTS, number, start)));
        import(&store, [in_zone(ADULTS, zone)].into_iter().chain(cells).collect()).await;

        let before = start - SignedDuration::from_hours(24 * 7);
        let before_gap = gap - SignedDuration::from_hours(24 * 7);
        assert_eq!(ask(&store, at_local(who, ADULTS, skipped), before_gap).await, Err(Refusal::TimeAbsent), "{zone}");
        let listed = |at| {
            let store = Arc::clone(&store);
            async move { times(&store.free_times(&query(who, LONG, Some(ADULTS)), at).await.unwrap().unwrap()) }
        };
        let of_the_night = |all: Vec<(_, DateTime, u16)>| all.iter().filter(|(_, local, _)| *local == doubled).count();
        assert_eq!(of_the_night(listed(before).await), 1, "{zone}: the later cannot be asked for");
        assert!(listed(before_gap).await.iter().all(|(_, local, _)| *local != skipped), "{zone}");

        let booked = ask(&store, at_local(who, ADULTS, doubled), before).await.expect("booked");
        assert_eq!(start_of(&store, booked).await, start, "{zone}");
        assert_eq!(of_the_night(listed(before).await), 0, "{zone}");
        let rival = at_local(who + 1, ADULTS, doubled);
        assert_eq!(ask(&store, rival.clone(), before).await, Err(Refusal::TimeTaken), "{zone}");
        // Between the two of them the time has passed, though a clock on the wall will show it again.
        let between = start + SignedDuration::from_mins(1);
        assert_eq!(ask(&store, rival, between).await, Err(Refusal::TimePast), "{zone}");
        assert_exclusive(&store).await;
    }
}

pub async fn a_visit_over_midnight_and_new_year_is_of_the_day_on_which_it_begins(store: Arc<dyn Store>) {
    let eve = date(2026, 12, 31);
    let cells = [
        // 23:50 in Moscow; in Yekaterinburg it is 1:50 of the new year then.
        cell_at(ADULTS, 70, "2026-12-31T20:50:00Z"),
        cell_at(ADULTS, 71, "2026-12-31T21:10:00Z"),
        cell_at(EAST, 72, "2026-12-31T21:00:00Z"),
        cell_at(EAST, 73, "2026-12-31T21:20:00Z"),
    ];
    let mut more = crowd(100..103);
    more.extend([long_referral(100, 0), long_referral(101, 0), long_referral(ANNA, 0), long_referral(ANNA, 1)]);
    let of_surgery = |number, start: &str| {
        let (key, resource) = (slot_key(EAST, 1, number), doctor(EAST, 1).resource);
        Record::Slot(Slot { key, resource, minutes: 10, ..cell_at(EAST, number, start) })
    };
    more.extend([of_surgery(74, "2026-12-31T21:00:00Z"), of_surgery(75, "2026-12-31T21:10:00Z")]);
    more.extend(cells.map(Record::Slot));
    fill(&store, more).await;
    import(&store, vec![in_zone(ADULTS, "Europe/Moscow"), in_zone(EAST, "Asia/Yekaterinburg")]).await;
    let at: Timestamp = "2026-12-20T09:00:00Z".parse().unwrap();

    let late = ask(&store, at_local(ANNA, ADULTS, eve.at(23, 50, 0, 0)), at).await.expect("booked");
    // The days differ and the times do not: a visit that begins within it is in its way, one at its end is not.
    let surgery = |minute| {
        let local = eve.tomorrow().unwrap().at(2, minute, 0, 0);
        BookCommand { day: local.date(), time: local.time(), ..book(ANNA, EAST, 1, 0, LONG + 1) }
    };
    let refused = ask(&store, surgery(0), at).await.expect_err("they overlap");
    assert_eq!(refused.slug(), "patient-overlap");
    ask(&store, surgery(10), at).await.expect("it begins when the other ends");

    // Tickets are numbered by the facility's own days, neither UTC's nor another facility's.
    let early = ask(&store, at_local(100, ADULTS, eve.tomorrow().unwrap().at(0, 10, 0, 0)), at).await.expect("booked");
    let east = ask(&store, at_local(101, EAST, eve.tomorrow().unwrap().at(2, 0, 0, 0)), at).await.expect("booked");
    let kept = entries(&store).await;
    let ticket = |key| kept.iter().find(|entry| entry.key == key).unwrap().ticket.0.clone();
    assert_eq!([late, early].map(ticket), ["Т-001", "Т-001"], "each is the first of its day");
    assert_eq!(ticket(east), "Т-002", "the second of New Year's Day in the east");
    assert_exclusive(&store).await;
}

/// To the second, and by the facility's clocks: it is noon in Greenwich when a day begins in Kamchatka.
pub async fn windows_and_validity_change_at_the_facilitys_midnight(store: Arc<dyn Store>) {
    let Record::Facility(known) = in_zone(ADULTS, "Asia/Kamchatka") else { unreachable!() };
    let mut short = referral_to(ANNA, 45, 0);
    short.valid_until = date(2026, 4, 14);
    let mut more = crowd(100..101);
    more.push(Record::Referral(short));
    // 9:00 on 17 April there, and 9:00 on 16 April.
    more.extend(
        [cell_at(ADULTS, 70, "2026-04-16T21:00:00Z"), cell_at(ADULTS, 71, "2026-04-15T21:00:00Z")].map(Record::Slot),
    );
    more.push(long_referral(100, 0));
    fill(&store, more).await;
    import(&store, vec![Record::Facility(Facility { schedule_days: 2, ..known })]).await;
    let midnight: Timestamp = "2026-04-14T12:00:00Z".parse().unwrap();
    let before = midnight - SignedDuration::from_nanos(1);

    let day_after = at_local(100, ADULTS, date(2026, 4, 17).at(9, 0, 0, 0));
    assert_eq!(ask(&store, day_after.clone(), before).await, Err(Refusal::TimeBeyondWindow));
    let listed = |at| {
        let store = Arc::clone(&store);
        async move { times(&store.free_times(&query(100, LONG, Some(ADULTS)), at).await.unwrap().unwrap()) }
    };
    let is_listed = |all: Vec<(_, DateTime, u16)>| all.iter().any(|(_, local, _)| local.date() == day_after.day);
    assert!(!is_listed(listed(before).await));
    assert!(is_listed(listed(midnight).await));
    ask(&store, day_after.clone(), midnight).await.expect("a new day has come");

    let short = |home: u64| BookCommand {
        referral: book(ANNA, home, 0, 0, 45).referral,
        ..at_local(ANNA, home, date(2026, 4, 16).at(9, 0, 0, 0))
    };
    let expired = ask(&store, short(ADULTS), midnight).await;
    assert_eq!(expired, Err(Refusal::ReferralExpired { until: date(2026, 4, 14) }));
    ask(&store, short(ADULTS), before).await.expect("it is valid to the end of the day");
    assert_exclusive(&store).await;
}

pub async fn a_clock_that_jumps_sells_nothing_twice(store: Arc<dyn Store>) {
    fill(&store, crowd(100..104)).await;
    let day = SignedDuration::from_hours(24);
    let (past, future) = (now() - day, now() + day / 2);
    let cell = |who, number| book(who, ADULTS, 0, number, 0);

    // Sold by a clock that was ahead, or asked for by one that is behind.
    let booked = ask(&store, cell(100, 20), future).await.expect("booked");
    assert_eq!(ask(&store, cell(101, 20), past).await, Err(Refusal::TimeTaken));
    let again = store.book(cell(100, 20), past).await.unwrap().unwrap();
    assert_eq!((again.entry, again.repeated), (booked, true));
    assert_exclusive(&store).await;

    // A hold lasts as long by the clock that asks; what was taken over does not come back with the clock.
    let held = store.hold(hold(102, ADULTS, 0, 21, 0), now()).await.unwrap().unwrap().hold;
    assert_eq!(ask(&store, cell(103, 21), past).await, Err(Refusal::TimeTaken));
    let extended = store.extend_hold(hold_change(102, held.key), terms(), past).await.unwrap().unwrap();
    assert_eq!(
        extended.expires, held.expires,
        "it would end earlier by the clock that is behind: nothing is taken away"
    );
    let over = held.expires + GRACE;
    let taken = ask(&store, cell(103, 21), over).await.expect("it has run out");
    let late = store.extend_hold(hold_change(102, held.key), terms(), past).await.unwrap();
    assert_eq!(late, Err(HoldRefusal::Expired));
    assert_eq!(ask(&store, cell(102, 21), past).await, Err(Refusal::TimeTaken));
    assert_eq!(store.sweep(past, 10).await.unwrap().ended, 0);
    assert_eq!(start_of(&store, taken).await, slot(ADULTS, 0, 21, local_start(21)).start);
    assert_exclusive(&store).await;

    // The children's clinic is another facility with the same clock; its day began with the same jump.
    let child = |number| book(BORIS, CHILDREN, 0, number, 0);
    ask(&store, child(22), future).await.expect("booked");
    assert_eq!(ask(&store, child(23), past).await.expect_err("one a specialty").slug(), "referral-used");
    assert_exclusive(&store).await;
}
