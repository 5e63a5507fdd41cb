//! The file itself: what is said of one that is missing, another program's, newer, damaged, locked
//! or full, and that nothing false is ever served from it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

use std::{collections::HashSet, fs, path::Path, sync::Arc};

use rusqlite::Connection;
use talon_store::{
    Kind, KnownKey, Record, Store, StoreError,
    conformance::region::{ADULTS, ANNA, BORIS, book, booked, fill, now, person_records, slot, slot_key},
};
use talon_store_sqlite::{OpenOptions, SCHEMA_VERSION, SqliteStore};
use tempfile::TempDir;

fn open(path: &Path) -> Result<Arc<SqliteStore>, StoreError> {
    SqliteStore::open(path, &OpenOptions::new(now()))
}

/// The message of a store that does not open.
fn complaint(path: &Path, options: &OpenOptions) -> String {
    match SqliteStore::open(path, options) {
        Err(StoreError::Open(message)) => message,
        Err(other) => panic!("not an Open error: {other:?}"),
        Ok(_) => panic!("it opened"),
    }
}

fn folder() -> (TempDir, std::path::PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("talon.db");
    (folder, path)
}

#[test]
fn a_missing_store_is_only_made_when_asked_for() {
    let (_folder, path) = folder();
    let message = complaint(&path, &OpenOptions { create: false, ..OpenOptions::new(now()) });
    assert!(message.contains("there is no store at") && message.contains("talon import"), "{message}");
    let message = complaint(&path.join("deeper"), &OpenOptions::new(now()));
    assert!(message.contains("folder exists"), "{message}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn only_its_owner_can_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = folder();
    let store: Arc<dyn Store> = open(&path).unwrap();
    fill(&store, Vec::new()).await;
    for file in fs::read_dir(folder.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
    store.close().await;
}

#[test]
fn another_programs_database_is_left_alone() {
    let (_folder, path) = folder();
    Connection::open(&path).unwrap().execute_batch("CREATE TABLE accounts (id)").unwrap();
    let before = fs::read(&path).unwrap();
    assert!(complaint(&path, &OpenOptions::new(now())).contains("another program"));
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::write(&path, "surely this is not a database at all").unwrap();
    assert!(complaint(&path, &OpenOptions::new(now())).contains("not a SQLite file"));
}

#[tokio::test]
async fn a_newer_schema_and_a_changed_one_are_refused() {
    let (_folder, path) = folder();
    open(&path).unwrap().close().await;
    let sqlite = Connection::open(&path).unwrap();
    let newer = SCHEMA_VERSION + 1;
    sqlite.execute("INSERT INTO migration VALUES (?1, 'later', 'x', ?1, 0)", [newer]).unwrap();
    let message = complaint(&path, &OpenOptions::new(now()));
    assert!(message.contains(&format!("version {newer}, newer than this program")), "{message}");
    // What a newer program only added to, this one still serves.
    sqlite.execute("UPDATE migration SET oldest = ?1 WHERE version = ?2", [SCHEMA_VERSION, newer]).unwrap();
    open(&path).unwrap().close().await;
    sqlite.execute("DELETE FROM migration WHERE version = ?1", [newer]).unwrap();
    open(&path).unwrap().close().await;
    sqlite.execute("UPDATE migration SET checksum = 'x' WHERE version = 1", []).unwrap();
    assert!(complaint(&path, &OpenOptions::new(now())).contains("migration 1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_closed_takes_nothing_more_and_opens_again_with_everything() {
    let (_folder, path) = folder();
    let store = open(&path).unwrap();
    let shared: Arc<dyn Store> = store.clone();
    fill(&shared, Vec::new()).await;
    let first = booked(&shared, book(ANNA, ADULTS, 0, 3, 0)).await;
    store.close().await;
    // Whoever copies the file of a closed store has all of it.
    assert!(!path.with_extension("db-wal").exists());
    assert_eq!(store.book(book(BORIS, ADULTS, 0, 4, 0), now()).await, Err(StoreError::Closed));
    assert_eq!(store.snapshot().await.err(), Some(StoreError::Closed));
    let again: Arc<dyn Store> = open(&path).unwrap();
    assert_eq!(booked(&again, book(ANNA, ADULTS, 0, 3, 0)).await.entry, first.entry);
    again.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_a_store_and_see_each_others_reference_data() {
    let (_folder, path) = folder();
    let serving: Arc<dyn Store> = open(&path).unwrap();
    let importing: Arc<dyn Store> = open(&path).unwrap();
    fill(&importing, Vec::new()).await;
    booked(&serving, book(ANNA, ADULTS, 0, 3, 0)).await;
    let taken = importing.book(book(BORIS, ADULTS, 0, 3, 0), now()).await.unwrap();
    assert_eq!(taken.unwrap_err().slug(), "time-taken");
    importing.close().await;
    serving.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_tampered_with_is_never_served() {
    let (_folder, path) = folder();
    let store: Arc<dyn Store> = open(&path).unwrap();
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    Connection::open(&path).unwrap().execute("UPDATE entry SET ticket = 'Т-999'", []).unwrap();
    let answer = store.book(book(ANNA, ADULTS, 0, 3, 0), now()).await;
    assert!(matches!(answer, Err(StoreError::Damaged(_))), "{answer:?}");
    let exported = store.snapshot().await.unwrap().page(Kind::Entry, None).await;
    assert!(matches!(exported, Err(StoreError::Damaged(_))), "{exported:?}");
    booked(&store, book(BORIS, ADULTS, 0, 4, 0)).await;
    let found = store.verify().await.unwrap();
    assert!(matches!(&found[..], [one] if one.contains("does not match its checksum")), "{found:?}");
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn promises_that_do_not_fit_the_entries_are_found() {
    let (_folder, path) = folder();
    let store: Arc<dyn Store> = open(&path).unwrap();
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    for table in ["claim_place", "claim_referral", "claim_specialty", "claim_time"] {
        let sqlite = Connection::open(&path).unwrap();
        sqlite.execute_batch(&format!("CREATE TABLE kept AS SELECT * FROM {table}; DELETE FROM {table}")).unwrap();
        assert_eq!(store.verify().await.unwrap().len(), 1, "{table} is empty");
        sqlite.execute_batch(&format!("INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept")).unwrap();
        assert_eq!(store.verify().await.unwrap(), Vec::<String>::new());
    }
    let sqlite = Connection::open(&path).unwrap();
    for other in ["specialty = 'eyes'", "person = zeroblob(16)"] {
        sqlite
            .execute_batch(&format!(
                "CREATE TABLE kept AS SELECT * FROM claim_specialty; UPDATE claim_specialty SET {other}"
            ))
            .unwrap();
        let found =
            ["1 live entries ahead whose specialty is not claimed", "1 claimed specialties without a live entry"];
        assert_eq!(store.verify().await.unwrap(), found, "{other}");
        sqlite
            .execute_batch(
                "DELETE FROM claim_specialty; INSERT INTO claim_specialty SELECT * FROM kept; DROP TABLE kept",
            )
            .unwrap();
    }
    sqlite.execute("DELETE FROM entry", []).unwrap();
    assert_eq!(store.verify().await.unwrap().len(), 4, "four claims of an entry that is gone");
    store.close().await;
}

/// A page that gives a cell, another at its time, and then the first at another time: it comes to something
/// that can be, but is written one after the other, and fails when the first is written.
#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_fails_amid_a_batch_is_undone_alone() {
    let (_folder, path) = folder();
    let store: Arc<dyn Store> = open(&path).unwrap();
    fill(&store, (100..140).flat_map(person_records).collect()).await;
    let cell = |number, start: &str| Record::Slot(slot(ADULTS, 0, number, start.parse().unwrap()));
    let broken = [cell(90, "2026-04-21T08:00"), cell(91, "2026-04-21T08:00"), cell(90, "2026-04-21T09:00")];
    let mut running = Vec::new();
    for (who, cell) in (100..140).zip(0..) {
        let (store, page) = (Arc::clone(&store), broken.to_vec());
        running.push(tokio::spawn(async move {
            if cell % 4 == 0 {
                assert!(store.import_page(page, now()).await.is_err());
            }
            booked(&store, book(who, ADULTS, 0, cell, 0)).await.entry
        }));
    }
    let mut entries = HashSet::new();
    for booking in running {
        entries.insert(booking.await.unwrap());
    }
    assert_eq!(entries.len(), 40, "each has an entry of its own");
    let kept = store.snapshot().await.unwrap().page(Kind::Entry, None).await.unwrap().records;
    assert_eq!(kept.len(), 40);
    assert_eq!(store.known(&[KnownKey::Slot(slot_key(ADULTS, 0, 90))]).await, Ok(vec![false]));
    assert_eq!(store.verify().await, Ok(Vec::new()));
    store.close().await;
}

/// Flips bits all over the file. Each is refused, repaired (it lay in space that nothing uses) or
/// harmless: no answer about the one entry is ever wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_never_served_as_a_wrong_entry() {
    let (_folder, path) = folder();
    let store: Arc<dyn Store> = open(&path).unwrap();
    fill(&store, Vec::new()).await;
    let truth = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    store.close().await;
    let sound = fs::read(&path).unwrap();
    let (mut refused, mut right) = (0, 0);
    // A fixed stride that is coprime to the page size walks over all parts of all pages.
    for flip in 0..300 {
        let bit = flip * 7_919 * 13 % (sound.len() * 8);
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &bytes).unwrap();
        let Ok(store) = open(&path) else {
            refused += 1;
            continue;
        };
        match store.book(book(ANNA, ADULTS, 0, 3, 0), now()).await {
            Ok(Ok(answer)) if answer.repeated => {
                assert_eq!((answer.entry, &answer.ticket), (truth.entry, &truth.ticket), "bit {bit}");
                right += 1;
            }
            // Facts that are gone refuse, or book anew; what is there is never misread.
            Ok(_) | Err(_) => refused += 1,
        }
        store.close().await;
    }
    assert!(right > 200, "{right} right, {refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses_at_once() {
    let (_folder, path) = folder();
    let options = OpenOptions { queue_limit: 1, ..OpenOptions::new(now()) };
    let store: Arc<dyn Store> = SqliteStore::open(&path, &options).unwrap();
    fill(&store, Vec::new()).await;
    let asked: Vec<_> = (0..64)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.book(book(ANNA, ADULTS, 0, number % 24, 0), now()).await })
        })
        .collect();
    let mut overloaded = 0;
    for answer in asked {
        match answer.await.unwrap() {
            Err(StoreError::Overloaded) => overloaded += 1,
            Err(other) => panic!("{other:?}"),
            Ok(_) => {}
        }
    }
    assert!(overloaded > 0, "a queue of one took 64 at once");
    assert_eq!(store.load().queue_limit, 1);
    store.close().await;
}
