//! Giving an appointment up.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    access::Caller,
    audit::Request,
    booking::{ChangeRefusal, ChurnTerms, GivenUp, change::in_time},
    entry::{Entry, EntryState},
    history::{CancelReason, Cancellation},
    ids::{AuditId, EntryKey, PersonId},
    message::{Message, MessageKind},
    slot::{Slot, is_absent},
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
    /// Why, where that is said.
    pub reason: Option<CancelReason>,
    /// How long before it begins a patient may still do this.
    pub cutoff: Duration,
    /// How often they may do it before they pause.
    pub churn: ChurnTerms,
    /// The request's id.
    pub request: Request,
    /// Id for the audit record.
    pub new_audit: AuditId,
}

/// A cancelled entry with what goes with it.
#[derive(Clone, Debug)]
pub struct Cancelled {
    /// The entry as it will be.
    pub entry: Entry,
    /// When and why.
    pub cancellation: Cancellation,
    /// What the patient is told.
    pub message: Message,
    /// What is counted, if it is.
    pub given_up: Option<GivenUp>,
}

/// Decides a cancellation on the person's own entry in its cell; `None` when it is cancelled already and the same
/// answer is given again.
///
/// Booking rules play no part: a place that was taken is freed whatever they now say. A visit to somebody who is absent
/// is given up at any time and counts for nothing: it is not the patient who does not come.
///
/// # Errors
///
/// [`ChangeRefusal`]
pub fn decide_cancel(
    command: &CancelCommand,
    entry: Option<&Entry>,
    cell: Option<&Slot>,
    now: Timestamp,
) -> Result<Option<Cancelled>, ChangeRefusal> {
    let entry = entry.ok_or(ChangeRefusal::NotFound)?;
    match entry.state {
        EntryState::Cancelled => return Ok(None),
        EntryState::Missed | EntryState::Fulfilled => return Err(ChangeRefusal::Done),
        EntryState::Booked => in_time(entry, cell, &command.caller, command.cutoff, now)?,
    }
    let version = entry.version + 1;
    Ok(Some(Cancelled {
        entry: Entry { state: EntryState::Cancelled, version, ..entry.clone() },
        cancellation: Cancellation { entry: entry.key, reason: command.reason.clone(), at: now },
        message: Message { entry: entry.key, version, kind: MessageKind::Cancelled, created: now },
        given_up: GivenUp::of(&command.churn, &command.caller, entry, now).filter(|_| !is_absent(cell)),
    }))
}
