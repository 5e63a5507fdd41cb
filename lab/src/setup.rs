//! What a run is to be, after the command line was checked as a whole.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use talon_testkit::clock;

use crate::args::{Args, Nemesis};

/// Attempts for each fault, unless the command line says how many faults.
const ATTEMPTS_A_FAULT: u32 = 5_000;
/// The least number of faults, unless the command line says how many.
const FEWEST_FAULTS: u32 = 8;

/// A run.
pub(crate) struct Setup {
    pub(crate) attempts: u32,
    pub(crate) clients: u16,
    pub(crate) nodes: u8,
    pub(crate) seed: u64,
    /// What goes wrong; empty when nothing does.
    pub(crate) nemesis: Vec<Nemesis>,
    /// How often.
    pub(crate) faults: u32,
    /// How long a client waits for an answer.
    pub(crate) patience: Duration,
    pub(crate) backing: Backing,
    pub(crate) talon: PathBuf,
    pub(crate) bug: Option<String>,
}

/// Where the nodes keep their data.
pub(crate) enum Backing {
    /// A file that is not there yet; `None` for a temporary one.
    Sqlite(Option<PathBuf>),
    /// A server that is made for the run.
    OwnPostgres,
    /// A server that somebody else runs, by its address.
    GivenPostgres(String),
}

impl Setup {
    /// Checks what no option can check alone.
    ///
    /// # Errors
    ///
    /// Says which options do not go together, or what is missing.
    pub(crate) fn new(args: Args) -> anyhow::Result<Self> {
        let backing = backing(&args)?;
        let is_file = matches!(backing, Backing::Sqlite(_));
        ensure!(args.nodes == 1 || !is_file, "a SQLite file has one server: --nodes 2 and 3 need --postgres");
        Ok(Self {
            nemesis: nemesis(&args.nemesis, &backing)?,
            faults: args.faults.unwrap_or((args.attempts / ATTEMPTS_A_FAULT).max(FEWEST_FAULTS)),
            patience: Duration::from_secs(args.patience),
            seed: args.seed.unwrap_or_else(|| clock::now().as_second().cast_unsigned()),
            attempts: args.attempts,
            clients: args.clients,
            nodes: args.nodes,
            talon: talon(args.talon)?,
            bug: args.bug,
            backing,
        })
    }

    /// Whether this kind of fault is among those of the run.
    pub(crate) fn suffers(&self, kind: Nemesis) -> bool {
        self.nemesis.contains(&kind)
    }

    /// The options that give the same run again.
    pub(crate) fn replay(&self) -> String {
        let names: Vec<String> = self.nemesis.iter().map(|kind| format!("{kind:?}").to_lowercase()).collect();
        let nemesis = if names.is_empty() { "none".to_owned() } else { names.join(",") };
        let store = match &self.backing {
            Backing::Sqlite(_) => "",
            Backing::OwnPostgres => " --postgres",
            // The address may hold a password.
            Backing::GivenPostgres(_) => " --store postgres://…",
        };
        let bug = self.bug.as_ref().map(|bug| format!(" --bug {bug}")).unwrap_or_default();
        let patience = match self.patience.as_secs() {
            1 => String::new(),
            seconds => format!(" --patience {seconds}"),
        };
        let Self { attempts, clients, nodes, seed, faults, .. } = self;
        format!(
            "--seed {seed} --attempts {attempts} --clients {clients} --nodes {nodes} --nemesis {nemesis} --faults \
             {faults}{patience}{store}{bug}"
        )
    }
}

fn backing(args: &Args) -> anyhow::Result<Backing> {
    let Some(url) = &args.store else {
        return Ok(if args.postgres { Backing::OwnPostgres } else { Backing::Sqlite(None) });
    };
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Ok(Backing::GivenPostgres(url.clone()));
    }
    match url.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() => {
            let path = std::path::absolute(path)?;
            ensure!(!path.exists(), "{} is there already; the lab needs a store of its own", path.display());
            Ok(Backing::Sqlite(Some(path)))
        }
        _ => bail!("a store is written as sqlite:PATH or postgres://USER@HOST:5432/DATABASE"),
    }
}

fn nemesis(asked: &[Nemesis], backing: &Backing) -> anyhow::Result<Vec<Nemesis>> {
    let mut possible = vec![Nemesis::Kill, Nemesis::Pause, Nemesis::Cut];
    if matches!(backing, Backing::OwnPostgres) {
        possible.push(Nemesis::Database);
    }
    if asked.contains(&Nemesis::None) {
        ensure!(asked.len() == 1, "--nemesis none goes with no other");
        return Ok(Vec::new());
    }
    if asked.contains(&Nemesis::All) {
        return Ok(possible);
    }
    ensure!(
        !asked.contains(&Nemesis::Database) || possible.contains(&Nemesis::Database),
        "--nemesis database needs --postgres: it kills only a server that the lab has started"
    );
    possible.retain(|kind| asked.contains(kind));
    Ok(possible)
}

/// The binary of the command line, or the one beside this program.
fn talon(given: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        return std::fs::canonicalize(&path).with_context(|| format!("{}", path.display()));
    }
    if let Some(cargo) = std::env::var_os("CARGO") {
        let mut build = std::process::Command::new(cargo);
        build.args(["build", "--package", "talon"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        ensure!(build.status()?.success(), "talon does not build");
    }
    let own = std::env::current_exe()?;
    let talon = own.parent().unwrap_or(Path::new(".")).join("talon");
    ensure!(talon.exists(), "there is no {}: cargo build -p talon, or say --talon FILE", talon.display());
    Ok(talon)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nemesis_is_what_the_store_allows() {
        let file = Backing::Sqlite(None);
        assert_eq!(nemesis(&[Nemesis::All], &file).unwrap(), [Nemesis::Kill, Nemesis::Pause, Nemesis::Cut]);
        assert_eq!(nemesis(&[Nemesis::All], &Backing::OwnPostgres).unwrap().len(), 4);
        assert_eq!(nemesis(&[Nemesis::Cut, Nemesis::Kill], &file).unwrap(), [Nemesis::Kill, Nemesis::Cut]);
        assert!(nemesis(&[Nemesis::None], &file).unwrap().is_empty());
        for bad in [vec![Nemesis::Database], vec![Nemesis::None, Nemesis::Kill]] {
            assert!(nemesis(&bad, &file).is_err(), "{bad:?}");
        }
    }
}
