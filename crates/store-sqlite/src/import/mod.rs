//! Taking records in: what stands against a page, and writing it.

mod absence;
mod apply;
mod entries;
mod freed;
mod known;
mod overlap;
mod stored;

pub(crate) use known::known;
pub(crate) use overlap::is_free;

use jiff::Timestamp;
use rusqlite::Connection;
use talon_domain::ids::PersonId;
use talon_store::{Fault, Record};

use crate::{failure::Failure, failure::Result, session::Session, webhooks};

/// Every fault of a page, in its order.
pub(crate) fn check(connection: &Connection, records: &[Record]) -> Result<Vec<Fault>> {
    Ok(stored::read(connection, records)?.faults(records))
}

/// Every fault of a page of what one person is to have of another who will be gone.
pub(crate) fn check_without(connection: &Connection, records: &[Record], person: PersonId) -> Result<Vec<Fault>> {
    Ok(stored::read(connection, records)?.without(person).faults(records))
}

/// Takes a page whole. Its faults come as [`Failure::Page`], so that nothing of it is kept.
pub(crate) fn page(session: &mut Session<'_>, records: &[Record], now: Timestamp) -> Result<Vec<Fault>> {
    let facts = stored::read(session.connection, records)?;
    let faults = facts.faults(records);
    if !faults.is_empty() {
        return Err(Failure::Page(faults));
    }
    apply::apply(session, records, &facts, now)?;
    absence::tell(session, records, &facts, now)?;
    freed::offer(session, records, &facts, now)?;
    webhooks::owe_schedule(session, &facts.schedules_changed(records), now)?;
    Ok(Vec::new())
}
