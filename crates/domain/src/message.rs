//! Messages owed to patients: what the outbox holds.

use jiff::Timestamp;

use crate::{codes::codes, ids::EntryKey};

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
