//! Messages on their way: claimed, settled, tried again.

use jiff::Timestamp;
use talon_domain::{
    ids::{EntryId, EntryKey, FacilityId},
    message::{Message, MessageKind, MessageState},
};
use talon_store::{Attempted, ClaimMessages, ClaimedMessages, DueMessage, Sending, StoreError};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    columns::{code, counter, get, guid, micros},
    failure::{Failure, Result},
    message_facts::{self, Found},
    outbox,
    session::Session,
    transaction::Tx,
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

pub(crate) fn read(row: &Row) -> Result<Message> {
    Ok(Message {
        entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        version: counter(row, 2)?,
        kind: code(row, 3, MessageKind::from_code)?,
        created: micros(row, 4)?,
    })
}

/// Whether a claim would find anything.
pub(crate) async fn any_due(tx: &Tx, claim: &ClaimMessages, now: Timestamp) -> Result<bool> {
    Ok(!candidates(tx, claim, 1, now).await?.is_empty())
}

/// Claims messages and settles those that need no sending. Whether a message is still true is asked here, in the
/// transaction that claims it and after it has the key: a change that is committed before is seen, and one that comes
/// after has a message of its own, which waits until this one is settled.
///
/// Two nodes that want the same entry wait for each other at its key, in the order of keys.
pub(crate) async fn claim(session: &Session<'_>, claim: &ClaimMessages, now: Timestamp) -> Result<ClaimedMessages> {
    let tx = session.tx;
    let most = claim.limit.saturating_mul(ROWS_PER_CLAIM);
    let rows = candidates(tx, claim, most, now).await?;
    let mut claimed = ClaimedMessages::default();
    for message in &rows {
        if claimed.due.last().is_some_and(|due| due.message.entry == message.entry) {
            continue;
        }
        if claimed.due.len() as u64 == u64::from(claim.limit) {
            break;
        }
        claimed.next = Some(message.entry);
        let Some(attempt) = take(tx, message, claim, now).await? else { continue };
        // Looked at behind the key: whoever had it may have settled the message since it was found.
        if !is_owed(tx, message).await? {
            give_up(tx, message, claim.lease).await?;
            continue;
        }
        match message_facts::of(session, message, now).await {
            // It stays claimed until the lease ends, so that it is not all that is ever looked at.
            Err(Failure::Store(error @ StoreError::Damaged(_))) => {
                tracing::error!(%error, entry = %message.entry, "a message cannot be sent");
            }
            Err(failure) => return Err(failure),
            Ok(Found::Due { to, about }) => {
                claimed.due.push(DueMessage { message: *message, attempt, to, about });
            }
            Ok(Found::Settled(state)) => {
                let Some(attempts) = give_up(tx, message, claim.lease).await? else { continue };
                keep(tx, message, state, attempts.saturating_sub(1), None, now).await?;
                claimed.settled.push((message.kind, state));
            }
        }
    }
    if (rows.len() as u64) < u64::from(most) && claimed.due.len() as u64 != u64::from(claim.limit) {
        claimed.next = None;
    }
    Ok(claimed)
}

/// Messages whose entry nobody is at, in the order of entries, and within one in that in which they are owed. Those of
/// this very claim are among them: it may be made once more after a commit in doubt.
async fn candidates(tx: &Tx, claim: &ClaimMessages, most: u32, now: Timestamp) -> Result<Vec<Message>> {
    let after = claim.after.map_or((Uuid::nil(), Uuid::nil()), |key| (key.facility.0, key.entry.0));
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                message_columns!(),
                " FROM outbox o LEFT JOIN claim_sending c ON c.facility = o.facility AND c.entry = o.entry \
                 WHERE (o.facility, o.entry) > ($1, $2) AND (c.until IS NULL OR c.until <= $3 OR c.lease = $4) \
                 ORDER BY o.facility, o.entry, o.version, o.created, o.kind LIMIT $5"
            ),
            params![after.0, after.1, now.as_microsecond(), claim.lease, i64::from(most)],
        )
        .await?;
    rows.iter().map(read).collect()
}

/// Takes the key under which an entry's messages are sent, over a claim that has ended; which attempt of this message
/// it is. Nothing when another node has it.
async fn take(tx: &Tx, message: &Message, claim: &ClaimMessages, now: Timestamp) -> Result<Option<u32>> {
    let rows = tx
        .query(
            "INSERT INTO claim_sending (facility, entry, version, kind, lease, until, attempts) \
             VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT (facility, entry) DO UPDATE SET \
             attempts = CASE WHEN claim_sending.version = excluded.version AND claim_sending.kind = excluded.kind \
             THEN claim_sending.attempts + 1 ELSE 1 END, \
             version = excluded.version, kind = excluded.kind, lease = excluded.lease, until = excluded.until \
             WHERE claim_sending.until <= $7 OR claim_sending.lease = $5 RETURNING attempts",
            params![
                message.entry.facility.0,
                message.entry.entry.0,
                i64::from(message.version),
                message.kind.code(),
                claim.lease,
                claim.until.as_microsecond(),
                now.as_microsecond()
            ],
        )
        .await?;
    rows.first().map(|row| counter(row, 0)).transpose()
}

/// Whether a message is still to be sent. One that was settled and is owed once more is taken out.
async fn is_owed(tx: &Tx, message: &Message) -> Result<bool> {
    let (facility, entry) = (message.entry.facility.0, message.entry.entry.0);
    let (version, kind) = (i64::from(message.version), message.kind.code());
    let key = params![facility, entry, version, kind];
    let settled = tx
        .query("SELECT 1 FROM delivery WHERE facility = $1 AND entry = $2 AND version = $3 AND kind = $4", key)
        .await?;
    if !settled.is_empty() {
        outbox::remove(tx, message).await?;
        return Ok(false);
    }
    let owed =
        tx.query("SELECT 1 FROM outbox WHERE facility = $1 AND entry = $2 AND version = $3 AND kind = $4", key).await?;
    Ok(!owed.is_empty())
}

/// Gives a claim up, if it is still the lease's; how many attempts there were.
async fn give_up(tx: &Tx, message: &Message, lease: Uuid) -> Result<Option<u32>> {
    let rows = tx
        .query(
            "DELETE FROM claim_sending WHERE facility = $1 AND entry = $2 AND version = $3 AND kind = $4 AND lease = $5 \
             RETURNING attempts",
            params![
                message.entry.facility.0,
                message.entry.entry.0,
                i64::from(message.version),
                message.kind.code(),
                lease
            ],
        )
        .await?;
    rows.first().map(|row| counter(row, 0)).transpose()
}

/// Keeps what became of a message, and owes it no more.
async fn keep(
    tx: &Tx,
    message: &Message,
    state: MessageState,
    attempts: u32,
    reply: Option<&str>,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO delivery (facility, entry, version, kind, created, state, settled, attempts, reply) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        params![
            message.entry.facility.0,
            message.entry.entry.0,
            i64::from(message.version),
            message.kind.code(),
            message.created.as_microsecond(),
            state.code(),
            now.as_microsecond(),
            i64::from(attempts),
            reply
        ],
    )
    .await?;
    outbox::remove(tx, message).await
}

/// Writes what came of an attempt; false when the claim is somebody else's by now.
pub(crate) async fn settle(tx: &Tx, attempted: &Attempted, now: Timestamp) -> Result<bool> {
    let (message, reply) = (&attempted.message, attempted.reply.as_deref());
    let state = match attempted.result {
        Sending::Sent => MessageState::Sent,
        Sending::Rejected => MessageState::Rejected,
        Sending::Later(next) => {
            let changed = tx
                .count(
                    "UPDATE claim_sending SET until = $6, reply = $7 WHERE facility = $1 AND entry = $2 \
                     AND version = $3 AND kind = $4 AND lease = $5 RETURNING 1",
                    params![
                        message.entry.facility.0,
                        message.entry.entry.0,
                        i64::from(message.version),
                        message.kind.code(),
                        attempted.lease,
                        next.as_microsecond(),
                        reply
                    ],
                )
                .await?;
            return Ok(changed == 1);
        }
    };
    match give_up(tx, message, attempted.lease).await? {
        Some(attempts) => {
            keep(tx, message, state, attempts, reply, now).await?;
            Ok(true)
        }
        // Asked once more after a commit in doubt, it finds what it wrote.
        None => is_settled(tx, message, state).await,
    }
}

async fn is_settled(tx: &Tx, message: &Message, state: MessageState) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT state FROM delivery WHERE facility = $1 AND entry = $2 AND version = $3 AND kind = $4",
            params![message.entry.facility.0, message.entry.entry.0, i64::from(message.version), message.kind.code()],
        )
        .await?;
    Ok(rows.first().map(|row| get::<&str>(row, 0)).transpose()? == Some(state.code()))
}
