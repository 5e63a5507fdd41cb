//! Answers kept for callers that repeat a request under its `Idempotency-Key`.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use talon_domain::{
    booking::{BookCommand, IdempotencyKey, Refusal},
    entry::Ticket,
    ids::{EntryId, EntryKey, FacilityId, PersonId},
};
use talon_store::{BookReply, Booked};

use crate::{
    columns::{get, guid, guids},
    failure::Result,
    transaction::Tx,
};

/// How long an answer is kept (contract, section 9).
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Answers kept for the persons of a batch, each of whom is in it once.
#[derive(Default)]
pub(crate) struct Kept(HashMap<PersonId, (Vec<u8>, i64, Booked)>);

impl Kept {
    /// The answer that is kept for a command, if any.
    pub(crate) fn reply(&self, command: &BookCommand, now: Timestamp) -> Option<BookReply> {
        let key = command.idempotency.as_ref()?;
        let (body, created, booked) = self.0.get(&command.person)?;
        if *created <= oldest(now) {
            return None;
        }
        Some(if *body == key.body { Ok(booked.clone()) } else { Err(Refusal::IdempotencyMismatch) })
    }
}

/// Looks the keys of a batch up.
pub(crate) async fn find(tx: &Tx, commands: &[&BookCommand]) -> Result<Kept> {
    let keyed: Vec<_> =
        commands.iter().filter_map(|command| Some((command.person, command.idempotency.as_ref()?))).collect();
    if keyed.is_empty() {
        return Ok(Kept::default());
    }
    let rows = tx
        .query(
            "SELECT i.person, i.body, i.facility, i.entry, i.ticket, i.created \
             FROM unnest($1::uuid[], $2::text[]) AS q(person, key) \
             JOIN idempotency i ON i.person = q.person AND i.key = q.key",
            &[
                &guids(&keyed, |(person, _)| person.0),
                &keyed.iter().map(|(_, key)| key.key.as_str()).collect::<Vec<_>>(),
            ],
        )
        .await?;
    let mut kept = HashMap::new();
    for row in &rows {
        let entry = EntryKey { facility: guid!(row, 2, FacilityId)?, entry: guid!(row, 3, EntryId)? };
        let booked = Booked { entry, ticket: Ticket(get(row, 4)?), repeated: true };
        kept.insert(guid!(row, 0, PersonId)?, (get(row, 1)?, get(row, 5)?, booked));
    }
    Ok(Kept(kept))
}

/// Keeps an answer.
pub(crate) async fn keep(
    tx: &Tx,
    person: PersonId,
    key: &IdempotencyKey,
    answer: &Booked,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO idempotency (person, key, body, facility, entry, ticket, created) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (person, key) DO UPDATE SET body = excluded.body, facility = excluded.facility, \
         entry = excluded.entry, ticket = excluded.ticket, created = excluded.created",
        &[
            &person.0,
            &key.key,
            &&key.body[..],
            &answer.entry.facility.0,
            &answer.entry.entry.0,
            &answer.ticket.0,
            &now.as_microsecond(),
        ],
    )
    .await
}

/// Lets go of answers that are too old.
pub(crate) async fn forget(tx: &Tx, now: Timestamp) -> Result<()> {
    tx.execute("DELETE FROM idempotency WHERE created <= $1", &[&oldest(now)]).await
}

fn oldest(now: Timestamp) -> i64 {
    now.as_microsecond().saturating_sub(i64::try_from(KEPT_FOR.as_micros()).unwrap_or(i64::MAX))
}
