//! The embedded store against the suite of the port.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

use std::sync::Arc;

use talon_store::{Store, conformance::region::now};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use tempfile::TempDir;

async fn open() -> (Arc<dyn Store>, TempDir) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(&folder.path().join("talon.db"), &OpenOptions::new(now())).unwrap();
    (store, folder)
}

talon_store::conformance!(open);
