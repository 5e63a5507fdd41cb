//! What letters say, judged by Python's `email` and `icalendar`.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

use talon_domain::{entry::Ticket, resource::Specialty};
use talon_jobs::{Composer, ComposerParts, Folder, Texts};
use talon_store::{
    Record,
    conformance::region::{ADULTS, SPECIALTIES, cancel, code, facility_records, move_to, now},
};
use talon_ticket::Language;

use crate::world::World;

/// In every field that reaches a letter: markup, quotes, ends of lines, a header, separators of iCalendar and of both
/// template languages.
const NASTY: &str =
    "<script>alert('1')</script>\"&;,\\n\r\nBcc: thief@example.ru\r\n\r\n{{ 7 * 7 }}{ $x }\u{7}END:VEVENT";

/// The judge with its libraries; `None`, and says so, where they cannot be had.
fn judge() -> Option<Command> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tools = root.join("target/judges/py");
    let python = tools.join("bin/python");
    let runs = |program: &Path, arguments: &[&str]| {
        Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    if !runs(&python, &["-c", "import icalendar"]) {
        let made = runs(Path::new("python3"), &["-m", "venv", "--clear", &tools.display().to_string()])
            && runs(&python, &["-m", "pip", "install", "--quiet", "icalendar==7.3.0"]);
        if !made {
            eprintln!("letters were NOT judged: python3 with venv, or the package icalendar, cannot be had");
            return None;
        }
    }
    let mut command = Command::new(python);
    command.arg(root.join("crates/jobs/tests/sending/judge.py"));
    Some(command)
}

/// Has a folder of letters judged.
#[track_caller]
fn judged(folder: &Path, expected: &[&str]) {
    let Some(mut judge) = judge() else { return };
    let output = judge.arg(folder).args(expected).output().unwrap();
    let (said, faults) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{faults}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_letter_is_read_as_it_was_meant() {
    for language in [Language::Russian, Language::English] {
        let folder = tempfile::tempdir().unwrap();
        let courier = Folder::open(folder.path()).unwrap();
        let texts = Texts::load(language, None).unwrap();
        let from = "Регистратура <noreply@talon.test>".to_owned();
        let parts = ComposerParts { from, texts, public_url: None, links: None };
        let letters = Composer::new(parts).unwrap().rehearse(now()).unwrap();
        assert_eq!(letters.len(), 7);
        for letter in &letters {
            talon_jobs::Courier::hand(&courier, letter).await;
        }
        judged(folder.path(), &["--language", language.code()]);
    }
}

/// One visit through its life: what a calendar is told has one UID and a SEQUENCE that grows.
#[tokio::test(flavor = "multi_thread")]
async fn a_calendar_follows_a_visit_through_its_life() {
    let world = World::new(Vec::new()).await;
    let folder = tempfile::tempdir().unwrap();
    let worker = world.worker(Arc::new(Folder::open(folder.path()).unwrap()));
    let entry = world.book(100, 3).await;
    worker.send().await.unwrap();
    world.store.move_entry(move_to(100, entry, None, 9), now()).await.unwrap().unwrap();
    worker.send().await.unwrap();
    world.store.cancel(cancel(100, entry), now()).await.unwrap().unwrap();
    worker.send().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
    judged(folder.path(), &["--language", "ru", "--life"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_a_field_becomes_more_than_text() {
    let mut records: Vec<Record> = facility_records(ADULTS);
    for record in &mut records {
        match record {
            Record::Facility(facility) => {
                facility.name = NASTY.to_owned();
                facility.address = Some(NASTY.to_owned());
                facility.phone = Some(NASTY.to_owned());
            }
            Record::Resource(resource) => {
                resource.name = NASTY.to_owned();
                resource.room = Some(NASTY.to_owned());
            }
            _ => {}
        }
    }
    for (number, (_, _, letter)) in SPECIALTIES.iter().enumerate() {
        let code = code(number as u64);
        records.push(Record::Specialty(Specialty { code, name: NASTY.to_owned(), letter: (*letter).to_owned() }));
    }
    let world = World::new(records).await;
    let folder = tempfile::tempdir().unwrap();
    let worker = world.worker(Arc::new(Folder::open(folder.path()).unwrap()));
    let entry = world.book_for(100, 3, "a+b'c=d/e@example.ru").await;
    // The number too, as an import may bring it.
    let mut imported = talon_store::conformance::tally::entries(&world.store).await.remove(0);
    assert_eq!(imported.key, entry);
    imported.ticket = Ticket(NASTY.to_owned());
    assert_eq!(world.store.import_page(vec![Record::Entry(imported)], now()).await, Ok(Vec::new()));
    worker.send().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    judged(folder.path(), &["--language", "ru", "--nasty"]);
}
