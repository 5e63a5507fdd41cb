//! What is known of messages: listed, counted, forgotten.

use jiff::{Timestamp, tz::TimeZone};
use talon_domain::message::MessageState;
use talon_store::{MessageCounts, MessageRow, MessagesQuery};
use tokio_postgres::Row;

use crate::{
    columns::{code, get, micros, optional_code},
    failure::Result,
    messages::{message_columns, read},
    transaction::Tx,
};

/// Messages in a state, or those that are owed, the newest first.
pub(crate) async fn list(tx: &Tx, query: &MessagesQuery) -> Result<Vec<MessageRow>> {
    let (facility, entry) = query.entry.map(|key| (key.facility.0, key.entry.0)).unzip();
    let limit = i64::from(query.limit);
    let rows = match query.state {
        None => {
            tx.query(
                concat!(
                    "SELECT ",
                    message_columns!(),
                    ", NULL::text, c.attempts, c.until, c.reply FROM outbox o LEFT JOIN claim_sending c \
                     ON c.facility = o.facility AND c.entry = o.entry AND c.version = o.version AND c.kind = o.kind \
                     WHERE ($1::uuid IS NULL OR o.facility = $1 AND o.entry = $2) ORDER BY o.created DESC LIMIT $3"
                ),
                params![facility, entry, limit],
            )
            .await?
        }
        Some(state) => {
            tx.query(
                concat!(
                    "SELECT ",
                    message_columns!(),
                    ", o.state, o.attempts, o.settled, o.reply FROM delivery o \
                     WHERE ($1::uuid IS NULL OR o.facility = $1 AND o.entry = $2) AND o.state = $4 \
                     ORDER BY o.settled DESC LIMIT $3"
                ),
                params![facility, entry, limit, state.code()],
            )
            .await?
        }
    };
    rows.iter().map(row).collect()
}

fn row(row: &Row) -> Result<MessageRow> {
    let attempts: Option<i64> = get(row, 6)?;
    Ok(MessageRow {
        message: read(row)?,
        state: optional_code(row, 5, MessageState::from_code)?,
        attempts: attempts.and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(0),
        at: get::<Option<i64>>(row, 7)?.map(|_| micros(row, 7)).transpose()?,
        reply: get(row, 8)?,
    })
}

/// How many there are.
pub(crate) async fn counts(tx: &Tx) -> Result<MessageCounts> {
    let owed = tx.query("SELECT count(*), min(created) FROM outbox", &[]).await?;
    let mut counts = MessageCounts::default();
    if let Some(row) = owed.first() {
        counts.owed = u64::try_from(get::<i64>(row, 0)?).unwrap_or(0);
        counts.oldest = get::<Option<i64>>(row, 1)?.map(|_| micros(row, 1)).transpose()?;
    }
    for row in &tx.query("SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state", &[]).await? {
        let number = u64::try_from(get::<i64>(row, 1)?).unwrap_or(0);
        counts.settled.push((code(row, 0, MessageState::from_code)?, number));
    }
    Ok(counts)
}

/// Whether there is anything to forget.
pub(crate) async fn any_to_forget(tx: &Tx, before: Timestamp) -> Result<bool> {
    let old = tx.query("SELECT 1 FROM delivery WHERE settled < $1 LIMIT 1", params![before.as_microsecond()]).await?;
    Ok(!old.is_empty())
}

/// Forgets what was settled before, and the passes of days before that.
pub(crate) async fn forget(tx: &Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let old = tx
        .query(
            concat!("SELECT ", message_columns!(), " FROM delivery o WHERE o.settled < $1 ORDER BY o.settled LIMIT $2"),
            params![before.as_microsecond(), i64::from(limit)],
        )
        .await?;
    for row in &old {
        let message = read(row)?;
        tx.execute(
            "DELETE FROM delivery WHERE facility = $1 AND entry = $2 AND version = $3 AND kind = $4",
            params![message.entry.facility.0, message.entry.entry.0, i64::from(message.version), message.kind.code()],
        )
        .await?;
    }
    let day = TimeZone::UTC.to_datetime(before).date().to_string();
    tx.execute("DELETE FROM reminded WHERE day < $1", params![day]).await?;
    Ok(old.len() as u64)
}
