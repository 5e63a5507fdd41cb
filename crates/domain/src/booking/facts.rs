//! What a decision needs to know. A back end loads it, inside the booking's own transaction.

use std::sync::Arc;

use jiff::{Timestamp, civil::DateTime};

use crate::{
    booking::{FreePlace, Occupied, Pause, Places},
    entry::{Entry, Ticket},
    facility::Facility,
    ids::{EntryKey, PersonId, ReferralKey, ResourceKey},
    person::{Card, Person},
    referral::Referral,
    resource::{Resource, Specialty},
    slot::{Interval, Slot},
};

/// The facts about one command. `None` means that there is no such thing.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The facility that `lpu_code` names.
    pub facility: Option<Arc<Facility>>,
    /// The person with the card that they have in that facility.
    pub patient: Option<KnownPatient>,
    /// The referral that the command names.
    pub referral: NamedReferral,
    /// The visit that uses the referral up (booked or fulfilled).
    pub referral_use: Option<Visit>,
    /// The person's live visits that have not begun, in every facility.
    pub visits: Vec<Visit>,
    /// The specialties of which the person gave up so many visits that they pause.
    pub pauses: Vec<Pause>,
    /// The resource, if it is one of that facility.
    pub resource: Option<Arc<Resource>>,
    /// The resource's specialty.
    pub specialty: Option<Arc<Specialty>>,
    /// The resource's cell at the time asked for.
    pub cell: Option<Cell>,
}

impl Facts {
    /// The same as if an entry of the person's were not there: what it uses and takes up is free. That who has a visit
    /// moves it within its specialty is no new booking, so no pause keeps them from it.
    #[must_use]
    pub fn without(mut self, entry: &Entry) -> Self {
        self.referral_use = self.referral_use.filter(|visit| visit.key() != entry.key);
        self.visits.retain(|visit| visit.key() != entry.key);
        self.pauses.retain(|pause| pause.specialty != entry.specialty);
        self
    }
}

/// The referral that a command names. That it names none and that there is none are two things: only the
/// former is a visit without a referral.
#[derive(Clone, Debug, Default)]
pub enum NamedReferral {
    /// The command names none.
    #[default]
    None,
    /// There is no such referral, or it is somebody else's.
    Absent,
    /// The person's own.
    Own(Referral),
}

impl NamedReferral {
    /// The person's own referral.
    #[must_use]
    pub fn own(&self) -> Option<&Referral> {
        match self {
            Self::Own(referral) => Some(referral),
            Self::None | Self::Absent => None,
        }
    }
}

/// A person known to a facility.
#[derive(Clone, Debug)]
pub struct KnownPatient {
    /// The person.
    pub person: Person,
    /// Their card there.
    pub card: Card,
}

/// A cell, and whether it has room.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The cell.
    pub slot: Slot,
    /// The place that the person would get; `None` when there is none for them.
    pub free: Option<FreePlace>,
}

impl Cell {
    /// A cell as a person finds it.
    #[must_use]
    pub fn new(slot: Slot, taken: &Places, person: PersonId, now: Timestamp) -> Self {
        Self { free: taken.free_for(person, slot.places, now), slot }
    }
}

/// An existing appointment of the person, with what a refusal says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The entry.
    pub entry: Entry,
    /// What the resource is called: "Фамилия И. О.", or a room's name.
    pub who: String,
    /// When it begins, local to its facility.
    pub local_start: DateTime,
}

impl Visit {
    /// What a refusal says of it.
    #[must_use]
    pub fn occupied(&self) -> Occupied {
        Occupied { who: self.who.clone(), at: self.local_start }
    }

    /// The entry's key.
    #[must_use]
    pub fn key(&self) -> EntryKey {
        self.entry.key
    }

    /// The ticket.
    #[must_use]
    pub fn ticket(&self) -> &Ticket {
        &self.entry.ticket
    }

    /// The time it takes up.
    #[must_use]
    pub fn interval(&self) -> Interval {
        self.entry.interval()
    }

    /// Whether it is exactly this: live, under this referral (or none), with this resource, at this start.
    #[must_use]
    pub fn is(&self, referral: Option<ReferralKey>, resource: ResourceKey, start: Timestamp) -> bool {
        let own = ResourceKey { facility: self.entry.key.facility, resource: self.entry.resource };
        self.entry.state.is_live() && self.entry.referral == referral && own == resource && self.entry.start == start
    }
}
