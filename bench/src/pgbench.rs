//! The peer: a whole booking in one function of PostgreSQL, called by its own pgbench, without HTTP
//! and without tokens.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};

use crate::postgres::Postgres;

const TABLES: &str = include_str!("../pgbench/tables.sql");
const SCRIPT: &str = include_str!("../pgbench/book.sql");

/// Bookings a second that will not be reached; each needs a slot, a patient and a referral.
const UNREACHED: u64 = 12_000;

/// At least as many as the small region has.
const SMALLEST: u64 = 100_000;

/// pgbench begins to count its time before it connects, and 128 passwords are checked slowly.
const CONNECTING: Duration = Duration::from_secs(2);

/// The database with the function.
pub(crate) struct Peer<'p> {
    postgres: &'p Postgres,
    script: PathBuf,
    /// Slots, and as many patients and referrals.
    size: u64,
    warm_up: Duration,
    measured: Duration,
}

/// What a run showed.
pub(crate) struct PeerRun {
    /// Bookings a second.
    pub(crate) rate: f64,
    /// In microseconds.
    pub(crate) mean_latency: f64,
}

impl<'p> Peer<'p> {
    /// Makes and fills its tables, for runs as long as these.
    pub(crate) fn make(
        postgres: &'p Postgres,
        scratch: &Path,
        (warm_up, measured): (Duration, Duration),
    ) -> anyhow::Result<Self> {
        let script = scratch.join("book.pgbench");
        fs::write(&script, SCRIPT)?;
        // Warming up and measuring have a half each.
        let size = ((measured.max(warm_up) + CONNECTING).as_secs() * UNREACHED * 2).max(SMALLEST);
        postgres.create("peer");
        postgres.run_in("peer", &format!("SET ROLE talon;\n{}", TABLES.replace(":size", &size.to_string())));
        postgres.settle("peer");
        Ok(Self { postgres, script, size, warm_up, measured })
    }

    /// Books over so many connections, in a fresh copy.
    pub(crate) fn run(&self, clients: usize) -> anyhow::Result<PeerRun> {
        let database = self.postgres.copy("peer", "peer-run");
        self.book(&database, clients, self.warm_up, 0)?;
        let report = self.book(&database, clients, self.measured, self.size / 2 / clients as u64)?;
        let run = PeerRun::read(&report).with_context(|| format!("pgbench's report is odd:\n{report}"))?;
        eprintln!("  pgbench, {clients} clients: {:.0}/s, mean {:.0} µs", run.rate, run.mean_latency);
        Ok(run)
    }

    /// Every client books from its `first` on; what pgbench reports.
    fn book(&self, database: &str, clients: usize, time: Duration, first: u64) -> anyhow::Result<String> {
        let mut command = self.postgres.client("pgbench");
        command.args(["--no-vacuum", "--protocol=prepared", "--client", &clients.to_string()]);
        command.args(["--jobs", &clients.min(2).to_string(), "--time", &(time + CONNECTING).as_secs().to_string()]);
        for (name, value) in [("n", first), ("clients", clients as u64), ("size", self.size)] {
            command.arg("--define").arg(format!("{name}={value}"));
        }
        command.arg("--file").arg(&self.script).arg(database);
        let output = command.output().context("pgbench cannot be run; it comes with PostgreSQL's server")?;
        if !output.status.success() {
            // Its first complaint says what happened; each other client has one of its own.
            let complaints = String::from_utf8_lossy(&output.stderr);
            bail!("pgbench failed: {}", complaints.lines().next().unwrap_or("it does not say why"));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

impl PeerRun {
    fn read(report: &str) -> Option<Self> {
        let figure = |name: &str| {
            let line = report.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        Some(Self { rate: figure("tps = ")?, mean_latency: figure("latency average = ")? * 1000.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_of_pgbench_is_read() {
        let report = "number of failed transactions: 0 (0.000%)\nlatency average = 1.250 ms\n\
                      initial connection time = 3.1 ms\ntps = 6399.5 (without initial connection time)\n";
        let run = PeerRun::read(report).unwrap();
        assert_eq!((run.rate, run.mean_latency), (6399.5, 1250.0));
        assert!(PeerRun::read("pgbench: fatal").is_none());
    }
}
