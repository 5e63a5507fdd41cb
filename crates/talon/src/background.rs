//! What a server does beside answering: it looks at the files of keys, publishes schedules and ends what has run
//! out.

use std::{sync::Arc, time::Duration};

use talon_app::Clock;
use talon_store::Store;
use talon_tokens::Verifier;
use talon_vault::Vault;
use tokio::{
    task::{AbortHandle, spawn_blocking},
    time::{MissedTickBehavior, interval},
};

use crate::{clock::SystemClock, observe::metrics::Metrics, settings::Settings};

/// A key that the portal has taken back must stop working within a second.
pub(crate) const LOOK_AT_KEYS_EVERY: Duration = Duration::from_millis(500);

/// How often holds are looked for whose time is over. They keep others out for some seconds longer
/// ([`talon_domain::booking::GRACE`]), in which this has to come by.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The running tasks.
pub(crate) struct Background(Vec<AbortHandle>);

impl Background {
    /// Stops them. Each may be stopped anywhere: what it was doing it does again next time.
    pub(crate) fn stop(self) {
        for task in self.0 {
            task.abort();
        }
    }
}

/// Starts them.
pub(crate) fn start(
    settings: &Settings,
    store: &Arc<dyn Store>,
    (verifier, contacts): (&Arc<Verifier>, Option<Arc<Vault>>),
    metrics: &Arc<Metrics>,
) -> Background {
    let keys = tokio::spawn(follow_keys(Arc::clone(verifier), contacts, Arc::clone(metrics)));
    let schedules = tokio::spawn(publish_schedules(Arc::clone(store), settings.publish_every));
    let sweeping = tokio::spawn(sweep(Arc::clone(store)));
    Background(vec![keys.abort_handle(), schedules.abort_handle(), sweeping.abort_handle()])
}

async fn follow_keys(verifier: Arc<Verifier>, contacts: Option<Arc<Vault>>, metrics: Arc<Metrics>) {
    let mut ticks = interval(LOOK_AT_KEYS_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let looking = Arc::clone(&verifier);
        match spawn_blocking(move || looking.reload_if_changed()).await {
            Ok(Ok(false)) => {}
            Ok(Ok(true)) => {
                metrics.keys_reloaded(true);
                tracing::info!("keys reloaded");
            }
            Ok(Err(error)) => {
                metrics.keys_reloaded(false);
                tracing::error!(%error, "changed keys cannot be used; the old ones stay in force");
            }
            // The runtime is stopping, or the look panicked, which the hook has logged.
            Err(_) => {}
        }
        let Some(contacts) = contacts.clone() else { continue };
        match spawn_blocking(move || contacts.reload_if_changed()).await {
            Ok(Ok(true)) => tracing::info!("keys of contacts reloaded"),
            Ok(Err(error)) => {
                tracing::error!(%error, "changed keys of contacts cannot be used; the old ones stay in force")
            }
            Ok(Ok(false)) | Err(_) => {}
        }
    }
}

/// Publishes at the start and from then on so often that each facility's new day comes soon after
/// its own midnight, in whatever zone that is. Publishing what is published already changes
/// nothing, so neither the start nor a neighbour that does the same matters.
async fn publish_schedules(store: Arc<dyn Store>, every: Duration) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match talon_app::publish(&*store, SystemClock.now()).await {
            Ok(done) => tracing::info!(
                added = done.added,
                removed = done.removed,
                kept = done.kept,
                blocked = done.blocked,
                "schedules published"
            ),
            Err(error) => tracing::error!(%error, "schedules could not be published; trying again next time"),
        }
    }
}

/// Ends holds whose time is over. Every node does it; each hold is ended once.
async fn sweep(store: Arc<dyn Store>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match talon_app::sweep(&*store, SystemClock.now()).await {
            Ok(done) if done.ended == 0 => {}
            Ok(done) => tracing::debug!(ended = done.ended, "holds ended"),
            Err(error) => tracing::warn!(%error, "holds could not be swept; trying again in a second"),
        }
    }
}
