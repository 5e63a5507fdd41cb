//! Records of reads have a committer of their own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

mod common;

use std::sync::Arc;

use talon_store::{
    Store,
    conformance::{
        region::{ADULTS, ANNA, book, fill, now},
        sealing::read_by,
        tally::audit,
    },
};
use talon_store_postgres::{OpenOptions, PostgresStore};
use tokio_postgres::NoTls;

/// All bookings stand behind one that waits for a lock of somebody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_waits_for_no_booking() {
    let schema = common::schema().await;
    let options = OpenOptions { writers: 1, ..OpenOptions::new(now()) };
    let store: Arc<dyn Store> = PostgresStore::open(&schema.url().parse().unwrap(), &options).await.unwrap();
    fill(&store, Vec::new()).await;
    let (outside, connection) = tokio_postgres::connect(schema.url(), NoTls).await.unwrap();
    tokio::spawn(connection);
    // Everybody books at some facility, and a booking there locks its counter of tickets.
    outside.batch_execute("BEGIN; LOCK TABLE ticket_counter IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let booking = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.book(book(ANNA, ADULTS, 0, 3, 0), now()).await }
    });
    let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'ticket_counter'::regclass \
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while outside.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        assert!(!booking.is_finished(), "it does not wait");
        tokio::task::yield_now().await;
    }
    let record = read_by("here".parse().unwrap(), now());
    assert_eq!(store.record(record.clone()).await, Ok(()));
    assert!(!booking.is_finished());
    outside.batch_execute("COMMIT").await.unwrap();
    assert!(booking.await.unwrap().unwrap().is_ok());
    assert!(audit(&store).await.contains(&record));
    store.close().await;
}
