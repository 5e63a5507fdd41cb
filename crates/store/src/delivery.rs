//! Messages on their way: what a node claims, what it found, and what is known of those that are settled.

use jiff::{Timestamp, civil::Date};
use talon_domain::{
    booking::Hold,
    email::Email,
    entry::Entry,
    history::EntryVersion,
    ids::{EntryKey, FacilityId},
    message::{Message, MessageKind, MessageState},
};
use uuid::Uuid;

/// Which messages a node wants to send now.
#[derive(Clone, Copy, Debug)]
pub struct ClaimMessages {
    /// Messages of entries behind this one; `None` to begin again. Going round by key nobody is overlooked, however
    /// many wait for another attempt, and no order has to be kept in an index that each booking would pay for.
    pub after: Option<EntryKey>,
    /// How many it sends at once.
    pub limit: u32,
    /// The claim's own id, by which it is settled. Claimed again under the same one, its messages are its own.
    pub lease: Uuid,
    /// When it ends by itself, should the node be gone by then.
    pub until: Timestamp,
}

/// What a claim came to.
#[derive(Clone, Debug, Default)]
pub struct ClaimedMessages {
    /// To be sent now, at most one of each entry.
    pub due: Vec<DueMessage>,
    /// What needed no sending: no longer true, or of a person without an address.
    pub settled: Vec<(MessageKind, MessageState)>,
    /// The entry to go on behind; `None` when every message has been looked at.
    pub next: Option<EntryKey>,
}

/// A message that its claimant, and nobody else, sends.
#[derive(Clone, Debug)]
pub struct DueMessage {
    /// It.
    pub message: Message,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// Where it goes.
    pub to: Email,
    /// What it says.
    pub about: About,
}

/// What a message is about, as it was when it was claimed.
#[derive(Clone, Debug)]
pub enum About {
    /// A visit.
    Visit {
        /// The entry.
        entry: Box<Entry>,
        /// Of one that was moved, what it was.
        before: Option<Box<EntryVersion>>,
        /// Of a reminder, the person's other visits in the facility on its day, in their order.
        others: Vec<Entry>,
    },
    /// A time that is held for one who waited.
    Offer(Box<Hold>),
}

/// What came of an attempt.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The message.
    pub message: Message,
    /// The claim under which it was tried.
    pub lease: Uuid,
    /// What came of it.
    pub result: Sending,
    /// Numbers of the relay's answer, as "250" or "550 5.1.1"; never its text, which may repeat the address.
    pub reply: Option<String>,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sending {
    /// It was taken.
    Sent,
    /// It will never be taken.
    Rejected,
    /// It may be taken another time: not before this instant.
    Later(Timestamp),
}

/// One message with what is known of its sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The message.
    pub message: Message,
    /// What became of it; `None` while it is owed.
    pub state: Option<MessageState>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it was settled; of one that is owed, when it is tried again at the earliest.
    pub at: Option<Timestamp>,
    /// What the relay answered last.
    pub reply: Option<String>,
}

/// Which messages are listed.
#[derive(Clone, Copy, Debug)]
pub struct MessagesQuery {
    /// In this state; `None` for those that are owed.
    pub state: Option<MessageState>,
    /// Of this entry alone.
    pub entry: Option<EntryKey>,
    /// At most so many: the newest.
    pub limit: u32,
}

/// How many messages there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// Owed.
    pub owed: u64,
    /// Since when the oldest of them is.
    pub oldest: Option<Timestamp>,
    /// Settled and not yet forgotten.
    pub settled: Vec<(MessageState, u64)>,
}

/// A facility's visits of a day of which their persons are to be reminded. It is made once.
#[derive(Clone, Copy, Debug)]
pub struct ReminderPass {
    /// The facility.
    pub facility: FacilityId,
    /// Which reminder.
    pub kind: MessageKind,
    /// The visits' day, by the facility's clocks.
    pub day: Date,
    /// Its first instant.
    pub from: Timestamp,
    /// The first one after it.
    pub to: Timestamp,
    /// Who booked later than that knows.
    pub booked_before: Timestamp,
}
