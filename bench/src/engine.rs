//! Where stores are kept: files of SQLite, or databases of a PostgreSQL server.

use std::{
    cell::OnceCell,
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::ensure;

use crate::{postgres::Postgres, region::Stored, wide::Wide};

/// An engine and the regions that were imported into it.
pub(crate) struct Backend {
    pub(crate) engine: Engine,
    pub(super) small: OnceCell<Stored>,
    pub(super) large: OnceCell<Stored>,
    pub(super) wide: OnceCell<Wide>,
}

/// The engine itself. A store has a name, and an address that `talon --store` and the floor take.
pub(crate) enum Engine {
    /// Files in this folder.
    Sqlite(PathBuf),
    /// Databases of this server.
    Postgres(Postgres),
}

impl Backend {
    /// Without any region yet.
    pub(crate) fn new(engine: Engine) -> Self {
        Self { engine, small: OnceCell::new(), large: OnceCell::new(), wide: OnceCell::new() }
    }

    /// The server, where it is one.
    pub(crate) fn postgres(&self) -> Option<&Postgres> {
        match &self.engine {
            Engine::Sqlite(_) => None,
            Engine::Postgres(server) => Some(server),
        }
    }

    /// What a row of the table begins with. The embedded store is the plain case.
    pub(crate) fn prefix(&self) -> &'static str {
        match &self.engine {
            Engine::Sqlite(_) => "",
            Engine::Postgres(_) => "PostgreSQL: ",
        }
    }
}

impl Engine {
    /// Makes room for a store and says its address; one of that name is removed.
    pub(crate) fn empty(&self, name: &str) -> anyhow::Result<String> {
        match self {
            Self::Sqlite(folder) => {
                let file = file(folder, name);
                remove_store(&file)?;
                Ok(format!("sqlite:{}", file.display()))
            }
            Self::Postgres(server) => Ok(server.create(name)),
        }
    }

    /// To be called when a store has been filled: from here on it is only copied.
    pub(crate) fn settle(&self, name: &str) {
        if let Self::Postgres(server) = self {
            server.settle(name);
        }
    }

    /// Copies a store that nobody has open and says the copy's address. It is durable before
    /// anything is measured.
    pub(crate) fn copy(&self, from: &str, to: &str) -> anyhow::Result<String> {
        match self {
            Self::Sqlite(folder) => {
                let (from, to) = (file(folder, from), file(folder, to));
                remove_store(&to)?;
                ensure!(!log_of(&from).exists(), "the import left a log behind that a copy would lack");
                std::fs::copy(&from, &to)?;
                File::open(&to)?.sync_all()?;
                Ok(format!("sqlite:{}", to.display()))
            }
            Self::Postgres(server) => Ok(server.copy(from, to)),
        }
    }

    /// CPU time that its own processes have used so far; an embedded engine has none.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        match self {
            Self::Sqlite(_) => Ok(Duration::ZERO),
            Self::Postgres(server) => server.cpu(),
        }
    }
}

fn file(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.db"))
}

fn log_of(store: &Path) -> PathBuf {
    beside(store, "-wal")
}

/// Removes a store with the files that SQLite keeps beside it.
pub(crate) fn remove_store(store: &Path) -> std::io::Result<()> {
    for end in ["", "-wal", "-shm", "-audit", "-audit-wal", "-audit-shm"] {
        match std::fs::remove_file(beside(store, end)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn beside(store: &Path, end: &str) -> PathBuf {
    let mut path = store.to_owned().into_os_string();
    path.push(end);
    path.into()
}
