//! Clients that come to no end with their requests: whether they take anything from those that do, and how
//! they are ended.

use std::{thread, time::Duration};

use anyhow::Context;

use super::overload::{Overload, sum};
use crate::{
    count::{mebibytes, millis},
    load::{self, Part, Phase, PhaseReport},
    table::Row,
};

/// Connections of the load beside them: at this rate a moment's stall must not find all of them busy.
const CONNECTIONS: usize = 1_000;

/// Connections that send slowly, of either kind.
const SLOW: usize = 2_000;

/// How long the load beside them lasts: longer than a server waits for headers or a body.
const BESIDE_SLOW: Duration = Duration::from_secs(14);

/// Half the capacity, alone and beside clients that send slowly. The requests of these are of persons
/// who book nothing otherwise.
pub(super) fn beside(overload: &Overload<'_>) -> anyhow::Result<()> {
    let Overload { bench, on, region, requests, capacity } = overload;
    let half = capacity / 2.0;
    let phases = |time| [Phase { rate: half, time: bench.warm_up() }, Phase { rate: half, time }];
    let server = || bench.servers.talon(&region.copy(&on.engine)?);
    let alone = {
        let server = server()?;
        let report = load::flood(server.address, CONNECTIONS, &phases(bench.measured()), requests)?;
        server.stop()?;
        report
    };
    let server = server()?;
    let first = requests.len().checked_sub(2 * SLOW).context("the region has too few bookings")?;
    let slow = |from: usize| (from..from + SLOW).filter_map(|n| requests.get(n).map(<[u8]>::to_vec)).collect();
    let (of_heads, of_bodies) = (slow(first), slow(first + SLOW));
    let address = server.address;
    let (heads, bodies, beside) = thread::scope(|scope| {
        let heads = scope.spawn(move || load::slow(address, of_heads, Part::Head));
        let bodies = scope.spawn(move || load::slow(address, of_bodies, Part::Body));
        let beside = load::flood(address, CONNECTIONS, &phases(BESIDE_SLOW), requests);
        (heads.join(), bodies.join(), beside)
    });
    let panicked = |_| anyhow::anyhow!("the slow clients panicked");
    let (heads, bodies, beside) = (heads.map_err(panicked)??, bodies.map_err(panicked)??, beside?);
    let memory = mebibytes(server.peak_memory()?);
    server.stop()?;
    let figure = |reports: &[PhaseReport]| {
        let at = |quantile| reports.last().map_or(0.0, |it| it.booked.value_at_quantile(quantile) as f64);
        let tally = sum(reports.iter().map(|report| &report.tally));
        format!("{tally}, p50 {}, p99 {}", millis(at(0.5)), millis(at(0.99)))
    };
    let all_booked = beside.iter().all(|report| report.tally.is_all_booked() && report.unsent == 0);
    Row {
        what: &format!(
            "{}half the capacity beside {SLOW} clients with slow headers and {SLOW} with slow bodies",
            on.prefix()
        ),
        talon: format!("{}; memory at its peak {memory:.0} MiB", figure(&beside)),
        beside: format!("alone: {}; slow headers: {heads}; slow bodies: {bodies}", figure(&alone)),
        ratio: None,
        goal: Some(("all booked, all slow ones ended", all_booked && heads.ended == SLOW && bodies.ended == SLOW)),
    }
    .print();
    Ok(())
}
