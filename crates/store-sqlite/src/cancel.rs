//! Cancelling one's own entry.

use jiff::Timestamp;
use talon_domain::{
    audit::{Action, AuditRecord},
    booking::{CancelCommand, decide_cancel},
};
use talon_store::CancelReply;

use crate::{audit, claims, entry, failure::Result, outbox, session::Session};

/// Decides a cancellation and writes what it leaves. The claims go with the state, so that a place
/// is freed exactly once.
pub(crate) fn cancel(session: &mut Session<'_>, command: &CancelCommand, now: Timestamp) -> Result<CancelReply> {
    let connection = session.connection;
    let found = entry::find(connection, command.entry, command.person)?;
    let reply = match decide_cancel(found.as_ref(), now) {
        Err(refusal) => Err(refusal),
        Ok(None) => Ok(()),
        Ok(Some((cancelled, message))) => {
            claims::release(connection, &cancelled)?;
            entry::put(connection, &cancelled)?;
            outbox::insert(connection, &message)?;
            Ok(())
        }
    };
    let record = AuditRecord {
        id: command.new_audit,
        at: now,
        request: command.request,
        person: Some(command.person),
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: Some(command.caller.channel),
        action: Action::Cancel,
        facility: found.as_ref().map(|entry| entry.key.facility),
        object: Some(command.entry.to_string()),
        outcome: reply.as_ref().map_or_else(|refusal| refusal.slug(), |()| "ok").to_owned(),
    };
    audit::insert(connection, &record)?;
    Ok(reply)
}
