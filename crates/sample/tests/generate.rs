//! Large regions, on a small scale.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod support;

use std::collections::HashSet;

use jiff::{Timestamp, civil::date};
use support::{Ask, World, check_references};
use talon_sample::{GenerateOptions, GeneratedBooking, Generator};
use talon_store::Record;

/// A Wednesday to a Tuesday.
const OPTIONS: GenerateOptions =
    GenerateOptions { facilities: 12, days: 7, persons: 3_000, seed: 42, start: date(2026, 4, 15) };

fn ask(booking: &GeneratedBooking) -> Ask<'_> {
    Ask {
        person: booking.person,
        referral: booking.referral,
        lpu_code: &booking.lpu_code,
        resource: booking.resource,
        day: booking.day,
        time: booking.time,
    }
}

#[test]
fn the_seed_decides() {
    assert!(Generator::new(OPTIONS).eq(Generator::new(OPTIONS)));
    let other = Generator::new(GenerateOptions { seed: 43, ..OPTIONS });
    let slots = |records: Generator| -> HashSet<_> {
        records.filter_map(|record| if let Record::Slot(slot) = record { Some(slot.key) } else { None }).collect()
    };
    assert!(slots(Generator::new(OPTIONS)).is_disjoint(&slots(other)));
}

#[test]
fn records_refer_to_earlier_ones_and_cells_do_not_overlap() {
    check_references(Generator::new(OPTIONS));
    World::of(Generator::new(OPTIONS)).check_cells();
}

#[test]
fn there_are_as_many_as_asked_for() {
    let generator = Generator::new(OPTIONS);
    let slots = generator.slots();
    let world = World::of(generator);
    assert_eq!(world.reference.facilities().count(), 12);
    assert_eq!(world.persons.len(), 3_000);
    assert_eq!(world.slots.len() as u64, slots);
    // 8 small, 3 of middle size and a large one; five working days; thirty cells.
    assert_eq!(slots, (8 * 10 + 3 * 20 + 50) * 5 * 30);
}

#[test]
fn every_booking_succeeds_after_all_the_others() {
    let generator = Generator::new(OPTIONS);
    let bookings: Vec<GeneratedBooking> = generator.bookings().collect();
    assert_eq!(bookings.len(), 3_000);
    let cells: HashSet<_> = bookings.iter().map(|b| (b.resource, b.day, b.time)).collect();
    let persons: HashSet<_> = bookings.iter().map(|b| b.person).collect();
    assert_eq!((cells.len(), persons.len()), (3_000, 3_000));
    let mut world = World::of(generator);
    // The evening before the first day, when it is that day already in the east of the region.
    let now: Timestamp = "2026-04-14T20:00:00Z".parse().unwrap();
    for (number, booking) in (1..).zip(&bookings) {
        assert_eq!(world.book(&ask(booking), now, number), "ok", "booking {number}");
    }
}

#[test]
fn bookings_stop_when_the_cells_run_out() {
    let options = GenerateOptions { facilities: 1, days: 3, persons: 10_000, ..OPTIONS };
    let generator = Generator::new(options);
    let bookings: Vec<GeneratedBooking> = generator.bookings().collect();
    let cells: HashSet<_> = bookings.iter().map(|b| (b.resource, b.day, b.time)).collect();
    // Ten resources, three working days, 26 cells that Internet may book by referral.
    assert_eq!((bookings.len(), cells.len()), (780, 780));
    let world = World::of(generator);
    let long_before: Timestamp = "2025-06-01T00:00:00Z".parse().unwrap();
    for booking in &bookings {
        assert_eq!(world.answer(&ask(booking), long_before), "ok");
    }
}

#[test]
fn persons_are_known_without_reading_the_records() {
    let generator = Generator::new(OPTIONS);
    let persons: Vec<_> = (0..OPTIONS.persons).filter_map(|n| generator.nth_person(n)).collect();
    assert_eq!(generator.nth_person(OPTIONS.persons), None);
    let world = World::of(generator);
    assert_eq!(persons.len(), 3_000);
    for known in &persons {
        let referral = &world.referrals[&known.referral];
        assert_eq!(referral.person, known.person);
        assert!(!known.resources.is_empty());
        for key in &known.resources {
            assert_eq!(world.reference.resource(*key).unwrap().specialty, referral.specialty);
        }
    }
    let issued_elsewhere = world.referrals.values().filter(|referral| referral.to_facility.is_some()).count();
    assert!((200..1_200).contains(&issued_elsewhere), "{issued_elsewhere}");
    let with_two_cards = world.cards.len() - world.persons.len();
    assert!((400..2_000).contains(&with_two_cards), "{with_two_cards}");
}

#[test]
fn empty_regions_are_regions_too() {
    for options in [
        GenerateOptions { facilities: 0, ..OPTIONS },
        GenerateOptions { days: 0, ..OPTIONS },
        GenerateOptions { persons: 0, ..OPTIONS },
    ] {
        let generator = Generator::new(options);
        assert_eq!(generator.bookings().count(), 0);
        check_references(generator);
    }
}
