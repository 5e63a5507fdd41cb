//! AU-3, TK-5: names, policy numbers, e-mails, telephones and tokens reach no log and no metric, whatever is asked and
//! however it goes wrong. They are planted wherever a person's data can stand and sent wherever a caller can put
//! something; then everything that an operator is told is searched for them.
//!
//! `TALON_CANARY_REQUESTS` says how many requests are made, `TALON_SEED` which.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

#[path = "../planted_bugs/build.rs"]
mod build;

mod canaries;
mod document;
mod finding;
mod forms;
mod garbage;
mod request;
mod rig;
mod run;
mod search;
mod told;
mod values;
mod wire;
mod world;

use std::thread;

use talon_testkit::{Fault, MailRelay, Step, postgres::Cluster, postgres::Options};

use rig::Rig;

/// Requests of the longest run; the others make a share of them.
fn requests() -> usize {
    std::env::var("TALON_CANARY_REQUESTS")
        .map_or(5_000, |text| text.parse().expect("TALON_CANARY_REQUESTS is a number"))
}

/// What the relay does, in turn, and what the metrics say of it. Its words name whoever the letter is for.
const RELAY: [(Option<(Step, Fault)>, &str); 4] = [
    (
        Some((Step::Rcpt, Fault::Say("550 5.1.1 <kanareyka.iz.zaprosa@mail.ru> is not here"))),
        r#"{kind="booked",state="rejected"}"#,
    ),
    (
        Some((Step::End, Fault::Say("451 4.7.1 kanareyka.iz.zaprosa@mail.ru has had enough"))),
        r#"letters_put_off_total{reason="later"}"#,
    ),
    (None, r#"{kind="booked",state="sent"}"#),
    (
        Some((Step::Mail, Fault::Say("kanareyka.iz.zaprosa@mail.ru will not have it"))),
        r#"letters_put_off_total{reason="closed"}"#,
    ),
];

#[test]
fn nothing_planted_is_told() {
    let relay = MailRelay::start();
    let installation = common::installation()
        .with_env("TALON_MAIL_SMTP", &format!("smtp-plain://{}", relay.address))
        .with_env("TALON_LOG_FORMAT", "json");
    let mut rig = Rig::start(installation);
    for (fault, counted) in RELAY {
        relay.go_wrong(fault);
        rig.ask(requests() / RELAY.len());
        rig.wait_for(counted);
    }
    rig.expect_shown();
    rig.expect_mixed();
    rig.expect_nothing_told();
}

/// A database that goes away and comes back, and a log for eyes.
#[test]
fn nothing_planted_is_told_on_postgresql() {
    let mut database = match Cluster::start(Options::new()) {
        Ok(database) => database,
        Err(reason) => return eprintln!("this test did NOT run: {}", reason.0),
    };
    let installation = common::installation()
        .on_postgres(database.schema())
        .with_env("TALON_MAIL_FOLDER", "letters")
        .with_env("TALON_LOG_FORMAT", "text");
    let mut rig = Rig::start(installation);
    let share = requests() / 10;
    rig.ask(share);
    rig.expect_shown();
    thread::scope(|scope| {
        let asking = scope.spawn(|| rig.ask(share));
        database.kill();
        database.start_again();
        asking.join().unwrap();
    });
    let logs = String::from_utf8(rig.logs()).unwrap();
    assert!(logs.contains("a transaction is run again"), "nobody noticed that the database was away");
    rig.expect_nothing_told();
    rig.search().expect_nothing("the database's log", database.log().as_bytes());
}

/// A panic that quotes the whole request.
#[test]
fn a_panic_tells_nothing_of_its_request() {
    let mut rig = Rig::start(build::with_bug("request-in-panic").with_env("TALON_MAIL_FOLDER", "letters"));
    rig.ask(requests() / 10);
    let logs = String::from_utf8(rig.logs()).unwrap();
    let panics = logs.matches("a request ended in a panic").count();
    assert!(panics > requests() / 60, "{panics} panics");
    assert_eq!(logs.matches("planted.rs").count(), panics, "each is logged with its place");
    rig.expect_nothing_told();
}

/// The search must be able to fail.
#[test]
fn a_log_of_requests_is_found_out() {
    let mut rig = Rig::start(build::with_bug("request-logged").with_env("TALON_MAIL_FOLDER", "letters"));
    rig.ask(requests() / 20);
    let logs = rig.logs();
    let found = rig.search().found(&logs);
    for canary in [canaries::FAMILY, canaries::POLICY, canaries::EMAIL, canaries::WORD, canaries::AGENT] {
        assert!(found.contains_key(canary), "{canary} was logged and not found: {found:?}");
    }
    assert!(found.keys().any(|name| name.starts_with("a part of token")), "{found:?}");
}
