//! What is known of events: listed, counted, owed once more, forgotten.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::event::{Event, EventState, HookName};
use talon_store::{EventCounts, EventRow, EventsQuery, Replay, Replayed};

use crate::{
    columns::{code, micros, optional_code, unreadable},
    failure::Result,
    webhooks::{self, event_columns, read},
};

/// Events in a state, or those that are owed, the newest first.
pub(crate) fn list(connection: &Connection, query: &EventsQuery) -> Result<Vec<EventRow>> {
    let hook = query.hook.as_ref().map(HookName::as_str);
    let rows = match query.state {
        None => connection
            .prepare_cached(concat!(
                "SELECT ",
                event_columns!(),
                ", o.hook, NULL, c.attempts, c.until, c.reply FROM webhook_outbox o LEFT JOIN claim_webhook c \
                 ON c.facility = o.facility AND c.entry = o.entry AND c.hook = o.hook AND c.version = o.version \
                 AND c.kind = o.kind WHERE (?1 IS NULL OR o.hook = ?1) ORDER BY o.happened DESC LIMIT ?2"
            ))?
            .query_map(params![hook, query.limit], row)?
            .collect::<rusqlite::Result<_>>()?,
        Some(state) => connection
            .prepare_cached(concat!(
                "SELECT ",
                event_columns!(),
                ", o.hook, o.state, o.attempts, o.settled, o.reply FROM webhook_delivery o \
                 WHERE (?1 IS NULL OR o.hook = ?1) AND o.state = ?3 ORDER BY o.settled DESC LIMIT ?2"
            ))?
            .query_map(params![hook, query.limit, state.code()], row)?
            .collect::<rusqlite::Result<_>>()?,
    };
    Ok(rows)
}

fn row(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        event: read(row)?,
        hook: hook(row, 5)?,
        state: optional_code(row, 6, EventState::from_code)?,
        attempts: row.get::<_, Option<u32>>(7)?.unwrap_or(0),
        at: row.get::<_, Option<i64>>(8)?.map(|_| micros(row, 8)).transpose()?,
        reply: row.get(9)?,
    })
}

fn hook(row: &Row<'_>, column: usize) -> rusqlite::Result<HookName> {
    let text = row.get_ref(column)?.as_str().map_err(|_| unreadable(column, "a name"))?;
    HookName::parse(text).map_err(|_| unreadable(column, "no receiver's name"))
}

/// How many there are.
pub(crate) fn counts(connection: &Connection) -> Result<EventCounts> {
    let owed = connection
        .prepare_cached("SELECT hook, count(*), min(owed) FROM webhook_outbox GROUP BY hook ORDER BY hook")?
        .query_map([], |row| Ok((hook(row, 0)?, row.get::<_, i64>(1)?.unsigned_abs(), micros(row, 2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let settled = connection
        .prepare_cached("SELECT hook, state, count(*) FROM webhook_delivery GROUP BY hook, state ORDER BY hook, state")?
        .query_map([], |row| {
            Ok((hook(row, 0)?, code(row, 1, EventState::from_code)?, row.get::<_, i64>(2)?.unsigned_abs()))
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(EventCounts { owed, settled })
}

/// Owes settled events once more: they leave what is settled, and are tried for as long as new ones.
pub(crate) fn replay(connection: &Connection, replay: &Replay, now: Timestamp, limit: u32) -> Result<u64> {
    let found = settled(connection, replay, now, limit)?;
    for (event, hook) in &found {
        webhooks::insert(connection, hook, event, now)?;
        connection
            .prepare_cached(
                "DELETE FROM webhook_delivery \
                 WHERE facility = ?1 AND entry = ?2 AND hook = ?3 AND version = ?4 AND kind = ?5",
            )?
            .execute(params![
                event.key.about.facility.bytes(),
                event.key.about.entry.bytes(),
                hook,
                event.key.version,
                event.key.kind.code()
            ])?;
    }
    Ok(found.len() as u64)
}

fn settled(connection: &Connection, replay: &Replay, now: Timestamp, limit: u32) -> Result<Vec<(Event, String)>> {
    let (hook, state) = (replay.hook.as_ref().map(HookName::as_str), replay.state.map(EventState::code));
    let now = now.as_microsecond();
    let rows = match replay.which {
        Replayed::One(key) => connection
            .prepare_cached(concat!(
                "SELECT ",
                event_columns!(),
                ", o.hook FROM webhook_delivery o WHERE (?1 IS NULL OR o.hook = ?1) AND (?2 IS NULL OR o.state = ?2) \
                 AND o.facility = ?3 AND o.entry = ?4 AND o.version = ?5 AND o.kind = ?6 \
                 AND o.settled <= ?7 LIMIT ?8"
            ))?
            .query_map(
                params![
                    hook,
                    state,
                    key.about.facility.bytes(),
                    key.about.entry.bytes(),
                    key.version,
                    key.kind.code(),
                    now,
                    limit
                ],
                with_hook,
            )?
            .collect::<rusqlite::Result<_>>()?,
        Replayed::Happened(from, to) => connection
            .prepare_cached(concat!(
                "SELECT ",
                event_columns!(),
                ", o.hook FROM webhook_delivery o WHERE (?1 IS NULL OR o.hook = ?1) AND (?2 IS NULL OR o.state = ?2) \
                 AND o.happened >= ?3 AND o.happened < ?4 AND o.settled <= ?5 LIMIT ?6"
            ))?
            .query_map(params![hook, state, from.as_microsecond(), to.as_microsecond(), now, limit], with_hook)?
            .collect::<rusqlite::Result<_>>()?,
    };
    Ok(rows)
}

fn with_hook(row: &Row<'_>) -> rusqlite::Result<(Event, String)> {
    Ok((read(row)?, row.get(5)?))
}

/// Whether there is anything to forget.
pub(crate) fn any_to_forget(connection: &Connection, before: Timestamp) -> Result<bool> {
    let old = connection
        .prepare_cached(
            "SELECT 1 FROM webhook_delivery WHERE settled < ?1 UNION ALL SELECT 1 FROM webhook_outbox WHERE owed < ?1 \
             LIMIT 1",
        )?
        .query_row([before.as_microsecond()], |_| Ok(()))
        .optional()?;
    Ok(old.is_some())
}

/// Forgets what was settled before, what has been owed for as long, and the claims of that.
pub(crate) fn forget(connection: &Connection, before: Timestamp, limit: u32) -> Result<u64> {
    let settled = connection
        .prepare_cached(
            "DELETE FROM webhook_delivery WHERE (facility, entry, hook, version, kind) IN \
             (SELECT facility, entry, hook, version, kind FROM webhook_delivery WHERE settled < ?1 \
             ORDER BY settled LIMIT ?2)",
        )?
        .execute(params![before.as_microsecond(), limit])?;
    let owed = connection
        .prepare_cached(
            "DELETE FROM webhook_outbox WHERE (facility, entry, hook, version, kind) IN \
             (SELECT facility, entry, hook, version, kind FROM webhook_outbox WHERE owed < ?1 LIMIT ?2)",
        )?
        .execute(params![before.as_microsecond(), limit])?;
    // A claim that ended so long ago is of a receiver to whom nothing is sent any more.
    connection.prepare_cached("DELETE FROM claim_webhook WHERE until < ?1")?.execute([before.as_microsecond()])?;
    Ok(settled.max(owed) as u64)
}
