//! The demo region, on ordinary and on awkward days.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use support::{Ask, World, check_references, resource_of};
use talon_domain::{
    access::{Right, Rights},
    booking::Claim,
    entry::EntryState,
    facility::Serves,
    person::age_on,
    referral::{ReferralKind, ReferralState},
    resource::ResourceKind,
    schedule::expand,
    zone::Zone,
};
use talon_sample::{Demo, TourStop, demo};
use talon_store::Record;

/// Moments as clocks in Moscow show them: midnights, evenings, weekends, ends of months and years,
/// a leap day, days before and among holidays.
const MOMENTS: [&str; 16] = [
    "2026-04-14T00:00:00",
    "2026-04-14T09:13:07",
    "2026-04-14T23:59:59",
    "2026-04-17T18:00:00",
    "2026-04-18T12:00:00",
    "2026-04-19T23:30:00",
    "2026-04-30T08:00:00",
    "2026-12-28T10:00:00",
    "2026-12-29T10:00:00",
    "2026-12-30T21:15:00",
    "2026-12-31T00:00:00",
    "2026-12-31T23:59:59",
    "2027-01-03T13:00:00",
    "2028-02-29T07:45:00",
    "2028-02-29T23:00:00",
    "2031-01-09T00:00:01",
];

fn demos() -> impl Iterator<Item = (Date, Timestamp, Demo)> {
    let moscow = Zone::parse("Europe/Moscow").unwrap();
    MOMENTS.into_iter().map(move |text| {
        let now = moscow.instant(text.parse().unwrap()).unwrap();
        let today = moscow.day(now);
        (today, now, demo(today, now))
    })
}

fn ask(stop: &TourStop) -> Ask<'_> {
    let TourStop { person, referral, facility_code, resource, day, time, .. } = stop;
    Ask { person: *person, referral: *referral, lpu_code: facility_code, resource: *resource, day: *day, time: *time }
}

#[test]
fn every_stop_of_the_tour_gets_its_answer_all_day_long() {
    for (today, now, demo) in demos() {
        let world = World::of(demo.records);
        assert!(demo.tour.len() >= 10);
        for stop in &demo.tour {
            let midnight =
                Zone::parse("Europe/Moscow").unwrap().instant(today.to_datetime(jiff::civil::Time::MIN)).unwrap();
            for hour in 0..24 {
                let then = midnight.checked_add(SignedDuration::from_hours(hour)).unwrap();
                assert_eq!(world.answer(&ask(stop), then), stop.expected, "{today} +{hour} h: {}", stop.what);
            }
            assert_eq!(world.answer(&ask(stop), now), stop.expected, "{now}: {}", stop.what);
        }
    }
}

#[test]
fn the_tour_shows_many_answers_and_books_nothing_twice() {
    for (today, now, demo) in demos() {
        let mut world = World::of(demo.records);
        let expected: HashSet<&str> = demo.tour.iter().map(|stop| stop.expected).collect();
        for slug in [
            "ok",
            "children-facility",
            "self-booking-barred",
            "dispensary-required",
            "specialty-limit",
            "age-group",
            "referral-expired",
            "time-taken",
            "referral-not-found",
        ] {
            assert!(expected.contains(slug), "{slug}");
        }
        let persons: HashSet<_> = demo.tour.iter().map(|stop| stop.person).collect();
        let cells: HashSet<_> = demo.tour.iter().map(|stop| (stop.resource, stop.day, stop.time)).collect();
        assert_eq!((persons.len(), cells.len()), (demo.tour.len(), demo.tour.len()));
        for (number, stop) in (5000..).zip(&demo.tour) {
            assert_eq!(world.book(&ask(stop), now, number), stop.expected, "{today}: {}", stop.what);
        }
        // All but one of the refusals are not about the time: the cell itself is there and free.
        for stop in demo.tour.iter().filter(|stop| !["ok", "time-taken"].contains(&stop.expected)) {
            let zone = &world.reference.facility(stop.resource.facility).unwrap().zone;
            let start = zone.instant(stop.day.to_datetime(stop.time)).unwrap();
            let slot = &world.slots[&(stop.resource, start)];
            assert!(world.has_room(slot), "{}", stop.what);
        }
    }
}

#[test]
fn stops_that_book_are_an_hour_ahead_on_a_working_day() {
    for (today, now, demo) in demos() {
        let world = World::of(demo.records);
        for stop in &demo.tour {
            let zone = &world.reference.facility(stop.resource.facility).unwrap().zone;
            let start = zone.instant(stop.day.to_datetime(stop.time)).unwrap();
            assert!(start.duration_since(now) >= SignedDuration::from_hours(1), "{today}: {}", stop.what);
            assert!(stop.day.weekday().to_monday_one_offset() <= 5);
            assert!(stop.age == age_on(world.persons[&stop.person].birth_date, today));
            assert!(stop.expected == "ok" || stop.what.as_bytes().first() == Some(&b'4'), "{}", stop.what);
        }
    }
}

#[test]
fn records_refer_to_earlier_ones_and_cells_do_not_overlap() {
    for (_, _, demo) in demos() {
        check_references(demo.records.iter().cloned());
        World::of(demo.records).check_cells();
    }
}

#[test]
fn publishing_finds_nothing_to_do() {
    for (today, _, demo) in demos() {
        let world = World::of(demo.records.iter().cloned());
        for record in &demo.records {
            let Record::Template(template) = record else { continue };
            assert_eq!(template.faults(), []);
            let facility = world.reference.facility(template.resource.facility).unwrap();
            let last = today.saturating_add(i32::from(facility.schedule_days).days());
            let made = expand(template, facility, today, last);
            assert!(made.iter().all(|slot| world.slots[&(template.resource, slot.start)] == *slot));
            let known = world.slots.values().filter(|slot| slot.template == Some(template.id));
            assert_eq!(known.filter(|slot| facility.zone.day(slot.start) >= today).count(), made.len());
        }
    }
}

#[test]
fn entries_keep_every_promise() {
    for (today, now, demo) in demos() {
        let counter = |record: &Record| match record {
            Record::Counter(counter) => Some(((counter.facility, counter.day), counter.last)),
            _ => None,
        };
        let counters: HashMap<_, _> = demo.records.iter().filter_map(counter).collect();
        let world = World::of(demo.records.iter().cloned());
        assert!(world.entries.len() > 100, "{today}: {}", world.entries.len());
        let mut claims = HashSet::new();
        let mut tickets = HashSet::new();
        for entry in &world.entries {
            let facility = world.reference.facility(entry.key.facility).unwrap();
            let day = facility.zone.day(entry.start);
            let number: u32 = entry.ticket.0.split_once('-').unwrap().1.parse().unwrap();
            assert!((1..=counters[&(facility.id, day)]).contains(&number));
            assert!(tickets.insert((facility.id, day, number)));
            assert!(entry.booked_at < entry.start && entry.booked_at <= now);
            assert!(entry.state != EntryState::Booked || entry.start > now);
            for claim in Claim::of(entry) {
                assert!(matches!(claim, Claim::Time { .. }) || claims.insert(format!("{claim:?}")), "{claim:?}");
            }
            let slot = world.slots.values().find(|slot| slot.key.slot == entry.slot).unwrap();
            assert_eq!((slot.start, slot.minutes, slot.resource), (entry.start, entry.minutes, entry.resource));
            assert!((1..=slot.places).contains(&entry.place));
            let resource = world.reference.resource(resource_of(slot)).unwrap();
            assert_eq!(entry.specialty, resource.specialty);
            let age = age_on(world.persons[&entry.person].birth_date, day);
            assert!(resource.ages.admit(age) && slot.ages.admit(age));
            assert!(facility.serves != Serves::Children || age < 18);
            let same_time = |other: &&talon_domain::entry::Entry| {
                other.person == entry.person && other.key != entry.key && other.interval().overlaps(&entry.interval())
            };
            assert_eq!(world.entries.iter().filter(same_time).count(), 0);
        }
    }
}

#[test]
fn the_region_has_something_of_everything() {
    let (today, now, demo) = demos().next().unwrap();
    let world = World::of(demo.records.iter().cloned());
    let zones: HashSet<_> = world.reference.facilities().map(|facility| facility.zone.name().to_owned()).collect();
    let serves: HashSet<_> = world.reference.facilities().map(|facility| facility.serves).collect();
    assert_eq!((zones.len(), serves.len()), (2, 3));
    let rights: HashSet<u8> = world.slots.values().map(|slot| slot.rights.bits()).collect();
    for only in [Right::Doctor, Right::DoctorOtherLpu, Right::Registry] {
        assert!(rights.contains(&Rights::of(&[only]).bits()), "{only:?}");
    }
    assert!(world.slots.values().any(|slot| slot.places == 5));
    assert!(world.slots.values().any(|slot| slot.ages.max.is_some()));
    let states: HashSet<_> = world.entries.iter().map(|entry| entry.state).collect();
    assert_eq!(states.len(), EntryState::ALL.len());
    let kinds: HashSet<_> = world.referrals.values().map(|referral| referral.kind).collect();
    assert_eq!(kinds.len(), ReferralKind::ALL.len() + 1);
    assert!(world.referrals.values().any(|referral| referral.state == ReferralState::Closed));
    assert!(world.referrals.values().any(|referral| referral.issued > today));
    assert!(world.referrals.values().any(|referral| referral.valid_until < today));
    assert!(world.referrals.values().any(|referral| referral.resource.is_some()));
    assert!(world.referrals.values().any(|referral| referral.to_facility.is_some()));
    assert!(world.entries.iter().any(|entry| entry.referral.is_some() && entry.start > now));
    assert!(world.cards.values().any(|card| card.self_booking_barred));
    assert!(world.cards.values().any(|card| !card.dispensary.is_empty()));
    assert!(world.persons.values().any(|person| person.patronymic.is_none()));
    let ages: BTreeSet<u16> = world.persons.values().map(|person| age_on(person.birth_date, today)).collect();
    assert!(ages.first() == Some(&0) && ages.last() > Some(&80) && ages.range(1..18).count() > 8);
    let of_kind =
        |kind| demo.records.iter().filter(move |r| matches!(r, Record::Resource(x) if x.kind == kind)).count();
    assert!(
        of_kind(ResourceKind::Doctor) > 20 && of_kind(ResourceKind::Room) > 1 && of_kind(ResourceKind::Equipment) > 3
    );
    assert!(demo.records.iter().any(|record| matches!(record, Record::Template(_))));
}

#[test]
fn the_same_day_gives_the_same_region_and_another_day_the_same_people() {
    let mut demos = demos();
    let (today, now, first) = demos.next().unwrap();
    let again = demo(today, now);
    assert!(first.records == again.records && first.tour == again.tour);
    let (_, _, other) = demos.last().unwrap();
    for (a, b) in first.tour.iter().zip(&other.tour) {
        assert_eq!((a.person, a.referral, a.resource, &a.name), (b.person, b.referral, b.resource, &b.name));
    }
}

#[test]
fn at_the_ends_of_the_calendar_nothing_breaks() {
    for (today, now) in [(Date::MIN, Timestamp::MIN), (Date::MAX, Timestamp::MAX)] {
        let _ = demo(today, now);
    }
}
