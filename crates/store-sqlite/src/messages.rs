//! Messages on their way: claimed, settled, tried again.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::{
    ids::{EntryId, EntryKey, FacilityId},
    message::{Message, MessageKind, MessageState},
};
use talon_store::{Attempted, ClaimMessages, ClaimedMessages, DueMessage, Sending, StoreError};
use uuid::Uuid;

use crate::{
    columns::{code, guid, micros},
    failure::{Failure, Result},
    message_facts::{self, Found},
    outbox,
    session::Session,
};

/// Rows looked at for each message that may be claimed: most of what is in the way is settled with it.
const ROWS_PER_CLAIM: u32 = 4;

/// The columns that [`read`] expects, of a table or alias `o`.
macro_rules! message_columns {
    () => {
        "o.facility, o.entry, o.version, o.kind, o.created"
    };
}
pub(crate) use message_columns;

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Message> {
    Ok(Message {
        entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        version: row.get(2)?,
        kind: code(row, 3, MessageKind::from_code)?,
        created: micros(row, 4)?,
    })
}

/// Whether a claim would find anything.
pub(crate) fn any_due(connection: &Connection, claim: &ClaimMessages, now: Timestamp) -> Result<bool> {
    Ok(!candidates(connection, claim, 1, now)?.is_empty())
}

/// Claims messages and settles those that need no sending. Whether a message is still true is asked here, in the
/// transaction that claims it: a change that is committed before is seen, and one that comes after has a message
/// of its own, which waits until this one is settled.
pub(crate) fn claim(session: &Session<'_>, claim: &ClaimMessages, now: Timestamp) -> Result<ClaimedMessages> {
    let connection = session.connection;
    let most = claim.limit.saturating_mul(ROWS_PER_CLAIM);
    let rows = candidates(connection, claim, most, now)?;
    let mut claimed = ClaimedMessages::default();
    for message in &rows {
        if claimed.due.last().is_some_and(|due| due.message.entry == message.entry) {
            continue;
        }
        if claimed.due.len() as u64 == u64::from(claim.limit) {
            break;
        }
        claimed.next = Some(message.entry);
        if settled_before(connection, message)? {
            outbox::remove(connection, message)?;
            continue;
        }
        let attempt = take(connection, message, claim)?;
        match message_facts::of(session, message, now) {
            // It stays claimed until the lease ends, so that it is not all that is ever looked at.
            Err(Failure::Store(error @ StoreError::Damaged(_))) => {
                tracing::error!(%error, entry = %message.entry, "a message cannot be sent");
            }
            Err(failure) => return Err(failure),
            Ok(Found::Due { to, about }) => {
                claimed.due.push(DueMessage { message: *message, attempt, to, about });
            }
            Ok(Found::Settled(state)) => {
                let Some(attempts) = give_up(connection, message, claim.lease)? else { continue };
                keep(connection, message, state, attempts.saturating_sub(1), None, now)?;
                claimed.settled.push((message.kind, state));
            }
        }
    }
    if (rows.len() as u64) < u64::from(most) && claimed.due.len() as u64 != u64::from(claim.limit) {
        claimed.next = None;
    }
    Ok(claimed)
}

/// Messages whose entry nobody is at, in the order of entries, and within one in that in which they are owed.
fn candidates(connection: &Connection, claim: &ClaimMessages, most: u32, now: Timestamp) -> Result<Vec<Message>> {
    let after = claim.after.unwrap_or(EntryKey { facility: FacilityId(Uuid::nil()), entry: EntryId(Uuid::nil()) });
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        message_columns!(),
        " FROM outbox o WHERE (o.facility, o.entry) > (?1, ?2) AND NOT EXISTS (SELECT 1 FROM claim_sending c \
         WHERE c.facility = o.facility AND c.entry = o.entry AND c.until > ?3) \
         ORDER BY o.facility, o.entry, o.version, o.created, o.kind LIMIT ?4"
    ))?;
    let rows =
        select.query_map(params![after.facility.bytes(), after.entry.bytes(), now.as_microsecond(), most], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn settled_before(connection: &Connection, message: &Message) -> Result<bool> {
    let there = connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM delivery WHERE facility = ?1 AND entry = ?2 AND version = ?3 AND kind = ?4)",
        )?
        .query_row(
            params![message.entry.facility.bytes(), message.entry.entry.bytes(), message.version, message.kind.code()],
            |row| row.get(0),
        )?;
    Ok(there)
}

/// Takes the key under which an entry's messages are sent, over a claim that has ended; which attempt of this message
/// it is.
fn take(connection: &Connection, message: &Message, claim: &ClaimMessages) -> Result<u32> {
    let attempt = connection
        .prepare_cached(
            "INSERT INTO claim_sending (facility, entry, version, kind, lease, until, attempts) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1) ON CONFLICT (facility, entry) DO UPDATE SET \
             attempts = CASE WHEN version = excluded.version AND kind = excluded.kind THEN attempts + 1 ELSE 1 END, \
             version = excluded.version, kind = excluded.kind, lease = excluded.lease, until = excluded.until \
             RETURNING attempts",
        )?
        .query_row(
            params![
                message.entry.facility.bytes(),
                message.entry.entry.bytes(),
                message.version,
                message.kind.code(),
                claim.lease.as_bytes(),
                claim.until.as_microsecond()
            ],
            |row| row.get(0),
        )?;
    Ok(attempt)
}

/// Gives a claim up, if it is still the lease's; how many attempts there were.
fn give_up(connection: &Connection, message: &Message, lease: Uuid) -> Result<Option<u32>> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM claim_sending WHERE facility = ?1 AND entry = ?2 AND version = ?3 AND kind = ?4 AND lease = ?5 \
             RETURNING attempts",
        )?
        .query_row(
            params![
                message.entry.facility.bytes(),
                message.entry.entry.bytes(),
                message.version,
                message.kind.code(),
                lease.as_bytes()
            ],
            |row| row.get(0),
        )
        .optional()?)
}

/// Keeps what became of a message, and owes it no more.
fn keep(
    connection: &Connection,
    message: &Message,
    state: MessageState,
    attempts: u32,
    reply: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO delivery (facility, entry, version, kind, created, state, settled, attempts, reply) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            message.entry.facility.bytes(),
            message.entry.entry.bytes(),
            message.version,
            message.kind.code(),
            message.created.as_microsecond(),
            state.code(),
            now.as_microsecond(),
            attempts,
            reply
        ])?;
    Ok(outbox::remove(connection, message)?)
}

/// Writes what came of an attempt; false when the claim is somebody else's by now.
pub(crate) fn settle(connection: &Connection, attempted: &Attempted, now: Timestamp) -> Result<bool> {
    let (message, reply) = (&attempted.message, attempted.reply.as_deref());
    let state = match attempted.result {
        Sending::Sent => MessageState::Sent,
        Sending::Rejected => MessageState::Rejected,
        Sending::Later(next) => {
            let changed = connection
                .prepare_cached(
                    "UPDATE claim_sending SET until = ?6, reply = ?7 \
                     WHERE facility = ?1 AND entry = ?2 AND version = ?3 AND kind = ?4 AND lease = ?5",
                )?
                .execute(params![
                    message.entry.facility.bytes(),
                    message.entry.entry.bytes(),
                    message.version,
                    message.kind.code(),
                    attempted.lease.as_bytes(),
                    next.as_microsecond(),
                    reply
                ])?;
            return Ok(changed == 1);
        }
    };
    let Some(attempts) = give_up(connection, message, attempted.lease)? else { return Ok(false) };
    keep(connection, message, state, attempts, reply, now)?;
    Ok(true)
}
