//! What cancelling and moving have in common: one's own entry, live, and not too close.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    access::Caller,
    entry::Entry,
    slot::{Slot, is_absent},
};

/// Why an entry cannot be cancelled or moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeRefusal {
    /// There is none, or it is somebody else's: the two answers do not differ.
    NotFound,
    /// It has begun.
    Begun,
    /// It took place or was missed.
    Done,
    /// It is cancelled and cannot be moved any more.
    Cancelled,
    /// It begins too soon for patients to change it by themselves.
    TooLate,
}

impl ChangeRefusal {
    /// The stable name of the reason.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::NotFound => "entry-not-found",
            Self::Begun => "entry-begun",
            Self::Done => "entry-done",
            Self::Cancelled => "entry-cancelled",
            Self::TooLate => "change-too-late",
        }
    }
}

/// Whether an entry's owner could cancel it now, or move it to another time that they could book. Without its cell it is
/// taken for one in which the patient is received.
#[must_use]
pub fn may_change(entry: &Entry, cell: Option<&Slot>, caller: &Caller, cutoff: Duration, now: Timestamp) -> bool {
    entry.state.is_live() && in_time(entry, cell, caller, cutoff, now).is_ok()
}

/// Whether a booked entry may still be changed: not once it has begun and, where patients act for
/// themselves, not later than `cutoff` before. A desk knows whether the place can still be filled; where the doctor is
/// absent nobody is to fill it.
pub(super) fn in_time(
    entry: &Entry,
    cell: Option<&Slot>,
    caller: &Caller,
    cutoff: Duration,
    now: Timestamp,
) -> Result<(), ChangeRefusal> {
    if entry.start <= now {
        return Err(ChangeRefusal::Begun);
    }
    let left = entry.start.duration_since(now).unsigned_abs();
    if caller.channel.is_self_service() && left < cutoff && !is_absent(cell) {
        return Err(ChangeRefusal::TooLate);
    }
    Ok(())
}
