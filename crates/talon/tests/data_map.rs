//! PR-1: `docs/data-map.md` names every column that either store has, once, and none that it has not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use common::installation;
use rusqlite::Connection;
use talon_testkit::{Installation, postgres::Postgres};

const CLASSES: [&str; 6] = ["organisation", "link", "health", "personal", "secret", "service"];

/// `table.column`
type Columns = BTreeSet<String>;

#[test]
fn every_column_of_a_sqlite_file_is_in_the_data_map() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("talon.db");
    migrate(&installation().with_store(&file));
    let there = columns(&file);
    let beside = columns(&folder.path().join("talon.db-audit"));
    assert!(beside.contains("audit.person"), "{beside:?}");
    assert!(beside.is_subset(&there), "{beside:?}");
    compare(&there);
}

fn columns(file: &Path) -> Columns {
    let connection = Connection::open(file).unwrap();
    let mut select = connection
        .prepare(
            "SELECT t.name || '.' || c.name FROM sqlite_schema t, pragma_table_info(t.name) c \
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        )
        .unwrap();
    select.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn every_column_of_a_postgresql_schema_is_in_the_data_map() {
    let schema = Postgres::shared().schema();
    let select = format!(
        "SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = '{}'",
        schema.name()
    );
    let installation = installation().on_postgres(schema);
    migrate(&installation);
    compare(&Postgres::shared().psql(&select).lines().map(str::to_owned).collect());
}

fn migrate(installation: &Installation) {
    let output = installation.command("migrate").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn compare(there: &Columns) {
    let mapped = mapped();
    assert!(there.contains("person.family"), "no schema was read: {there:?}");
    assert_eq!(there.difference(&mapped).collect::<Vec<_>>(), Vec::<&String>::new(), "not in the data map");
    assert_eq!(mapped.difference(there).collect::<Vec<_>>(), Vec::<&String>::new(), "in the data map only");
}

/// The columns that the page names.
fn mapped() -> Columns {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/data-map.md");
    let page = fs::read_to_string(page).unwrap();
    let mut columns = Columns::new();
    for line in page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| table ")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [table, names, purpose, class, kept] = cells[..] else { panic!("not five cells: {line}") };
        assert!(!purpose.is_empty() && !kept.is_empty(), "{line}");
        assert!(CLASSES.contains(&class), "no such class: {line}");
        for name in names.split(", ") {
            assert!(columns.insert(format!("{table}.{name}")), "{table}.{name} stands there twice");
        }
    }
    columns
}
