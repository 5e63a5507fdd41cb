//! Cancelling one's own entry.

use jiff::Timestamp;
use talon_domain::booking::{CancelCommand, decide_cancel};
use talon_store::{CancelReply, cancel_record};

use crate::{audit, claims, entry, failure::Result, given_up, history, offers, outbox, session::Session, slots};

/// Decides a cancellation and writes what it leaves. The claims go with the state, so that a place
/// is freed exactly once.
pub(crate) fn cancel(session: &mut Session<'_>, command: &CancelCommand, now: Timestamp) -> Result<CancelReply> {
    let connection = session.connection;
    let found = entry::find(connection, command.entry, command.person)?;
    let cell = slots::of_entry(connection, found.as_ref())?;
    let reply = match decide_cancel(command, found.as_ref(), cell.as_ref(), now) {
        Err(refusal) => Err(refusal),
        Ok(None) => Ok(()),
        Ok(Some(cancelled)) => {
            claims::release(connection, &cancelled.entry)?;
            entry::put(connection, &cancelled.entry)?;
            history::put_cancellation(connection, &cancelled.cancellation)?;
            outbox::owe(session, &cancelled.message)?;
            if let Some(given_up) = &cancelled.given_up {
                given_up::count(connection, given_up)?;
            }
            offers::give(session, cancelled.entry.cell(), cancelled.entry.place, now)?;
            Ok(())
        }
    };
    let facility = found.as_ref().map(|entry| entry.key.facility);
    let record = cancel_record(command, facility, &reply, now);
    audit::insert(connection, &record)?;
    Ok(reply)
}
