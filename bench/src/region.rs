//! Regions to book in: generated, imported by `talon import`, and copied for each run.

use std::{path::PathBuf, process::Command, rc::Rc, time::Duration};

use talon_sample::{GenerateOptions, Generator};

use crate::{
    engine::Engine,
    process::{self, Ran},
    server::Servers,
};

/// How long making or importing a region may take.
const PATIENCE: Duration = Duration::from_secs(3600);

/// A region in a file.
pub(crate) struct Region {
    name: &'static str,
    pub(crate) options: GenerateOptions,
    pub(crate) file: PathBuf,
}

/// A region in a store of its own, which is never served itself.
pub(crate) struct Stored {
    pub(crate) region: Rc<Region>,
    /// How its import went.
    pub(crate) import: Ran,
}

impl Region {
    /// Generates a region.
    pub(crate) fn make(servers: &Servers, name: &'static str, options: GenerateOptions) -> anyhow::Result<Self> {
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
        Ok(Self { name, options, file })
    }

    pub(crate) fn generator(&self) -> Generator {
        Generator::new(self.options)
    }

    /// How many slots it has, in words: "1.0 M slots, 300 k persons".
    pub(crate) fn size(&self) -> String {
        format!("{} slots, {} persons", round(self.generator().slots()), round(self.options.persons))
    }

    /// Imports it into a new store of this name.
    pub(crate) fn import(&self, servers: &Servers, engine: &Engine, name: &str) -> anyhow::Result<Ran> {
        let store = engine.empty(name)?;
        process::run(servers.talon_command("import", &store).arg(&self.file), PATIENCE)
    }
}

impl Stored {
    /// Imports a region.
    pub(crate) fn make(servers: &Servers, engine: &Engine, region: &Rc<Region>) -> anyhow::Result<Self> {
        eprintln!("importing the {} region", region.name);
        let import = region.import(servers, engine, region.name)?;
        engine.settle(region.name);
        Ok(Self { region: Rc::clone(region), import })
    }

    /// The address of a copy of the store to book in.
    pub(crate) fn copy(&self, engine: &Engine) -> anyhow::Result<String> {
        engine.copy(self.region.name, &format!("{}-run", self.region.name))
    }
}

fn round(number: u64) -> String {
    match number {
        0..10_000 => number.to_string(),
        10_000..1_000_000 => format!("{} k", (number + 500) / 1000),
        _ => format!("{:.1} M", number as f64 / 1e6),
    }
}
