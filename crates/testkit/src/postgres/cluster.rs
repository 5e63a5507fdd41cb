//! A server of a test's own.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    DatabaseUrl, GIVEN, Options, Schema,
    home::Home,
    postmaster::Postmaster,
    programs::{Programs, client_program},
    psql::psql,
};
use crate::power::{Freeze, NoRig};

/// The role and the database that tests use. The role is an ordinary one that owns the database.
pub(super) const TALON: &str = "talon";

/// The role that may do anything.
pub(super) const SUPERUSER: &str = "postgres";

/// A server that its test may stop, kill and pause. Gone, with all its data, when dropped, and also
/// when the tests' process ends in any other way.
pub struct Cluster {
    // In this order: the server is stopped by the home, and then waited for.
    pub(super) home: Home,
    pub(super) postmaster: Option<Postmaster>,
    pub(super) programs: Programs,
    pub(super) options: Options,
    pub(super) port: u16,
    pub(super) password: String,
    pub(super) url: DatabaseUrl,
}

impl Cluster {
    /// Makes a new one and waits until it serves.
    ///
    /// # Errors
    ///
    /// [`NoRig`] where `TALON_TEST_POSTGRES` names a server: then none is started.
    ///
    /// # Panics
    ///
    /// When it cannot be made, with what PostgreSQL said.
    pub fn start(options: Options) -> Result<Self, NoRig> {
        match env::var_os(GIVEN) {
            Some(_) => Err(NoRig(format!("it needs a PostgreSQL server of its own, and {GIVEN} names another"))),
            None => Ok(Self::create(options)),
        }
    }

    /// The database of the tests, by its address in the network, with the password.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The same by the socket of this machine, without a password.
    #[must_use]
    pub fn socket_url(&self) -> DatabaseUrl {
        self.by_socket(TALON, TALON)
    }

    /// Where it listens. The same after each start.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// A new, empty schema. It goes with the server.
    #[must_use]
    pub fn schema(&self) -> Schema {
        Schema::create_for_good(&self.url)
    }

    /// Runs SQL in the database of the tests as a superuser; gives rows as lines, columns parted by `|`.
    ///
    /// # Panics
    ///
    /// When it fails, with what the server said.
    pub fn psql(&self, sql: &str) -> String {
        self.psql_in(TALON, sql)
    }

    /// A client program of PostgreSQL, such as `pgbench`, to be run as the server's user in its directory.
    #[must_use]
    pub fn client(&self, name: &str) -> Command {
        self.programs.as_user(Command::new(client_program(name)), self.home.directory())
    }

    /// Sets a setting that takes effect without a restart.
    ///
    /// # Panics
    ///
    /// When the server does not take it.
    pub fn set(&self, name: &str, value: &str) {
        let value = value.replace('\'', "''");
        self.psql(&format!("ALTER SYSTEM SET {name} = '{value}'; SELECT pg_reload_conf()"));
    }

    /// Waits until a condition holds: an SQL expression, looked at a hundred times a second.
    ///
    /// # Panics
    ///
    /// When it does not within a minute.
    pub fn wait_until(&self, condition: &str) {
        self.psql(&format!(
            "DO $$ BEGIN FOR try IN 1..6000 LOOP PERFORM pg_stat_clear_snapshot(); IF {condition} THEN RETURN; END IF; \
             PERFORM pg_sleep(0.01); END LOOP; RAISE 'it did not happen in a minute'; END $$"
        ));
    }

    /// SIGKILL to each of its processes, and waits until none is left.
    ///
    /// # Panics
    ///
    /// When it is not running; so with all below.
    pub fn kill(&mut self) {
        self.running().kill();
    }

    /// Ends its connections and stops it in order.
    pub fn stop(&mut self) {
        self.running().stop();
    }

    /// Starts it again after a kill or a stop, on the same port, and waits until it serves.
    pub fn start_again(&mut self) {
        assert!(self.postmaster.is_none(), "the server is still running");
        self.postmaster = Some(self.try_start().unwrap_or_else(|why| self.give_up(&why)));
    }

    /// Stops each of its processes where it stands: it neither answers nor hangs up.
    pub fn pause(&self) {
        self.freeze();
    }

    /// Lets it go on.
    pub fn resume(&self) {
        self.postmaster.as_ref().expect("the server is running").thaw();
    }

    /// Its first process's id.
    ///
    /// # Panics
    ///
    /// When it is not running.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.postmaster.as_ref().expect("the server is running").id()
    }

    /// Where its socket and its log are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.home.directory()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn running(&mut self) -> Postmaster {
        self.postmaster.take().expect("the server is running")
    }

    pub(super) fn try_start(&self) -> Result<Postmaster, String> {
        let mut command = self.programs.command("postgres", self.home.directory());
        command.arg("-D").arg(self.home.data());
        Postmaster::start(command, &self.log_path())
    }

    pub(super) fn psql_in(&self, database: &str, sql: &str) -> String {
        psql(&self.by_socket(SUPERUSER, database), sql).unwrap_or_else(|why| panic!("{sql}: {why}"))
    }

    fn by_socket(&self, role: &str, database: &str) -> DatabaseUrl {
        let socket = DatabaseUrl::new(format!("postgres://{role}@/{database}"));
        let directory = self.home.directory().display().to_string();
        socket.with_parameter("host", &directory).with_parameter("port", &self.port.to_string())
    }

    fn log_path(&self) -> PathBuf {
        self.home.directory().join("log")
    }

    /// What it logged is shown when it is dropped.
    pub(super) fn give_up(&self, why: &str) -> ! {
        panic!("PostgreSQL does not start: {why}")
    }
}

impl Freeze for Cluster {
    fn freeze(&self) {
        self.postmaster.as_ref().expect("the server is running").freeze();
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<&str> = log.lines().collect();
            eprintln!("--- the last that PostgreSQL wrote ---\n{}", lines[lines.len().saturating_sub(20)..].join("\n"));
        }
    }
}
