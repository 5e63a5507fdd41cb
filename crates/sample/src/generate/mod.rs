//! Large regions for load tests: [`Generator`].

mod bookings;
mod cells;
mod mix;
mod people;
mod plan;
mod staff;

use jiff::civil::Date;
use talon_store::Record;

pub use bookings::{GeneratedBooking, GeneratedPerson};
use people::Profile;
use plan::Plan;

/// How large a region to generate.
///
/// A facility has 10, 20 or 50 resources (17 on average), a resource 30 cells on each day from
/// Monday to Friday; public holidays are worked. So there are about `facilities` × 510 cells a
/// working day:
///
/// | facilities | days | cells |
/// |---:|---:|---:|
/// | 10 | 7 | 25 thousand |
/// | 300 | 14 | 1.5 million |
/// | 1,000 | 28 | 10.2 million |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerateOptions {
    /// How many facilities.
    pub facilities: u32,
    /// How many days of schedule, weekends counted.
    pub days: u16,
    /// How many persons. Each has a card in one or two facilities, a referral that is valid from a
    /// year before `start` until a year after the last day, and one more, to a consultation, when
    /// the first is not to one.
    pub persons: u64,
    /// Another seed gives another region.
    pub seed: u64,
    /// The first day of the schedule, local to each facility.
    pub start: Date,
}

/// The records of a large made-up region, one after another: the same options give the same
/// records in the same order, each referring only to earlier ones. It holds the facilities and
/// computes everything else when it is its turn, so its size does not depend on the number of
/// persons or cells.
pub struct Generator {
    plan: Plan,
    next: Part,
    pending: std::vec::IntoIter<Record>,
}

/// What is to be made next.
#[derive(Clone, Copy)]
enum Part {
    Specialties,
    Facility(usize),
    Person(u64),
    /// A resource by its number in the region, and a day.
    Cells(u64, usize),
    Nothing,
}

impl Generator {
    /// A generator at its first record.
    #[must_use]
    pub fn new(options: GenerateOptions) -> Self {
        Self { plan: Plan::new(options), next: Part::Specialties, pending: Vec::new().into_iter() }
    }

    /// How many cells the whole region has.
    #[must_use]
    pub fn slots(&self) -> u64 {
        self.plan.resources() * self.plan.days.len() as u64 * cells::A_DAY
    }

    /// Makes the records of a part and moves on to the next; `None` after the last.
    fn make(&mut self) -> Option<Vec<Record>> {
        let plan = &self.plan;
        let (records, next) = match self.next {
            Part::Specialties => (crate::specialties::all().map(Record::Specialty).collect(), Part::Facility(0)),
            Part::Facility(n) => match plan.facilities.get(n) {
                None => (Vec::new(), Part::Person(0)),
                Some(facility) => {
                    let resources = plan.seats_of(n).map(|seat| Record::Resource(staff::resource(plan, seat)));
                    (
                        std::iter::once(Record::Facility(facility.clone())).chain(resources).collect(),
                        Part::Facility(n + 1),
                    )
                }
            },
            Part::Person(n) => match Profile::of(plan, n).filter(|_| n < plan.options.persons) {
                None => (Vec::new(), Part::Cells(0, 0)),
                Some(profile) => (profile.records(plan), Part::Person(n + 1)),
            },
            Part::Cells(resource, day) => match plan.seat(resource) {
                None => (Vec::new(), Part::Nothing),
                Some(_) if day >= plan.days.len() => (Vec::new(), Part::Cells(resource + 1, 0)),
                Some(seat) => {
                    let slots = cells::of_day(plan, seat, day).into_iter().map(Record::Slot);
                    (slots.collect(), Part::Cells(resource, day + 1))
                }
            },
            Part::Nothing => return None,
        };
        self.next = next;
        Some(records)
    }
}

impl Iterator for Generator {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(record) = self.pending.next() {
                return Some(record);
            }
            self.pending = self.make()?.into_iter();
        }
    }
}
