//! The server that the tests of a process share.

use std::{env, sync::LazyLock};

use super::{Cluster, DatabaseUrl, GIVEN, Options, Schema, psql::psql};

/// A server for tests that need no more of it than a schema. It cannot be stopped.
pub struct Postgres {
    url: DatabaseUrl,
    /// Held for the life of the process; its end is the server's.
    _own: Option<Cluster>,
}

impl Postgres {
    /// The server of `TALON_TEST_POSTGRES`, or one of this process's own: started by whoever asks
    /// first, gone when the process is.
    ///
    /// # Panics
    ///
    /// When none can be had, with what is missing.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Postgres> = LazyLock::new(|| match env::var(GIVEN) {
            Ok(url) => Postgres { url: DatabaseUrl::new(url), _own: None },
            Err(_) => {
                let own = Cluster::create(Options::new());
                Postgres { url: own.url().clone(), _own: Some(own) }
            }
        });
        &SHARED
    }

    /// A new, empty schema, dropped with the value.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema::create(&self.url)
    }

    /// Its database, without a schema.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Runs SQL as the role of [`Postgres::url`]; gives rows as lines, columns parted by `|`.
    ///
    /// # Panics
    ///
    /// When it fails, with what the server said.
    pub fn psql(&self, sql: &str) -> String {
        psql(&self.url, sql).unwrap_or_else(|why| panic!("{sql}: {why}"))
    }
}
