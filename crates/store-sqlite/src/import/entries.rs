//! Entries of a page: their claims, and the numbers on their tickets.

use jiff::Timestamp;
use talon_domain::{
    entry::{Entry, TicketCounter},
    event::Event,
};
use talon_store::{PageFacts, Record};

use crate::{
    claims, entry,
    failure::{Failure, Result},
    session::Session,
    tickets, webhooks,
};

/// More appointments than a facility has in a day.
const MOST_TICKETS: u32 = 999_999;

/// Writes the entries of a page with their claims, keeps their ticket numbers from being drawn again, and owes the events
/// that their changes are.
pub(super) fn put(session: &Session<'_>, records: &[Record], facts: &PageFacts, now: Timestamp) -> Result<()> {
    let connection = session.connection;
    let entries = facts.placed(records).map_err(Failure::Page)?;
    // All give up what they hold before any takes anything: one may take what another gives up.
    for stored in facts.entries.values() {
        claims::release(connection, stored)?;
    }
    for entry in entries {
        claims::rebuild(connection, &entry)?;
        entry::put(connection, &entry)?;
        if let Some(counter) = ticket_number(session, &entry) {
            tickets::raise(connection, &counter)?;
        }
        let stored = facts.entries.get(&entry.key);
        if let Some(event) = stored.and_then(|stored| Event::between(stored, &entry, now)) {
            webhooks::owe(connection, &session.hooks, &event)?;
        }
    }
    Ok(())
}

/// The number in an entry's ticket, if it has the form of ours.
fn ticket_number(session: &Session<'_>, entry: &Entry) -> Option<TicketCounter> {
    let (_, digits) = entry.ticket.0.rsplit_once('-')?;
    // A longer number is a date or another system's own.
    let last = digits.parse().ok().filter(|number| *number <= MOST_TICKETS)?;
    let reference = session.reference();
    let zone = &reference.facility(entry.key.facility)?.zone;
    Some(TicketCounter { facility: entry.key.facility, day: zone.day(entry.start), last })
}
