//! Latency of bookings that come at a fixed rate, counted from when each was due.

use std::{rc::Rc, time::Duration};

use anyhow::ensure;

use crate::{
    bench::Bench,
    count::{median, millis},
    engine::Backend,
    load::{self, Latencies},
    process::Process,
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

/// Requests offered a second.
const RATE: u32 = 1000;

/// The longest that an answer may be kept by a checkpoint, in microseconds.
const LONGEST_STALL: f64 = 15_000.0;

pub(super) fn run(bench: &Bench) -> anyhow::Result<()> {
    let (on, offer) = (&bench.sqlite, Offer::new(bench));
    let (mut talon, mut floor, mut unmoved) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.runs {
        talon.push(offer.to(bench.servers.talon(&bench.small(on)?.copy(&on.engine)?)?)?);
        floor.push(offer.to(bench.servers.floor(&on.engine, Algorithm::EdDsa)?)?);
        unmoved.push(offer.to(bench.servers.floor_without_checkpoints(&on.engine, Algorithm::EdDsa)?)?);
    }
    print_spread(on, &talon, &floor);
    let stall = longest(&talon);
    Row {
        what: "the same, longest answer",
        talon: millis(stall),
        beside: format!("floor: {}, and without any checkpoint {}", millis(longest(&floor)), millis(longest(&unmoved))),
        ratio: None,
        goal: Some(("≤ 15 ms", stall <= LONGEST_STALL)),
    }
    .print();
    Ok(())
}

/// What is offered to each server.
pub(super) struct Offer {
    requests: Rc<Requests>,
    /// How long before counting begins, and how long it lasts.
    time: (Duration, Duration),
}

impl Offer {
    pub(super) fn new(bench: &Bench) -> Self {
        let time = (bench.warm_up(), bench.measured() * 2);
        let needed = (time.0 + time.1).as_secs() as usize * RATE as usize;
        let bookings = bench.small.generator();
        let requests = Requests::of(bookings.bookings().take(needed), &bench.servers.issuers, Algorithm::EdDsa);
        Self { requests: Rc::new(requests), time }
    }

    /// From the first request to the middle of what is counted.
    pub(super) fn halfway(&self) -> Duration {
        self.time.0 + self.time.1 / 2
    }

    /// Offers it all to a server, and stops that.
    pub(super) fn to(&self, server: Process) -> anyhow::Result<Latencies> {
        let (tally, latencies) = load::open(server.address, RATE, self.time, &self.requests)?;
        ensure!(tally.is_all_booked(), "not everything was booked: {tally}");
        server.stop()?;
        eprintln!("  p50 {} µs, p99 {} µs", latencies.value_at_quantile(0.5), latencies.value_at_quantile(0.99));
        Ok(latencies)
    }
}

pub(super) fn print_spread(on: &Backend, talon: &[Latencies], floor: &[Latencies]) {
    let at = |runs: &[Latencies], quantile| median(runs.iter().map(|run| run.value_at_quantile(quantile) as f64));
    let figure = |runs: &[Latencies]| format!("p50 {}, p99 {}", millis(at(runs, 0.5)), millis(at(runs, 0.99)));
    let spread = median(
        talon.iter().map(|run| run.value_at_quantile(0.99) as f64 / (run.value_at_quantile(0.5) as f64).max(1.0)),
    );
    Row {
        what: &format!("{}latency of a booking, open loop, 1,000/s offered; ratio: p99 to p50", on.prefix()),
        talon: figure(talon),
        beside: format!("floor: {}", figure(floor)),
        ratio: Some(spread),
        goal: Some(("≤ 5", spread <= 5.0)),
    }
    .print();
}

/// The longest answer of a run, in microseconds.
pub(super) fn longest(runs: &[Latencies]) -> f64 {
    median(runs.iter().map(|run| run.max() as f64))
}
