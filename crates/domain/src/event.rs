//! What happened, as integrators are told of it: facts, which stay true whatever comes after them.

use std::fmt;

use jiff::Timestamp;

use crate::{
    codes::codes,
    entry::{Entry, EntryState},
    ids::{EntryId, EntryKey, ResourceKey},
    message::{Message, MessageKind},
};

codes! {
    /// What happened.
    pub enum EventKind {
        /// An appointment was booked.
        Booked = "entry.booked",
        /// It was moved to another time.
        Moved = "entry.moved",
        /// It was cancelled.
        Cancelled = "entry.cancelled",
        /// The patient came: it took place.
        Arrived = "entry.arrived",
        /// The patient did not come.
        Missed = "entry.missed",
        /// A time was offered to one who waits. What stands for the entry is the hold.
        Offered = "offer.made",
        /// Times of a resource came, went or changed. What stands for the entry is the resource.
        Schedule = "schedule.changed",
    }
}

impl EventKind {
    /// The part of an event's id that says what happened: without a dot, which separates an id from what is signed with it.
    fn word(self) -> &'static str {
        match self {
            Self::Booked => "booked",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
            Self::Arrived => "arrived",
            Self::Missed => "missed",
            Self::Offered => "offered",
            Self::Schedule => "schedule",
        }
    }
}

codes! {
    /// What became of an event for good, at one receiver.
    pub enum EventState {
        /// The receiver has taken it.
        Delivered = "delivered",
        /// It was tried for as long as the settings say, or the receiver is gone for good.
        GivenUp = "given-up",
    }
}

/// What tells an event from every other. A change has one version and is one event, so whoever is told twice knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKey {
    /// The entry that it happened to; of an offer the hold, of a schedule the resource.
    pub about: EntryKey,
    /// The entry's version that it made. A schedule has none, and 0 stands here: the next change of one that is owed
    /// makes it newer, and whoever was told of the older one is told again.
    pub version: u32,
    /// What happened.
    pub kind: EventKind,
}

/// A text that is no event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the id of an event is needed, as evt_…_1_booked: what its header webhook-id said")]
pub struct BadEventId;

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evt_{}_{}_{}", self.about, self.version, self.kind.word())
    }
}

impl EventKey {
    /// Reads an id that [`Event::id`] has written.
    ///
    /// # Errors
    ///
    /// [`BadEventId`]
    pub fn parse(text: &str) -> Result<Self, BadEventId> {
        let parts = text.strip_prefix("evt_").and_then(|rest| rest.rsplit_once('_'));
        let (rest, word) = parts.ok_or(BadEventId)?;
        let (about, number) = rest.rsplit_once('_').ok_or(BadEventId)?;
        let kind = EventKind::ALL.iter().copied().find(|kind| kind.word() == word).ok_or(BadEventId)?;
        let version = match kind {
            EventKind::Schedule => number.parse::<u64>().map(|_| 0),
            _ => number.parse(),
        };
        Ok(Self {
            about: EntryKey::parse(about).map_err(|_| BadEventId)?,
            version: version.map_err(|_| BadEventId)?,
            kind,
        })
    }
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Which event.
    pub key: EventKey,
    /// When.
    pub happened: Timestamp,
}

impl Event {
    /// `webhook-id`: it is the same each time that the event is told, and another for every other event. Of a schedule it
    /// has the instant in microseconds where others have the version.
    #[must_use]
    pub fn id(&self) -> String {
        match self.key.kind {
            EventKind::Schedule => format!("evt_{}_{}_schedule", self.key.about, self.happened.as_microsecond()),
            _ => self.key.to_string(),
        }
    }

    /// Times of a resource came, went or changed.
    #[must_use]
    pub fn of_schedule(resource: ResourceKey, now: Timestamp) -> Self {
        let about = EntryKey { facility: resource.facility, entry: EntryId(resource.resource.0) };
        Self { key: EventKey { about, version: 0, kind: EventKind::Schedule }, happened: now }
    }

    /// What happened when a change owed a message. A reminder is no change, and of a doctor's absence whoever told of it
    /// knows; the entry stands.
    #[must_use]
    pub fn of(message: &Message) -> Option<Self> {
        let kind = match message.kind {
            MessageKind::Booked => EventKind::Booked,
            MessageKind::Moved => EventKind::Moved,
            MessageKind::Cancelled => EventKind::Cancelled,
            MessageKind::Offered => EventKind::Offered,
            MessageKind::Absent | MessageKind::ReminderWeek | MessageKind::ReminderDay => return None,
        };
        let key = EventKey { about: message.entry, version: message.version, kind };
        Some(Self { key, happened: message.created })
    }

    /// What happened to an entry that another system changes: a facility's own notes who came. An entry that was not here
    /// before is no event, or an installation that moves would tell everything once more.
    #[must_use]
    pub fn between(before: &Entry, after: &Entry, now: Timestamp) -> Option<Self> {
        let kind = match after.state {
            EntryState::Booked if before.state != EntryState::Booked => EventKind::Booked,
            EntryState::Booked => {
                let when_and_where = |entry: &Entry| (entry.start, entry.resource, entry.slot);
                (when_and_where(before) != when_and_where(after)).then_some(EventKind::Moved)?
            }
            state if state == before.state => return None,
            EntryState::Cancelled => EventKind::Cancelled,
            EntryState::Fulfilled => EventKind::Arrived,
            EntryState::Missed => EventKind::Missed,
        };
        Some(Self { key: EventKey { about: after.key, version: after.version, kind }, happened: now })
    }
}

/// The name of a receiver: one to forty small letters, digits and hyphens. It stands in rows, logs and metrics.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HookName(String);

/// A text that is no receiver's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name of 1 to 40 small letters, digits and hyphens is needed")]
pub struct BadHookName;

impl HookName {
    /// Reads a name.
    ///
    /// # Errors
    ///
    /// [`BadHookName`]
    pub fn parse(text: &str) -> Result<Self, BadHookName> {
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if (1..=40).contains(&text.len()) && text.bytes().all(fits) {
            Ok(Self(text.to_owned()))
        } else {
            Err(BadHookName)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for HookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who is told of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The receiver.
    pub hook: HookName,
    /// What it wants to know.
    pub events: Vec<EventKind>,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use uuid::Uuid;

    use super::*;
    use crate::{
        entry::Ticket,
        ids::{FacilityId, PersonId, ResourceId, SlotId},
        resource::SpecialtyCode,
    };

    fn entry(state: EntryState, version: u32) -> Entry {
        Entry {
            key: message(MessageKind::Booked).entry,
            person: PersonId(Uuid::from_u128(3)),
            referral: None,
            resource: ResourceId(Uuid::from_u128(4)),
            slot: SlotId(Uuid::from_u128(5)),
            place: 1,
            specialty: SpecialtyCode("2".to_owned()),
            start: "2026-04-14T06:20:00Z".parse().unwrap(),
            minutes: 20,
            ticket: Ticket("Т-001".to_owned()),
            state,
            version,
            booked_at: Timestamp::UNIX_EPOCH,
            client: None,
            channel: None,
        }
    }

    fn message(kind: MessageKind) -> Message {
        Message {
            entry: EntryKey { facility: FacilityId(Uuid::from_u128(1)), entry: EntryId(Uuid::from_u128(2)) },
            version: 7,
            kind,
            created: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn every_change_is_an_event_and_a_reminder_is_none() {
        let kinds: Vec<_> =
            MessageKind::ALL.iter().filter_map(|kind| Some(Event::of(&message(*kind))?.key.kind)).collect();
        assert_eq!(kinds, [EventKind::Booked, EventKind::Moved, EventKind::Cancelled, EventKind::Offered]);
        assert_eq!(Event::of(&message(MessageKind::ReminderDay)), None);
    }

    #[test]
    fn what_another_system_changed_is_an_event_and_what_it_repeats_is_none() {
        let between = |before: &Entry, after: &Entry| Some(Event::between(before, after, after.start)?.key);
        let booked = entry(EntryState::Booked, 1);
        for (state, kind) in [
            (EntryState::Cancelled, EventKind::Cancelled),
            (EntryState::Fulfilled, EventKind::Arrived),
            (EntryState::Missed, EventKind::Missed),
        ] {
            let after = entry(state, 2);
            assert_eq!(between(&booked, &after), Some(EventKey { about: after.key, version: 2, kind }));
            assert_eq!(between(&after, &entry(state, 3)), None);
            assert_eq!(between(&after, &entry(EntryState::Booked, 3)).unwrap().kind, EventKind::Booked);
        }
        assert_eq!(between(&booked, &Entry { person: PersonId(Uuid::from_u128(9)), ..booked.clone() }), None);
        let moved = Entry { slot: SlotId(Uuid::from_u128(6)), version: 2, ..booked.clone() };
        assert_eq!(between(&booked, &moved).unwrap().kind, EventKind::Moved);
    }

    #[test]
    fn an_id_is_read_as_it_is_written_and_has_no_dot() {
        for kind in MessageKind::ALL {
            let Some(event) = Event::of(&message(*kind)) else { continue };
            let id = event.id();
            assert_eq!(EventKey::parse(&id), Ok(event.key), "{id}");
            assert!(!id.contains('.'), "{id}");
        }
        let resource =
            ResourceKey { facility: FacilityId(Uuid::from_u128(1)), resource: ResourceId(Uuid::from_u128(4)) };
        let [one, next] =
            [1_u8, 2].map(|n| Event::of_schedule(resource, Timestamp::UNIX_EPOCH + Duration::from_secs(n.into())));
        assert_eq!(EventKey::parse(&one.id()), Ok(one.key));
        assert!(
            one.key == next.key && one.id() != next.id() && !one.id().contains('.'),
            "whoever was told is told again"
        );
        let id = Event::of(&message(MessageKind::Moved)).unwrap().key.to_string();
        for bad in ["", "evt_", &id[4..], &id.replace("_7_", "_-7_"), &id.replace("moved", "reminded"), &id[..80]] {
            assert_eq!(EventKey::parse(bad), Err(BadEventId), "{bad}");
        }
    }

    #[test]
    fn a_name_fits_into_a_row_a_log_and_a_metric() {
        assert_eq!(HookName::parse("mis-2").unwrap().as_str(), "mis-2");
        for bad in ["", "MIS", "a b", "мис", &"a".repeat(41)] {
            assert_eq!(HookName::parse(bad), Err(BadHookName), "{bad}");
        }
    }
}
