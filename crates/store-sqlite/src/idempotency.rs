//! Answers kept for callers that repeat a request under its `Idempotency-Key`.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, params};
use talon_domain::{
    booking::IdempotencyKey,
    entry::Ticket,
    ids::{EntryId, EntryKey, FacilityId, PersonId},
};
use talon_store::Booked;

use crate::columns::guid;

/// How long an answer is kept (contract, section 9).
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// What is kept under a key.
pub(crate) enum Kept {
    /// The answer to the same body.
    Same(Booked),
    /// The answer to another body.
    Other,
}

/// Looks a person's key up.
pub(crate) fn find(
    connection: &Connection,
    person: PersonId,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Kept>> {
    connection
        .prepare_cached(
            "SELECT body, facility, entry, ticket FROM idempotency WHERE person = ?1 AND key = ?2 AND created > ?3",
        )?
        .query_row(params![person.bytes(), key.key, oldest(now)], |row| {
            if row.get::<_, [u8; 32]>(0)? != key.body {
                return Ok(Kept::Other);
            }
            let entry = EntryKey { facility: guid!(row, 1, FacilityId)?, entry: guid!(row, 2, EntryId)? };
            Ok(Kept::Same(Booked { entry, ticket: Ticket(row.get(3)?), repeated: true }))
        })
        .optional()
}

/// Keeps an answer, and lets go of a few that are too old.
pub(crate) fn keep(
    connection: &Connection,
    person: PersonId,
    key: &IdempotencyKey,
    answer: &Booked,
    now: Timestamp,
) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM idempotency WHERE (person, key) IN \
             (SELECT person, key FROM idempotency WHERE created <= ?1 ORDER BY created LIMIT 2)",
        )?
        .execute([oldest(now)])?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO idempotency (person, key, body, facility, entry, ticket, created) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            person.bytes(),
            key.key,
            key.body,
            answer.entry.facility.bytes(),
            answer.entry.entry.bytes(),
            answer.ticket.0,
            now.as_microsecond(),
        ])
        .map(drop)
}

fn oldest(now: Timestamp) -> i64 {
    now.as_microsecond().saturating_sub(i64::try_from(KEPT_FOR.as_micros()).unwrap_or(i64::MAX))
}
