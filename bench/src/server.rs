//! The two servers that are measured beside each other.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    engine::Engine,
    process::Process,
    tokens::{Algorithm, Issuers},
};

/// How servers are started.
pub(crate) struct Servers {
    /// The talon binary.
    pub(crate) talon: PathBuf,
    /// The binary of another build, if one is to stand beside it.
    pub(crate) before: Option<PathBuf>,
    /// This program, which is the floor as well.
    pub(crate) bench: PathBuf,
    pub(crate) issuers: Issuers,
    pub(crate) scratch: PathBuf,
}

impl Servers {
    /// Talon on the store at an address, with its default settings but for the issuers of tokens.
    pub(crate) fn talon(&self, store: &str) -> anyhow::Result<Process> {
        self.talon_set(store, &[])
    }

    /// The same with settings of its own, as variables.
    pub(crate) fn talon_set(&self, store: &str, settings: &[(&str, &str)]) -> anyhow::Result<Process> {
        let mut command = self.talon_command("serve", store);
        command.args(["--listen", "127.0.0.1:0"]).envs(settings.iter().copied());
        Process::serve(command, &self.scratch.join("talon.log"))
    }

    /// Talon as a build before this one had it, on a store that this one has made.
    pub(crate) fn talon_before(&self, before: &Path, store: &str) -> anyhow::Result<Process> {
        let mut command = self.command_of(before, "serve", store);
        command.args(["--listen", "127.0.0.1:0"]);
        Process::serve(command, &self.scratch.join("before.log"))
    }

    /// A command of talon on a store.
    pub(crate) fn talon_command(&self, name: &str, store: &str) -> Command {
        self.command_of(&self.talon, name, store)
    }

    fn command_of(&self, talon: &Path, name: &str, store: &str) -> Command {
        let mut command = Command::new(talon);
        for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TALON_")) {
            command.env_remove(variable);
        }
        // A store is copied for each run, and its keys are wanted beside each copy.
        command.env("TALON_CONTACT_KEYS", self.scratch.join("contacts"));
        command.current_dir(&self.scratch).arg(name).args(["--store", store]);
        command.arg("--config").arg(self.issuers.settings_file());
        command
    }

    /// The floor on a new store, for tokens of one algorithm.
    pub(crate) fn floor(&self, engine: &Engine, algorithm: Algorithm) -> anyhow::Result<Process> {
        self.floor_with(engine, algorithm, &[])
    }

    /// The floor on SQLite, which leaves its log where it is.
    pub(crate) fn floor_without_checkpoints(&self, engine: &Engine, algorithm: Algorithm) -> anyhow::Result<Process> {
        self.floor_with(engine, algorithm, &["--no-checkpoint"])
    }

    fn floor_with(&self, engine: &Engine, algorithm: Algorithm, more: &[&str]) -> anyhow::Result<Process> {
        let store = engine.empty("floor")?;
        let mut command = Command::new(&self.bench);
        command.arg("floor").args(["--store", &store]).args(more);
        match algorithm {
            Algorithm::EdDsa => command.arg("--ed25519").arg(self.issuers.public_key_file()),
            Algorithm::Hs256 => command.arg("--hs256").arg(self.issuers.secret_file()),
        };
        Process::serve(command, &self.scratch.join("floor.log"))
    }
}
