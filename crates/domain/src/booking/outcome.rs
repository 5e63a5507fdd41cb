//! What a booking leaves behind.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use crate::{
    booking::{BookCommand, FreePlace, Held},
    entry::{Entry, EntryState, Ticket},
    facility::Facility,
    ids::{EntryKey, PersonId, ReferralKey, SlotKey},
    message::{Message, MessageKind},
    resource::{Specialty, SpecialtyCode},
    slot::Slot,
};

/// A booking that the rules allow; it lacks only its ticket number.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The facility.
    pub facility: Arc<Facility>,
    /// The cell.
    pub slot: Slot,
    /// The place in it.
    pub free: FreePlace,
    /// The specialty it counts for.
    pub specialty: SpecialtyCode,
    /// What the ticket begins with.
    pub letter: String,
}

impl Plan {
    pub(super) fn new(
        facility: Arc<Facility>,
        slot: Slot,
        free: FreePlace,
        code: &SpecialtyCode,
        specialty: Option<&Specialty>,
    ) -> Self {
        // A resource's specialty is a foreign key, so it is there; a ticket without a letter would
        // still be one that nobody else has.
        let letter = specialty.map(|specialty| specialty.letter.clone()).unwrap_or_default();
        Self { facility, slot, free, specialty: code.clone(), letter }
    }

    /// The day whose ticket numbers it draws from: the appointment's, local to the facility.
    #[must_use]
    pub fn ticket_day(&self) -> Date {
        self.facility.zone.day(self.slot.start)
    }

    /// The person's own hold, which this booking ends.
    #[must_use]
    pub fn own_hold(&self, person: PersonId) -> Option<Held> {
        self.free.over.filter(|held| held.person == person)
    }

    /// The rows to write, once the ticket number is drawn.
    #[must_use]
    pub fn outcome(&self, command: &BookCommand, number: u32, now: Timestamp) -> Outcome {
        let entry = Entry {
            key: EntryKey { facility: self.facility.id, entry: command.new_ids.entry },
            person: command.person,
            referral: command.referral,
            resource: self.slot.resource,
            slot: self.slot.key.slot,
            place: self.free.place,
            specialty: self.specialty.clone(),
            start: self.slot.start,
            minutes: self.slot.minutes,
            ticket: Ticket::new(&self.letter, number),
            state: EntryState::Booked,
            version: 1,
            booked_at: now,
            client: command.caller.client.as_ref().map(|client| client.id),
            channel: Some(command.caller.channel),
        };
        let message = Message { entry: entry.key, version: entry.version, kind: MessageKind::Booked, created: now };
        Outcome { claims: Claim::of(&entry), entry, message }
    }
}

/// An entry with the claims that make it exclusive and the message it owes.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The entry.
    pub entry: Entry,
    /// Its claims, in the one order in which they are always written.
    pub claims: Vec<Claim>,
    /// The confirmation.
    pub message: Message,
}

/// A promise that only one entry can hold, to be written under a key of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The referral is used by this entry. It is also how the same request finds its entry again.
    Referral(ReferralKey),
    /// The person's one appointment ahead in this specialty; void once the entry has begun.
    Specialty {
        /// The person.
        person: PersonId,
        /// The specialty.
        specialty: SpecialtyCode,
    },
    /// One place of a cell.
    Place {
        /// The cell.
        slot: SlotKey,
        /// The place, from 1.
        place: u16,
    },
    /// The person's time; written with a compare-and-set on each UTC day that it touches.
    Time {
        /// The person.
        person: PersonId,
    },
}

impl Claim {
    /// The claims that an entry holds in its present state.
    #[must_use]
    pub fn of(entry: &Entry) -> Vec<Self> {
        let mut claims = Vec::with_capacity(4);
        if entry.state.uses_referral() {
            claims.extend(entry.referral.map(Self::Referral));
        }
        if entry.state.is_live() {
            claims.push(Self::Specialty { person: entry.person, specialty: entry.specialty.clone() });
            let slot = SlotKey { facility: entry.key.facility, slot: entry.slot };
            claims.push(Self::Place { slot, place: entry.place });
            claims.push(Self::Time { person: entry.person });
        }
        claims
    }
}
