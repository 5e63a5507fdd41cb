//! Sealing while serving: records into chains at least every second, ends of chains into signed checkpoints.

use std::{
    collections::BTreeMap,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use talon_app::Clock;
use talon_audit::CheckpointFile;
use talon_domain::node::NodeName;
use talon_store::{Chain, ChainEnd, Store};
use talon_tokens::OwnKey;
use tokio::{
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval},
};

use crate::{
    clock::SystemClock,
    failure::{Failure, Outcome},
    settings::Settings,
};

/// How often records are sealed.
const SEAL_EVERY: Duration = Duration::from_secs(1);

/// Records in one transaction that seals. Bookings wait for it where one thread writes.
pub(crate) const AT_ONCE: u32 = 500;

/// The running sealer.
pub(crate) struct Sealing {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Sealing {
    /// Starts it, once it is certain that checkpoints can be written.
    ///
    /// # Errors
    ///
    /// The file that the setting names cannot be written.
    pub(crate) fn start(settings: &Settings, store: &Arc<dyn Store>, own: &Arc<OwnKey>) -> Outcome<Self> {
        let sealer = Sealer {
            signer: Signer::of(settings, Arc::clone(store), Arc::clone(own))?,
            every: settings.audit.every,
            records: settings.audit.records,
            sealed: 0,
            signed_at: Instant::now(),
        };
        let (stop, stopped) = watch::channel(false);
        Ok(Self { stop, task: tokio::spawn(sealer.run(stopped)) })
    }

    /// Seals and signs what is left, and stops.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        if self.task.await.is_err() {
            tracing::error!("the sealer of the audit panicked");
        }
    }
}

struct Sealer {
    signer: Signer,
    every: Duration,
    records: u64,
    /// Since the last checkpoint.
    sealed: u64,
    signed_at: Instant,
}

impl Sealer {
    async fn run(mut self, mut stopped: watch::Receiver<bool>) {
        let mut ticks = interval(SEAL_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // What was left by a process that died before it could sign is signed now.
        let mut due = true;
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                _ = stopped.changed() => {
                    self.turn(true).await;
                    return;
                }
            }
            due = !self.turn(due).await;
        }
    }

    /// Seals what waits, and signs if it is time. Says whether all went well.
    async fn turn(&mut self, due: bool) -> bool {
        match seal_all(&*self.signer.store, self.signer.node).await {
            Ok(sealed) => self.sealed += sealed,
            Err(error) => {
                tracing::error!(%error, "audit records could not be sealed; trying again in a second");
                return false;
            }
        }
        let due = due || self.sealed >= self.records || self.signed_at.elapsed() >= self.every;
        if !due {
            return true;
        }
        let signed = self.signer.sign().await;
        match &signed {
            Ok(()) => (self.sealed, self.signed_at) = (0, Instant::now()),
            Err(error) => tracing::error!(
                %error,
                file = %self.signer.file.path().display(),
                "a checkpoint of the audit could not be written; trying again in a second"
            ),
        }
        signed.is_ok()
    }
}

/// Signs ends of chains.
pub(crate) struct Signer {
    store: Arc<dyn Store>,
    node: NodeName,
    own: Arc<OwnKey>,
    file: CheckpointFile,
    /// How far the file covers each chain.
    covered: BTreeMap<Chain, ChainEnd>,
    /// From this day on the store may have ends that the file does not cover. At first from the beginning: what others
    /// left is signed too.
    since: Date,
}

impl Signer {
    /// A signer that goes on where the file of the settings ends.
    ///
    /// # Errors
    ///
    /// That file cannot be read or written.
    pub(crate) fn of(settings: &Settings, store: Arc<dyn Store>, own: Arc<OwnKey>) -> Outcome<Self> {
        let file = CheckpointFile::at(&settings.audit.checkpoints);
        let covered = file.check().and_then(|()| file.covered()).map_err(|error| {
            let what = format!("{}: {error} (setting audit.checkpoints)", file.path().display());
            Failure::usage(anyhow::anyhow!(what))
        })?;
        Ok(Self { store, node: settings.node, own, file, covered, since: Date::MIN })
    }

    /// Signs the ends that the file does not cover: this node's own, and those of days that are over whoever made them,
    /// for the node may be gone that should have.
    pub(crate) async fn sign(&mut self) -> io::Result<()> {
        let now = SystemClock.now();
        let today = TimeZone::UTC.to_datetime(now).date();
        let ends = self.store.chain_ends(self.since).await.map_err(io::Error::other)?;
        let wanted = |end: &&ChainEnd| {
            (end.chain.node == self.node || end.chain.day < today) && self.covered.get(&end.chain) != Some(*end)
        };
        let ends: Vec<_> = ends.iter().filter(wanted).copied().collect();
        if ends.is_empty() {
            return Ok(());
        }
        let (file, own, written) = (self.file.clone(), Arc::clone(&self.own), ends.clone());
        spawn_blocking(move || file.append(&written, None, &own, now)).await.map_err(io::Error::other)??;
        self.covered.extend(ends.into_iter().map(|end| (end.chain, end)));
        // Chains of earlier days were over when the newest began.
        let newest = self.covered.keys().map(|chain| chain.day).max().unwrap_or(Date::MIN);
        self.since = newest.saturating_sub(2.days());
        self.covered.retain(|chain, _| chain.day >= self.since);
        Ok(())
    }
}

/// Seals everything that waits and may be sealed now. Says how many records.
pub(crate) async fn seal_all(store: &dyn Store, node: NodeName) -> talon_store::Result<u64> {
    let mut all = 0;
    loop {
        let now: Timestamp = SystemClock.now();
        let sealed = store.seal(node, now, AT_ONCE).await?;
        all += sealed;
        if sealed < u64::from(AT_ONCE) {
            return Ok(all);
        }
    }
}
