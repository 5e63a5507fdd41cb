//! The size of the binary.

use crate::{bench::Bench, count::mebibytes, table::Row};

pub(super) fn run(bench: &Bench) -> anyhow::Result<()> {
    let size = mebibytes(std::fs::metadata(&bench.servers.talon)?.len());
    Row {
        what: "binary, stripped",
        talon: format!("{size:.1} MiB"),
        beside: String::new(),
        ratio: None,
        goal: Some(("≤ 20 MiB", size <= 20.0)),
    }
    .print();
    Ok(())
}
