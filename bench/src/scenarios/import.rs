//! Import, beside the engine's own rate of taking in the same rows.

use std::time::Duration;

use crate::{
    bench::Bench,
    copy,
    count::{median, thousands},
    engine::{Backend, Engine},
    region::Region,
    rows,
    table::Row,
};

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for _ in 0..bench.runs {
        let import = bench.small.import(&bench.servers, &on.engine, "import")?;
        runs.push(rates(import.took, alone(bench, on, &bench.small)?));
    }
    print(on, &bench.small.size(), &runs);

    let large = bench.large(on)?;
    let beside = alone(bench, on, &large.region)?;
    print(on, &large.region.size(), &[rates(large.import.took, beside)]);
    Ok(())
}

/// The engine alone: how many rows, and how long it took.
fn alone(bench: &Bench, on: &Backend, region: &Region) -> anyhow::Result<(u64, Duration)> {
    let scratch = bench.servers.scratch.join("alone");
    match &on.engine {
        Engine::Sqlite(_) => rows::insert(region.generator(), &scratch),
        Engine::Postgres(server) => copy::insert(region.generator(), server, &scratch),
    }
}

/// A line of a region file is a row. Talon's time is that of the whole command.
fn rates(talon: Duration, (rows, alone): (u64, Duration)) -> (f64, f64) {
    (rows as f64 / talon.as_secs_f64(), rows as f64 / alone.as_secs_f64())
}

fn print(on: &Backend, size: &str, runs: &[(f64, f64)]) {
    let ratio = median(runs.iter().map(|(talon, alone)| talon / alone));
    let alone = thousands(median(runs.iter().map(|(_, alone)| *alone)));
    let (beside, goal) = match &on.engine {
        Engine::Sqlite(_) => (format!("SQLite alone: {alone} rows/s"), Some(("≥ 0.5", ratio >= 0.5))),
        Engine::Postgres(_) => (format!("its own COPY: {alone} rows/s"), None),
    };
    Row {
        what: &format!("{}import, {size}", on.prefix()),
        talon: format!("{} lines/s", thousands(median(runs.iter().map(|(talon, _)| *talon)))),
        beside,
        ratio: Some(ratio),
        goal,
    }
    .print();
}
