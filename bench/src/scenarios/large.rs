//! What a large store changes.

use std::rc::Rc;

use super::run;
use crate::{
    bench::Bench,
    count::{mebibytes, median, thousands},
    engine::Backend,
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

const CONNECTIONS: usize = 32;

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let large = bench.large(on)?;
    let requests = |generator: talon_sample::Generator| {
        let bookings = generator.bookings().take(bench.enough_requests());
        Rc::new(Requests::of(bookings, &bench.servers.issuers, Algorithm::EdDsa))
    };
    let (few, many) = (requests(bench.small.generator()), requests(large.region.generator()));
    let plan = bench.closed(CONNECTIONS);
    // One copy for all runs, since copying a large one takes longer than a run.
    let store = large.copy(&on.engine)?;
    let (mut runs, mut first) = (Vec::new(), 0);
    for _ in 0..bench.runs {
        let on_small = run::talon(bench, on, plan, &few)?;
        let on_large = run::talon_on(bench, on, &store, plan, &many, first)?;
        first += on_large.sent;
        runs.push((on_small, on_large));
    }

    let ratio = median(runs.iter().map(|(small, large)| large.rate / small.rate));
    Row {
        what: &format!("{}bookings/s, 32 connections, {} stored", on.prefix(), large.region.size()),
        talon: format!("{}/s", thousands(median(runs.iter().map(|(_, run)| run.rate)))),
        beside: format!("{}: {}/s", bench.small.size(), thousands(median(runs.iter().map(|(run, _)| run.rate)))),
        ratio: Some(ratio),
        goal: Some(("≥ 0.8", ratio >= 0.8)),
    }
    .print();
    let serving = mebibytes(runs.iter().map(|(_, run)| run.peak_memory).max().unwrap_or(0));
    let importing = mebibytes(large.import.peak_memory);
    Row {
        what: "the same, memory at its peak",
        talon: format!("{serving:.0} MiB serving, {importing:.0} MiB importing"),
        beside: String::new(),
        ratio: None,
        goal: Some(("≤ 200 and ≤ 300 MiB", serving <= 200.0 && importing <= 300.0)),
    }
    .print();
    let ready = median(runs.iter().map(|(_, run)| run.ready_after.as_secs_f64()));
    Row {
        what: "the same, from exec to ready",
        talon: format!("{:.0} ms", ready * 1000.0),
        beside: String::new(),
        ratio: None,
        goal: Some(("≤ 500 ms", ready <= 0.5)),
    }
    .print();
    Ok(())
}
