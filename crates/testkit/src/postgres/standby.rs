//! Standbys: servers that follow another and can take its place.

use std::net::SocketAddr;

use super::{Cluster, create::run, home::Home};

impl Cluster {
    /// A standby that follows this server, under this name, with the same options; streaming.
    /// Commits do not wait for it until [`Cluster::make_synchronous`].
    ///
    /// # Panics
    ///
    /// When it cannot be made, with what PostgreSQL said; so with all below.
    #[must_use]
    pub fn standby(&self, name: &str) -> Self {
        self.standby_through(name, self.address())
    }

    /// As [`Cluster::standby`], following through an address that stands for this server's: a
    /// [`Proxy`](crate::Proxy) that can cut what the two say to each other.
    #[must_use]
    pub fn standby_through(&self, name: &str, address: SocketAddr) -> Self {
        let programs = self.programs.clone();
        let options = self.options.clone().data_in_its_home();
        let home = Home::new(&programs, None);
        let upstream = format!(
            "host={} port={} user=postgres password={} application_name={name}",
            address.ip(),
            address.port(),
            self.password
        );
        let mut copy = programs.command("pg_basebackup", home.directory());
        copy.arg("--pgdata").arg(home.data()).args(["--dbname", &upstream]).args(options.no_sync());
        run(copy.args(["--write-recovery-conf", "--checkpoint=fast"]));
        let standby = Self::start_in(home, programs, options, self.password.clone());
        self.wait_until(&follows(name, "state = 'streaming'"));
        standby
    }

    /// From now on a commit is answered when the standby of this name has it on its disk. Make every
    /// standby before: a later one would copy the setting, and wait for itself once promoted.
    pub fn make_synchronous(&self, name: &str) {
        self.set("synchronous_standby_names", name);
        self.wait_until(&follows(name, "sync_state = 'sync'"));
        // That is said by the process which sends; whether commits wait is decided by the one which
        // writes checkpoints, and it reads its settings before it writes this one.
        self.psql("CHECKPOINT");
    }

    /// Makes this standby a server of its own, and waits until it takes writes.
    pub fn promote(&self) {
        assert_eq!(self.psql("SELECT pg_promote(wait => true)"), "t", "the standby was not promoted");
    }
}

fn follows(name: &str, how: &str) -> String {
    format!("EXISTS (SELECT FROM pg_stat_replication WHERE application_name = '{name}' AND {how})")
}
