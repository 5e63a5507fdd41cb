//! Bookings a second and CPU for each, beside the floor: each a new person's, with a token that the
//! server has not seen before.

use std::rc::Rc;

use super::run::{self, Run};
use crate::{
    bench::Bench,
    count::{median, millis, thousands},
    engine::Backend,
    load::Closed,
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
                runs.push(pair(bench, &bench.sqlite, algorithm, plan, &requests)?);
            }
            print(&bench.sqlite, algorithm, connections, &runs);
        }
    }
    Ok(())
}

/// Talon and the floor, one after the other.
pub(super) fn pair(
    bench: &Bench,
    on: &Backend,
    algorithm: Algorithm,
    plan: Closed,
    requests: &Rc<Requests>,
) -> anyhow::Result<(Run, Run)> {
    let talon = run::talon(bench, on, plan, requests)?;
    Ok((talon, run::floor(bench, on, algorithm, plan, requests)?))
}

pub(super) fn print(on: &Backend, algorithm: Algorithm, connections: usize, runs: &[(Run, Run)]) {
    let ratio = median(runs.iter().map(|(talon, floor)| talon.rate / floor.rate));
    let figure = |run: fn(&(Run, Run)) -> &Run| {
        let at = |quantile| median(runs.iter().map(|pair| run(pair).latencies.value_at_quantile(quantile) as f64));
        let rate = thousands(median(runs.iter().map(|pair| run(pair).rate)));
        format!("{rate}/s, p50 {}, p99 {}", millis(at(0.5)), millis(at(0.99)))
    };
    Row {
        what: &format!("{}bookings/s, {connections} connections, {}, each token once", on.prefix(), algorithm.name()),
        talon: figure(|pair| &pair.0),
        beside: format!("floor: {}", figure(|pair| &pair.1)),
        ratio: Some(ratio),
        goal: Some(("≥ 0.85", ratio >= 0.85)),
    }
    .print();
    print_cpu(
        "the same, CPU of the server for a booking",
        runs,
        |run| run.cpu,
        on.postgres().is_none().then_some(("≤ 0.23 ms", CPU_GOAL)),
    );
    if on.postgres().is_some() {
        print_cpu("the same, CPU of PostgreSQL for a booking", runs, |run| run.engine_cpu, None);
    }
}

fn print_cpu(what: &str, runs: &[(Run, Run)], cpu: fn(&Run) -> f64, goal: Option<(&str, f64)>) {
    let talon = median(runs.iter().map(|(talon, _)| cpu(talon)));
    let floor = median(runs.iter().map(|(_, floor)| cpu(floor)));
    Row {
        what,
        talon: format!("{talon:.3} ms"),
        beside: format!("floor: {floor:.3} ms"),
        ratio: Some(talon / floor),
        goal: goal.map(|(goal, most)| (goal, talon <= most)),
    }
    .print();
}
