//! More is asked for than can be done: what is booked meanwhile, how long that takes, what the others
//! are told, and whether all is well as soon as less is asked for.

use std::{rc::Rc, time::Duration};

use anyhow::{Context, ensure};
use talon_testkit::raise_file_limit;

use super::{run, slow_clients};
use crate::{
    bench::Bench,
    count::{mebibytes, median, millis, thousands},
    engine::Backend,
    load::{self, Phase, PhaseReport, Tally},
    region::Stored,
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

/// How many times the capacity is offered.
const FACTORS: [u32; 4] = [1, 2, 5, 10];

/// From here on the goals count.
const FIRST_WITH_GOALS: u32 = 5;

/// Connections of the closed loop by which the capacity is found.
const BUSY: usize = 128;

/// Connections of the overload: more than Talon lets wait for its store (1,024), fewer than it takes
/// at all (10,000).
const CONNECTIONS: usize = 8_000;

/// Bookings that are written out: enough for ten times of what two cores can do, for some seconds.
const MOST_REQUESTS: usize = 500_000;

/// Between the end of the overload and the first request that must be booked again.
const RECOVERY: Duration = Duration::from_secs(1);

/// What is measured, on what.
pub(super) struct Overload<'b> {
    pub(super) bench: &'b Bench,
    pub(super) on: &'b Backend,
    pub(super) region: &'b Stored,
    pub(super) requests: Rc<Requests>,
    /// Bookings a second under a closed loop.
    pub(super) capacity: f64,
}

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    raise_file_limit();
    let region = bench.large(on)?;
    let bookings = region.region.generator();
    let bookings = bookings.bookings().take(MOST_REQUESTS);
    let requests = Rc::new(Requests::of(bookings, &bench.servers.issuers, Algorithm::EdDsa));
    let mut rates = Vec::new();
    for _ in 0..bench.runs {
        let store = region.copy(&on.engine)?;
        rates.push(run::talon_on(bench, on, &store, bench.closed(BUSY), &requests, 0)?.rate);
    }
    let overload = Overload { bench, on, region, requests, capacity: median(rates) };
    for factor in FACTORS {
        let runs = (0..bench.runs).map(|_| overload.offer(factor)).collect::<anyhow::Result<Vec<_>>>()?;
        overload.print(factor, &runs);
    }
    slow_clients::beside(&overload)
}

/// A run.
struct Offered {
    overload: PhaseReport,
    after: PhaseReport,
    peak_memory: u64,
}

impl Overload<'_> {
    fn offer(&self, factor: u32) -> anyhow::Result<Offered> {
        let (rate, half) = (self.capacity * f64::from(factor), self.capacity / 2.0);
        let after = [Phase { rate: half, time: RECOVERY }, Phase { rate: half, time: self.bench.measured() / 2 }];
        let needed_after = half * after.iter().map(|phase| phase.time.as_secs_f64()).sum::<f64>();
        let longest = (self.requests.len() as f64 - needed_after) / rate - self.bench.warm_up().as_secs_f64();
        ensure!(longest >= 1.0, "the region has too few bookings to offer {} a second", thousands(rate));
        let time = self.bench.measured().min(Duration::from_secs_f64(longest));
        let phases = [Phase { rate, time: self.bench.warm_up() }, Phase { rate, time }, after[0], after[1]];
        let server = self.bench.servers.talon(&self.region.copy(&self.on.engine)?)?;
        let reports = load::flood(server.address, CONNECTIONS, &phases, &self.requests)?;
        let peak_memory = server.peak_memory()?;
        server.stop()?;
        let [_, overload, _, after] = <[_; 4]>::try_from(reports).ok().context("four phases")?;
        let p99 = overload.booked.value_at_quantile(0.99);
        eprintln!(
            "  {factor} ×: {:.0}/s booked, p99 {p99} µs, {}, {} unsent, sent {} µs late at p99",
            overload.goodput,
            overload.tally,
            overload.unsent,
            overload.late.value_at_quantile(0.99)
        );
        Ok(Offered { overload, after, peak_memory })
    }

    fn print(&self, factor: u32, runs: &[Offered]) {
        let goodput = median(runs.iter().map(|run| run.overload.goodput));
        let p99 = median(runs.iter().map(|run| run.overload.booked.value_at_quantile(0.99) as f64));
        let late = median(runs.iter().map(|run| run.overload.late.value_at_quantile(0.99) as f64));
        let memory = mebibytes(runs.iter().map(|run| run.peak_memory).max().unwrap_or(0));
        let answers = sum(runs.iter().map(|run| &run.overload.tally));
        let after = sum(runs.iter().map(|run| &run.after.tally));
        let after_p99 = median(runs.iter().map(|run| run.after.booked.value_at_quantile(0.99) as f64));
        let count = |count: fn(&Offered) -> u64| runs.iter().map(count).sum::<u64>();
        let (due, unsent) = (count(|run| run.overload.due), count(|run| run.overload.unsent));
        let recovered = after.is_all_booked() && count(|run| run.after.unsent) == 0;
        let told_to_wait = answers.others("") == answers.others("503");
        let ratio = goodput / self.capacity;
        let met = ratio >= 0.8 && p99 <= 1e6 && memory <= 512.0 && told_to_wait && recovered;
        Row {
            what: &format!(
                "{}{factor} × the capacity offered, open loop, {} connections: {}/s",
                self.on.prefix(),
                thousands(CONNECTIONS as f64),
                thousands(self.capacity * f64::from(factor))
            ),
            talon: format!(
                "{}/s booked, p99 of these {} (sent up to {} late, p99); memory at its peak {memory:.0} MiB",
                thousands(goodput),
                millis(p99),
                millis(late)
            ),
            beside: format!(
                "capacity, closed loop, {BUSY} connections: {}/s; all answers: {answers}; no connection was free for \
                 {} of {}; a second later, at half the capacity: {after}, p99 {}",
                thousands(self.capacity),
                thousands(unsent as f64),
                thousands(due as f64),
                millis(after_p99)
            ),
            ratio: Some(ratio),
            goal: (factor >= FIRST_WITH_GOALS)
                .then_some(("≥ 0.8, p99 ≤ 1 s, ≤ 512 MiB, none but 200 and 503, then all booked", met)),
        }
        .print();
    }
}

pub(super) fn sum<'t>(tallies: impl Iterator<Item = &'t Tally>) -> Tally {
    tallies.fold(Tally::default(), |mut all, tally| {
        all.add(tally);
        all
    })
}
