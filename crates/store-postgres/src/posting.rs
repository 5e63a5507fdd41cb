//! The port's methods about events, each in the transactions that it takes.

use std::sync::Arc;

use jiff::Timestamp;
use talon_store::{AttemptedEvent, ClaimEvents, ClaimedEvents, Replay, Result, StoreError};

use crate::{backend::PostgresStore, webhook_log, webhooks};

pub(crate) async fn claim(store: &PostgresStore, claim: &ClaimEvents, now: Timestamp) -> Result<ClaimedEvents> {
    // Nearly always there is nothing to do, and that is no commit.
    if !store.read(|tx| async move { webhooks::any_due(&tx, claim, now).await }).await? {
        return Ok(ClaimedEvents::default());
    }
    let claim = Arc::new(claim.clone());
    let claimed = store.write(move |tx| {
        let claim = Arc::clone(&claim);
        async move { webhooks::claim(&tx, &claim, now).await }
    });
    claimed.await.map_err(StoreError::from)
}

pub(crate) async fn settle(store: &PostgresStore, attempted: &AttemptedEvent, now: Timestamp) -> Result<bool> {
    let attempted = Arc::new(attempted.clone());
    let settled = store.write(move |tx| {
        let attempted = Arc::clone(&attempted);
        async move { webhooks::settle(&tx, &attempted, now).await }
    });
    settled.await.map_err(StoreError::from)
}

pub(crate) async fn replay(store: &PostgresStore, replay: &Replay, now: Timestamp, limit: u32) -> Result<u64> {
    let replay = Arc::new(replay.clone());
    let replayed = store.write(move |tx| {
        let replay = Arc::clone(&replay);
        async move { webhook_log::replay(&tx, &replay, now, limit).await }
    });
    replayed.await.map_err(StoreError::from)
}

pub(crate) async fn forget(store: &PostgresStore, before: Timestamp, limit: u32) -> Result<u64> {
    if !store.read(|tx| async move { webhook_log::any_to_forget(&tx, before).await }).await? {
        return Ok(0);
    }
    let forgotten = store.write(move |tx| async move { webhook_log::forget(&tx, before, limit).await });
    forgotten.await.map_err(StoreError::from)
}
