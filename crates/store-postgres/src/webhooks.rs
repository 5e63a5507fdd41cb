//! Events on their way to integrators: owed, claimed, settled, as messages are.

use std::collections::BTreeSet;

use jiff::Timestamp;
use talon_domain::{
    event::{Event, EventKey, EventKind, EventState, Subscription},
    ids::{EntryId, EntryKey, FacilityId, ResourceKey},
};
use talon_store::{AttemptedEvent, ClaimEvents, ClaimedEvents, DueEvent, Sending};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    columns::{code, column, counter, get, guid, guids, micros},
    failure::Result,
    session::Session,
    transaction::Tx,
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

pub(crate) fn read(row: &Row) -> Result<Event> {
    let key = EventKey {
        about: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        version: counter(row, 2)?,
        kind: code(row, 3, EventKind::from_code)?,
    };
    Ok(Event { key, happened: micros(row, 4)? })
}

/// Owes events to everybody who wants to know.
pub(crate) async fn owe(tx: &Tx, hooks: &[Subscription], events: &[Event]) -> Result<()> {
    let mut owed = Vec::new();
    for event in events {
        for subscription in hooks.iter().filter(|hook| hook.events.contains(&event.key.kind)) {
            owed.push((subscription.hook.as_str(), *event, event.happened));
        }
    }
    insert(tx, &owed).await
}

/// Owes to everybody who wants to know that a resource's times changed. One that is owed already becomes newer, and by at
/// least a microsecond: whoever is being told of it now may have asked for the times before this change.
pub(crate) async fn owe_schedule(
    session: &Session<'_>,
    resources: &BTreeSet<ResourceKey>,
    now: Timestamp,
) -> Result<()> {
    for subscription in session.hooks.iter().filter(|hook| hook.events.contains(&EventKind::Schedule)) {
        // In the order of keys: of two imports the second waits, and never in a circle.
        let keys: Vec<_> = resources.iter().map(|resource| Event::of_schedule(*resource, now).key).collect();
        if keys.is_empty() {
            return Ok(());
        }
        session
            .tx
            .execute(
                "INSERT INTO webhook_outbox (facility, entry, hook, version, kind, happened, owed) \
                 SELECT facility, entry, $3, 0, $4, $5, $5 FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, entry) \
                 ON CONFLICT (facility, entry, hook, version, kind) \
                 DO UPDATE SET happened = greatest(webhook_outbox.happened + 1, excluded.happened), owed = excluded.owed",
                params![
                    guids(&keys, |key| key.about.facility.0),
                    guids(&keys, |key| key.about.entry.0),
                    subscription.hook.as_str(),
                    EventKind::Schedule.code(),
                    now.as_microsecond()
                ],
            )
            .await?;
    }
    Ok(())
}

/// Owes events to receivers. One that is owed already stays as it is.
pub(crate) async fn insert(tx: &Tx, owed: &[(&str, Event, Timestamp)]) -> Result<()> {
    if owed.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO webhook_outbox (facility, entry, hook, version, kind, happened, owed) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], $7::bigint[]) \
         ON CONFLICT DO NOTHING",
        params![
            guids(owed, |(_, event, _)| event.key.about.facility.0),
            guids(owed, |(_, event, _)| event.key.about.entry.0),
            column(owed, |(hook, ..)| *hook),
            column(owed, |(_, event, _)| i64::from(event.key.version)),
            column(owed, |(_, event, _)| event.key.kind.code()),
            column(owed, |(_, event, _)| event.happened.as_microsecond()),
            column(owed, |(.., owed)| owed.as_microsecond()),
        ],
    )
    .await
}

/// Whether a claim would find anything.
pub(crate) async fn any_due(tx: &Tx, claim: &ClaimEvents, now: Timestamp) -> Result<bool> {
    Ok(!candidates(tx, claim, 1, now).await?.is_empty())
}

/// Claims events. What has happened stays true, so nothing is asked about them here but whether they are still owed.
///
/// Two nodes that want the same entry wait for each other at its key, in the order of keys.
pub(crate) async fn claim(tx: &Tx, claim: &ClaimEvents, now: Timestamp) -> Result<ClaimedEvents> {
    let most = claim.limit.saturating_mul(ROWS_PER_CLAIM);
    let rows = candidates(tx, claim, most, now).await?;
    let mut claimed = ClaimedEvents::default();
    for (event, owed) in &rows {
        if claimed.due.last().is_some_and(|due| due.event.key.about == event.key.about) {
            continue;
        }
        if claimed.due.len() as u64 == u64::from(claim.limit) {
            break;
        }
        claimed.next = Some(event.key.about);
        let Some(attempt) = take(tx, event, claim, now).await? else { continue };
        // Looked at behind the key: whoever had it may have settled the event since it was found.
        if !is_owed(tx, event, claim.hook.as_str()).await? {
            give_up(tx, event, claim.hook.as_str(), claim.lease).await?;
            continue;
        }
        claimed.due.push(DueEvent { event: *event, attempt, owed: *owed });
    }
    if (rows.len() as u64) < u64::from(most) && claimed.due.len() as u64 != u64::from(claim.limit) {
        claimed.next = None;
    }
    Ok(claimed)
}

/// Events whose entry nobody is at, in the order of entries, and within one in that in which they happened. Those of
/// this very claim are among them: it may be made once more after a commit in doubt.
async fn candidates(tx: &Tx, claim: &ClaimEvents, most: u32, now: Timestamp) -> Result<Vec<(Event, Timestamp)>> {
    let after = claim.after.map_or((Uuid::nil(), Uuid::nil()), |key| (key.facility.0, key.entry.0));
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                event_columns!(),
                ", o.owed FROM webhook_outbox o LEFT JOIN claim_webhook c \
                 ON c.facility = o.facility AND c.entry = o.entry AND c.hook = o.hook \
                 WHERE (o.facility, o.entry) > ($1, $2) AND o.hook = $3 \
                 AND (c.until IS NULL OR c.until <= $4 OR c.lease = $5) \
                 ORDER BY o.facility, o.entry, o.version, o.happened, o.kind LIMIT $6"
            ),
            params![after.0, after.1, claim.hook.as_str(), now.as_microsecond(), claim.lease, i64::from(most)],
        )
        .await?;
    rows.iter().map(|row| Ok((read(row)?, micros(row, 5)?))).collect()
}

/// Takes the key under which an entry's events are sent to a receiver, over a claim that has ended; which attempt of
/// this event it is. Nothing when another node has it.
async fn take(tx: &Tx, event: &Event, claim: &ClaimEvents, now: Timestamp) -> Result<Option<u32>> {
    let rows = tx
        .query(
            "INSERT INTO claim_webhook (facility, entry, hook, version, kind, lease, until, attempts) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT (facility, entry, hook) DO UPDATE SET \
             attempts = CASE WHEN claim_webhook.version = excluded.version AND claim_webhook.kind = excluded.kind \
             THEN claim_webhook.attempts + 1 ELSE 1 END, \
             version = excluded.version, kind = excluded.kind, lease = excluded.lease, until = excluded.until \
             WHERE claim_webhook.until <= $8 OR claim_webhook.lease = $6 RETURNING attempts",
            params![
                event.key.about.facility.0,
                event.key.about.entry.0,
                claim.hook.as_str(),
                i64::from(event.key.version),
                event.key.kind.code(),
                claim.lease,
                claim.until.as_microsecond(),
                now.as_microsecond()
            ],
        )
        .await?;
    rows.first().map(|row| counter(row, 0)).transpose()
}

async fn is_owed(tx: &Tx, event: &Event, hook: &str) -> Result<bool> {
    let owed = tx
        .query(
            "SELECT 1 FROM webhook_outbox \
             WHERE facility = $1 AND entry = $2 AND hook = $3 AND version = $4 AND kind = $5",
            params![
                event.key.about.facility.0,
                event.key.about.entry.0,
                hook,
                i64::from(event.key.version),
                event.key.kind.code()
            ],
        )
        .await?;
    Ok(!owed.is_empty())
}

/// Gives a claim up, if it is still the lease's; how many attempts there were.
async fn give_up(tx: &Tx, event: &Event, hook: &str, lease: Uuid) -> Result<Option<u32>> {
    let rows = tx
        .query(
            "DELETE FROM claim_webhook WHERE facility = $1 AND entry = $2 AND hook = $3 AND version = $4 AND kind = $5 \
             AND lease = $6 RETURNING attempts",
            params![
                event.key.about.facility.0,
                event.key.about.entry.0,
                hook,
                i64::from(event.key.version),
                event.key.kind.code(),
                lease
            ],
        )
        .await?;
    rows.first().map(|row| counter(row, 0)).transpose()
}

/// Writes what came of an attempt; false when the claim is somebody else's by now.
pub(crate) async fn settle(tx: &Tx, attempted: &AttemptedEvent, now: Timestamp) -> Result<bool> {
    let state = match attempted.result {
        Sending::Sent => EventState::Delivered,
        Sending::Rejected => EventState::GivenUp,
        Sending::Later(next) => return put_off(tx, attempted, next).await,
    };
    let (event, hook) = (&attempted.event, attempted.hook.as_str());
    let (facility, entry) = (event.key.about.facility.0, event.key.about.entry.0);
    let (version, kind) = (i64::from(event.key.version), event.key.kind.code());
    let Some(attempts) = give_up(tx, event, hook, attempted.lease).await? else {
        // Asked once more after a commit in doubt, it finds what it wrote.
        let rows = tx
            .query(
                "SELECT state FROM webhook_delivery \
                 WHERE facility = $1 AND entry = $2 AND hook = $3 AND version = $4 AND kind = $5",
                params![facility, entry, hook, version, kind],
            )
            .await?;
        return Ok(rows.first().map(|row| get::<&str>(row, 0)).transpose()? == Some(state.code()));
    };
    tx.execute(
        "INSERT INTO webhook_delivery (facility, entry, hook, version, kind, happened, state, settled, attempts, reply) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (facility, entry, hook, version, kind) \
         DO UPDATE SET state = excluded.state, settled = excluded.settled, attempts = excluded.attempts, \
         reply = excluded.reply",
        params![
            facility,
            entry,
            hook,
            version,
            kind,
            event.happened.as_microsecond(),
            state.code(),
            now.as_microsecond(),
            i64::from(attempts),
            attempted.reply.as_deref()
        ],
    )
    .await?;
    // A schedule that changed again meanwhile is owed still.
    tx.execute(
        "DELETE FROM webhook_outbox WHERE facility = $1 AND entry = $2 AND hook = $3 AND version = $4 AND kind = $5 \
         AND happened = $6",
        params![facility, entry, hook, version, kind, event.happened.as_microsecond()],
    )
    .await?;
    Ok(true)
}

/// Keeps a claim until the next attempt.
async fn put_off(tx: &Tx, attempted: &AttemptedEvent, next: Timestamp) -> Result<bool> {
    let changed = tx
        .count(
            "UPDATE claim_webhook SET until = $7, reply = $8 WHERE facility = $1 AND entry = $2 AND hook = $3 \
             AND version = $4 AND kind = $5 AND lease = $6 RETURNING 1",
            params![
                attempted.event.key.about.facility.0,
                attempted.event.key.about.entry.0,
                attempted.hook.as_str(),
                i64::from(attempted.event.key.version),
                attempted.event.key.kind.code(),
                attempted.lease,
                next.as_microsecond(),
                attempted.reply.as_deref()
            ],
        )
        .await?;
    Ok(changed == 1)
}
