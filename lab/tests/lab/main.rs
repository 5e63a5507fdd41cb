//! The lab on the real binary: it finds what is planted, and nothing where nothing is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    path::PathBuf,
    process::{Command, Output},
};

/// The build with the bugs, from the workspace's root. `TALON_PLANTED_BIN` names another place.
const PLACE: &str = "target/planted/talon";

/// What makes it.
const COMMAND: &str = "cargo build -p talon --features planted-bugs && mkdir -p target/planted && \
                       cp target/debug/talon target/planted/talon && cargo build -p talon";

/// A small run of the lab on the build with the bugs, this one switched on.
fn lab(bug: &str, more: &[&str]) -> Output {
    let talon = std::env::var_os("TALON_PLANTED_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(PLACE), PathBuf::from);
    assert!(talon.exists(), "{} is missing; it is made in the workspace's root by\n{COMMAND}", talon.display());
    let mut lab = Command::new(env!("CARGO_BIN_EXE_talon-lab"));
    lab.args(["--attempts", "3000", "--bug", bug]).args(more).arg("--talon").arg(talon);
    lab.output().expect("the lab can be run")
}

/// What a run that found something has said. What it left behind is removed.
#[track_caller]
fn violations(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let directory = text.lines().find_map(|line| line.strip_prefix("what was found is in ")).expect("a directory");
    for file in ["history.ndjson", "export.ndjson", "violations.txt", "region.ndjson"] {
        let length = std::fs::metadata(PathBuf::from(directory).join(file)).expect(file).len();
        assert!(length > 0, "{file} is empty");
    }
    std::fs::remove_dir_all(directory).expect("what was left can be removed");
    text
}

#[track_caller]
fn finds_nothing(output: &Output) {
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    let attempts: u32 = text
        .lines()
        .find_map(|line| line.strip_prefix("│ attempts")?.split_whitespace().nth(1)?.trim_end_matches(',').parse().ok())
        .expect("a number of attempts");
    assert!(attempts >= 3000, "{text}");
}

#[test]
fn a_sound_server_keeps_every_promise_under_every_fault() {
    finds_nothing(&lab("none", &[]));
}

#[test]
fn a_place_without_a_key_is_found() {
    let text = violations(&lab("no-slot-key", &["--nemesis", "kill"]));
    assert!(text.contains("duplicates: place"), "{text}");
}

#[test]
fn an_answer_before_the_commit_is_found() {
    let text = violations(&lab("answer-before-commit", &["--nemesis", "kill"]));
    assert!(text.contains("ok_but_missing"), "{text}");
}

#[test]
fn an_outbox_outside_the_transaction_is_found() {
    let text = violations(&lab("outbox-outside", &["--nemesis", "kill", "--faults", "16"]));
    assert!(text.contains("outbox"), "{text}");
}

#[test]
fn a_hold_without_a_key_is_found() {
    let text = violations(&lab("hold-without-key", &["--nemesis", "none"]));
    // Of many violations the first few are told; how many of which kind there are is in the table.
    let counted = text.lines().find(|line| line.contains("violations")).unwrap_or_default();
    assert!(counted.contains(" places"), "{text}");
}

#[test]
fn a_hold_that_bookings_look_over_is_found() {
    let text = violations(&lab("hold-ignored", &["--nemesis", "none"]));
    assert!(text.contains("a time that is held was refused to its holder"), "{text}");
}

#[test]
fn two_sound_servers_on_postgresql_keep_every_promise_under_every_fault() {
    finds_nothing(&lab("none", &["--postgres", "--nodes", "2"]));
}

#[test]
fn a_place_without_a_key_is_found_on_postgresql() {
    let text = violations(&lab("no-slot-key", &["--postgres", "--nodes", "2", "--nemesis", "none"]));
    assert!(text.contains("duplicates: place"), "{text}");
}

#[test]
fn options_that_do_not_go_together_are_refused() {
    for (options, word) in [
        (&["--nodes", "2"][..], "--postgres"),
        (&["--nemesis", "database"], "--postgres"),
        (&["--nemesis", "none,kill"], "none"),
        (&["--store", "talon.db"], "sqlite:PATH"),
    ] {
        let output = lab("none", options);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains(word), "{options:?}");
    }
}
