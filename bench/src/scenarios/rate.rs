//! Bookings a second and CPU for each, beside the floor: each a new person's, with a token that the
//! server has not seen before.

use std::rc::Rc;

use super::run::{self, Run};
use crate::{
    bench::Bench,
    count::{median, millis, thousands},
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

/// A thirtieth of what the peer of `docs/benchmarks.md` uses, in milliseconds.
const CPU_GOAL: f64 = 6.9 / 30.0;

pub(super) fn run(bench: &Bench) -> anyhow::Result<()> {
    for algorithm in [Algorithm::EdDsa, Algorithm::Hs256] {
        let bookings = bench.small.generator();
        let requests = Rc::new(Requests::of(bookings.bookings(), &bench.servers.issuers, algorithm));
        for connections in [32, 128] {
            let plan = bench.closed(connections);
            let mut runs = Vec::new();
            for _ in 0..bench.runs {
                let talon = run::talon(bench, plan, &requests)?;
                runs.push((talon, run::floor(bench, algorithm, plan, &requests)?));
            }
            print(algorithm, connections, &runs);
        }
    }
    Ok(())
}

fn print(algorithm: Algorithm, connections: usize, runs: &[(Run, Run)]) {
    let ratio = median(runs.iter().map(|(talon, floor)| talon.rate / floor.rate));
    let figure = |run: fn(&(Run, Run)) -> &Run| {
        let at = |quantile| median(runs.iter().map(|pair| run(pair).latencies.value_at_quantile(quantile) as f64));
        let rate = thousands(median(runs.iter().map(|pair| run(pair).rate)));
        format!("{rate}/s, p50 {}, p99 {}", millis(at(0.5)), millis(at(0.99)))
    };
    Row {
        what: &format!("bookings/s, {connections} connections, {}, each token once", algorithm.name()),
        talon: figure(|pair| &pair.0),
        beside: format!("floor: {}", figure(|pair| &pair.1)),
        ratio: Some(ratio),
        goal: Some(("≥ 0.85", ratio >= 0.85)),
    }
    .print();
    let cpu = |run: fn(&(Run, Run)) -> &Run| median(runs.iter().map(|pair| run(pair).cpu));
    let (talon, floor) = (cpu(|pair| &pair.0), cpu(|pair| &pair.1));
    Row {
        what: "the same, CPU of the server for a booking",
        talon: format!("{talon:.3} ms"),
        beside: format!("floor: {floor:.3} ms"),
        ratio: Some(talon / floor),
        goal: Some(("≤ 0.23 ms", talon <= CPU_GOAL)),
    }
    .print();
}
