//! Latency at a fixed rate on PostgreSQL. Its checkpoints are further apart than a run is long, and
//! spread over minutes; so one is asked for on purpose, which hurries as its own ones do not.

use std::thread;

use super::latency::{Offer, longest, print_spread};
use crate::{
    bench::Bench, clock, count::millis, engine::Backend, load::Latencies, postgres::Postgres, process::Process,
    table::Row, tokens::Algorithm,
};

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let Some(postgres) = on.postgres() else { return Ok(()) };
    let offer = Offer::new(bench);
    let talon = || bench.servers.talon(&bench.small(on)?.copy(&on.engine)?);
    let floor = || bench.servers.floor(&on.engine, Algorithm::EdDsa);
    let mut runs: [Vec<Latencies>; 4] = Default::default();
    for _ in 0..bench.runs {
        runs[0].push(offer.to(talon()?)?);
        runs[1].push(offer.to(floor()?)?);
        runs[2].push(with_checkpoint(&offer, talon()?, postgres)?);
        runs[3].push(with_checkpoint(&offer, floor()?, postgres)?);
    }
    print_spread(on, &runs[0], &runs[1]);
    let [talon, floor, talon_stall, floor_stall] = runs.map(|runs| millis(longest(&runs)));
    Row {
        what: "the same, longest answer; and with a checkpoint at full speed in the middle",
        talon: format!("{talon}; {talon_stall}"),
        beside: format!("floor: {floor}; {floor_stall}"),
        ratio: None,
        goal: None,
    }
    .print();
    Ok(())
}

fn with_checkpoint(offer: &Offer, server: Process, postgres: &Postgres) -> anyhow::Result<Latencies> {
    let halfway = offer.halfway();
    thread::scope(|scope| {
        scope.spawn(move || {
            clock::wait(halfway);
            postgres.checkpoint();
        });
        offer.to(server)
    })
}
