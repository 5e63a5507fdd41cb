//! Ten thousand ways to change an audit afterwards, and none of them unseen.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod memory;
mod tamper;

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use memory::Memory;
use proptest::{
    prelude::any,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use talon_audit::{Lines, Report, verify};
use talon_tokens::{OwnKey, PublicKey};

/// How many are tried.
const CASES: u32 = 10_000;

/// Long after everything was sealed and signed.
fn now() -> Timestamp {
    "2026-04-20T00:00:00Z".parse().unwrap()
}

fn report(memory: &Memory, lines: &[String], keys: &[PublicKey]) -> Report {
    let text = lines.iter().map(|line| format!("{line}\n")).collect();
    let lines = Lines::read(&[("checkpoints".to_owned(), text)], keys);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(verify(memory, lines, now(), SignedDuration::from_mins(5), &mut |_, _| {})).unwrap()
}

#[test]
fn what_nobody_touched_is_whole() {
    let (own, keys) = keys();
    let (memory, lines) = memory::sealed(&own);
    let report = report(&memory, &lines, &keys);
    assert_eq!(report.faults, []);
    assert_eq!((report.records, report.uncovered, report.waiting), (memory.records.len() as u64, 0, 0));
    assert_eq!(report.chains, 4, "of each kind on each of two days");
}

#[test]
fn none_of_ten_thousand_manipulations_goes_unseen() {
    let (own, keys) = keys();
    let (memory, lines) = memory::sealed(&own);
    let seen = Cell::new([0_u32; tamper::WAYS]);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    runner
        .run(&any::<u64>(), |seed| {
            let (mut memory, mut lines) = (memory.clone(), lines.clone());
            let way = tamper::with(&mut memory, &mut lines, &mut tamper::Dice(seed), &own);
            let mut counted = seen.get();
            counted[way] += 1;
            seen.set(counted);
            let report = report(&memory, &lines, &keys);
            assert!(report.found > 0, "way {way} with seed {seed} went unseen");
            Ok(())
        })
        .unwrap();
    assert!(seen.get().iter().all(|count| *count > CASES / 100), "{:?}", seen.get());
}

fn keys() -> (OwnKey, [PublicKey; 1]) {
    let own = OwnKey::generate().unwrap();
    let public = own.public().unwrap();
    (own, [public])
}
