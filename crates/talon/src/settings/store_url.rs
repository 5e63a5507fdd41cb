//! Where the data is kept.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

/// The address of a store: `sqlite:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreUrl {
    path: PathBuf,
}

impl StoreUrl {
    /// The embedded store in a file.
    pub(crate) fn sqlite(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The file of the embedded store.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the installation's own key lies unless a setting says otherwise: beside the store.
    pub(crate) fn key_path(&self) -> PathBuf {
        let mut path = self.path.clone().into_os_string();
        path.push(".key");
        path.into()
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.path.display())
    }
}

impl FromStr for StoreUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Err("this build has only the embedded store; use sqlite:PATH");
        }
        match text.strip_prefix("sqlite:") {
            None => Err("a store is written as sqlite:PATH, for example sqlite:talon.db"),
            Some("") => Err("a path is missing after sqlite:"),
            // SQLite would take it for a database in memory, gone at the end.
            Some(":memory:") => Err("a store in memory would keep nothing; name a file"),
            Some(path) => Ok(Self { path: path.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_embedded_store_is_known() {
        assert_eq!("sqlite:a/b.db".parse::<StoreUrl>().map(|url| url.key_path()), Ok(PathBuf::from("a/b.db.key")));
        for bad in ["postgres://h/d", "postgresql://h/d", "talon.db", "sqlite:", "sqlite::memory:", ""] {
            assert!(bad.parse::<StoreUrl>().is_err(), "{bad}");
        }
    }
}
