//! How a server of a test's own differs from the plain one.

use std::{fmt::Write, fs, path::PathBuf};

use crate::certificates::Certificates;

/// What every server has. It gives up durability for speed only against the machine's own loss of
/// power: what was committed survives the death of any process. Its time zone and its dates are
/// those of nobody, so that a store which depends on them fails.
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
max_connections = 300
shared_buffers = '64MB'
dynamic_shared_memory_type = 'mmap'
synchronous_commit = on
autovacuum = on
wal_keep_size = '256MB'
lc_messages = 'C'
timezone = 'Asia/Kathmandu'
datestyle = 'SQL, DMY'
";

/// Without the password over the socket, which lies in a directory of the server's user; with it
/// over the network.
const ACCESS: &str = "\
local all         all                trust
host  all         all   127.0.0.1/32 scram-sha-256
host  replication all   127.0.0.1/32 scram-sha-256
";

/// Options of [`Cluster::start`](super::Cluster::start).
#[derive(Clone, Default)]
pub struct Options {
    durable: bool,
    settings: Vec<(String, String)>,
    access: Vec<String>,
    /// Certificate and key, PEM.
    tls: Option<(String, String)>,
    pub(super) data: Option<PathBuf>,
}

impl Options {
    /// Plain: survives the death of its processes, but not the machine's loss of power.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With `fsync` and full pages, as in production: for power cuts and measurements.
    #[must_use]
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// With a setting of `postgresql.conf`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a line of `pg_hba.conf` before the plain ones, which ask for a password (SCRAM) over the
    /// network: the first that fits decides. So `hostnossl all all all reject` demands TLS.
    #[must_use]
    pub fn access(mut self, line: &str) -> Self {
        self.access.push(line.to_owned());
        self
    }

    /// With TLS, under this certificate.
    #[must_use]
    pub fn tls(mut self, certificates: &Certificates) -> Self {
        let read = |path| fs::read_to_string(path).expect("a certificate that was made can be read");
        self.tls = Some((read(certificates.certificate()), read(certificates.key())));
        self
    }

    /// With its data in a directory of the test's own, to cut the power of the disk beneath.
    #[must_use]
    pub fn data_in(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self
    }

    /// The same for another server: two cannot share a directory.
    pub(super) fn data_in_its_home(mut self) -> Self {
        self.data = None;
        self
    }

    /// For the programs that write its data before it starts.
    pub(super) fn no_sync(&self) -> Option<&'static str> {
        (!self.durable).then_some("--no-sync")
    }

    /// The files that make it so, by name.
    pub(super) fn files(&self, port: u16, socket: &str) -> Vec<(&'static str, String)> {
        let on = if self.durable { "on" } else { "off" };
        let mut settings = format!(
            "{SETTINGS}port = {port}\nunix_socket_directories = '{socket}'\nfsync = {on}\nfull_page_writes = {on}\n"
        );
        let mut files = Vec::new();
        if let Some((certificate, key)) = &self.tls {
            settings.push_str("ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n");
            files.push(("server.crt", certificate.clone()));
            files.push(("server.key", key.clone()));
        }
        for (name, value) in &self.settings {
            let _ = writeln!(settings, "{name} = '{}'", value.replace('\'', "''"));
        }
        let access: String = self.access.iter().map(|line| format!("{line}\n")).collect();
        files.push(("postgresql.conf", settings));
        files.push(("pg_hba.conf", access + ACCESS));
        files
    }
}
