//! Records of reads come into a file of their own first, and from there into the store, once each.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;
use talon_domain::{audit::AuditRecord, node::NodeName};
use talon_store::{
    AUDIT_PAGE, Store, StoreError,
    conformance::{
        region::{fill, now},
        sealing::read_by,
        tally::audit,
    },
};
use talon_store_sqlite::{IfPresent, OpenOptions, SqliteStore, backup, restore};
use tempfile::TempDir;

fn here() -> NodeName {
    "here".parse().unwrap()
}

fn record() -> AuditRecord {
    read_by(here(), now())
}

fn open(path: &Path) -> Arc<dyn Store> {
    SqliteStore::open(path, &OpenOptions::new(now())).unwrap()
}

fn complaint(path: &Path) -> String {
    match SqliteStore::open(path, &OpenOptions::new(now())) {
        Err(StoreError::Open(message)) => message,
        Err(other) => panic!("not an Open error: {other:?}"),
        Ok(_) => panic!("it opened"),
    }
}

fn beside(path: &Path) -> PathBuf {
    PathBuf::from(format!("{}-audit", path.display()))
}

fn folder() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("talon.db");
    (folder, path)
}

/// How many records lie in a file.
fn lie_in(file: &Path) -> usize {
    let connection = Connection::open(file).unwrap();
    let count: u32 = connection.query_row("SELECT count(*) FROM audit", [], |row| row.get(0)).unwrap();
    count as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_waits_for_nobody_who_writes_the_store() {
    let (_folder, path) = folder();
    let store = open(&path);
    let record = record();
    let outside = Connection::open(&path).unwrap();
    outside.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert_eq!(store.record(record.clone()).await, Ok(()));
    assert_eq!(lie_in(&beside(&path)), 1);
    outside.execute_batch("COMMIT").unwrap();
    assert_eq!(audit(&store).await, [record], "whoever looks at the audit finds it there");
    assert_eq!(lie_in(&beside(&path)), 0);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_outlives_the_process_and_is_sealed_once() {
    let (_folder, path) = folder();
    let store = open(&path);
    let first = record();
    assert_eq!(store.record(first.clone()).await, Ok(()));
    // Closed is not sealed: this is what kill -9 leaves as well.
    store.close().await;
    let store = open(&path);
    assert_eq!(store.unsealed().await.unwrap(), Some((1, first.at)));
    assert_eq!(store.seal(here(), now(), 10).await, Ok(1));

    // As a crash between the commit that took it and its leaving the file would have it.
    let both = Connection::open(&path).unwrap();
    both.execute("ATTACH ?1 AS beside", [beside(&path).to_str().unwrap()]).unwrap();
    both.execute_batch("INSERT INTO beside.audit SELECT * FROM main.audit").unwrap();
    let second = record();
    assert_eq!(store.record(second.clone()).await, Ok(()));
    assert_eq!(store.seal(here(), now(), 10).await, Ok(1));
    assert_eq!(store.seal(here(), now(), 10).await, Ok(0));
    let mut expected = [first, second];
    expected.sort_by_key(|record| record.id);
    assert_eq!(audit(&store).await, expected);
    let counts = store.snapshot().await.unwrap().counts().await.unwrap();
    assert_eq!((counts.records, counts.seals, counts.vanished), (2, 2, 0));
    store.close().await;
}

/// As two processes do: each has the file and the store open for itself.
#[tokio::test(flavor = "multi_thread")]
async fn two_who_take_in_at_once_take_each_record_once() {
    let (_folder, path) = folder();
    let stores = [open(&path), open(&path)];
    let records: Vec<_> = (0..300).map(|_| record()).collect();
    let tasks = stores.iter().zip(records.chunks(150)).flat_map(|(store, records)| {
        let (writer, records) = (Arc::clone(store), records.to_vec());
        let writing = tokio::spawn(async move {
            for record in records {
                writer.record(record).await.unwrap();
            }
        });
        let sealer = Arc::clone(store);
        let sealing = tokio::spawn(async move {
            for _ in 0..40 {
                sealer.seal(here(), now(), 7).await.unwrap();
            }
        });
        [writing, sealing]
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    while stores[0].seal(here(), now(), 100).await.unwrap() > 0 {}
    let mut expected = records;
    expected.sort_by_key(|record| record.id);
    assert_eq!(audit(&stores[1]).await, expected);
    let counts = stores[1].snapshot().await.unwrap().counts().await.unwrap();
    assert_eq!((counts.records, counts.seals, counts.vanished), (300, 300, 0));
    assert_eq!(lie_in(&beside(&path)), 0);
    for store in stores {
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_page_is_taken_in_before_a_state_is_shown() {
    let (_folder, path) = folder();
    let store = open(&path);
    let records = (0..=AUDIT_PAGE).map(|_| store.record(record()));
    assert!(futures_util::future::join_all(records).await.iter().all(Result::is_ok));
    assert_eq!(lie_in(&beside(&path)), AUDIT_PAGE + 1);
    assert_eq!(audit(&store).await.len(), AUDIT_PAGE + 1);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_has_what_waits_and_a_restore_leaves_it_with_the_store_that_was_there() {
    let (folder, path) = folder();
    let file = folder.path().join("a.backup");
    let store = open(&path);
    fill(&store, Vec::new()).await;
    let (first, second) = (record(), record());
    store.record(first.clone()).await.unwrap();
    backup(&path, &file, IfPresent::Refuse, &mut |_| ()).unwrap();
    assert_eq!(lie_in(&beside(&path)), 1, "nothing is taken from the store");
    store.record(second.clone()).await.unwrap();
    store.close().await;

    let kept = restore(&file, &path, Some(".kept"), &mut |_| ()).unwrap().kept.unwrap();
    assert!(!beside(&path).exists());
    let (restored, old) = (open(&path), open(&kept));
    assert_eq!(audit(&restored).await, std::slice::from_ref(&first));
    assert_eq!(restored.seal(here(), now(), 10).await, Ok(1));
    let mut expected = [first, second];
    expected.sort_by_key(|record| record.id);
    assert_eq!(audit(&old).await, expected);
    restored.close().await;
    old.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_that_name_that_is_none_is_left_alone_and_told() {
    let (_folder, path) = folder();
    Connection::open(beside(&path)).unwrap().execute_batch("CREATE TABLE accounts (id)").unwrap();
    let before = fs::read(beside(&path)).unwrap();
    let message = complaint(&path);
    assert!(message.contains("talon.db-audit") && message.contains("another program"), "{message}");
    assert_eq!(fs::read(beside(&path)).unwrap(), before);
    fs::remove_file(beside(&path)).unwrap();
    open(&path).close().await;
    Connection::open(beside(&path)).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let message = complaint(&path);
    assert!(message.contains("talon.db-audit") && message.contains("newer version"), "{message}");
    fs::write(beside(&path), "no database, and long enough to look like one".repeat(99)).unwrap();
    let message = complaint(&path);
    assert!(message.contains("talon.db-audit") && message.contains("store itself is not concerned"), "{message}");
    assert!(!message.contains("backup"), "the store is sound: {message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_behind_a_link_has_one_file_beside_it_and_it_is_the_stores_owners() {
    let (folder, path) = folder();
    let store = open(&path);
    store.record(record()).await.unwrap();
    store.close().await;
    let elsewhere = TempDir::new().unwrap();
    let link = elsewhere.path().join("linked.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    let store = open(&link);
    assert_eq!(audit(&store).await.len(), 1);
    store.close().await;
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1, "beside the link there is nothing");

    fs::remove_file(beside(&path)).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    open(&path).close().await;
    assert_eq!(fs::metadata(beside(&path)).unwrap().permissions().mode() & 0o777, 0o640);
    drop(folder);
}
