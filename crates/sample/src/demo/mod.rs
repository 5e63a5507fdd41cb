//! A small region to show: [`demo`].

mod book;
mod crowd;
mod draw;
mod entries;
mod facilities;
mod patients;
mod referrals;
mod region;
mod schedule;
mod shifts;
mod staff;
mod tour;

use jiff::{Timestamp, civil::Date};
use talon_store::Record;

use book::Book;
use region::Region;
pub use tour::TourStop;

/// A made-up region.
#[derive(Clone, Debug, Default)]
pub struct Demo {
    /// Its objects; each refers only to earlier ones.
    pub records: Vec<Record>,
    /// Patients who each get another answer, those who can book first.
    pub tour: Vec<TourStop>,
}

/// The demo region as it is on a day: facilities in two zones, their schedule from the last working
/// day to `today` + 14, patients, referrals of every kind and in every state, and who is booked
/// already by `now`, a moment of that day.
///
/// All but entries keep their guids from day to day, and persons their ages, so their birth dates
/// move along; entries are the same for the same arguments. `today` may be counted in any zone from
/// UTC to the region's own. Where it is so near an end of the calendar that no schedule fits, the
/// region is empty.
#[must_use]
pub fn demo(today: Date, now: Timestamp) -> Demo {
    made(today, now).unwrap_or_default()
}

fn made(today: Date, now: Timestamp) -> Option<Demo> {
    let region = Region::new(today)?;
    let mut book = Book::new(&region, now);
    let tour = tour::tour(&region, &mut book)?;
    entries::of_named(&region, &mut book);
    entries::of_crowd(&region, &mut book);
    let counters: Vec<Record> = book.counters().map(Record::Counter).collect();
    let entries = book.entries;
    Some(Demo { records: records(region, entries.into_iter().map(Record::Entry).chain(counters)), tour })
}

/// In the order of [`talon_store::Kind::ALL`].
fn records(region: Region, booked: impl Iterator<Item = Record>) -> Vec<Record> {
    let persons = region.named.into_iter().chain(region.crowd);
    let mut records: Vec<Record> = Vec::new();
    records.extend(region.specialties.into_iter().map(Record::Specialty));
    records.extend(region.facilities.into_iter().map(Record::Facility));
    records.extend(region.staff.into_iter().map(|employed| Record::Resource(employed.resource)));
    records.extend(persons.map(Record::Person));
    records.extend(region.cards.into_iter().map(Record::Card));
    records.extend(region.referrals.into_iter().map(Record::Referral));
    records.extend(region.templates.into_iter().map(Record::Template));
    records.extend(region.slots.into_iter().map(Record::Slot));
    records.extend(booked);
    records
}
