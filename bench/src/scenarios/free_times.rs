//! Free times under a referral: of one facility, with and without the audit of reads, on small and large
//! stores; and wherever the person has a card.

use std::rc::Rc;

use super::run::{self, Reads, Run};
use crate::{
    bench::Bench,
    count::{median, millis, thousands},
    engine::Backend,
    region::Stored,
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

pub(super) const CONNECTIONS: usize = 8;

/// The longest that 99 of 100 answers may take, in microseconds: without an audit record of each, and with one.
const LATENCY: f64 = 5_000.0;
const AUDITED_LATENCY: f64 = 15_000.0;

/// Persons whose requests are written out; each is answered before the next round begins.
const PERSONS: usize = 100_000;

/// A list without the audit of reads, and one with it.
type Pair = (Run, Run);

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let (few, many) = (bench.small(on)?, bench.large(on)?);
    let (mut small, mut large) = (Vec::new(), Vec::new());
    let (few_store, many_store) = (few.copy(&on.engine)?, many.copy(&on.engine)?);
    let (few_asked, many_asked) = (in_facilities(bench, few), in_facilities(bench, many));
    for _ in 0..bench.runs {
        small.push(pair(bench, on, &few_store, &few_asked)?);
        large.push(pair(bench, on, &many_store, &many_asked)?);
    }
    print(on, few, &small);
    print(on, many, &large);
    let ratio = median(small.iter().zip(&large).map(|(few, many)| many.0.rate / few.0.rate));
    Row {
        what: &format!("{}the same without audit, {} beside {}", on.prefix(), many.region.size(), few.region.size()),
        talon: format!("{}/s", thousands(median(large.iter().map(|(run, _)| run.rate)))),
        beside: format!("{}/s", thousands(median(small.iter().map(|(run, _)| run.rate)))),
        ratio: Some(ratio),
        goal: Some(("≥ 0.8", ratio >= 0.8)),
    }
    .print();
    anywhere(bench, on)
}

/// What each person may book by their first referral.
pub(super) fn in_facilities(bench: &Bench, stored: &Stored) -> Rc<Requests> {
    let generator = stored.region.generator();
    let persons = (0..).map_while(|n| generator.nth_person(n)).take(PERSONS);
    let asked = persons.map(|person| (person.person, person.referral, Some(person.lpu_code)));
    Rc::new(Requests::of_free_times(asked, &bench.servers.issuers, Algorithm::EdDsa))
}

fn pair(bench: &Bench, on: &Backend, store: &str, asked: &Rc<Requests>) -> anyhow::Result<Pair> {
    let plan = bench.closed(CONNECTIONS);
    let plain = run::talon_reading(bench, on, store, plan, asked, Reads::Unrecorded)?;
    Ok((plain, run::talon_reading(bench, on, store, plan, asked, Reads::Recorded)?))
}

fn at(runs: &[Pair], side: fn(&Pair) -> &Run, quantile: f64) -> f64 {
    median(runs.iter().map(|pair| side(pair).latencies.value_at_quantile(quantile) as f64))
}

fn figure(runs: &[Pair], side: fn(&Pair) -> &Run) -> String {
    let rate = thousands(median(runs.iter().map(|pair| side(pair).rate)));
    format!("{rate}/s, p50 {}, p99 {}", millis(at(runs, side, 0.5)), millis(at(runs, side, 0.99)))
}

fn print(on: &Backend, stored: &Stored, runs: &[Pair]) {
    let ratio = median(runs.iter().map(|(plain, audited)| audited.rate / plain.rate));
    let (plain, audited) = (at(runs, |pair| &pair.0, 0.99), at(runs, |pair| &pair.1, 0.99));
    let cpu = |side: fn(&Pair) -> &Run| median(runs.iter().map(|pair| side(pair).cpu));
    Row {
        what: &format!(
            "{}free times in a facility, {CONNECTIONS} connections, each token once, {} stored",
            on.prefix(),
            stored.region.size()
        ),
        talon: format!("{}, CPU {:.3} ms", figure(runs, |pair| &pair.0), cpu(|pair| &pair.0)),
        beside: format!("with the audit of reads: {}, CPU {:.3} ms", figure(runs, |pair| &pair.1), cpu(|pair| &pair.1)),
        ratio: Some(ratio),
        goal: Some((
            "p99 ≤ 5 ms, audited ≤ 15 ms and ≥ 0.7",
            plain <= LATENCY && audited <= AUDITED_LATENCY && ratio >= 0.7,
        )),
    }
    .print();
}

/// Lists over a whole region beside those of one facility in it, neither recorded.
fn anywhere(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let wide = bench.wide(on)?;
    let store = wide.stored.copy(&on.engine)?;
    let everywhere = wide.patients.iter().map(|patient| (patient.person, patient.referral, None));
    let everywhere = Requests::of_free_times(everywhere, &bench.servers.issuers, Algorithm::EdDsa);
    // Fewer persons than are asked for in a run, each in turn.
    let everywhere = Rc::new(everywhere.repeated(ROUNDS, usize::MAX));
    let one = in_facilities(bench, &wide.stored);
    let plan = bench.closed(CONNECTIONS);
    let mut runs = Vec::new();
    for _ in 0..bench.runs {
        let one = run::talon_reading(bench, on, &store, plan, &one, Reads::Unrecorded)?;
        runs.push((run::talon_reading(bench, on, &store, plan, &everywhere, Reads::Unrecorded)?, one));
    }
    let p99 = |run: &Run| run.latencies.value_at_quantile(0.99) as f64;
    let ratio = median(runs.iter().map(|(everywhere, one)| p99(everywhere) / p99(one)));
    Row {
        what: &format!(
            "{}free times anywhere, {} facilities with a card and {} resources, {CONNECTIONS} connections; ratio of the p99",
            on.prefix(),
            wide.facilities,
            wide.resources
        ),
        talon: figure(&runs, |pair| &pair.0),
        beside: format!("one facility of them: {}", figure(&runs, |pair| &pair.1)),
        ratio: Some(ratio),
        goal: Some(("≤ 10", ratio <= 10.0)),
    }
    .print();
    Ok(())
}

/// How often each of the patients asks in a run at most; a person may ask sixty times at once.
const ROUNDS: usize = 50;
