//! What a change cost: bookings, and free times with their audit, beside another build in the same run.

use std::rc::Rc;

use super::{
    free_times,
    run::{self, Run},
};
use crate::{
    bench::Bench,
    count::{median, millis, thousands},
    engine::Backend,
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

/// This build, and the other one.
type Pair = (Run, Run);

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    // Without another build there is nothing to measure; `all` goes on.
    let Some(before) = &bench.servers.before else { return Ok(()) };
    let small = bench.small(on)?;
    let bookings = Requests::of(bench.small.generator().bookings(), &bench.servers.issuers, Algorithm::EdDsa);
    let bookings = Rc::new(bookings);
    for connections in [32, 128] {
        let plan = bench.closed(connections);
        let mut runs = Vec::new();
        for _ in 0..bench.runs {
            let now = run::talon(bench, on, plan, &bookings)?;
            runs.push((now, run::before(bench, before, on, &small.copy(&on.engine)?, plan, &bookings)?));
        }
        print(on, &format!("bookings/s, {connections} connections"), &runs);
    }
    let lists = free_times::in_facilities(bench, small);
    let (plan, mut runs) = (bench.closed(free_times::CONNECTIONS), Vec::new());
    for _ in 0..bench.runs {
        let now = run::talon_on(bench, on, &small.copy(&on.engine)?, plan, &lists, 0)?;
        runs.push((now, run::before(bench, before, on, &small.copy(&on.engine)?, plan, &lists)?));
    }
    print(on, &format!("free times with the audit of reads, {} connections", free_times::CONNECTIONS), &runs);
    Ok(())
}

fn print(on: &Backend, what: &str, runs: &[Pair]) {
    let figure = |side: fn(&Pair) -> &Run| {
        let at = |quantile| median(runs.iter().map(|pair| side(pair).latencies.value_at_quantile(quantile) as f64));
        let rate = thousands(median(runs.iter().map(|pair| side(pair).rate)));
        let cpu = median(runs.iter().map(|pair| side(pair).cpu));
        let engine = median(runs.iter().map(|pair| side(pair).engine_cpu));
        let engine = on.postgres().map(|_| format!(", PostgreSQL's {engine:.3} ms")).unwrap_or_default();
        format!("{rate}/s, p50 {}, p99 {}, CPU {cpu:.3} ms{engine}", millis(at(0.5)), millis(at(0.99)))
    };
    Row {
        what: &format!("{}{what}, beside a build before", on.prefix()),
        talon: figure(|pair| &pair.0),
        beside: figure(|pair| &pair.1),
        ratio: Some(median(runs.iter().map(|(now, before)| now.rate / before.rate))),
        goal: None,
    }
    .print();
}
