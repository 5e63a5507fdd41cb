//! Latency of bookings that come at a fixed rate, counted from when each was due.

use std::rc::Rc;

use anyhow::ensure;

use crate::{
    bench::Bench,
    count::{median, millis},
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
    let region = bench.small.generator();
    let time = (bench.warm_up(), bench.measured() * 2);
    let needed = (time.0 + time.1).as_secs() as usize * RATE as usize;
    let requests = Rc::new(Requests::of(region.bookings().take(needed), &bench.servers.issuers, Algorithm::EdDsa));
    let measure = |server: Process| {
        let (tally, latencies) = load::open(server.address, RATE, time, &requests)?;
        ensure!(tally.is_all_booked(), "not everything was booked: {tally}");
        server.stop()?;
        eprintln!("  p50 {} µs, p99 {} µs", latencies.value_at_quantile(0.5), latencies.value_at_quantile(0.99));
        Ok(latencies)
    };
    let (mut talon, mut floor, mut unmoved) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.runs {
        talon.push(measure(bench.servers.talon(&bench.small.copy("talon.db")?)?)?);
        floor.push(measure(bench.servers.floor(Algorithm::EdDsa)?)?);
        unmoved.push(measure(bench.servers.floor_without_checkpoints(Algorithm::EdDsa)?)?);
    }
    print(&talon, &floor, &unmoved);
    Ok(())
}

fn print(talon: &[Latencies], floor: &[Latencies], unmoved: &[Latencies]) {
    let at = |runs: &[Latencies], quantile| median(runs.iter().map(|run| run.value_at_quantile(quantile) as f64));
    let figure = |runs: &[Latencies]| format!("p50 {}, p99 {}", millis(at(runs, 0.5)), millis(at(runs, 0.99)));
    let spread = median(
        talon.iter().map(|run| run.value_at_quantile(0.99) as f64 / (run.value_at_quantile(0.5) as f64).max(1.0)),
    );
    Row {
        what: "latency of a booking, open loop, 1,000/s offered; ratio: p99 to p50",
        talon: figure(talon),
        beside: format!("floor: {}", figure(floor)),
        ratio: Some(spread),
        goal: Some(("≤ 5", spread <= 5.0)),
    }
    .print();
    let longest = |runs: &[Latencies]| median(runs.iter().map(|run| run.max() as f64));
    Row {
        what: "the same, longest answer",
        talon: millis(longest(talon)),
        beside: format!("floor: {}, and without any checkpoint {}", millis(longest(floor)), millis(longest(unmoved))),
        ratio: None,
        goal: Some(("≤ 15 ms", longest(talon) <= LONGEST_STALL)),
    }
    .print();
}
