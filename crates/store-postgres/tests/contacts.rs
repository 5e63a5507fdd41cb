//! CR-1: what lies in the database of contacts, and what becomes of values that are moved, and of keys that are lost.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

mod common;

use common::{keys, node_with, schema};
use talon_domain::email::Email;
use talon_store::{
    StoreError,
    conformance::region::{ADULTS, ANNA, EAST, book, booked, facility, fill, now, person},
};
use talon_store_postgres::{OpenOptions, PostgresStore};
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_sealed_for_its_row_and_its_keys_are_missed() {
    let (schema, folder) = (schema().await, TempDir::new().unwrap());
    let file = folder.path().join("contacts");
    let store = node_with(&schema, Some(keys(&file))).await;
    fill(&store, Vec::new()).await;
    for (home, specialty, email) in [(ADULTS, 0, "first@mail.ru"), (EAST, 1, "second@mail.ru")] {
        let mut command = book(ANNA, home, specialty, 3 + 9 * specialty, specialty);
        command.email = Some(Email::parse(email).unwrap());
        booked(&store, command).await;
    }
    let stored = schema.psql("SELECT string_agg(email, ' ') FROM card WHERE email IS NOT NULL");
    assert!(stored.contains("sealed:") && !stored.contains("mail.ru"), "{stored}");

    // By values: a cluster of nodes does not join cards of one person, which lie with their facilities.
    let card = |home| format!("FROM card WHERE facility = '{}' AND person = '{}'", facility(home).0, person(ANNA).0);
    let [adults, east] = [ADULTS, EAST].map(|home| schema.psql(&format!("SELECT email {}", card(home))));
    for (home, email) in [(ADULTS, east), (EAST, adults)] {
        let swapped = card(home).replace("FROM card", &format!("UPDATE card SET email = '{email}'")) + " RETURNING 1";
        assert_eq!(schema.psql(&swapped), "1");
    }
    let told = store.personal(person(ANNA)).await.unwrap_err();
    assert!(matches!(&told, StoreError::Damaged(what) if what.contains("not sealed for it")), "{told}");
    store.close().await;

    std::fs::remove_file(&file).unwrap();
    for contacts in [None, Some(keys(&file))] {
        let options = OpenOptions { contacts, ..OpenOptions::new(now()) };
        let told = PostgresStore::open(&schema.url().parse().unwrap(), &options).await.err().unwrap().to_string();
        assert!(told.contains("contacts are sealed by key"), "{told}");
    }
}
