//! One file a command: its options, an example, what it does.

pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod client;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod generate;
pub(crate) mod import;
pub(crate) mod keys;
pub(crate) mod messages;
pub(crate) mod migrate;
pub(crate) mod person;
mod progress;
pub(crate) mod restore;
pub(crate) mod schedule;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod webhook;

use std::sync::Arc;

use talon_store::Store;

use crate::{
    compose::{self, WhenMissing},
    failure::Outcome,
    settings::Settings,
};

/// Runs a command that needs no server: on one thread.
fn block_on<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// Works with the store of the settings and closes it whatever came of the work.
async fn with_store<T>(
    settings: &Settings,
    when_missing: WhenMissing,
    work: impl AsyncFnOnce(&Arc<dyn Store>) -> Outcome<T>,
) -> Outcome<T> {
    let contacts = compose::contacts(settings, when_missing)?;
    let store = compose::open_store(settings, when_missing, contacts).await?;
    let result = work(&store).await;
    store.close().await;
    result
}
