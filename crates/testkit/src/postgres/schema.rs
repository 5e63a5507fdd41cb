//! A schema for one test.

use aws_lc_rs::rand;

use super::{DatabaseUrl, psql::psql};

/// An empty schema that nobody else knows, and which is all that [`Schema::url`] sees of the
/// database. Dropped with the value.
///
/// A schema and not a database, because that works on any server that is given: a distributed
/// engine such as Citus does not carry CREATE DATABASE to its workers.
pub struct Schema {
    name: String,
    url: DatabaseUrl,
    /// Who drops it. Nobody on a server that goes with the test.
    owner: Option<DatabaseUrl>,
}

impl Schema {
    /// On a server that outlives the test.
    pub(super) fn create(server: &DatabaseUrl) -> Self {
        let mut schema = Self::create_for_good(server);
        schema.owner = Some(server.clone());
        schema
    }

    /// On a server that goes with the test.
    pub(super) fn create_for_good(server: &DatabaseUrl) -> Self {
        let name = format!("t_{}", random_text());
        psql(server, &format!("CREATE SCHEMA {name}")).unwrap_or_else(|why| panic!("no schema can be created: {why}"));
        Self { url: server.with_setting("search_path", &name), name, owner: None }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The database with this schema as its only `search_path`.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Runs SQL in it; gives rows as lines, columns parted by `|`.
    ///
    /// # Panics
    ///
    /// When it fails, with what the server said.
    pub fn psql(&self, sql: &str) -> String {
        psql(&self.url, sql).unwrap_or_else(|why| panic!("{sql}: {why}"))
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        let Some(owner) = &self.owner else { return };
        // A connection that the test has left open may still be ending its transaction.
        let sql =
            format!("SET client_min_messages = warning; SET lock_timeout = '10s'; DROP SCHEMA {} CASCADE", self.name);
        if let Err(why) = psql(owner, &sql) {
            eprintln!("schema {} stays: {why}", self.name);
        }
    }
}

/// Sixteen hexadecimal digits.
pub(super) fn random_text() -> String {
    let mut drawn = [0; 8];
    rand::fill(&mut drawn).expect("random bytes can be had");
    format!("{:016x}", u64::from_be_bytes(drawn))
}
