//! Bookings that succeed in a generated region, computed from its options alone.

use jiff::civil::{Date, Time};
use talon_domain::ids::{PersonId, ReferralKey, ResourceKey};

use super::{Generator, cells, people::Profile, staff::specialty};

/// A generated person, and whom they can be booked with by their first referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedPerson {
    /// The person.
    pub person: PersonId,
    /// The first of their referrals.
    pub referral: ReferralKey,
    /// МКОД of the facility to book in, for `lpu_code`; they have a card there.
    pub lpu_code: String,
    /// Its resources of the referral's specialty.
    pub resources: Vec<ResourceKey>,
}

/// A booking that the channel Internet may make, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedBooking {
    /// The person.
    pub person: PersonId,
    /// The referral to book by.
    pub referral: ReferralKey,
    /// МКОД of the facility, for `lpu_code`.
    pub lpu_code: String,
    /// With whom.
    pub resource: ResourceKey,
    /// Day, local to the facility.
    pub day: Date,
    /// Time, local to the facility.
    pub time: Time,
}

impl Generator {
    /// The n-th person, counted from 0, whatever has been generated so far; `None` beyond the last,
    /// and in a region without facilities.
    #[must_use]
    pub fn nth_person(&self, n: u64) -> Option<GeneratedPerson> {
        let plan = &self.plan;
        let profile = Profile::of(plan, n).filter(|_| n < plan.options.persons)?;
        let facility = &plan.facilities[profile.seat.facility];
        let same = plan
            .seats_of(profile.seat.facility)
            .filter(|seat| specialty(facility.serves, seat.resource) == profile.specialty());
        Some(GeneratedPerson {
            person: profile.person(plan),
            referral: profile.referral(plan),
            lpu_code: facility.mkod.to_string(),
            resources: same.map(|seat| plan.key(seat)).collect(),
        })
    }

    /// Bookings by distinct persons of distinct cells, one a person as long as there are cells.
    /// All of them are allowed to the channel Internet from a year before `start` on until the first
    /// cell begins, in whatever order they are made, as long as nothing else is booked.
    ///
    /// Consecutive bookings go to facilities, resources and days far apart.
    pub fn bookings(&self) -> impl Iterator<Item = GeneratedBooking> + '_ {
        let per_resource = cells::BOOKABLE.saturating_mul(self.plan.days.len() as u64);
        let bookable = per_resource.saturating_mul(self.plan.resources());
        (0..self.plan.options.persons.min(bookable)).filter_map(|n| self.booking(n))
    }

    fn booking(&self, n: u64) -> Option<GeneratedBooking> {
        let plan = &self.plan;
        let profile = Profile::of(plan, n)?;
        let days = plan.days.len() as u64;
        let day = plan.days.get(usize::try_from((profile.turn + profile.seat.overall).checked_rem(days)?).ok()?)?;
        // Seven has no divisor in common with the number of cells: each is come to once.
        let cell = (profile.turn / days * 7 + profile.seat.overall) % cells::BOOKABLE;
        Some(GeneratedBooking {
            person: profile.person(plan),
            referral: profile.referral(plan),
            lpu_code: plan.facilities[profile.seat.facility].mkod.to_string(),
            resource: plan.key(profile.seat),
            day: *day,
            time: cells::start(profile.seat.resource, cell)?,
        })
    }
}
