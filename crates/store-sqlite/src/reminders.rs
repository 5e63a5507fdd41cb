//! Reminders of a facility's day, planned in one transaction.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, params};
use talon_domain::message::Message;
use talon_store::ReminderPass;

use crate::{
    entry::{self, entry_columns},
    failure::Result,
    outbox,
};

/// Whether the pass was made before.
pub(crate) fn is_made(connection: &Connection, pass: &ReminderPass) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM reminded WHERE facility = ?1 AND day = ?2 AND kind = ?3)")?
        .query_row(params![pass.facility.bytes(), pass.day.to_string(), pass.kind.code()], |row| row.get(0))?)
}

/// Owes every person with visits on the day one message, about the first of these. How many, or nothing if somebody
/// was faster.
pub(crate) fn plan(connection: &Connection, pass: &ReminderPass, now: Timestamp) -> Result<Option<u64>> {
    let made = connection
        .prepare_cached("INSERT INTO reminded (facility, day, kind) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![pass.facility.bytes(), pass.day.to_string(), pass.kind.code()])?;
    if made == 0 {
        return Ok(None);
    }
    // From the cells of the day: entries have no index by their start, which every booking would pay for.
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM resource r JOIN slot s ON s.facility = r.facility AND s.resource = r.resource \
         AND s.start >= ?2 AND s.start < ?3 \
         JOIN claim_place c ON c.facility = s.facility AND c.slot = s.slot \
         JOIN entry e ON e.facility = c.facility AND e.entry = c.entry \
         WHERE r.facility = ?1 AND NOT s.absent AND e.state = 'booked' AND e.booked_at < ?4 ORDER BY e.start, e.entry"
    ))?;
    let rows = select.query_map(
        params![pass.facility.bytes(), pass.from.as_second(), pass.to.as_second(), pass.booked_before.as_microsecond()],
        entry::read,
    )?;
    let (mut told, mut owed) = (HashSet::new(), 0);
    for row in rows {
        let visit = entry::verified(row?)?;
        if told.insert(visit.person) {
            let message = Message { entry: visit.key, version: visit.version, kind: pass.kind, created: now };
            outbox::insert(connection, &message)?;
            owed += 1;
        }
    }
    Ok(Some(owed))
}
