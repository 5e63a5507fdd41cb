//! The demo's objects, and how they are found.

use jiff::civil::Date;
use talon_domain::{
    facility::{Facility, Serves},
    ids::{FacilityId, ResourceKey},
    person::{Card, Person},
    referral::Referral,
    resource::{Resource, Specialty, SpecialtyCode},
    schedule::Template,
    slot::Slot,
    zone::Zone,
};

use super::{
    crowd, facilities, facilities::Place, patients, patients::Who, referrals, schedule, staff, staff::Employed,
};
use crate::{
    calendar::shifted,
    specialties::{self as sp},
};

/// Everything but entries.
pub(super) struct Region {
    pub(super) today: Date,
    pub(super) specialties: Vec<Specialty>,
    /// In the order of [`Place`].
    pub(super) facilities: Vec<Facility>,
    pub(super) staff: Vec<Employed>,
    /// In the order of [`Who`].
    pub(super) named: Vec<Person>,
    pub(super) crowd: Vec<Person>,
    pub(super) cards: Vec<Card>,
    pub(super) referrals: Vec<Referral>,
    pub(super) templates: Vec<Template>,
    /// Of each resource in the order of time.
    pub(super) slots: Vec<Slot>,
}

impl Region {
    pub(super) fn new(today: Date) -> Option<Self> {
        let facilities = facilities::facilities()?;
        let staff = staff::staff(&facilities);
        let (templates, slots) = schedule::schedule(&facilities, &staff, today);
        let (named, mut cards) = patients::patients(&facilities, today);
        let (crowd, crowd_cards) = crowd::crowd(&facilities, today);
        cards.extend(crowd_cards);
        let referrals = referrals::referrals(&facilities, &staff, (&named, &crowd), &cards, today);
        let specialties = sp::all().collect();
        Some(Self { today, specialties, facilities, staff, named, crowd, cards, referrals, templates, slots })
    }

    pub(super) fn named(&self, who: Who) -> &Person {
        &self.named[who.index()]
    }

    pub(super) fn full_name(&self, who: Who) -> String {
        let person = self.named(who);
        let words = [Some(&person.family), Some(&person.given), person.patronymic.as_ref()];
        words.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn first_referral(&self, who: Who) -> Option<&Referral> {
        let person = self.named(who).id;
        self.referrals.iter().find(|referral| referral.person == person)
    }

    /// A facility's first resource of a specialty.
    pub(super) fn resource(&self, place: Place, specialty: &str) -> Option<&Resource> {
        let fits = |employed: &&Employed| employed.place == place && employed.resource.specialty.0 == specialty;
        self.staff.iter().find(fits).map(|employed| &employed.resource)
    }

    pub(super) fn slots_of(&self, key: ResourceKey) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(move |slot| slot.key.facility == key.facility && slot.resource == key.resource)
    }

    pub(super) fn letter(&self, code: &SpecialtyCode) -> &str {
        let specialty = self.specialties.iter().find(|specialty| specialty.code == *code);
        specialty.map_or("", |specialty| &specialty.letter)
    }

    /// The day of a cell, local to its facility.
    pub(super) fn local_day(&self, slot: &Slot) -> Date {
        self.zone_of(slot.key.facility).map_or(Date::ZERO, |zone| zone.day(slot.start))
    }

    /// Whether a cell lies ahead at any moment of today, whatever zone today was counted in.
    pub(super) fn is_safely_ahead(&self, slot: &Slot) -> bool {
        self.local_day(slot) >= shifted(self.today, 2)
    }

    /// Whether a facility takes patients of an age.
    pub(super) fn admits(&self, facility: FacilityId, age: u16) -> bool {
        let facility = self.facilities.iter().find(|known| known.id == facility);
        facility.is_some_and(|facility| match facility.serves {
            Serves::Children => age < 18,
            Serves::Adults => age >= 18,
            Serves::All => true,
        })
    }

    fn zone_of(&self, facility: FacilityId) -> Option<&Zone> {
        self.facilities.iter().find(|known| known.id == facility).map(|facility| &facility.zone)
    }
}
