//! One run of one server under a closed loop.

use std::{path::Path, rc::Rc};

use anyhow::ensure;

use crate::{
    bench::Bench,
    count::millis_each,
    engine::{Backend, Engine},
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
    /// CPU of the engine's own processes for each, in milliseconds.
    pub(super) engine_cpu: f64,
    pub(super) latencies: Latencies,
    pub(super) sent: usize,
    pub(super) peak_memory: u64,
    pub(super) ready_after: std::time::Duration,
}

/// Talon on a fresh copy of the small region.
pub(super) fn talon(bench: &Bench, on: &Backend, plan: Closed, requests: &Rc<Requests>) -> anyhow::Result<Run> {
    let store = bench.small(on)?.copy(&on.engine)?;
    talon_on(bench, on, &store, plan, requests, 0)
}

/// Talon on a store as it is, with `requests` from the `first` on.
pub(super) fn talon_on(
    bench: &Bench,
    on: &Backend,
    store: &str,
    plan: Closed,
    requests: &Rc<Requests>,
    first: usize,
) -> anyhow::Result<Run> {
    measure(bench.servers.talon(store)?, &on.engine, plan, requests, first)
}

/// Another build of Talon on a store as it is.
pub(super) fn before(
    bench: &Bench,
    before: &Path,
    on: &Backend,
    store: &str,
    plan: Closed,
    requests: &Rc<Requests>,
) -> anyhow::Result<Run> {
    measure(bench.servers.talon_before(before, store)?, &on.engine, plan, requests, 0)
}

/// Whether reading leaves an audit record.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reads {
    Recorded,
    Unrecorded,
}

/// Talon on a store as it is, asked to read.
pub(super) fn talon_reading(
    bench: &Bench,
    on: &Backend,
    store: &str,
    plan: Closed,
    requests: &Rc<Requests>,
    reads: Reads,
) -> anyhow::Result<Run> {
    measure(serve_reading(bench, store, reads)?, &on.engine, plan, requests, 0)
}

/// Talon on a store as it is.
pub(super) fn serve_reading(bench: &Bench, store: &str, reads: Reads) -> anyhow::Result<Process> {
    match reads {
        Reads::Recorded => bench.servers.talon(store),
        Reads::Unrecorded => bench.servers.talon_set(store, &[("TALON_AUDIT_READS", "false")]),
    }
}

/// The floor on an empty store.
pub(super) fn floor(
    bench: &Bench,
    on: &Backend,
    algorithm: Algorithm,
    plan: Closed,
    requests: &Rc<Requests>,
) -> anyhow::Result<Run> {
    measure(bench.servers.floor(&on.engine, algorithm)?, &on.engine, plan, requests, 0)
}

/// Everything must be booked, or the figure would be of something else.
pub(super) fn measure(
    server: Process,
    engine: &Engine,
    plan: Closed,
    requests: &Rc<Requests>,
    first: usize,
) -> anyhow::Result<Run> {
    let report = load::closed(server.address, plan, requests, first, &|| Ok([server.cpu()?, engine.cpu()?]))?;
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
        cpu: millis_each(report.metered[0], report.tally.booked()),
        engine_cpu: millis_each(report.metered[1], report.tally.booked()),
        latencies: report.latencies,
        sent: report.sent,
        peak_memory,
        ready_after,
    })
}
