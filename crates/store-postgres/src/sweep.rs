//! Ending what is over: a transaction for each, for what stands in the way of one must not keep the others.

use std::sync::Arc;

use jiff::Timestamp;
use talon_store::{Result, Swept};

use crate::{backend::PostgresStore, given_up, hold, holds, session::Session, waiting};

/// Ends holds whose time is over and places on waiting lists whose last day has passed, and forgets what ended long ago.
pub(crate) async fn sweep(store: &PostgresStore, now: Timestamp, limit: u32) -> Result<Swept> {
    let mut swept = Swept::default();
    for over in store.read(|tx| async move { holds::run_out(&tx, now, limit).await }).await? {
        // One transaction each: what stands in the way of one must not keep the others.
        let (over, published) = (Arc::new(over), Arc::clone(&store.published));
        let ended = store.write(move |tx| {
            let (over, published) = (Arc::clone(&over), Arc::clone(&published));
            async move { hold::lapse(&Session::begin(&tx, &published).await?, &over, now).await }
        });
        swept.ended += u64::from(ended.await?);
    }
    for over in store.read(|tx| async move { waiting::over(&tx, now, limit).await }).await? {
        let ended = store.write(move |tx| {
            let over = over.clone();
            async move { hold::give_up(&tx, &over).await }
        });
        swept.ended += u64::from(ended.await?);
    }
    if store.read(|tx| async move { holds::any_to_forget(&tx, now).await }).await? {
        store.write(move |tx| async move { holds::forget(&tx, now).await }).await?;
    }
    if store.read(|tx| async move { given_up::any_to_forget(&tx, now).await }).await? {
        store.write(move |tx| async move { given_up::forget(&tx, now).await }).await?;
    }
    Ok(swept)
}
