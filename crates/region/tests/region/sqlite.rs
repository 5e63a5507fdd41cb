//! Import and export against the store that is shipped.

use std::{path::Path, sync::Arc};

use serde_json::json;
use talon_region::{ImportOptions, ImportReport, export, import};
use talon_store::Store;
use talon_store_sqlite::{OpenOptions, SqliteStore};

use crate::{common::*, contract::examples};

const NOW: &str = "2026-04-10T09:00:00Z";

pub(crate) fn open(directory: &Path, name: &str) -> Arc<SqliteStore> {
    SqliteStore::open(&directory.join(name), &OpenOptions::new(NOW.parse().unwrap())).unwrap()
}

pub(crate) async fn load_into(store: &dyn Store, text: &str) -> ImportReport {
    import(store, vec![input("f", text)], ImportOptions::new(jiff::Timestamp::UNIX_EPOCH), &mut |_| ()).await.unwrap()
}

pub(crate) async fn exported(store: &dyn Store) -> String {
    let mut out = Vec::new();
    export(store, &mut out).await.unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_contracts_examples_move_from_store_to_store() {
    let directory = tempfile::tempdir().unwrap();
    let (first, second) = (open(directory.path(), "first.db"), open(directory.path(), "second.db"));
    for _ in 0..2 {
        let report = load_into(&*first, examples()[0]).await;
        assert_eq!(shown(&report), Vec::<String>::new());
        assert_eq!(exported(&*first).await, examples()[0], "the same again changes nothing");
    }
    let report = load_into(&*second, &exported(&*first).await).await;
    assert_eq!(shown(&report), Vec::<String>::new());
    assert_eq!(exported(&*second).await, examples()[0]);
    first.close().await;
    second.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_another_system_find_cells_that_are_stored() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path(), "talon.db");
    let slots = [with(slot(6, "2026-04-14T09:00"), "places", json!(2)), slot(7, "2026-04-14T10:00")];
    let people = [person(30), card(4, PERSON), card(5, 30)];
    let report = load_into(&*store, &based(&[slots.to_vec(), people.to_vec()].concat())).await;
    assert_eq!(shown(&report), Vec::<String>::new());
    let entries = text(&[entry(9, 6, PERSON), entry(8, 6, 30)]);
    for _ in 0..2 {
        let report = load_into(&*store, &entries).await;
        assert_eq!(shown(&report), Vec::<String>::new());
        let kept: Vec<String> =
            exported(&*store).await.lines().filter(|line| line.contains(r#""entry""#)).map(Into::into).collect();
        assert_eq!(kept.len(), 2);
        assert!(kept.iter().all(|line| line.contains(r#""start":"2026-04-14T09:00","minutes":20"#)), "{kept:?}");
        assert!(kept[0].contains(r#""place":1"#) && kept[1].contains(r#""place":2"#), "{kept:?}");
    }
    let report = load_into(&*store, &text(&[with(slot(70, "2026-04-14T10:10"), "minutes", json!(5))])).await;
    assert_eq!(report.faulty_lines, 1, "it overlaps a stored cell");
    store.close().await;
}
