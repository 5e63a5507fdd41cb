//! I8: a move that fails at any of its steps leaves the entry where it was, with its claims.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::sync::Arc;

use rusqlite::Connection;
use talon_store::{
    Kind, Store,
    conformance::{
        region::{ADULTS, ANNA, book, booked, fill, move_to, now},
        tally::{all, all_but_audit, assert_exclusive},
    },
};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use tempfile::TempDir;

/// What a move to another day writes, in whatever order.
const STEPS: [&str; 11] = [
    "INSERT ON claim_specialty",
    "DELETE ON claim_place",
    "INSERT ON claim_place",
    "INSERT ON claim_day",
    "DELETE ON claim_time",
    "INSERT ON claim_time",
    "INSERT ON ticket_counter",
    "INSERT ON entry",
    "INSERT ON entry_version",
    "INSERT ON outbox",
    "INSERT ON audit",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_any_step_leaves_the_entry_where_it_was() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("talon.db");
    let store: Arc<dyn Store> = SqliteStore::open(&path, &OpenOptions::new(now())).unwrap();
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let (before, audit) = (all_but_audit(&store).await, all(&store, Kind::Audit).await);
    let planter = Connection::open(&path).unwrap();
    planter.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    for step in STEPS {
        let trigger = format!("CREATE TRIGGER fault BEFORE {step} BEGIN SELECT RAISE(ABORT, 'planted'); END");
        planter.execute_batch(&trigger).unwrap();
        let failed = store.move_entry(move_to(ANNA, entry, None, 31), now()).await;
        assert!(failed.is_err(), "{step}: {failed:?}");
        planter.execute_batch("DROP TRIGGER fault").unwrap();
        assert_eq!(all_but_audit(&store).await, before, "{step}");
        assert_eq!(all(&store, Kind::Audit).await, audit, "{step}");
        assert_exclusive(&store).await;
    }
    assert!(store.move_entry(move_to(ANNA, entry, None, 31), now()).await.unwrap().is_ok(), "and then it can be moved");
    assert_exclusive(&store).await;
    store.close().await;
}
