//! CR-1: what lies in the file of contacts, and what becomes of values that are moved, and of keys that are lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

use std::{path::Path, sync::Arc};

use rusqlite::Connection;
use talon_domain::email::Email;
use talon_store::{
    Store, StoreError,
    conformance::region::{ADULTS, ANNA, EAST, book, booked, fill, now, person},
};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use talon_vault::Vault;
use tempfile::TempDir;

fn keys(file: &Path) -> Arc<Vault> {
    talon_vault::create_if_missing(file).unwrap();
    Arc::new(Vault::open_file(file).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_sealed_for_its_row_and_its_keys_are_missed() {
    let folder = TempDir::new().unwrap();
    let (path, file) = (folder.path().join("talon.db"), folder.path().join("contacts"));
    let open = |contacts| SqliteStore::open(&path, &OpenOptions { contacts, ..OpenOptions::new(now()) });
    let store: Arc<dyn Store> = open(Some(keys(&file))).unwrap();
    fill(&store, Vec::new()).await;
    for (home, specialty, email) in [(ADULTS, 0, "first@mail.ru"), (EAST, 1, "second@mail.ru")] {
        let mut command = book(ANNA, home, specialty, 3 + 9 * specialty, specialty);
        command.email = Some(Email::parse(email).unwrap());
        booked(&store, command).await;
    }
    let other = Connection::open(&path).unwrap();
    let stored: String = other
        .query_row("SELECT group_concat(email, ' ') FROM card WHERE email IS NOT NULL", [], |row| row.get(0))
        .unwrap();
    assert!(stored.contains("sealed:") && !stored.contains("mail.ru"), "{stored}");

    let swapped = other
        .execute(
            "UPDATE card SET email = (SELECT b.email FROM card b WHERE b.person = card.person \
             AND b.facility <> card.facility AND b.email IS NOT NULL) WHERE email IS NOT NULL",
            [],
        )
        .unwrap();
    assert_eq!(swapped, 2);
    let told = store.personal(person(ANNA)).await.unwrap_err();
    assert!(matches!(&told, StoreError::Damaged(what) if what.contains("not sealed for it")), "{told}");
    store.close().await;

    std::fs::remove_file(&file).unwrap();
    for contacts in [None, Some(keys(&file))] {
        let told = open(contacts).err().unwrap().to_string();
        assert!(told.contains("contacts are sealed by key"), "{told}");
    }
}
