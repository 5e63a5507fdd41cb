//! Ticket numbers: per facility and day, never the same twice, not even after a cancellation.

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Result, params};
use talon_domain::{entry::TicketCounter, ids::FacilityId};

/// Draws the next number. A booking that is undone gives it back with everything else.
///
/// Two statements, since RETURNING fills a temporary table each time.
pub(crate) fn next(connection: &Connection, facility: FacilityId, day: Date) -> Result<u32> {
    let day = day.to_string();
    let last: Option<u32> = connection
        .prepare_cached("SELECT last FROM ticket_counter WHERE facility = ?1 AND day = ?2")?
        .query_row(params![facility.bytes(), day], |row| row.get(0))
        .optional()?;
    // Imports are held far below the end of the range.
    let number = last.unwrap_or(0).saturating_add(1);
    connection
        .prepare_cached("INSERT OR REPLACE INTO ticket_counter (facility, day, last) VALUES (?1, ?2, ?3)")?
        .execute(params![facility.bytes(), day, number])?;
    Ok(number)
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
