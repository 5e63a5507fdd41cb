//! Messages owed, written with the change that owes them.

use futures_util::future::try_join;
use talon_domain::{
    event::{Event, Subscription},
    message::{Message, MessageState},
};

use crate::{
    columns::{column, guids},
    failure::Result,
    transaction::Tx,
    webhooks,
};

/// Owes what changes tell their patients, and integrators the events that they are.
pub(crate) async fn owe(tx: &Tx, hooks: &[Subscription], messages: &[&Message]) -> Result<()> {
    let events: Vec<_> = messages.iter().filter_map(|message| Event::of(message)).collect();
    try_join(insert(tx, messages), webhooks::owe(tx, hooks, &events)).await.map(drop)
}

/// Adds messages. A message's key is its dedupe key: one that is there already stays as it is.
pub(crate) async fn insert(tx: &Tx, messages: &[&Message]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO outbox (facility, entry, version, kind, created) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::bigint[]) ON CONFLICT DO NOTHING",
        &[
            &guids(messages, |message| message.entry.facility.0),
            &guids(messages, |message| message.entry.entry.0),
            &column(messages, |message| i64::from(message.version)),
            &column(messages, |message| message.kind.code()),
            &column(messages, |message| message.created.as_microsecond()),
        ],
    )
    .await
}

/// Adds messages that may have been owed before and were not true by the time they were to be sent, so that nobody has
/// them yet. First the message: it waits for a claimant who is settling it, and what that leaves is seen afterwards.
pub(crate) async fn owe_again(tx: &Tx, messages: &[&Message]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    insert(tx, messages).await?;
    tx.execute(
        "DELETE FROM delivery d USING unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) \
         AS q(facility, entry, version, kind) WHERE d.facility = q.facility AND d.entry = q.entry \
         AND d.version = q.version AND d.kind = q.kind AND d.state = $5",
        params![
            guids(messages, |message| message.entry.facility.0),
            guids(messages, |message| message.entry.entry.0),
            column(messages, |message| i64::from(message.version)),
            column(messages, |message| message.kind.code()),
            MessageState::Superseded.code()
        ],
    )
    .await
}

/// Takes a message out: it is settled.
pub(crate) async fn remove(tx: &Tx, message: &Message) -> Result<()> {
    tx.execute(
        "DELETE FROM outbox WHERE facility = $1 AND entry = $2 AND version = $3 AND kind = $4",
        params![message.entry.facility.0, message.entry.entry.0, i64::from(message.version), message.kind.code()],
    )
    .await
}
