//! What is known of events: listed, counted, owed once more, forgotten.

use jiff::Timestamp;
use talon_domain::event::{Event, EventState, HookName};
use talon_store::{EventCounts, EventRow, EventsQuery, Replay, Replayed, StoreError};
use tokio_postgres::Row;

use crate::{
    columns::{code, get, micros, optional_code},
    failure::Result,
    transaction::Tx,
    webhooks::{self, event_columns, read},
};

/// Events in a state, or those that are owed, the newest first.
pub(crate) async fn list(tx: &Tx, query: &EventsQuery) -> Result<Vec<EventRow>> {
    let hook = query.hook.as_ref().map(HookName::as_str);
    let limit = i64::from(query.limit);
    let rows = match query.state {
        None => {
            tx.query(
                concat!(
                    "SELECT ",
                    event_columns!(),
                    ", o.hook, NULL::text, c.attempts, c.until, c.reply FROM webhook_outbox o LEFT JOIN claim_webhook c \
                     ON c.facility = o.facility AND c.entry = o.entry AND c.hook = o.hook AND c.version = o.version \
                     AND c.kind = o.kind WHERE ($1::text IS NULL OR o.hook = $1) ORDER BY o.happened DESC LIMIT $2"
                ),
                params![hook, limit],
            )
            .await?
        }
        Some(state) => {
            tx.query(
                concat!(
                    "SELECT ",
                    event_columns!(),
                    ", o.hook, o.state, o.attempts, o.settled, o.reply FROM webhook_delivery o \
                     WHERE ($1::text IS NULL OR o.hook = $1) AND o.state = $3 ORDER BY o.settled DESC LIMIT $2"
                ),
                params![hook, limit, state.code()],
            )
            .await?
        }
    };
    rows.iter().map(row).collect()
}

fn row(row: &Row) -> Result<EventRow> {
    let attempts: Option<i64> = get(row, 7)?;
    Ok(EventRow {
        event: read(row)?,
        hook: hook(row, 5)?,
        state: optional_code(row, 6, EventState::from_code)?,
        attempts: attempts.and_then(|attempts| u32::try_from(attempts).ok()).unwrap_or(0),
        at: get::<Option<i64>>(row, 8)?.map(|_| micros(row, 8)).transpose()?,
        reply: get(row, 9)?,
    })
}

fn hook(row: &Row, column: usize) -> Result<HookName> {
    let name = HookName::parse(get(row, column)?);
    Ok(name.map_err(|_| StoreError::Damaged("column hook holds no receiver's name".to_owned()))?)
}

/// How many there are.
pub(crate) async fn counts(tx: &Tx) -> Result<EventCounts> {
    let mut counts = EventCounts::default();
    let owed = "SELECT hook, count(*), min(owed) FROM webhook_outbox GROUP BY hook ORDER BY hook";
    for row in &tx.query(owed, &[]).await? {
        counts.owed.push((hook(row, 0)?, number(row, 1)?, micros(row, 2)?));
    }
    let settled = "SELECT hook, state, count(*) FROM webhook_delivery GROUP BY hook, state ORDER BY hook, state";
    for row in &tx.query(settled, &[]).await? {
        counts.settled.push((hook(row, 0)?, code(row, 1, EventState::from_code)?, number(row, 2)?));
    }
    Ok(counts)
}

fn number(row: &Row, column: usize) -> Result<u64> {
    Ok(u64::try_from(get::<i64>(row, column)?).unwrap_or(0))
}

/// Owes settled events once more: they leave what is settled, and are tried for as long as new ones.
pub(crate) async fn replay(tx: &Tx, replay: &Replay, now: Timestamp, limit: u32) -> Result<u64> {
    let found = settled(tx, replay, now, limit).await?;
    let owed: Vec<_> = found.iter().map(|(hook, event)| (hook.as_str(), *event, now)).collect();
    webhooks::insert(tx, &owed).await?;
    for (hook, event) in &found {
        forget_settled(tx, hook, event).await?;
    }
    Ok(found.len() as u64)
}

async fn settled(tx: &Tx, replay: &Replay, now: Timestamp, limit: u32) -> Result<Vec<(String, Event)>> {
    let (hook, state) = (replay.hook.as_ref().map(HookName::as_str), replay.state.map(EventState::code));
    let (now, limit) = (now.as_microsecond(), i64::from(limit));
    let rows = match replay.which {
        Replayed::One(key) => {
            tx.query(
                concat!(
                    "SELECT ",
                    event_columns!(),
                    ", o.hook FROM webhook_delivery o WHERE ($1::text IS NULL OR o.hook = $1) \
                     AND ($2::text IS NULL OR o.state = $2) AND o.facility = $3 AND o.entry = $4 AND o.version = $5 \
                     AND o.kind = $6 AND o.settled <= $7 LIMIT $8"
                ),
                params![
                    hook,
                    state,
                    key.about.facility.0,
                    key.about.entry.0,
                    i64::from(key.version),
                    key.kind.code(),
                    now,
                    limit
                ],
            )
            .await?
        }
        Replayed::Happened(from, to) => {
            tx.query(
                concat!(
                    "SELECT ",
                    event_columns!(),
                    ", o.hook FROM webhook_delivery o WHERE ($1::text IS NULL OR o.hook = $1) \
                     AND ($2::text IS NULL OR o.state = $2) AND o.happened >= $3 AND o.happened < $4 \
                     AND o.settled <= $5 LIMIT $6"
                ),
                params![hook, state, from.as_microsecond(), to.as_microsecond(), now, limit],
            )
            .await?
        }
    };
    rows.iter().map(|row| Ok((get(row, 5)?, read(row)?))).collect()
}

async fn forget_settled(tx: &Tx, hook: &str, event: &Event) -> Result<()> {
    tx.execute(
        "DELETE FROM webhook_delivery WHERE facility = $1 AND entry = $2 AND hook = $3 AND version = $4 AND kind = $5",
        params![
            event.key.about.facility.0,
            event.key.about.entry.0,
            hook,
            i64::from(event.key.version),
            event.key.kind.code()
        ],
    )
    .await
}

/// Whether there is anything to forget.
pub(crate) async fn any_to_forget(tx: &Tx, before: Timestamp) -> Result<bool> {
    let before = before.as_microsecond();
    let settled = tx.query("SELECT 1 FROM webhook_delivery WHERE settled < $1 LIMIT 1", params![before]).await?;
    let owed = tx.query("SELECT 1 FROM webhook_outbox WHERE owed < $1 LIMIT 1", params![before]).await?;
    Ok(!settled.is_empty() || !owed.is_empty())
}

/// Forgets what was settled before, what has been owed for as long, and the claims of that.
pub(crate) async fn forget(tx: &Tx, before: Timestamp, limit: u32) -> Result<u64> {
    let (before, limit) = (before.as_microsecond(), i64::from(limit));
    let settled = tx
        .query(
            concat!(
                "SELECT ",
                event_columns!(),
                ", o.hook FROM webhook_delivery o WHERE o.settled < $1 ORDER BY o.settled LIMIT $2"
            ),
            params![before, limit],
        )
        .await?;
    for row in &settled {
        forget_settled(tx, get(row, 5)?, &read(row)?).await?;
    }
    let owed = tx
        .query(
            concat!("SELECT ", event_columns!(), ", o.hook FROM webhook_outbox o WHERE o.owed < $1 LIMIT $2"),
            params![before, limit],
        )
        .await?;
    for row in &owed {
        let (event, hook): (Event, &str) = (read(row)?, get(row, 5)?);
        tx.execute(
            "DELETE FROM webhook_outbox WHERE facility = $1 AND entry = $2 AND hook = $3 AND version = $4 AND kind = $5",
            params![
                event.key.about.facility.0,
                event.key.about.entry.0,
                hook,
                i64::from(event.key.version),
                event.key.kind.code()
            ],
        )
        .await?;
    }
    // A claim that ended so long ago is of a receiver to whom nothing is sent any more.
    tx.execute("DELETE FROM claim_webhook WHERE until < $1", params![before]).await?;
    Ok(settled.len().max(owed.len()) as u64)
}
