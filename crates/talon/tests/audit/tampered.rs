//! What somebody does to the file of a stopped server.

use std::{fs, path::Path};

use rusqlite::Connection;
use talon_testkit::Installation;

use crate::{stopped, verify};

/// What is done, and words of what must be said of it.
const MANIPULATIONS: [(&str, &str); 18] = [
    ("UPDATE audit SET outcome = 'time-taken' WHERE action = 'book'", "was edited"),
    ("UPDATE audit SET at = at + 1 WHERE action = 'book'", "was edited"),
    ("UPDATE audit SET source = '198.51.100.1' WHERE action = 'book'", "was edited"),
    ("UPDATE audit SET source = '127.0.0.01' WHERE action = 'read-ticket'", "was edited"),
    ("UPDATE audit SET node = 'zapis-2'", "was edited"),
    ("UPDATE audit SET person = randomblob(16) WHERE action = 'book'", "was edited"),
    ("UPDATE audit SET person = x'00' WHERE action = 'book'", "was edited"),
    ("UPDATE audit SET action = 'cancel' WHERE action = 'book'", "was edited"),
    ("UPDATE audit SET action = 'nothing' WHERE action = 'book'", "was edited"),
    ("UPDATE audit SET object = NULL WHERE action = 'read-ticket'", "was edited"),
    ("DELETE FROM audit WHERE action = 'read-entries'", "the record was removed"),
    ("DELETE FROM audit_seal WHERE kind = 'read' AND number = 2", "are missing"),
    (
        "DELETE FROM audit WHERE action = 'book'; DELETE FROM audit_seal WHERE kind = 'change'; \
         DELETE FROM audit_chain WHERE kind = 'change'",
        "all of it is gone",
    ),
    (
        "DELETE FROM audit WHERE audit IN (SELECT audit FROM audit_seal WHERE kind = 'read' AND number = 3); \
         DELETE FROM audit_seal WHERE kind = 'read' AND number = 3; UPDATE audit_chain SET number = 2, \
         hash = (SELECT hash FROM audit_seal WHERE kind = 'read' AND number = 2) WHERE kind = 'read'",
        "it was truncated",
    ),
    ("DELETE FROM audit; DELETE FROM audit_seal; DELETE FROM audit_chain", "all of it is gone"),
    (
        "INSERT INTO audit SELECT randomblob(16), at - 100000000, request, person, client, channel, action, facility, object, \
         outcome, source, node FROM audit WHERE action = 'book'",
        "is in no chain",
    ),
    ("UPDATE audit_seal SET hash = randomblob(32) WHERE number = 1", "was edited"),
    ("UPDATE audit_chain SET number = number + 1", "its end is not the one"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_manipulation_is_told() {
    let installation = stopped().await;
    let store = installation.store();
    let copy = installation.directory().join("copy.db");
    fs::copy(store, &copy).unwrap();
    for (sql, words) in MANIPULATIONS {
        put(&copy, store);
        let connection = Connection::open(store).unwrap();
        connection.execute_batch(sql).unwrap();
        assert!(connection.close().is_ok());
        let (code, said) = verify(&installation);
        assert!(code == 1 && said.contains("FAIL ") && said.contains(words), "{sql}: {code} {said}");
    }
    put(&copy, store);
    assert_eq!(verify(&installation).0, 0);
}

/// Puts a file in a store's place, whose logs go with what was there.
fn put(file: &Path, store: &Path) {
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", store.display()));
    }
    fs::copy(file, store).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_checkpoints_that_was_touched_is_told() {
    let installation = stopped().await;
    let path = installation.store().with_extension("db.checkpoints");
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = whole.lines().collect();
    assert!(lines.len() >= 2, "{whole}");
    for (text, words) in [
        (whole.replacen("\"number\":1,", "\"number\":2,", 1), "does not fit its signature"),
        (lines[1..].join("\n"), "lines before it are missing"),
        (whole[..whole.len() - 10].to_owned(), "cut off or edited"),
    ] {
        fs::write(&path, &text).unwrap();
        let (code, said) = verify(&installation);
        assert!(code == 1 && said.contains(words), "{words}: {code} {said}");
    }
    fs::remove_file(&path).unwrap();
    let (code, said) = verify(&installation);
    assert!(code == 1 && said.contains("without checkpoints nothing is proven"), "{said}");
}

/// Another installation's tables, whole and in themselves true.
#[tokio::test(flavor = "multi_thread")]
async fn another_installations_audit_is_told() {
    let (installation, other) = tokio::join!(stopped(), stopped());
    put(other.store(), installation.store());
    // Whoever can write the store can write the keys beside it, and without them it would not open.
    let contacts = |installation: &Installation| installation.store().with_extension("db.contacts");
    fs::copy(contacts(&other), contacts(&installation)).unwrap();
    let (code, said) = verify(&installation);
    assert!(code == 1 && said.contains("it was rewritten"), "{said}");
}
