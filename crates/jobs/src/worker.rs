//! What a node does with messages: claims, sends, settles; plans reminders; forgets.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
};
use talon_app::{Clock, IdSource};
use talon_domain::{
    ids::{EntryKey, FacilityId},
    message::{MessageKind, MessageState},
};
use talon_store::{Attempted, ClaimMessages, DueMessage, ReminderPass, Result, Sending, Store};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{
    backoff::pause,
    compose::{Composer, NoLetter},
    courier::{Courier, Handed},
    reminders::passes,
    stopping::Stopping,
};

/// However long a relay has been away, it is asked again after some minutes: pauses grow until this many failures.
const MOST_COUNTED: u32 = 5;

/// How often a result is written again before the claim is left to end by itself.
const WRITE_ATTEMPTS: u32 = 3;

/// Messages forgotten in one call of the store, at most: a bound for the time that others wait behind it.
const AT_ONCE: u32 = 500;

/// What an operator chooses.
#[derive(Clone, Copy, Debug)]
pub struct WorkerTerms {
    /// Letters that one node sends at once.
    pub senders: u32,
    /// How long one may take.
    pub patience: Duration,
    /// From when on, by each facility's clocks, persons are reminded of tomorrow and of next week; `None` for never.
    pub remind_at: Option<Time>,
    /// How long what became of a message is kept.
    pub keep: SignedDuration,
}

impl WorkerTerms {
    /// How long a claim lasts: twice as long as a letter may take, so that nobody takes over what is still being sent.
    fn lease(&self) -> SignedDuration {
        SignedDuration::try_from(self.patience.saturating_mul(2)).unwrap_or(SignedDuration::from_mins(2))
    }
}

/// Is told what is counted. Labels are fixed words.
pub trait Watcher: Send + Sync {
    /// A message was settled.
    fn settled(&self, kind: MessageKind, state: MessageState);
    /// A letter was not taken and is tried again: `later`, `late` or `closed`.
    fn put_off(&self, reason: &'static str);
    /// So many messages are owed, the oldest for so long.
    fn owed(&self, count: u64, oldest: SignedDuration);
}

/// What a worker works with.
pub struct WorkerParts {
    /// The installation's data.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where random numbers come from.
    pub ids: Arc<dyn IdSource>,
    /// Who takes letters away.
    pub courier: Arc<dyn Courier>,
    /// Who writes them.
    pub composer: Composer,
    /// What counts.
    pub watcher: Arc<dyn Watcher>,
    /// What the operator chose.
    pub terms: WorkerTerms,
}

/// What tells one pass of reminders from another.
type PassName = (FacilityId, Date, MessageKind);

fn name(pass: &ReminderPass) -> PassName {
    (pass.facility, pass.day, pass.kind)
}

/// The worker of one node.
pub struct Worker {
    parts: WorkerParts,
    stopping: Stopping,
    failures: AtomicU32,
    closed_until: Mutex<Timestamp>,
    made: Mutex<HashSet<PassName>>,
}

impl Worker {
    /// A worker on these parts.
    #[must_use]
    pub fn new(parts: WorkerParts) -> Arc<Self> {
        Arc::new(Self {
            parts,
            stopping: Stopping::default(),
            failures: AtomicU32::new(0),
            closed_until: Mutex::new(Timestamp::MIN),
            made: Mutex::default(),
        })
    }

    /// Takes nothing more; what is being sent is finished.
    pub fn stop(&self) {
        self.stopping.tell();
    }

    /// Waits until it is told to stop.
    pub async fn stopped(&self) {
        self.stopping.told().await;
    }

    /// Whether it was told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.stopping.is_told()
    }

    /// Sends what is due, once round. Any number of nodes may do it at once.
    ///
    /// # Errors
    ///
    /// [`talon_store::StoreError`]; what was claimed before it is settled or taken over when the claim ends.
    pub async fn send(&self) -> Result<()> {
        let (store, terms) = (&self.parts.store, &self.parts.terms);
        let mut after: Option<EntryKey> = None;
        while !self.is_stopping() {
            let now = self.parts.clock.now();
            if now < *self.closed_until.lock().unwrap_or_else(PoisonError::into_inner) {
                return Ok(());
            }
            let until = now.checked_add(terms.lease()).unwrap_or(Timestamp::MAX);
            let claim = ClaimMessages { after, limit: terms.senders, lease: self.parts.ids.random(), until };
            let claimed = store.claim_messages(&claim, now).await?;
            for (kind, state) in &claimed.settled {
                self.parts.watcher.settled(*kind, *state);
            }
            join_all(claimed.due.iter().map(|due| self.send_one(due, claim.lease))).await;
            after = claimed.next;
            if after.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends one message and writes what came of it.
    async fn send_one(&self, due: &DueMessage, lease: Uuid) {
        let (result, reply) = self.attempt(due).await;
        let attempted = Attempted { message: due.message, lease, result, reply };
        let mut written = Ok(false);
        for _ in 0..WRITE_ATTEMPTS {
            written = self.parts.store.settle_message(&attempted, self.parts.clock.now()).await;
            if written.is_ok() {
                break;
            }
        }
        let (entry, kind) = (due.message.entry, due.message.kind.code());
        let state = match result {
            Sending::Sent => MessageState::Sent,
            Sending::Rejected => MessageState::Rejected,
            Sending::Later(_) => return,
        };
        match written {
            Ok(true) => self.parts.watcher.settled(due.message.kind, state),
            Ok(false) => tracing::warn!(%entry, kind, "a claim ended while its message was sent; it may be sent twice"),
            Err(error) => tracing::warn!(%entry, kind, %error, "a message was sent and that could not be written"),
        }
        match state {
            MessageState::Rejected => tracing::warn!(%entry, kind, reply = attempted.reply, "a message was rejected"),
            _ => tracing::debug!(%entry, kind, attempt = due.attempt, "a message was sent"),
        }
    }

    async fn attempt(&self, due: &DueMessage) -> (Sending, Option<String>) {
        let (entry, kind) = (due.message.entry, due.message.kind.code());
        let letter = match self.parts.composer.compose(due, &self.parts.store.reference(), self.parts.clock.now()) {
            Ok(letter) => letter,
            Err(NoLetter::Address) => return (Sending::Rejected, None),
            Err(NoLetter::Fault(what)) => {
                tracing::error!(%entry, kind, what, "a letter cannot be made; set the wording right (talon doctor)");
                return (self.later(due.attempt, "late"), None);
            }
        };
        match timeout(self.parts.terms.patience, self.parts.courier.hand(&letter)).await {
            Ok(Handed::Taken(reply)) => {
                self.failures.store(0, Ordering::Relaxed);
                (Sending::Sent, reply)
            }
            Ok(Handed::Refused(reply)) => (Sending::Rejected, reply),
            Ok(Handed::NotNow(reply)) => (self.later(due.attempt, "later"), reply),
            Ok(Handed::Closed(what)) => (self.closed(&what), None),
            Err(_) => (self.later(due.attempt, "late"), None),
        }
    }

    /// This letter is tried again.
    fn later(&self, attempt: u32, reason: &'static str) -> Sending {
        self.parts.watcher.put_off(reason);
        Sending::Later(self.in_a_while(attempt))
    }

    /// Nothing is sent for a while. Letters that were on their way together are one failure.
    fn closed(&self, what: &str) -> Sending {
        self.parts.watcher.put_off("closed");
        let mut until = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        if *until <= self.parts.clock.now() {
            let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            *until = self.in_a_while(failures.min(MOST_COUNTED));
            tracing::warn!(what, until = %*until, "letters are not taken; they wait");
        }
        Sending::Later(*until)
    }

    fn in_a_while(&self, failures: u32) -> Timestamp {
        let pause = pause(failures, self.parts.ids.random());
        self.parts.clock.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }

    /// Plans the reminders that are due, each once whichever node does it.
    ///
    /// # Errors
    ///
    /// [`talon_store::StoreError`]; what is not planned yet is next time.
    pub async fn plan(&self) -> Result<()> {
        let Some(at) = self.parts.terms.remind_at else { return Ok(()) };
        let now = self.parts.clock.now();
        let due = passes(&self.parts.store.reference(), at, now);
        // What this node knows to be made is not asked about every time.
        let known = self.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for pass in due.iter().filter(|pass| !known.contains(&name(pass))) {
            if let Some(owed) = self.parts.store.plan_reminders(pass, now).await? {
                tracing::info!(facility = %pass.facility, kind = pass.kind.code(), day = %pass.day, owed, "reminders planned");
            }
        }
        *self.made.lock().unwrap_or_else(PoisonError::into_inner) = due.iter().map(name).collect();
        Ok(())
    }

    /// Counts what is owed and forgets what is old.
    ///
    /// # Errors
    ///
    /// [`talon_store::StoreError`]
    pub async fn tidy(&self) -> Result<()> {
        let now = self.parts.clock.now();
        let counts = self.parts.store.message_counts().await?;
        let oldest = counts.oldest.map_or(SignedDuration::ZERO, |oldest| now.duration_since(oldest));
        self.parts.watcher.owed(counts.owed, oldest);
        let before = now.checked_sub(self.parts.terms.keep).unwrap_or(Timestamp::MIN);
        while self.parts.store.forget_messages(before, AT_ONCE).await? == u64::from(AT_ONCE) {}
        Ok(())
    }
}
