//! `all`: what the scenarios share, and their order.

use std::{
    cell::OnceCell,
    fs::Permissions,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    rc::Rc,
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use jiff::ToSpan;
use talon_sample::GenerateOptions;
use tempfile::TempDir;

use crate::{
    args::AllArgs,
    clock,
    engine::{Backend, Engine},
    load::Closed,
    machine,
    postgres::Postgres,
    region::{Region, Stored},
    scenarios::Scenario,
    server::Servers,
    table,
    tokens::Issuers,
    wide::Wide,
};

/// What scenarios measure with.
pub(crate) struct Bench {
    pub(crate) servers: Servers,
    pub(crate) sqlite: Backend,
    /// `None` where there is none to be had, or where none is wanted.
    pub(crate) postgres: Option<Backend>,
    /// A hundred thousand slots.
    pub(crate) small: Rc<Region>,
    large: OnceCell<Rc<Region>>,
    large_options: GenerateOptions,
    /// Runs of each side.
    pub(crate) runs: u32,
    pub(crate) quick: bool,
    measured: Duration,
}

/// Runs the scenarios and prints the table.
pub(crate) fn run(args: &AllArgs) -> anyhow::Result<()> {
    let scratch = scratch(args.scratch.as_deref())?;
    let servers = servers(args.talon.as_deref(), args.before.as_deref(), scratch.path())?;
    println!("{}\n", machine::describe());
    let chosen: Vec<_> = Scenario::ALL.iter().filter(|it| args.only.is_empty() || args.only.contains(it)).collect();
    let postgres = if chosen.iter().any(|it| it.needs_postgres()) { start_postgres(scratch.path())? } else { None };
    // The first visit is ahead in every zone for as long as this takes.
    let start = jiff::tz::TimeZone::UTC.to_datetime(clock::now()).date().checked_add(2.days())?;
    let options = |facilities, days, persons| GenerateOptions { facilities, days, persons, seed: 1, start };
    let bench = Bench {
        sqlite: Backend::new(Engine::Sqlite(scratch.path().to_owned())),
        postgres,
        small: Rc::new(Region::make(&servers, "small", options(20, 14, 100_000))?),
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
    for scenario in chosen {
        eprintln!("{scenario:?}");
        scenario.run(&bench).with_context(|| format!("scenario {scenario:?}"))?;
    }
    Ok(())
}

/// A directory that goes with the run. PostgreSQL runs as a user of its own, who must get through to its
/// folder in there.
pub(crate) fn scratch(folder: Option<&Path>) -> anyhow::Result<TempDir> {
    let mut scratch = tempfile::Builder::new();
    let scratch = scratch.prefix("talon-bench-").permissions(Permissions::from_mode(0o711));
    let scratch = match folder {
        Some(folder) => scratch.tempdir_in(folder),
        None => scratch.tempdir(),
    };
    scratch.context("a scratch directory cannot be made")
}

/// What starts the servers: copies of the binaries, and issuers of tokens.
pub(crate) fn servers(talon: Option<&Path>, before: Option<&Path>, scratch: &Path) -> anyhow::Result<Servers> {
    ensure!(!cfg!(debug_assertions), "figures of a debug build mean nothing: cargo run --release -p talon-bench");
    let talon = match talon {
        Some(path) => path.to_owned(),
        None => build_talon()?,
    };
    Ok(Servers {
        talon: keep(&talon, scratch, "talon")?,
        before: before.map(|binary| keep(binary, scratch, "before")).transpose()?,
        bench: keep(&std::env::current_exe()?, scratch, "bench")?,
        issuers: Issuers::make(scratch)?,
        scratch: scratch.to_owned(),
    })
}

/// Starts PostgreSQL and says above the table which, or why its rows are missing.
fn start_postgres(scratch: &Path) -> anyhow::Result<Option<Backend>> {
    match Postgres::start(scratch)? {
        Ok(server) => {
            println!("{}\n", server.describe());
            Ok(Some(Backend::new(Engine::Postgres(server))))
        }
        Err(why) => {
            println!("The rows of PostgreSQL are left out: {why}.\n");
            Ok(None)
        }
    }
}

impl Bench {
    /// The small region in a store, imported when it is first needed.
    pub(crate) fn small<'b>(&self, on: &'b Backend) -> anyhow::Result<&'b Stored> {
        once(&on.small, || Stored::make(&self.servers, &on.engine, &self.small))
    }

    /// The large region in a store, made and imported when it is first needed.
    pub(crate) fn large<'b>(&self, on: &'b Backend) -> anyhow::Result<&'b Stored> {
        let region = once(&self.large, || Ok(Rc::new(Region::make(&self.servers, "large", self.large_options)?)))?;
        once(&on.large, || Stored::make(&self.servers, &on.engine, region))
    }

    /// The region of three hundred facilities in a store, made and imported when it is first needed.
    pub(crate) fn wide<'b>(&self, on: &'b Backend) -> anyhow::Result<&'b Wide> {
        let facilities = if self.quick { 60 } else { 300 };
        let options = GenerateOptions { facilities, days: 14, persons: 20_000, ..self.large_options };
        once(&on.wide, || Wide::make(&self.servers, &on.engine, options))
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

fn once<T>(cell: &OnceCell<T>, make: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<&T> {
    if let Some(made) = cell.get() {
        return Ok(made);
    }
    let made = make()?;
    Ok(cell.get_or_init(|| made))
}

/// Copies a binary, so that a build meanwhile does not change what is measured.
fn keep(binary: &Path, scratch: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let copy = scratch.join(name);
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
