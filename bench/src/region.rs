//! Regions to book in: generated, imported by `talon import`, and copied for each run.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::ensure;
use talon_sample::{GenerateOptions, Generator};

use crate::{
    process::{self, Ran},
    server::{Servers, remove_store},
};

/// How long making or importing a region may take.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A region in a store of its own, which is never served itself.
pub(crate) struct Region {
    pub(crate) options: GenerateOptions,
    /// The region file.
    pub(crate) file: PathBuf,
    store: PathBuf,
    /// How its import went.
    pub(crate) import: Ran,
    scratch: PathBuf,
}

impl Region {
    /// Generates and imports a region.
    pub(crate) fn make(servers: &Servers, name: &str, options: GenerateOptions) -> anyhow::Result<Self> {
        eprintln!("making the {name} region");
        let file = servers.scratch.join(format!("{name}.ndjson"));
        let mut generate = Command::new(&servers.talon);
        generate
            .arg("generate")
            .args(["--facilities", &options.facilities.to_string(), "--days", &options.days.to_string()])
            .args(["--persons", &options.persons.to_string(), "--seed", &options.seed.to_string()])
            .args(["--start", &options.start.to_string()])
            .arg("--output")
            .arg(&file);
        process::run(&mut generate, PATIENCE)?;
        let store = servers.scratch.join(format!("{name}.db"));
        let import = import(servers, &file, &store)?;
        Ok(Self { options, file, store, import, scratch: servers.scratch.clone() })
    }

    pub(crate) fn generator(&self) -> Generator {
        Generator::new(self.options)
    }

    /// How many slots it has, in words: "1.0 M slots, 300 k persons".
    pub(crate) fn size(&self) -> String {
        format!("{} slots, {} persons", round(self.generator().slots()), round(self.options.persons))
    }

    /// A copy of the store to book in, durable before anything is measured.
    pub(crate) fn copy(&self, name: &str) -> anyhow::Result<PathBuf> {
        let copy = self.scratch.join(name);
        remove_store(&copy)?;
        ensure!(!log_of(&self.store).exists(), "the import left a log behind that a copy would lack");
        std::fs::copy(&self.store, &copy)?;
        File::open(&copy)?.sync_all()?;
        Ok(copy)
    }
}

/// Imports a region file into a new store.
pub(crate) fn import(servers: &Servers, file: &Path, store: &Path) -> anyhow::Result<Ran> {
    remove_store(store)?;
    process::run(servers.talon_command("import", store).arg(file), PATIENCE)
}

fn log_of(store: &Path) -> PathBuf {
    let mut path = store.to_owned().into_os_string();
    path.push("-wal");
    path.into()
}

fn round(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..1_000_000 => format!("{} k", (number + 500) / 1000),
        _ => format!("{:.1} M", number as f64 / 1e6),
    }
}
