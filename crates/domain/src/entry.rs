//! Entries (записи на приём): appointments and the tickets they carry.

use std::fmt;

use jiff::{Timestamp, civil::Date};

use crate::{
    access::Channel,
    codes::codes,
    ids::{ClientId, EntryKey, FacilityId, PersonId, ReferralKey, ResourceId, SlotId, SlotKey},
    resource::SpecialtyCode,
    slot::Interval,
};

codes! {
    /// What became of an appointment.
    pub enum EntryState {
        /// To take place: live.
        Booked = "booked",
        /// Given up; its claims are gone.
        Cancelled = "cancelled",
        /// The patient did not come; its referral is usable again.
        Missed = "missed",
        /// It took place; its referral stays used.
        Fulfilled = "fulfilled",
    }
}

impl EntryState {
    /// Whether an entry in this state takes up its place and the patient's time (contract,
    /// section 9, *live*).
    #[must_use]
    pub fn is_live(self) -> bool {
        self == Self::Booked
    }

    /// Whether an entry in this state uses up its referral.
    #[must_use]
    pub fn uses_referral(self) -> bool {
        matches!(self, Self::Booked | Self::Fulfilled)
    }
}

/// A ticket number: the specialty's letter and a number that runs per facility and day, as in
/// "Т-047"; three digits at least, more when a day needs them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket(pub String);

impl Ticket {
    /// The ticket for the `number`-th appointment of a facility's day.
    #[must_use]
    pub fn new(letter: &str, number: u32) -> Self {
        Self(format!("{letter}-{number:03}"))
    }
}

impl fmt::Display for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Facility and guid.
    pub key: EntryKey,
    /// Who is booked.
    pub person: PersonId,
    /// Under which referral; `None` for a booking that needed none.
    pub referral: Option<ReferralKey>,
    /// With whom, in the entry's facility.
    pub resource: ResourceId,
    /// In which cell, in the entry's facility.
    pub slot: SlotId,
    /// Which of the cell's places, from 1.
    pub place: u16,
    /// The resource's specialty when the entry was made.
    pub specialty: SpecialtyCode,
    /// When it begins.
    pub start: Timestamp,
    /// How long it lasts.
    pub minutes: u16,
    /// The ticket.
    pub ticket: Ticket,
    /// What became of it.
    pub state: EntryState,
    /// Grows with every change; messages are bound to it.
    pub version: u32,
    /// When it was made.
    pub booked_at: Timestamp,
    /// By which client application.
    pub client: Option<ClientId>,
    /// Through which channel; `None` for an entry that another system made.
    pub channel: Option<Channel>,
}

impl Entry {
    /// Its cell.
    #[must_use]
    pub fn cell(&self) -> SlotKey {
        SlotKey { facility: self.key.facility, slot: self.slot }
    }

    /// The time it takes up.
    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval::of_minutes(self.start, self.minutes)
    }

    /// Whether it can still keep others out: live, and not begun. One whose time has passed frees
    /// the specialty and the overlap (contract, section 9).
    #[must_use]
    pub fn is_ahead(&self, now: Timestamp) -> bool {
        self.state.is_live() && self.start > now
    }
}

/// How far a facility's ticket numbers of one day have run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketCounter {
    /// The facility.
    pub facility: FacilityId,
    /// The day of the appointments, local to the facility.
    pub day: Date,
    /// The last number handed out.
    pub last: u32,
}

#[cfg(test)]
mod tests {
    use super::Ticket;

    #[test]
    fn a_ticket_has_at_least_three_digits() {
        assert_eq!(Ticket::new("Т", 47).to_string(), "Т-047");
        assert_eq!(Ticket::new("ТО", 1000).to_string(), "ТО-1000");
    }
}
