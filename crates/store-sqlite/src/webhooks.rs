//! Events on their way to integrators: owed, claimed, settled, as messages are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::{
    event::{Event, EventKey, EventKind, EventState, Subscription},
    ids::{EntryId, EntryKey, FacilityId, ResourceKey},
};
use talon_store::{AttemptedEvent, ClaimEvents, ClaimedEvents, DueEvent, Sending};
use uuid::Uuid;

use crate::{
    columns::{code, guid, micros},
    failure::Result,
    session::Session,
};

/// Rows looked at for each event that may be claimed: those behind the first of an entry wait.
const ROWS_PER_CLAIM: u32 = 4;

/// The columns that [`read`] expects, of a table or alias `o`.
macro_rules! event_columns {
    () => {
        "o.facility, o.entry, o.version, o.kind, o.happened"
    };
}
pub(crate) use event_columns;

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
    let key = EventKey {
        about: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        version: row.get(2)?,
        kind: code(row, 3, EventKind::from_code)?,
    };
    Ok(Event { key, happened: micros(row, 4)? })
}

/// Owes an event to everybody who wants to know.
pub(crate) fn owe(connection: &Connection, hooks: &[Subscription], event: &Event) -> rusqlite::Result<()> {
    for subscription in hooks.iter().filter(|hook| hook.events.contains(&event.key.kind)) {
        insert(connection, subscription.hook.as_str(), event, event.happened)?;
    }
    Ok(())
}

/// Owes to everybody who wants to know that a resource's times changed. One that is owed already becomes newer, and by at
/// least a microsecond: whoever is being told of it now may have asked for the times before this change.
pub(crate) fn owe_schedule(
    session: &Session<'_>,
    resources: &BTreeSet<ResourceKey>,
    now: Timestamp,
) -> rusqlite::Result<()> {
    for subscription in session.hooks.iter().filter(|hook| hook.events.contains(&EventKind::Schedule)) {
        for resource in resources {
            let key = Event::of_schedule(*resource, now).key;
            session
                .connection
                .prepare_cached(
                    "INSERT INTO webhook_outbox (facility, entry, hook, version, kind, happened, owed) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6) ON CONFLICT (facility, entry, hook, version, kind) \
                     DO UPDATE SET happened = max(happened + 1, excluded.happened), owed = excluded.owed",
                )?
                .execute(params![
                    key.about.facility.bytes(),
                    key.about.entry.bytes(),
                    subscription.hook.as_str(),
                    key.version,
                    key.kind.code(),
                    now.as_microsecond()
                ])?;
        }
    }
    Ok(())
}

/// Owes an event to a receiver. One that is owed already stays as it is.
pub(crate) fn insert(connection: &Connection, hook: &str, event: &Event, owed: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO webhook_outbox (facility, entry, hook, version, kind, happened, owed) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            event.key.about.facility.bytes(),
            event.key.about.entry.bytes(),
            hook,
            event.key.version,
            event.key.kind.code(),
            event.happened.as_microsecond(),
            owed.as_microsecond(),
        ])
        .map(drop)
}

/// Whether a claim would find anything.
pub(crate) fn any_due(connection: &Connection, claim: &ClaimEvents, now: Timestamp) -> Result<bool> {
    Ok(!candidates(connection, claim, 1, now)?.is_empty())
}

/// Claims events. What has happened stays true, so nothing is asked about them here.
pub(crate) fn claim(connection: &Connection, claim: &ClaimEvents, now: Timestamp) -> Result<ClaimedEvents> {
    let most = claim.limit.saturating_mul(ROWS_PER_CLAIM);
    let rows = candidates(connection, claim, most, now)?;
    let mut claimed = ClaimedEvents::default();
    for (event, owed) in &rows {
        if claimed.due.last().is_some_and(|due| due.event.key.about == event.key.about) {
            continue;
        }
        if claimed.due.len() as u64 == u64::from(claim.limit) {
            break;
        }
        claimed.next = Some(event.key.about);
        let attempt = take(connection, event, claim)?;
        claimed.due.push(DueEvent { event: *event, attempt, owed: *owed });
    }
    if (rows.len() as u64) < u64::from(most) && claimed.due.len() as u64 != u64::from(claim.limit) {
        claimed.next = None;
    }
    Ok(claimed)
}

/// Events whose entry nobody is at, in the order of entries, and within one in that in which they happened.
fn candidates(
    connection: &Connection,
    claim: &ClaimEvents,
    most: u32,
    now: Timestamp,
) -> Result<Vec<(Event, Timestamp)>> {
    let after = claim.after.unwrap_or(EntryKey { facility: FacilityId(Uuid::nil()), entry: EntryId(Uuid::nil()) });
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        event_columns!(),
        ", o.owed FROM webhook_outbox o WHERE (o.facility, o.entry) > (?1, ?2) AND o.hook = ?3 AND NOT EXISTS \
         (SELECT 1 FROM claim_webhook c WHERE c.facility = o.facility AND c.entry = o.entry AND c.hook = o.hook \
         AND c.until > ?4) ORDER BY o.facility, o.entry, o.version, o.happened, o.kind LIMIT ?5"
    ))?;
    let rows = select.query_map(
        params![after.facility.bytes(), after.entry.bytes(), claim.hook.as_str(), now.as_microsecond(), most],
        |row| Ok((read(row)?, micros(row, 5)?)),
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Takes the key under which an entry's events are sent to a receiver, over a claim that has ended; which attempt of
/// this event it is.
fn take(connection: &Connection, event: &Event, claim: &ClaimEvents) -> Result<u32> {
    let attempt = connection
        .prepare_cached(
            "INSERT INTO claim_webhook (facility, entry, hook, version, kind, lease, until, attempts) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1) ON CONFLICT (facility, entry, hook) DO UPDATE SET \
             attempts = CASE WHEN version = excluded.version AND kind = excluded.kind THEN attempts + 1 ELSE 1 END, \
             version = excluded.version, kind = excluded.kind, lease = excluded.lease, until = excluded.until \
             RETURNING attempts",
        )?
        .query_row(
            params![
                event.key.about.facility.bytes(),
                event.key.about.entry.bytes(),
                claim.hook.as_str(),
                event.key.version,
                event.key.kind.code(),
                claim.lease.as_bytes(),
                claim.until.as_microsecond()
            ],
            |row| row.get(0),
        )?;
    Ok(attempt)
}

/// Writes what came of an attempt; false when the claim is somebody else's by now.
pub(crate) fn settle(connection: &Connection, attempted: &AttemptedEvent, now: Timestamp) -> Result<bool> {
    let state = match attempted.result {
        Sending::Sent => EventState::Delivered,
        Sending::Rejected => EventState::GivenUp,
        Sending::Later(next) => return put_off(connection, attempted, next),
    };
    let Some(attempts) = give_up(connection, attempted)? else { return Ok(false) };
    let (event, hook) = (&attempted.event, attempted.hook.as_str());
    connection
        .prepare_cached(
            "INSERT INTO webhook_delivery (facility, entry, hook, version, kind, happened, state, settled, attempts, reply) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (facility, entry, hook, version, kind) \
             DO UPDATE SET state = excluded.state, settled = excluded.settled, attempts = excluded.attempts, \
             reply = excluded.reply",
        )?
        .execute(params![
            event.key.about.facility.bytes(),
            event.key.about.entry.bytes(),
            hook,
            event.key.version,
            event.key.kind.code(),
            event.happened.as_microsecond(),
            state.code(),
            now.as_microsecond(),
            attempts,
            attempted.reply
        ])?;
    connection
        .prepare_cached(
            // A schedule that changed again meanwhile is owed still.
            "DELETE FROM webhook_outbox WHERE facility = ?1 AND entry = ?2 AND hook = ?3 AND version = ?4 AND kind = ?5 \
             AND happened = ?6",
        )?
        .execute(params![
            event.key.about.facility.bytes(),
            event.key.about.entry.bytes(),
            hook,
            event.key.version,
            event.key.kind.code(),
            event.happened.as_microsecond()
        ])?;
    Ok(true)
}

/// Keeps a claim until the next attempt.
fn put_off(connection: &Connection, attempted: &AttemptedEvent, next: Timestamp) -> Result<bool> {
    let changed = connection
        .prepare_cached(
            "UPDATE claim_webhook SET until = ?7, reply = ?8 WHERE facility = ?1 AND entry = ?2 AND hook = ?3 \
             AND version = ?4 AND kind = ?5 AND lease = ?6",
        )?
        .execute(params![
            attempted.event.key.about.facility.bytes(),
            attempted.event.key.about.entry.bytes(),
            attempted.hook.as_str(),
            attempted.event.key.version,
            attempted.event.key.kind.code(),
            attempted.lease.as_bytes(),
            next.as_microsecond(),
            attempted.reply
        ])?;
    Ok(changed == 1)
}

/// Gives a claim up, if it is still the lease's; how many attempts there were.
fn give_up(connection: &Connection, attempted: &AttemptedEvent) -> Result<Option<u32>> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM claim_webhook WHERE facility = ?1 AND entry = ?2 AND hook = ?3 AND version = ?4 AND kind = ?5 \
             AND lease = ?6 RETURNING attempts",
        )?
        .query_row(
            params![
                attempted.event.key.about.facility.bytes(),
                attempted.event.key.about.entry.bytes(),
                attempted.hook.as_str(),
                attempted.event.key.version,
                attempted.event.key.kind.code(),
                attempted.lease.as_bytes()
            ],
            |row| row.get(0),
        )
        .optional()?)
}
