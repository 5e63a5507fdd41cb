//! Cancelling one's own entry.

use jiff::Timestamp;
use talon_domain::booking::{CancelCommand, decide_cancel};
use talon_store::{CancelReply, cancel_record};

use crate::{audit, claims, entry, failure::Result, given_up, history, offers, outbox, session::Session, slots};

/// Decides a cancellation and writes what it leaves. The claims go with the state, so that a place
/// is freed exactly once.
pub(crate) async fn cancel(session: &Session<'_>, command: &CancelCommand, now: Timestamp) -> Result<CancelReply> {
    let tx = session.tx;
    let found = entry::lock(tx, command.entry, command.person).await?;
    let cell = slots::of_entry(tx, found.as_ref()).await?;
    let reply = match decide_cancel(command, found.as_ref(), cell.as_ref(), now) {
        Err(refusal) => Err(refusal),
        Ok(None) => Ok(()),
        Ok(Some(cancelled)) => {
            claims::release(tx, &[&cancelled.entry]).await?;
            entry::put(tx, &[&cancelled.entry]).await?;
            history::put_cancellations(tx, &[&cancelled.cancellation]).await?;
            outbox::owe(tx, &session.hooks, &[&cancelled.message]).await?;
            if let Some(given_up) = &cancelled.given_up {
                given_up::count(tx, given_up).await?;
            }
            offers::give(session, cancelled.entry.cell(), cancelled.entry.place, now).await?;
            Ok(())
        }
    };
    let facility = found.as_ref().map(|entry| entry.key.facility);
    audit::insert(tx, &[&cancel_record(command, facility, &reply, now)]).await?;
    Ok(reply)
}
