//! One run of one server under a closed loop.

use std::{path::Path, rc::Rc};

use anyhow::ensure;

use crate::{
    bench::Bench,
    count::millis_each,
    load::{self, Closed, Latencies},
    process::Process,
    requests::Requests,
    tokens::Algorithm,
};

/// What a run showed.
pub(super) struct Run {
    /// Answers a second.
    pub(super) rate: f64,
    /// CPU of the server for each, in milliseconds.
    pub(super) cpu: f64,
    pub(super) latencies: Latencies,
    pub(super) sent: usize,
    pub(super) peak_memory: u64,
    pub(super) ready_after: std::time::Duration,
}

/// Talon on a fresh copy of the small region.
pub(super) fn talon(bench: &Bench, plan: Closed, requests: &Rc<Requests>) -> anyhow::Result<Run> {
    let store = bench.small.copy("talon.db")?;
    talon_on(bench, &store, plan, requests, 0)
}

/// Talon on a store as it is, with `requests` from the `first` on.
pub(super) fn talon_on(
    bench: &Bench,
    store: &Path,
    plan: Closed,
    requests: &Rc<Requests>,
    first: usize,
) -> anyhow::Result<Run> {
    measure(bench.servers.talon(store)?, plan, requests, first)
}

/// The floor on an empty store.
pub(super) fn floor(bench: &Bench, algorithm: Algorithm, plan: Closed, requests: &Rc<Requests>) -> anyhow::Result<Run> {
    measure(bench.servers.floor(algorithm)?, plan, requests, 0)
}

/// Everything must be booked, or the figure would be of something else.
fn measure(server: Process, plan: Closed, requests: &Rc<Requests>, first: usize) -> anyhow::Result<Run> {
    let report = load::closed(server.address, plan, requests, first, &|| server.cpu())?;
    ensure!(report.tally.is_all_booked(), "not everything was booked: {}", report.tally);
    let (peak_memory, ready_after) = (server.peak_memory()?, server.ready_after);
    server.stop()?;
    eprintln!(
        "  {:.0}/s, p50 {} µs, p99 {} µs",
        report.rate,
        report.latencies.value_at_quantile(0.5),
        report.latencies.value_at_quantile(0.99)
    );
    Ok(Run {
        rate: report.rate,
        cpu: millis_each(report.metered, report.tally.booked()),
        latencies: report.latencies,
        sent: report.sent,
        peak_memory,
        ready_after,
    })
}
