//! Backups: what they hold, what is refused, and that nothing is lost when one is put back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;
use talon_store::{
    Store, StoreError,
    conformance::region::{ADULTS, ANNA, BORIS, book, booked, fill, now},
};
use talon_store_sqlite::{Contents, IfPresent, OpenOptions, Restored, SqliteStore};
use tempfile::TempDir;

type Result<T> = talon_store::Result<T>;

fn backup(store: &Path, file: &Path) -> Result<Contents> {
    talon_store_sqlite::backup(store, file, IfPresent::Refuse, &mut |_| ())
}

fn restore(file: &Path, store: &Path) -> Result<Restored> {
    talon_store_sqlite::restore(file, store, None, &mut |_| ())
}

fn open(path: &Path) -> Arc<dyn Store> {
    SqliteStore::open(path, &OpenOptions::new(now())).unwrap()
}

fn complaint<T>(result: Result<T>) -> String {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.to_string(),
    }
}

/// What lies in a folder, without what goes with a store: SQLite's own files and the intake.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> =
        names.filter(|name| !["-wal", "-shm", "-audit"].iter().any(|end| name.ends_with(end))).collect();
    names.sort();
    names
}

/// A store with one entry of Anna's, closed, and a backup of it.
async fn with_backup() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().unwrap();
    let (path, file) = (folder.path().join("talon.db"), folder.path().join("a.backup"));
    let store = open(&path);
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    backup(&path, &file).unwrap();
    store.close().await;
    (folder, path, file)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_an_open_store_holds_all_that_was_answered() {
    let folder = TempDir::new().unwrap();
    let (path, file) = (folder.path().join("talon.db"), folder.path().join("a.backup"));
    let store = open(&path);
    fill(&store, Vec::new()).await;
    let first = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    let held = backup(&path, &file).unwrap();
    booked(&store, book(BORIS, ADULTS, 0, 4, 0)).await;
    store.close().await;
    assert_eq!((held.entries, held.newest), (1, Some(now())));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(folder.path()), ["a.backup", "talon.db"]);

    let elsewhere = folder.path().join("elsewhere.db");
    assert_eq!(restore(&file, &elsewhere).unwrap(), Restored { contents: held, kept: None });
    assert_eq!(fs::metadata(&elsewhere).unwrap().permissions().mode() & 0o777, 0o600);
    let restored = open(&elsewhere);
    assert_eq!(restored.verify().await, Ok(Vec::new()));
    let again = booked(&restored, book(ANNA, ADULTS, 0, 3, 0)).await;
    assert_eq!((again.entry, again.ticket), (first.entry, first.ticket));
    restored.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_anywhere_and_a_missing_end_are_refused() {
    let (folder, _, file) = with_backup().await;
    let sound = fs::read(&file).unwrap();
    let (bad, store) = (folder.path().join("bad.backup"), folder.path().join("restored.db"));
    // A fixed stride that is coprime to the page size walks over all parts of all pages; the seal has
    // its own share.
    let bits = sound.len() * 8;
    let somewhere = (0..300).map(|flip| flip * 7_919 * 13 % bits);
    for bit in somewhere.chain((bits - 48 * 8..bits).step_by(7)) {
        let mut bytes = sound.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        fs::write(&bad, &bytes).unwrap();
        let message = complaint(restore(&bad, &store));
        assert!(message.contains("is damaged") || message.contains("not a backup"), "bit {bit}: {message}");
    }
    for length in [0, 1, 47, 48, 4096, sound.len() / 2, sound.len() - 48, sound.len() - 1] {
        fs::write(&bad, &sound[..length]).unwrap();
        let message = complaint(restore(&bad, &store));
        assert!(message.contains("not a backup"), "{length} bytes: {message}");
    }
    assert_eq!(names(folder.path()), ["a.backup", "bad.backup", "talon.db"], "nothing is left of the attempts");
    restore(&file, &store).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_database_that_other_tools_read_without_changing_it() {
    let (_folder, _, file) = with_backup().await;
    let sound = fs::read(&file).unwrap();
    let sqlite = Connection::open(&file).unwrap();
    let entries: u32 = sqlite.query_row("SELECT count(*) FROM entry", [], |row| row.get(0)).unwrap();
    let verdict: String = sqlite.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    drop(sqlite);
    assert_eq!((entries, verdict.as_str()), (1, "ok"));
    assert_eq!(fs::read(&file).unwrap(), sound);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_overwritten_that_must_stay() {
    let (folder, path, file) = with_backup().await;
    let (sound, stored) = (fs::read(&file).unwrap(), fs::read(&path).unwrap());
    let replace = |file: &Path| talon_store_sqlite::backup(&path, file, IfPresent::Replace, &mut |_| ());
    assert!(complaint(backup(&path, &file)).contains("--force"));
    assert!(complaint(replace(&path)).contains("is the store itself"));
    assert!(complaint(replace(folder.path())).contains("is a folder"));
    assert!(complaint(restore(&file, &path)).contains("--force"));
    assert_eq!((fs::read(&file).unwrap(), fs::read(&path).unwrap()), (sound, stored));
    replace(&file).unwrap();
    assert_eq!(names(folder.path()), ["a.backup", "talon.db"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_backed_up_or_restored_is_told_plainly() {
    let (folder, path, file) = with_backup().await;
    let at = |name: &str| folder.path().join(name);
    assert!(complaint(backup(&at("absent.db"), &at("b"))).contains("there is no store at"));
    assert!(!at("absent.db").exists());
    assert!(complaint(backup(&path, &at("no/b"))).contains("make it first"));
    assert!(complaint(restore(&file, &at("no/r.db"))).contains("make it first"));
    assert!(complaint(restore(&at("absent.backup"), &at("r.db"))).contains("there is no backup at"));
    let message = complaint(restore(&path, &at("r.db")));
    assert!(message.contains("not a backup") && message.contains("talon backup --store sqlite:"), "{message}");
    Connection::open(at("other.db")).unwrap().execute_batch("CREATE TABLE accounts (id)").unwrap();
    assert!(complaint(backup(&at("other.db"), &at("b"))).contains("another program"));
    fs::write(at("text.db"), "surely this is not a database at all").unwrap();
    assert!(complaint(backup(&at("text.db"), &at("b"))).contains("not a SQLite file"));
    assert!(!at("b").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_store_gives_no_backup_and_the_old_one_stays() {
    let (folder, path, file) = with_backup().await;
    let sound = fs::read(&file).unwrap();
    Connection::open(&path).unwrap().execute("UPDATE entry SET ticket = 'Т-999'", []).unwrap();
    let again = talon_store_sqlite::backup(&path, &file, IfPresent::Replace, &mut |_| ());
    assert!(matches!(&again, Err(StoreError::Damaged(what)) if what.contains("talon.db: entry")), "{again:?}");
    assert_eq!(fs::read(&file).unwrap(), sound);
    assert_eq!(names(folder.path()), ["a.backup", "talon.db"]);
}

/// As kill -9 leaves a store: with a log that is not in the file yet.
#[tokio::test(flavor = "multi_thread")]
async fn the_replaced_store_is_kept_with_its_log_and_the_log_leaves_the_restored_one_alone() {
    let (folder, path, file) = with_backup().await;
    let store = open(&path);
    let second = booked(&store, book(BORIS, ADULTS, 0, 4, 0)).await;
    let crashed = folder.path().join("crashed.db");
    let beside = |path: &Path, end: &str| PathBuf::from(format!("{}{end}", path.display()));
    fs::copy(&path, &crashed).unwrap();
    fs::copy(beside(&path, "-wal"), beside(&crashed, "-wal")).unwrap();
    store.close().await;

    assert!(complaint(restore(&file, &crashed)).contains("--force"));
    let restored = talon_store_sqlite::restore(&file, &crashed, Some(".kept"), &mut |_| ()).unwrap();
    let kept = restored.kept.unwrap();
    assert_eq!(kept, beside(&crashed.canonicalize().unwrap(), ".kept"));
    let (old, new) = (open(&kept), open(&crashed));
    assert_eq!(booked(&old, book(BORIS, ADULTS, 0, 4, 0)).await.entry, second.entry);
    let taken = booked(&new, book(BORIS, ADULTS, 0, 4, 0)).await;
    assert_ne!(taken.entry, second.entry, "the restored store does not know it");
    assert_eq!(new.verify().await, Ok(Vec::new()));
    old.close().await;
    new.close().await;
}

/// A log without its store is in the way too: it would be read into whatever takes the store's name.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_without_a_store_is_not_read_into_the_restored_one() {
    let (folder, path, file) = with_backup().await;
    let store = open(&path);
    booked(&store, book(BORIS, ADULTS, 0, 4, 0)).await;
    let (lost, log) = (folder.path().join("lost.db"), folder.path().join("lost.db-wal"));
    fs::copy(folder.path().join("talon.db-wal"), &log).unwrap();
    store.close().await;
    assert!(complaint(restore(&file, &lost)).contains("--force"));
    let restored = talon_store_sqlite::restore(&file, &lost, Some(".kept"), &mut |_| ()).unwrap();
    assert_eq!(restored.contents.entries, 1);
    assert!(!log.exists() && folder.path().join("lost.db.kept-wal").exists());
}

/// The empty file of a server that was killed while it made its store stands for any older schema.
#[tokio::test(flavor = "multi_thread")]
async fn an_older_schema_is_checked_and_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let (path, file) = (folder.path().join("talon.db"), folder.path().join("a.backup"));
    fs::write(&path, "").unwrap();
    assert_eq!(backup(&path, &file).unwrap().entries, 0);
    let sqlite = Connection::open(&file).unwrap();
    let tables: u32 = sqlite.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 0, "the look at it has left nothing behind");
    let elsewhere = folder.path().join("elsewhere.db");
    restore(&file, &elsewhere).unwrap();
    let store = open(&elsewhere);
    fill(&store, Vec::new()).await;
    store.close().await;
}
