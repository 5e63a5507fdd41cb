//! Where the data is kept.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use talon_store_postgres::PostgresUrl;

/// The address of a store: `sqlite:PATH` or `postgres://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// The embedded store, in a file.
    Sqlite(PathBuf),
    /// A database that several nodes may share.
    Postgres(Box<PostgresUrl>),
}

impl StoreUrl {
    /// The embedded store in a file.
    pub(crate) fn sqlite(path: &Path) -> Self {
        Self::Sqlite(path.to_owned())
    }

    /// The text of a setting as it may be shown: without the password of a database.
    pub(crate) fn shown(text: &str) -> String {
        if is_postgres(text) { PostgresUrl::without_password(text) } else { text.to_owned() }
    }

    /// The file of the embedded store.
    pub(crate) fn path(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Where the installation's own key lies unless a setting says otherwise: beside the store, or where
    /// the program was started.
    pub(crate) fn key_path(&self) -> PathBuf {
        self.beside(".key").unwrap_or_else(|| PathBuf::from("talon.key"))
    }

    /// Where the keys of contacts lie unless a setting says otherwise: beside the embedded store.
    pub(crate) fn contact_keys_path(&self) -> Option<PathBuf> {
        self.beside(".contacts")
    }

    fn beside(&self, ending: &str) -> Option<PathBuf> {
        let mut path = self.path()?.to_owned().into_os_string();
        path.push(ending);
        Some(path.into())
    }

    /// Where checkpoints of the audit go unless a setting says otherwise: beside the store, or beside that key.
    pub(crate) fn checkpoints_path(&self, signing_key: &Path) -> PathBuf {
        self.beside(".checkpoints").unwrap_or_else(|| signing_key.with_extension("checkpoints"))
    }
}

impl fmt::Display for StoreUrl {
    /// Without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_postgres(text) {
            return text.parse().map(Box::new).map(Self::Postgres);
        }
        match text.strip_prefix("sqlite:") {
            None => Err("a store is written as sqlite:PATH or postgres://USER@HOST:5432/DATABASE".to_owned()),
            Some("") => Err("a path is missing after sqlite:".to_owned()),
            // SQLite would take it for a database in memory, gone at the end.
            Some(":memory:") => Err("a store in memory would keep nothing; name a file".to_owned()),
            Some(path) => Ok(Self::Sqlite(path.into())),
        }
    }
}

fn is_postgres(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_store_are_known() {
        assert_eq!("sqlite:a/b.db".parse::<StoreUrl>().map(|url| url.key_path()), Ok(PathBuf::from("a/b.db.key")));
        assert!(matches!("postgres://u:p@h/d".parse::<StoreUrl>(), Ok(StoreUrl::Postgres(_))));
        for bad in ["talon.db", "sqlite:", "sqlite::memory:", "", "postgres://h:x/d", "mysql://h/d"] {
            assert!(bad.parse::<StoreUrl>().is_err(), "{bad}");
        }
    }
}
