//! The embedded store against the suite of the port.

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
