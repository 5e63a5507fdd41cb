//! The embedded store against the suite of the port.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

use std::sync::Arc;

use talon_store::{
    Store,
    conformance::{self, region::now},
};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use talon_vault::Vault;
use tempfile::TempDir;

async fn open() -> (Arc<dyn Store>, TempDir) {
    let folder = TempDir::new().unwrap();
    let keys = folder.path().join("contacts");
    talon_vault::create_if_missing(&keys).unwrap();
    let contacts = Some(Arc::new(Vault::open_file(&keys).unwrap()));
    let hooks = conformance::posting::hooks();
    let options = OpenOptions { contacts, hooks, ..OpenOptions::new(now()) };
    let store = SqliteStore::open(&folder.path().join("talon.db"), &options).unwrap();
    (store, folder)
}

talon_store::conformance!(open);
