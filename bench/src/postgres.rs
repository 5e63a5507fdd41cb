//! A PostgreSQL server of the measurement's own, as durable as in production, and its databases.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt, path::Path, process::Command, time::Duration};

use anyhow::Context;
use talon_testkit::{
    NoRig,
    postgres::{Cluster, Options, is_installed},
};

use crate::process;

/// What a server of this size would have set; the rest is by default. Its checkpoints are further
/// apart than any run is long.
const SETTINGS: [(&str, &str); 4] =
    [("shared_buffers", "2GB"), ("max_wal_size", "8GB"), ("min_wal_size", "2GB"), ("checkpoint_timeout", "30min")];

/// Settings that a reader of the table wants to know.
const TOLD: &str = "'shared_buffers', 'max_wal_size', 'checkpoint_timeout', 'fsync', 'full_page_writes', \
                    'synchronous_commit', 'wal_compression', 'autovacuum', 'max_connections'";

/// The server. Stopped and removed when dropped.
pub(crate) struct Postgres(Box<Cluster>);

impl Postgres {
    /// Starts one with its data in this folder, which its user must be able to enter.
    ///
    /// # Errors
    ///
    /// None can be had, and why: the outer error is one of this program's own.
    pub(crate) fn start(folder: &Path) -> anyhow::Result<Result<Self, String>> {
        if !is_installed() {
            let what = "PostgreSQL is not installed (on Debian `apt-get install postgresql` does that)";
            return Ok(Err(what.to_owned()));
        }
        let home = folder.join("postgres");
        DirBuilder::new().mode(0o711).create(&home).context("a folder for PostgreSQL cannot be made")?;
        let options = SETTINGS.iter().fold(Options::new().durable(), |all, (name, value)| all.setting(name, value));
        Ok(Cluster::start(options.data_in(home)).map(|cluster| Self(Box::new(cluster))).map_err(|NoRig(why)| why))
    }

    /// A paragraph for above the table: which version, and how it is set.
    pub(crate) fn describe(&self) -> String {
        let version = self.0.psql("SHOW server_version");
        let settings = self.0.psql(&format!(
            "SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name) \
             FROM pg_settings WHERE name IN ({TOLD})"
        ));
        format!(
            "PostgreSQL {}, reached over TCP on 127.0.0.1, its data on the same disk: {settings}.",
            version.split(' ').next().unwrap_or_default()
        )
    }

    /// Makes an empty database and says its address; one of that name is dropped.
    pub(crate) fn create(&self, name: &str) -> String {
        self.make(name, "")
    }

    /// Makes a copy of a database as it lies in its files.
    pub(crate) fn copy(&self, from: &str, to: &str) -> String {
        // The other way to copy, from version 15 on, writes everything to the log as well.
        let version = self.0.psql("SELECT current_setting('server_version_num')::int >= 150000");
        let strategy = if version == "t" { "STRATEGY file_copy" } else { "" };
        let address = self.make(to, &format!("TEMPLATE \"{from}\" {strategy}"));
        self.checkpoint();
        address
    }

    /// Does what autovacuum does within minutes of an import, so that it is not done during a run.
    pub(crate) fn settle(&self, name: &str) {
        // Not of empty tables, of which it knows nothing either.
        self.run_in(
            name,
            "SELECT format('VACUUM (ANALYZE) %I', relname) FROM pg_class \
             WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 \\gexec",
        );
        self.checkpoint();
    }

    /// Moves everything to the data files at once, and so makes the next change of each page a whole
    /// page of log.
    pub(crate) fn checkpoint(&self) {
        self.0.psql("CHECKPOINT");
    }

    /// Runs SQL in a database as a superuser; gives rows as lines, columns parted by `|`.
    pub(crate) fn run_in(&self, name: &str, sql: &str) -> String {
        self.0.psql(&format!("\\connect \"{name}\"\n{sql}"))
    }

    /// A client program of the server's version, to be run as its user.
    pub(crate) fn client(&self, name: &str) -> Command {
        self.0.client(name)
    }

    /// CPU time that its processes have used so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        process::family_cpu(self.0.id())
    }

    /// Drops a database, if there is one of this name, whoever is connected to it.
    pub(crate) fn drop(&self, name: &str) {
        self.0.psql(&format!("SET client_min_messages = warning; DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"));
    }

    fn make(&self, name: &str, how: &str) -> String {
        self.drop(name);
        self.0.psql(&format!("CREATE DATABASE \"{name}\" OWNER talon {how}"));
        self.0.url().with_database(name).to_string()
    }
}
