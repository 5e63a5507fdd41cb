//! What a server does beside answering: it looks at the files of keys, publishes schedules and ends what has run
//! out, sends the messages that are owed and tells integrators what happened.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use talon_app::Clock;
use talon_jobs::{Postman, Worker};
use talon_store::Store;
use talon_tokens::Verifier;
use talon_vault::Vault;
use tokio::{
    task::{AbortHandle, JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{clock::SystemClock, observe::metrics::Metrics, settings::Settings};

/// A key that the portal has taken back must stop working within a second.
pub(crate) const LOOK_AT_KEYS_EVERY: Duration = Duration::from_millis(500);

/// How often holds are looked for whose time is over. They keep others out for some seconds longer
/// ([`talon_domain::booking::GRACE`]), in which this has to come by.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How often messages and events are looked for that are due.
const SEND_EVERY: Duration = Duration::from_secs(1);

/// How often reminders are looked for that are to be planned, and what is owed is counted.
const PLAN_EVERY: Duration = Duration::from_secs(30);

/// The running tasks.
pub(crate) struct Background {
    tasks: Vec<AbortHandle>,
    sending: Option<(Arc<Worker>, JoinHandle<()>)>,
    posting: Option<(Arc<Postman>, Vec<JoinHandle<()>>)>,
}

impl Background {
    /// Stops them. Each may be stopped anywhere: what it was doing it does again next time. Only what is on its way
    /// is waited for, since it would be sent once more.
    pub(crate) async fn stop(self, patience: Duration) {
        for task in self.tasks {
            task.abort();
        }
        let mut under_way = Vec::new();
        if let Some((worker, sending)) = self.sending {
            worker.stop();
            under_way.push(sending);
        }
        if let Some((postman, posting)) = self.posting {
            postman.stop();
            under_way.extend(posting);
        }
        if timeout(patience, join_all(&mut under_way)).await.is_err() {
            tracing::warn!("letters or events were cut off: they took longer than limits.drain");
            under_way.iter().for_each(JoinHandle::abort);
        }
    }
}

/// Starts them.
pub(crate) fn start(
    settings: &Settings,
    store: &Arc<dyn Store>,
    (verifier, contacts): (&Arc<Verifier>, Option<Arc<Vault>>),
    metrics: &Arc<Metrics>,
    (worker, postman): (Option<Arc<Worker>>, Option<Arc<Postman>>),
) -> Background {
    let keys = tokio::spawn(follow_keys(Arc::clone(verifier), contacts, Arc::clone(metrics)));
    let schedules = tokio::spawn(publish_schedules(Arc::clone(store), settings.publish_every));
    let sweeping = tokio::spawn(sweep(Arc::clone(store)));
    let mut tasks = vec![keys.abort_handle(), schedules.abort_handle(), sweeping.abort_handle()];
    let sending = worker.map(|worker| {
        tasks.push(tokio::spawn(plan(Arc::clone(&worker))).abort_handle());
        let sending = tokio::spawn(send(Arc::clone(&worker)));
        (worker, sending)
    });
    let posting = postman.map(|postman| {
        tasks.push(tokio::spawn(tidy_events(Arc::clone(&postman))).abort_handle());
        let rounds = (0..postman.hooks()).map(|hook| tokio::spawn(post(Arc::clone(&postman), hook))).collect();
        (postman, rounds)
    });
    Background { tasks, sending, posting }
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

/// Sends messages until the worker is stopped. Every node does it; each message is sent by one.
async fn send(worker: Arc<Worker>) {
    let mut ticks = interval(SEND_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !worker.is_stopping() {
        if let Err(error) = worker.send().await {
            tracing::warn!(%error, "messages could not be looked for; trying again in a second");
        }
        tokio::select! {
            _ = ticks.tick() => {}
            () = worker.stopped() => {}
        }
    }
}

/// Plans reminders, counts what is owed, forgets what is old.
async fn plan(worker: Arc<Worker>) {
    let mut ticks = interval(PLAN_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = worker.plan().await {
            tracing::warn!(%error, "reminders could not be planned; trying again in half a minute");
        }
        if let Err(error) = worker.tidy().await {
            tracing::warn!(%error, "messages could not be counted; trying again in half a minute");
        }
    }
}

/// Sends one receiver its events until the postman is stopped. Every node does it; each event is sent by one.
async fn post(postman: Arc<Postman>, hook: usize) {
    let mut ticks = interval(SEND_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !postman.is_stopping() {
        if let Err(error) = postman.send(hook).await {
            tracing::warn!(%error, "events could not be looked for; trying again in a second");
        }
        tokio::select! {
            _ = ticks.tick() => {}
            () = postman.stopped() => {}
        }
    }
}

/// Counts the events that are owed, forgets those that are old.
async fn tidy_events(postman: Arc<Postman>) {
    let mut ticks = interval(PLAN_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = postman.tidy().await {
            tracing::warn!(%error, "events could not be counted; trying again in half a minute");
        }
    }
}
