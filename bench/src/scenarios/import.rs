//! Import, beside SQLite's own rate of inserting the same rows.

use crate::{
    bench::Bench,
    count::{median, thousands},
    region, rows,
    table::Row,
};

pub(super) fn run(bench: &Bench) -> anyhow::Result<()> {
    let small = &bench.small;
    let mut runs = Vec::new();
    for _ in 0..bench.runs {
        let store = bench.servers.scratch.join("import.db");
        let import = region::import(&bench.servers, &small.file, &store)?;
        let (rows, took) = rows::insert(small.generator(), &store)?;
        runs.push((rows as f64 / import.took.as_secs_f64(), rows as f64 / took.as_secs_f64()));
    }
    print(&small.size(), &runs);

    let large = bench.large()?;
    let (rows, took) = rows::insert(large.generator(), &bench.servers.scratch.join("import.db"))?;
    print(&large.size(), &[(rows as f64 / large.import.took.as_secs_f64(), rows as f64 / took.as_secs_f64())]);
    Ok(())
}

/// A line of a region file is a row. Talon's time is that of the whole command.
fn print(size: &str, runs: &[(f64, f64)]) {
    let ratio = median(runs.iter().map(|(talon, sqlite)| talon / sqlite));
    Row {
        what: &format!("import, {size}"),
        talon: format!("{} lines/s", thousands(median(runs.iter().map(|(talon, _)| *talon)))),
        beside: format!("SQLite alone: {} rows/s", thousands(median(runs.iter().map(|(_, sqlite)| *sqlite)))),
        ratio: Some(ratio),
        goal: Some(("≥ 0.5", ratio >= 0.5)),
    }
    .print();
}
