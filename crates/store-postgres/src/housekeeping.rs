//! What happens beside the requests: noticing other nodes' changes of the reference data, and letting
//! go of kept answers that are too old.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

use crate::{idempotency, reference, session::Published, transaction::Transactions};

/// How often other nodes' changes are looked for: an import is seen within a second.
const LOOK_EVERY: Duration = Duration::from_millis(400);

/// How many looks lie between two rounds of letting go: some seven minutes.
const LOOKS_PER_ROUND: u32 = 1_000;

/// The task that does it.
pub(crate) struct Housekeeping {
    task: Mutex<Option<JoinHandle<()>>>,
    present: Arc<AtomicI64>,
}

impl Housekeeping {
    pub(crate) fn start(
        reading: &Arc<Transactions>,
        writing: &Arc<Transactions>,
        published: &Arc<Published>,
        now: Timestamp,
    ) -> Self {
        let present = Arc::new(AtomicI64::new(now.as_microsecond()));
        let keeper = Keeper {
            reading: Arc::clone(reading),
            writing: Arc::clone(writing),
            published: Arc::clone(published),
            present: Arc::clone(&present),
        };
        Self { task: Mutex::new(Some(tokio::spawn(keeper.run()))), present }
    }

    /// Time is what callers say it is.
    pub(crate) fn tell(&self, now: Timestamp) {
        self.present.store(now.as_microsecond(), Ordering::Relaxed);
    }

    pub(crate) fn close(&self) {
        if let Some(task) = self.task.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It holds no state: whatever it was doing is undone by the server.
            task.abort();
        }
    }
}

struct Keeper {
    reading: Arc<Transactions>,
    writing: Arc<Transactions>,
    published: Arc<Published>,
    present: Arc<AtomicI64>,
}

impl Keeper {
    async fn run(self) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for look in 1_u32.. {
            ticks.tick().await;
            let published = &self.published;
            let seen = self.reading.run(|tx| async move { reference::current(&tx, published).await.map(drop) });
            if let Err(failure) = seen.await {
                tracing::warn!(?failure, "changes of other nodes cannot be looked for");
            }
            if look % LOOKS_PER_ROUND == 0 {
                let now = Timestamp::from_microsecond(self.present.load(Ordering::Relaxed)).unwrap_or_default();
                if let Err(failure) = self.writing.run(|tx| async move { idempotency::forget(&tx, now).await }).await {
                    tracing::warn!(?failure, "kept answers cannot be let go");
                }
            }
        }
    }
}
