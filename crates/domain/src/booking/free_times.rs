//! Everything that a caller could book under a referral: in one facility, or wherever they have a card.
//!
//! What no cell can change is decided once for each facility and resource, by the same rules that book;
//! a back end then reads cells and asks of each whether it is a [`free_time`].

use std::{collections::HashMap, sync::Arc};

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
};

use crate::{
    access::{Caller, Rights},
    booking::{Case, Cell, Facts, FreeTime, KnownPatient, Places, RULES, Refusal, case_of, free_time, may_offer},
    facility::{Facility, FacilityName, LpuCode},
    ids::{PersonId, ResourceKey},
    person::{Card, Person},
    reference::Reference,
    resource::Resource,
    slot::Slot,
};

/// A list of one facility's free times has at most this many, the earliest.
pub const MOST_IN_A_FACILITY: usize = 10_000;

/// A list of free times anywhere has at most this many, the earliest.
pub const MOST_ANYWHERE: usize = 1_000;

/// The resources of one facility whose cells can be offered to a caller, and what of these is to be read.
#[derive(Debug)]
pub struct Search {
    facts: Facts,
    facility: Arc<Facility>,
    resources: Vec<Arc<Resource>>,
    /// The rights by which the caller may book there.
    pub rights: Rights,
    /// The instant from which on nothing is to be read.
    pub end: Timestamp,
}

impl Search {
    /// A search in the facility of these facts, for `days` days from today on if that is less than the caller
    /// sees.
    ///
    /// # Errors
    ///
    /// The refusal that a booking would meet there whatever the cell: the same checks in the same order. Where the
    /// referral names a resource it is that one's.
    pub fn of(
        facts: Facts,
        person: PersonId,
        lpu: &LpuCode,
        caller: &Caller,
        reference: &Reference,
        days: Option<u16>,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let facility = facts.facility.clone().ok_or_else(|| Refusal::FacilityUnknown { lpu: lpu.clone() })?;
        let today = facility.today(now);
        let case = case_of(&facts, person, lpu, caller, today, now)?;
        let known = case.referral.map(|referral| reference.resources_of(facility.id, &referral.specialty));
        let (mut resources, mut refusal) = (Vec::new(), None);
        let last = last_day(&facility, caller, days, now);
        for resource in known.unwrap_or_default() {
            let with = case.with(resource);
            match may_offer(&with) {
                Ok(()) if is_never_of_age(&with, last) => {}
                Ok(()) => resources.push(Arc::clone(resource)),
                Err(found) if refusal.is_none() || refusal == Some(Refusal::ReferralMismatch) => refusal = Some(found),
                Err(_) => {}
            }
        }
        match refusal {
            Some(refusal) if resources.is_empty() => return Err(refusal),
            None if resources.is_empty() => may_offer(&Case { resource: None, ..case })?,
            _ => {}
        }
        let rights = case.rights();
        let end = end_of_window(&facility, caller, days, now).unwrap_or(now);
        Ok(Self { facts, facility, resources, rights, end })
    }

    /// A search in every facility where the person has a card and the rules let them book something. `facts` are
    /// those of no facility.
    ///
    /// # Errors
    ///
    /// When there is no such facility, the refusal of the one that the referral is to, or of its issuer.
    pub fn anywhere(
        facts: &Facts,
        (person, known): (PersonId, Option<&Person>),
        cards: Vec<Card>,
        caller: &Caller,
        reference: &Reference,
        days: Option<u16>,
        now: Timestamp,
    ) -> Result<Vec<Self>, Refusal> {
        let referral = facts.referral.own().ok_or(Refusal::ReferralNotFound)?;
        let home = referral.to_facility.unwrap_or(referral.key.facility);
        let (mut searches, mut at_home) = (Vec::new(), None);
        let search = |facility: Option<&Arc<Facility>>, card: Option<Card>| {
            let named = facility.map_or_else(|| home.to_string(), |facility| facility.mkod.to_string());
            let lpu = LpuCode { sent: named, name: FacilityName::Id(facility.map_or(home, |facility| facility.id)) };
            let patient = known.cloned().zip(card).map(|(person, card)| KnownPatient { person, card });
            let facts = Facts { facility: facility.cloned(), patient, ..facts.clone() };
            Self::of(facts, person, &lpu, caller, reference, days, now)
        };
        for card in cards {
            let there = card.facility;
            let Some(facility) = reference.facility(there) else { continue };
            let found = search(Some(facility), Some(card));
            match found {
                Ok(found) if !found.resources.is_empty() => searches.push(found),
                other if there == home => at_home = Some(other),
                _ => {}
            }
        }
        if searches.is_empty() {
            at_home.unwrap_or_else(|| search(reference.facility(home), None))?;
        }
        Ok(searches)
    }

    /// Each of its resources, as a case that lacks only the cell.
    pub fn cases<'a>(&'a self, caller: &'a Caller, now: Timestamp) -> impl Iterator<Item = Case<'a>> {
        let whole = Case::of(&self.facts, caller, self.facility.today(now), now);
        self.resources.iter().filter_map(move |resource| Some(whole?.with(resource)))
    }
}

/// The last day on which this caller sees cells, or asks for them.
fn last_day(facility: &Facility, caller: &Caller, days: Option<u16>, now: Timestamp) -> Date {
    let seen = caller.window_days(facility);
    let days = days.map_or(seen, |days| days.min(seen));
    facility.today(now).saturating_add(i32::from(days).days())
}

/// Whether the case's resource takes nobody of the patient's age from today to another day, so that none of its
/// cells needs to be looked at. An age that grows by a year at most is one of the first and the last day's.
fn is_never_of_age(case: &Case<'_>, last: Date) -> bool {
    let refused = |day| {
        let case = Case { day, cell: None, ..*case };
        RULES.iter().any(|rule| rule(&case) == Err(Refusal::AgeGroup))
    };
    let a_year = case.today().saturating_add(1.year());
    last < a_year && refused(case.today()) && refused(last)
}

/// The instant from which on nothing is published for this caller, or asked for.
#[must_use]
pub fn end_of_window(facility: &Facility, caller: &Caller, days: Option<u16>, now: Timestamp) -> Option<Timestamp> {
    let after = last_day(facility, caller, days, now).saturating_add(1.day());
    facility.zone.nearest_instant(after.to_datetime(Time::midnight()))
}

/// A cell that could be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeCell {
    /// When it begins.
    pub start: Timestamp,
    /// The day, local to the facility.
    pub day: Date,
    /// The time, local to the facility.
    pub time: Time,
    /// How many places nobody has.
    pub places: u16,
}

impl FreeCell {
    /// A cell of the case's resource, if it is a [`free_time`].
    #[must_use]
    pub fn of(case: &Case<'_>, slot: Slot, taken: &Places) -> Option<Self> {
        let person = case.patient.person.id;
        let places = taken.free_count(person, slot.places, case.now);
        let FreeTime { start, day, time, .. } = free_time(case, &Cell::new(slot, taken, person, case.now))?;
        Some(Self { start, day, time, places })
    }
}

/// The free cells of a resource, in the order in which they begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FreeCells {
    /// The resource.
    pub resource: ResourceKey,
    /// Its cells.
    pub cells: Vec<FreeCell>,
}

/// What is free in a facility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FacilityTimes {
    /// The facility.
    pub facility: Arc<Facility>,
    /// Its resources, those first that are free earliest.
    pub resources: Vec<ResourceTimes>,
}

/// What is free with a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceTimes {
    /// The resource.
    pub resource: Arc<Resource>,
    /// Its days, in their order.
    pub days: Vec<DayTimes>,
}

/// What is free on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayTimes {
    /// The day, local to the facility.
    pub day: Date,
    /// Times with their free places, in their order.
    pub times: Vec<(Time, u16)>,
}

/// The earliest `most` of these cells, by facility, resource and day: those first that are free earliest, and of
/// two that are free at once those of the lower guid.
#[must_use]
pub fn arranged(mut found: Vec<FreeCells>, reference: &Reference, most: usize) -> Vec<FacilityTimes> {
    cut(&mut found, most);
    found.sort_unstable_by_key(|one| (one.cells.first().map(|cell| cell.start), one.resource));
    let mut facilities: Vec<FacilityTimes> = Vec::new();
    let mut order = HashMap::new();
    for FreeCells { resource, cells } in found.into_iter().filter(|one| !one.cells.is_empty()) {
        let (Some(facility), Some(resource)) = (reference.facility(resource.facility), reference.resource(resource))
        else {
            continue;
        };
        let at = *order.entry(facility.id).or_insert_with(|| {
            facilities.push(FacilityTimes { facility: Arc::clone(facility), resources: Vec::new() });
            facilities.len() - 1
        });
        facilities[at].resources.push(ResourceTimes { resource: Arc::clone(resource), days: by_day(&cells) });
    }
    facilities
}

/// Leaves the earliest `most` of all.
fn cut(found: &mut [FreeCells], most: usize) {
    let starts = found.iter().flat_map(|one| one.cells.iter().map(|cell| (cell.start, one.resource)));
    let mut starts: Vec<_> = match found.iter().map(|one| one.cells.len()).sum::<usize>() > most {
        true => starts.collect(),
        false => return,
    };
    // A resource has one cell at a time, so no two of these are equal.
    let (_, &mut first_left_out, _) = starts.select_nth_unstable(most);
    for FreeCells { resource, cells } in found {
        cells.truncate(cells.partition_point(|cell| (cell.start, *resource) < first_left_out));
    }
}

fn by_day(cells: &[FreeCell]) -> Vec<DayTimes> {
    let days = cells.chunk_by(|one, next| one.day == next.day);
    let times = |day: &[FreeCell]| day.iter().map(|cell| (cell.time, cell.places)).collect();
    days.filter_map(|day| Some(DayTimes { day: day.first()?.day, times: times(day) })).collect()
}
