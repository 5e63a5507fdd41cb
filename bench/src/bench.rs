//! `all`: what the scenarios share, and their order.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use jiff::ToSpan;
use talon_sample::GenerateOptions;

use crate::{
    args::AllArgs, clock, load::Closed, machine, region::Region, scenarios::Scenario, server::Servers, table,
    tokens::Issuers,
};

/// What scenarios measure with.
pub(crate) struct Bench {
    pub(crate) servers: Servers,
    /// A hundred thousand slots.
    pub(crate) small: Region,
    large: OnceCell<Region>,
    large_options: GenerateOptions,
    /// Runs of each side.
    pub(crate) runs: u32,
    pub(crate) quick: bool,
    measured: Duration,
}

/// Runs the scenarios and prints the table.
pub(crate) fn run(args: &AllArgs) -> anyhow::Result<()> {
    ensure!(!cfg!(debug_assertions), "figures of a debug build mean nothing: cargo run --release -p talon-bench");
    let talon = match &args.talon {
        Some(path) => path.clone(),
        None => build_talon()?,
    };
    let scratch = match &args.scratch {
        Some(folder) => tempfile::tempdir_in(folder),
        None => tempfile::tempdir(),
    };
    let scratch = scratch.context("a scratch directory cannot be made")?;
    println!("{}\n", machine::describe());
    let servers = Servers {
        talon: keep(&talon, scratch.path())?,
        bench: keep(&std::env::current_exe()?, scratch.path())?,
        issuers: Issuers::make(scratch.path())?,
        scratch: scratch.path().to_owned(),
    };
    // The first visit is ahead in every zone for as long as this takes.
    let start = jiff::tz::TimeZone::UTC.to_datetime(clock::now()).date().checked_add(2.days())?;
    let options = |facilities, days, persons| GenerateOptions { facilities, days, persons, seed: 1, start };
    let bench = Bench {
        small: Region::make(&servers, "small", options(20, 14, 100_000))?,
        large: OnceCell::new(),
        large_options: match (args.quick, args.large) {
            (true, _) => options(60, 14, 200_000),
            (_, true) => options(1000, 28, 3_000_000),
            _ => options(100, 28, 300_000),
        },
        servers,
        runs: args.runs,
        quick: args.quick,
        measured: Duration::from_secs(args.seconds.unwrap_or(if args.quick { 2 } else { 4 })),
    };
    table::head();
    for scenario in Scenario::ALL {
        if args.only.is_empty() || args.only.contains(scenario) {
            eprintln!("{scenario:?}");
            scenario.run(&bench).with_context(|| format!("scenario {scenario:?}"))?;
        }
    }
    Ok(())
}

impl Bench {
    /// The large region, made when it is first needed.
    pub(crate) fn large(&self) -> anyhow::Result<&Region> {
        if let Some(region) = self.large.get() {
            return Ok(region);
        }
        let region = Region::make(&self.servers, "large", self.large_options)?;
        Ok(self.large.get_or_init(|| region))
    }

    /// A closed loop over so many connections.
    pub(crate) fn closed(&self, connections: usize) -> Closed {
        Closed { connections, warm_up: self.warm_up(), measured: self.measured }
    }

    pub(crate) fn warm_up(&self) -> Duration {
        Duration::from_secs(1)
    }

    pub(crate) fn measured(&self) -> Duration {
        self.measured
    }

    /// More requests than a server answers in all runs of one side.
    pub(crate) fn enough_requests(&self) -> usize {
        const MORE_THAN_A_SECOND: usize = 20_000;
        let seconds = (self.warm_up() + self.measured).as_secs_f64().ceil() as usize;
        seconds * MORE_THAN_A_SECOND * self.runs as usize
    }
}

/// Copies a binary, so that a build meanwhile does not change what is measured.
fn keep(binary: &Path, scratch: &Path) -> anyhow::Result<PathBuf> {
    let copy = scratch.join(binary.file_name().context("a binary has a name")?);
    std::fs::copy(binary, &copy).with_context(|| format!("{} cannot be copied", binary.display()))?;
    Ok(copy)
}

/// Brings the release build up to date and finds it beside this program.
fn build_talon() -> anyhow::Result<PathBuf> {
    if let Some(cargo) = std::env::var_os("CARGO") {
        let status = Command::new(cargo).args(["build", "--release", "--package", "talon"]).status()?;
        ensure!(status.success(), "talon does not build");
    }
    let own = std::env::current_exe()?;
    let talon = own.parent().unwrap_or(Path::new(".")).join("talon");
    if !talon.exists() {
        bail!("there is no {}: cargo build --release -p talon, or say --talon FILE", talon.display());
    }
    Ok(talon)
}
