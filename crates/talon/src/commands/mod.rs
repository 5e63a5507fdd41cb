//! One file a command: its options, an example, what it does.

pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod generate;
pub(crate) mod import;
pub(crate) mod schedule;
pub(crate) mod serve;
pub(crate) mod token;

use std::sync::Arc;

use talon_store::Store;

use crate::failure::Outcome;

/// Runs a command that needs no server: on one thread.
fn block_on<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Works with a store and closes it whatever came of the work.
async fn with_store<T>(store: Arc<dyn Store>, work: impl AsyncFnOnce(&Arc<dyn Store>) -> Outcome<T>) -> Outcome<T> {
    let result = work(&store).await;
    store.close().await;
    result
}
