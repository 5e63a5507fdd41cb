//! Giving an appointment up.

use jiff::Timestamp;

use crate::{
    access::Caller,
    entry::{Entry, EntryState},
    ids::{AuditId, EntryKey, PersonId, RequestId},
    message::{Message, MessageKind},
};

/// A request to cancel one's own entry.
#[derive(Clone, Debug)]
pub struct CancelCommand {
    /// Whose entry it must be: the token's person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The entry.
    pub entry: EntryKey,
    /// The request's id.
    pub request: RequestId,
    /// Id for the audit record.
    pub new_audit: AuditId,
}

/// Why an entry cannot be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CancelRefusal {
    /// There is none, or it is somebody else's: the two answers do not differ.
    NotFound,
    /// It has begun.
    Begun,
    /// It took place or was missed.
    Done,
}

impl CancelRefusal {
    /// The stable name of the reason.
    #[must_use]
    pub fn slug(self) -> &'static str {
        match self {
            Self::NotFound => "entry-not-found",
            Self::Begun => "entry-begun",
            Self::Done => "entry-done",
        }
    }
}

/// Decides a cancellation on the person's own entry: the entry as it will be and the message it
/// owes, or `None` when it is cancelled already and the same answer is given again.
///
/// Booking rules play no part: a place that was taken is freed whatever they now say.
///
/// # Errors
///
/// [`CancelRefusal`]
pub fn decide_cancel(entry: Option<&Entry>, now: Timestamp) -> Result<Option<(Entry, Message)>, CancelRefusal> {
    let entry = entry.ok_or(CancelRefusal::NotFound)?;
    match entry.state {
        EntryState::Cancelled => return Ok(None),
        EntryState::Missed | EntryState::Fulfilled => return Err(CancelRefusal::Done),
        EntryState::Booked if entry.start <= now => return Err(CancelRefusal::Begun),
        EntryState::Booked => {}
    }
    let version = entry.version + 1;
    let cancelled = Entry { state: EntryState::Cancelled, version, ..entry.clone() };
    let message = Message { entry: entry.key, version, kind: MessageKind::Cancelled, created: now };
    Ok(Some((cancelled, message)))
}
