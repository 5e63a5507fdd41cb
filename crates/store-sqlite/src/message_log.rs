//! What is known of messages: listed, counted, forgotten.

use jiff::{Timestamp, tz::TimeZone};
use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::message::MessageState;
use talon_store::{MessageCounts, MessageRow, MessagesQuery};

use crate::{
    columns::{code, micros, optional_code},
    failure::Result,
    messages::{message_columns, read},
};

/// Messages in a state, or those that are owed, the newest first.
pub(crate) fn list(connection: &Connection, query: &MessagesQuery) -> Result<Vec<MessageRow>> {
    let (facility, entry) = query.entry.map(|key| (*key.facility.bytes(), *key.entry.bytes())).unzip();
    let mut owed = connection.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        ", NULL, c.attempts, c.until, c.reply FROM outbox o LEFT JOIN claim_sending c ON c.facility = o.facility \
         AND c.entry = o.entry AND c.version = o.version AND c.kind = o.kind \
         WHERE (?1 IS NULL OR o.facility = ?1 AND o.entry = ?2) ORDER BY o.created DESC LIMIT ?3"
    ))?;
    let mut settled = connection.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        ", o.state, o.attempts, o.settled, o.reply FROM delivery o \
         WHERE (?1 IS NULL OR o.facility = ?1 AND o.entry = ?2) AND o.state = ?4 ORDER BY o.settled DESC LIMIT ?3"
    ))?;
    let rows = match query.state {
        None => owed.query_map(params![facility, entry, query.limit], row)?.collect::<rusqlite::Result<_>>()?,
        Some(state) => settled
            .query_map(params![facility, entry, query.limit, state.code()], row)?
            .collect::<rusqlite::Result<_>>()?,
    };
    Ok(rows)
}

fn row(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    Ok(MessageRow {
        message: read(row)?,
        state: optional_code(row, 5, MessageState::from_code)?,
        attempts: row.get::<_, Option<u32>>(6)?.unwrap_or(0),
        at: row.get::<_, Option<i64>>(7)?.map(|_| micros(row, 7)).transpose()?,
        reply: row.get(8)?,
    })
}

/// How many there are.
pub(crate) fn counts(connection: &Connection) -> Result<MessageCounts> {
    let (owed, oldest) =
        connection.prepare_cached("SELECT count(*), min(created) FROM outbox")?.query_row([], |row| {
            let oldest = row.get::<_, Option<i64>>(1)?.map(|_| micros(row, 1)).transpose()?;
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), oldest))
        })?;
    let mut select = connection.prepare_cached("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state")?;
    let settled = select
        .query_map([], |row| Ok((code(row, 0, MessageState::from_code)?, row.get::<_, i64>(1)?.unsigned_abs())))?;
    Ok(MessageCounts { owed, oldest, settled: settled.collect::<rusqlite::Result<_>>()? })
}

/// Whether there is anything to forget.
pub(crate) fn any_to_forget(connection: &Connection, before: Timestamp) -> Result<bool> {
    let old = connection
        .prepare_cached("SELECT 1 FROM delivery WHERE settled < ?1 LIMIT 1")?
        .query_row([before.as_microsecond()], |_| Ok(()))
        .optional()?;
    Ok(old.is_some())
}

/// Forgets what was settled before, and the passes of days before that.
pub(crate) fn forget(connection: &Connection, before: Timestamp, limit: u32) -> Result<u64> {
    let forgotten = connection
        .prepare_cached(
            "DELETE FROM delivery WHERE (facility, entry, version, kind) IN \
             (SELECT facility, entry, version, kind FROM delivery WHERE settled < ?1 ORDER BY settled LIMIT ?2)",
        )?
        .execute(params![before.as_microsecond(), limit])?;
    let day = TimeZone::UTC.to_datetime(before).date().to_string();
    connection.prepare_cached("DELETE FROM reminded WHERE day < ?1")?.execute([day])?;
    Ok(forgotten as u64)
}
