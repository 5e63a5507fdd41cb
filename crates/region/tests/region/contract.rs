//! The examples of `docs/contract/region.md` are what they say they are.

use talon_domain::entry::EntryState;
use talon_region::{export, parse_line, type_of};
use talon_store::{ANY_PLACE, Kind, Record};

use crate::common::*;

const CONTRACT: &str = include_str!("../../../../docs/contract/region.md");

/// The blocks of example lines.
pub(crate) fn examples() -> Vec<&'static str> {
    let blocks = CONTRACT.split("```ndjson\n").skip(1);
    blocks.map(|block| block.split_once("```").unwrap().0).collect()
}

#[tokio::test]
async fn one_example_of_each_type_is_imported_and_exported_as_it_stands() {
    let examples = examples()[0];
    let kinds: Vec<Kind> = examples.lines().map(|line| parse_line(line).unwrap().kind()).collect();
    assert_eq!(kinds, Kind::ALL);
    let store = FakeStore::default();
    let report = load(&store, examples, false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    let mut out = Vec::new();
    assert_eq!(export(&store, &mut out).await.unwrap(), Kind::ALL.len() as u64);
    assert_eq!(String::from_utf8(out).unwrap(), examples);
}

#[tokio::test]
async fn the_foreign_entry_is_filled_in() {
    let examples = examples();
    let store = FakeStore::default();
    let lines: Vec<&str> = examples[0].lines().filter(|line| !line.contains(r#""type":"entry""#)).collect();
    let without_message = lines.into_iter().filter(|line| !line.contains(r#""type":"message""#));
    let text: String = without_message.chain(examples[1].lines()).map(|line| format!("{line}\n")).collect();
    let report = load(&store, text, false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    let [Record::Entry(entry)] = &store.of_kind(Kind::Entry)[..] else { panic!() };
    assert_eq!((entry.place, entry.minutes, entry.state), (ANY_PLACE, 20, EntryState::Booked));
}

#[test]
fn every_type_has_a_row_in_a_table() {
    for kind in Kind::ALL {
        let row = format!("\n| `{}` |", type_of(*kind));
        assert!(CONTRACT.contains(&row), "{row}");
    }
}

/// Whatever key an example has is in the table of its type.
#[test]
fn every_key_is_in_the_table_of_its_type() {
    for line in examples().into_iter().flat_map(str::lines) {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let kind = line["type"].as_str().unwrap();
        let rows: String = CONTRACT.lines().filter(|row| row.starts_with(&format!("| `{kind}` |"))).collect();
        for key in line.as_object().unwrap().keys().filter(|key| *key != "type") {
            assert!(rows.contains(&format!("`{key}`")), "{kind}.{key}");
        }
    }
}
