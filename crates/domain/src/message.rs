//! Messages owed to patients: what the outbox holds, and whether one is still true.

use jiff::{Timestamp, ToSpan, civil::Date};

use crate::{
    booking::{Hold, HoldState},
    codes::codes,
    entry::{Entry, EntryState},
    ids::{EntryKey, HoldId, HoldKey},
    slot::{Slot, is_absent},
    zone::Zone,
};

codes! {
    /// What a message says.
    pub enum MessageKind {
        /// You are booked.
        Booked = "booked",
        /// Your appointment is at another time.
        Moved = "moved",
        /// Your appointment is cancelled.
        Cancelled = "cancelled",
        /// A time that you wait for is held for you: an offer. What stands for the entry is the hold.
        Offered = "offered",
        /// Nobody will be there to receive you at the time of your appointment.
        Absent = "absent",
        /// You come in a week.
        ReminderWeek = "reminder-week",
        /// You come tomorrow.
        ReminderDay = "reminder-day",
    }
}

impl MessageKind {
    /// How many days before the visit it reminds of it; `None` when it is no reminder.
    #[must_use]
    pub fn days_ahead(self) -> Option<i8> {
        match self {
            Self::ReminderWeek => Some(7),
            Self::ReminderDay => Some(1),
            Self::Booked | Self::Moved | Self::Cancelled | Self::Offered | Self::Absent => None,
        }
    }
}

codes! {
    /// What became of a message for good.
    pub enum MessageState {
        /// The relay, or the folder, has taken it.
        Sent = "sent",
        /// It will not be taken, however often it is tried: no such mailbox, say.
        Rejected = "rejected",
        /// The person has left no address.
        NoContact = "no-contact",
        /// It was not true any more, or came too late to be of use.
        Superseded = "superseded",
    }
}

/// A message to send. It names the entry and no address or text: those are read when it is sent,
/// so that a message can never say what is no longer true. Entry, version and kind together are
/// its dedupe key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// The entry it is about; of an offer the hold.
    pub entry: EntryKey,
    /// The entry's version that made it due.
    pub version: u32,
    /// What it says.
    pub kind: MessageKind,
    /// Since when it is owed.
    pub created: Timestamp,
}

/// What a message is about, as it is now: it, and its cell, if there is one.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    /// The entry, if there is one.
    Visit(Option<&'a Entry>, Option<&'a Slot>),
    /// The hold that is an offer, if there is one.
    Offer(Option<&'a Hold>, Option<&'a Slot>),
}

impl Message {
    /// The hold that an offer is about.
    #[must_use]
    pub fn hold(&self) -> HoldKey {
        HoldKey { facility: self.entry.facility, hold: HoldId(self.entry.entry.0) }
    }

    /// Whether what it says is true now and of use to somebody. It is bound to the entry's version: of an entry
    /// that was moved or cancelled since, something newer is said by a message of its own. Of what has begun or run
    /// out nothing is said at all, and nobody is told to come to where nobody receives them.
    #[must_use]
    pub fn holds(&self, standing: Standing<'_>, now: Timestamp) -> bool {
        match standing {
            Standing::Visit(None, _) | Standing::Offer(None, _) => false,
            Standing::Visit(Some(entry), cell) => {
                let (state, of_the_cell) = match self.kind {
                    MessageKind::Cancelled => (EntryState::Cancelled, true),
                    MessageKind::Offered => return false,
                    MessageKind::Absent => (EntryState::Booked, is_absent(cell)),
                    _ => (EntryState::Booked, !is_absent(cell)),
                };
                let of_the_entry = entry.version == self.version && entry.state == state && entry.start > now;
                entry.key == self.entry && of_the_entry && of_the_cell
            }
            Standing::Offer(Some(hold), cell) => {
                self.kind == MessageKind::Offered
                    && hold.key == self.hold()
                    && hold.state == HoldState::Held
                    && hold.expires > now
                    && !is_absent(cell)
            }
        }
    }

    /// The day that a reminder is about, by the clocks of its facility. It stays the same when the entry is moved.
    #[must_use]
    pub fn reminds_of(&self, zone: &Zone) -> Option<Date> {
        let days = self.kind.days_ahead()?;
        zone.day(self.created).checked_add(days.days()).ok()
    }
}

/// Of a person's visits on a day, the one whose reminder tells of all.
#[must_use]
pub fn first_of_day(visits: &[Entry]) -> Option<&Entry> {
    visits.iter().filter(|visit| visit.state.is_live()).min_by_key(|visit| (visit.start, visit.key))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        access::Rights,
        entry::Ticket,
        ids::{EntryId, FacilityId, PersonId, ResourceId, SlotId},
        resource::SpecialtyCode,
        slot::Ages,
    };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn entry(state: EntryState, version: u32) -> Entry {
        Entry {
            key: EntryKey { facility: FacilityId(Uuid::from_u128(1)), entry: EntryId(Uuid::from_u128(2)) },
            person: PersonId(Uuid::from_u128(3)),
            referral: None,
            resource: ResourceId(Uuid::from_u128(4)),
            slot: SlotId(Uuid::from_u128(5)),
            place: 1,
            specialty: SpecialtyCode("2".to_owned()),
            start: at("2026-04-14T06:20:00Z"),
            minutes: 20,
            ticket: Ticket("Т-001".to_owned()),
            state,
            version,
            booked_at: at("2026-04-10T06:00:00Z"),
            client: None,
            channel: None,
        }
    }

    /// The entry's cell.
    fn cell(absent: bool) -> Slot {
        let entry = entry(EntryState::Booked, 1);
        Slot {
            key: entry.cell(),
            resource: entry.resource,
            start: entry.start,
            minutes: entry.minutes,
            places: 1,
            rights: Rights::default(),
            release: None,
            ages: Ages::default(),
            template: None,
            absent,
        }
    }

    fn message(kind: MessageKind, version: u32) -> Message {
        Message { entry: entry(EntryState::Booked, 1).key, version, kind, created: at("2026-04-13T15:00:00Z") }
    }

    #[test]
    fn a_message_holds_for_its_version_and_state_until_the_visit_begins() {
        let now = at("2026-04-13T15:00:00Z");
        let booked = entry(EntryState::Booked, 2);
        let cancelled = entry(EntryState::Cancelled, 3);
        let cell = cell(false);
        let holds =
            |kind, version, entry: &Entry| message(kind, version).holds(Standing::Visit(Some(entry), Some(&cell)), now);
        for kind in [MessageKind::Moved, MessageKind::Booked, MessageKind::ReminderDay, MessageKind::ReminderWeek] {
            assert!(holds(kind, 2, &booked) && !holds(kind, 1, &booked) && !holds(kind, 3, &booked), "{kind:?}");
            assert!(!holds(kind, 3, &cancelled), "{kind:?}");
        }
        assert!(holds(MessageKind::Cancelled, 3, &cancelled) && !holds(MessageKind::Cancelled, 2, &booked));
        assert!(!holds(MessageKind::Offered, 2, &booked), "an entry is no offer");
        for ended in [EntryState::Missed, EntryState::Fulfilled] {
            assert!(!holds(MessageKind::Booked, 2, &entry(ended, 2)));
        }
        let late = message(MessageKind::Moved, 2).holds(Standing::Visit(Some(&booked), Some(&cell)), booked.start);
        assert!(!late && !message(MessageKind::Moved, 2).holds(Standing::Visit(None, None), now));
    }

    #[test]
    fn while_the_doctor_is_absent_that_is_what_is_said() {
        let (now, booked) = (at("2026-04-13T15:00:00Z"), entry(EntryState::Booked, 2));
        let said = |entry: &Entry, absent| -> Vec<_> {
            let cell = cell(absent);
            let holds = |kind: &MessageKind| {
                message(*kind, entry.version).holds(Standing::Visit(Some(entry), Some(&cell)), now)
            };
            MessageKind::ALL.iter().copied().filter(holds).collect()
        };
        assert_eq!(said(&booked, true), [MessageKind::Absent]);
        assert!(!said(&booked, false).contains(&MessageKind::Absent) && said(&booked, false).len() == 4);
        for absent in [true, false] {
            assert_eq!(said(&entry(EntryState::Cancelled, 3), absent), [MessageKind::Cancelled]);
        }
        let absent = |version, at| {
            message(MessageKind::Absent, version).holds(Standing::Visit(Some(&booked), Some(&cell(true))), at)
        };
        assert!(absent(2, now) && !absent(1, now) && !absent(2, booked.start));
    }

    #[test]
    fn a_reminder_is_of_the_facilitys_own_day() {
        let moscow = Zone::parse("Europe/Moscow").unwrap();
        let late = Message { created: at("2026-04-13T21:30:00Z"), ..message(MessageKind::ReminderDay, 1) };
        assert_eq!(late.reminds_of(&moscow).unwrap().to_string(), "2026-04-15", "it is the 14th there already");
        assert_eq!(message(MessageKind::ReminderWeek, 1).reminds_of(&moscow).unwrap().to_string(), "2026-04-20");
        assert_eq!(message(MessageKind::Booked, 1).reminds_of(&moscow), None);
    }

    #[test]
    fn the_first_live_visit_of_a_day_tells_of_all() {
        let first = entry(EntryState::Cancelled, 2);
        let mut second = entry(EntryState::Booked, 1);
        second.start = at("2026-04-14T08:00:00Z");
        assert_eq!(first_of_day(&[first.clone(), second.clone()]), Some(&second));
        assert_eq!(first_of_day(&[first]), None);
    }
}
