//! Ticket numbers: per facility and day, never the same twice, not even after a cancellation.

use jiff::civil::Date;
use rusqlite::{Connection, Result, params};
use talon_domain::{entry::TicketCounter, ids::FacilityId};

/// Draws the next number. A booking that is undone gives it back with everything else.
pub(crate) fn next(connection: &Connection, facility: FacilityId, day: Date) -> Result<u32> {
    connection
        .prepare_cached(
            "INSERT INTO ticket_counter (facility, day, last) VALUES (?1, ?2, 1) \
             ON CONFLICT (facility, day) DO UPDATE SET last = last + 1 RETURNING last",
        )?
        .query_row(params![facility.bytes(), day.to_string()], |row| row.get(0))
}

/// Makes sure that no number up to this one is drawn any more.
pub(crate) fn raise(connection: &Connection, counter: &TicketCounter) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO ticket_counter (facility, day, last) VALUES (?1, ?2, ?3) \
             ON CONFLICT (facility, day) DO UPDATE SET last = max(last, excluded.last)",
        )?
        .execute(params![counter.facility.bytes(), counter.day.to_string(), counter.last])
        .map(drop)
}
