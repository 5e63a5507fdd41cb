//! Free times under a referral: of one facility, with and without the audit of reads, on small and large
//! stores; and wherever the person has a card.

use std::rc::Rc;

use anyhow::ensure;

use super::run::{self, Reads, Run};
use crate::{
    bench::Bench,
    count::{median, millis, thousands},
    engine::Backend,
    load::{self, Latencies},
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

/// Lists that are asked for a second where they come at a fixed rate: fewer than either store could answer.
const RATE: u32 = 300;

/// Lists without the audit of reads, and with it.
type Pair<T> = (T, T);

/// A region's lists, and what the runs showed.
struct Side<'a> {
    stored: &'a Stored,
    store: String,
    asked: Rc<Requests>,
    /// Asked for without a pause.
    closed: Vec<Pair<Run>>,
    /// Asked for at a fixed rate.
    open: Vec<Pair<Latencies>>,
}

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let mut sides = [Side::new(bench, on, bench.small(on)?)?, Side::new(bench, on, bench.large(on)?)?];
    for _ in 0..bench.runs {
        for side in &mut sides {
            side.measure(bench, on)?;
        }
    }
    for side in &sides {
        side.print(on);
    }
    let [few, many] = sides;
    let ratio = median(few.closed.iter().zip(&many.closed).map(|(few, many)| many.0.rate / few.0.rate));
    let (few_size, many_size) = (few.stored.region.size(), many.stored.region.size());
    Row {
        what: &format!("{}the same without audit, {many_size} beside {few_size}", on.prefix()),
        talon: format!("{}/s", thousands(median(many.closed.iter().map(|(run, _)| run.rate)))),
        beside: format!("{}/s", thousands(median(few.closed.iter().map(|(run, _)| run.rate)))),
        ratio: Some(ratio),
        goal: Some(("≥ 0.8", ratio >= 0.8)),
    }
    .print();
    anywhere(bench, on)
}

impl<'a> Side<'a> {
    fn new(bench: &Bench, on: &Backend, stored: &'a Stored) -> anyhow::Result<Self> {
        let (store, asked) = (stored.copy(&on.engine)?, in_facilities(bench, stored));
        Ok(Self { stored, store, asked, closed: Vec::new(), open: Vec::new() })
    }

    fn measure(&mut self, bench: &Bench, on: &Backend) -> anyhow::Result<()> {
        let plan = bench.closed(CONNECTIONS);
        let closed = |reads| run::talon_reading(bench, on, &self.store, plan, &self.asked, reads);
        let open = |reads| {
            let server = run::serve_reading(bench, &self.store, reads)?;
            let time = (bench.warm_up(), bench.measured());
            let (tally, latencies) = load::open(server.address, RATE, time, &self.asked)?;
            ensure!(tally.is_all_booked(), "not everything was listed: {tally}");
            server.stop()?;
            Ok(latencies)
        };
        self.closed.push((closed(Reads::Unrecorded)?, closed(Reads::Recorded)?));
        self.open.push((open(Reads::Unrecorded)?, open(Reads::Recorded)?));
        Ok(())
    }

    fn print(&self, on: &Backend) {
        let runs = &self.closed;
        let ratio = median(runs.iter().map(|(plain, audited)| audited.rate / plain.rate));
        let (plain, audited) = (at(runs, |pair| &pair.0, 0.99), at(runs, |pair| &pair.1, 0.99));
        let cpu = |side: fn(&Pair<Run>) -> &Run| median(runs.iter().map(|pair| side(pair).cpu));
        let what = format!("{}free times in a facility, ", on.prefix());
        let size = format!("each token once, {} stored", self.stored.region.size());
        Row {
            what: &format!("{what}{CONNECTIONS} connections, {size}"),
            talon: format!("{}, CPU {:.3} ms", figure(runs, |pair| &pair.0), cpu(|pair| &pair.0)),
            beside: format!(
                "with the audit of reads: {}, CPU {:.3} ms",
                figure(runs, |pair| &pair.1),
                cpu(|pair| &pair.1)
            ),
            ratio: Some(ratio),
            goal: Some((
                "p99 ≤ 5 ms, audited ≤ 15 ms and ≥ 0.7",
                plain <= LATENCY && audited <= AUDITED_LATENCY && ratio >= 0.7,
            )),
        }
        .print();
        let of = |side: fn(&Pair<Latencies>) -> &Latencies, quantile| {
            median(self.open.iter().map(|pair| side(pair).value_at_quantile(quantile) as f64))
        };
        let figure = |side| format!("p50 {}, p99 {}", millis(of(side, 0.5)), millis(of(side, 0.99)));
        Row {
            what: &format!("{what}open loop, {RATE}/s offered, {size}"),
            talon: figure(|pair| &pair.0),
            beside: format!("with the audit of reads: {}", figure(|pair| &pair.1)),
            ratio: None,
            goal: Some((
                "p99 ≤ 5 ms, audited ≤ 15 ms",
                of(|pair| &pair.0, 0.99) <= LATENCY && of(|pair| &pair.1, 0.99) <= AUDITED_LATENCY,
            )),
        }
        .print();
    }
}

/// What each person may book by their first referral.
pub(super) fn in_facilities(bench: &Bench, stored: &Stored) -> Rc<Requests> {
    let generator = stored.region.generator();
    let persons = (0..).map_while(|n| generator.nth_person(n)).take(PERSONS);
    let asked = persons.map(|person| (person.person, person.referral, Some(person.lpu_code)));
    Rc::new(Requests::of_free_times(asked, &bench.servers.issuers, Algorithm::EdDsa))
}

fn at(runs: &[Pair<Run>], side: fn(&Pair<Run>) -> &Run, quantile: f64) -> f64 {
    median(runs.iter().map(|pair| side(pair).latencies.value_at_quantile(quantile) as f64))
}

fn figure(runs: &[Pair<Run>], side: fn(&Pair<Run>) -> &Run) -> String {
    let rate = thousands(median(runs.iter().map(|pair| side(pair).rate)));
    format!("{rate}/s, p50 {}, p99 {}", millis(at(runs, side, 0.5)), millis(at(runs, side, 0.99)))
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
