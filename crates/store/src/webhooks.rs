//! Events on their way to integrators: what a node claims, what came of it, and what is known of those that are settled.

use jiff::Timestamp;
use talon_domain::{
    event::{Event, EventKey, EventState, HookName},
    ids::EntryKey,
};
use uuid::Uuid;

use crate::Sending;

/// Which events a node wants to send to a receiver now.
#[derive(Clone, Debug)]
pub struct ClaimEvents {
    /// The receiver.
    pub hook: HookName,
    /// Events of entries behind this one; `None` to begin again, as for
    /// [`ClaimMessages`](crate::ClaimMessages).
    pub after: Option<EntryKey>,
    /// How many it sends at once.
    pub limit: u32,
    /// The claim's own id, by which it is settled.
    pub lease: Uuid,
    /// When it ends by itself, should the node be gone by then.
    pub until: Timestamp,
}

/// What a claim came to.
#[derive(Clone, Debug, Default)]
pub struct ClaimedEvents {
    /// To be sent now, at most one of each entry.
    pub due: Vec<DueEvent>,
    /// The entry to go on behind; `None` when every event has been looked at.
    pub next: Option<EntryKey>,
}

/// An event that its claimant, and nobody else, sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueEvent {
    /// It.
    pub event: Event,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Since when it is owed: since it happened, or was to be told once more.
    pub owed: Timestamp,
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct AttemptedEvent {
    /// The receiver.
    pub hook: HookName,
    /// The event.
    pub event: Event,
    /// The claim under which it was tried.
    pub lease: Uuid,
    /// What came of it; [`Sending::Rejected`] when it is given up.
    pub result: Sending,
    /// The status that was answered, or at which step it failed; never a text of the receiver's.
    pub reply: Option<String>,
}

/// One event with what is known of its sending to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// The receiver.
    pub hook: HookName,
    /// The event.
    pub event: Event,
    /// What became of it; `None` while it is owed.
    pub state: Option<EventState>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was settled; of one that is owed, when it is tried again at the earliest.
    pub at: Option<Timestamp>,
    /// The last status that was answered, or the step that failed.
    pub reply: Option<String>,
}

/// Which events are listed.
#[derive(Clone, Debug, Default)]
pub struct EventsQuery {
    /// In this state; `None` for those that are owed.
    pub state: Option<EventState>,
    /// To this receiver alone.
    pub hook: Option<HookName>,
    /// At most so many: the newest.
    pub limit: u32,
}

/// How many events there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventCounts {
    /// Owed to each receiver, and since when the oldest of them is. Receivers to whom nothing is owed are left out.
    pub owed: Vec<(HookName, u64, Timestamp)>,
    /// Settled and not yet forgotten.
    pub settled: Vec<(HookName, EventState, u64)>,
}

/// Which settled events are to be told once more.
#[derive(Clone, Debug)]
pub struct Replay {
    /// To this receiver alone.
    pub hook: Option<HookName>,
    /// In this state alone.
    pub state: Option<EventState>,
    /// Which.
    pub which: Replayed,
}

/// One event, or all of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replayed {
    /// This one.
    One(EventKey),
    /// What happened from an instant on until just before another.
    Happened(Timestamp, Timestamp),
}
