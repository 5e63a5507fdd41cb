//! What a node does with events: claims, sends, settles; forgets. Each receiver has a round of its own, so that one who
//! hangs keeps nobody else waiting.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use hyper::StatusCode;
use jiff::{SignedDuration, Timestamp};
use talon_app::{Clock, IdSource};
use talon_domain::{
    event::{Event, EventKind, EventState, HookName},
    ids::EntryKey,
};
use talon_store::{AttemptedEvent, ClaimEvents, DueEvent, Result, Sending, Store};
use tokio::time::timeout;
use uuid::Uuid;

use super::{
    body::body,
    post::{Post, Signed},
    secrets::Secrets,
};
use crate::{backoff::pause, stopping::Stopping};

/// However long a receiver has been away, it is asked again after some minutes: pauses grow until this many failures.
const MOST_COUNTED: u32 = 5;

/// How often a result is written again before the claim is left to end by itself.
const WRITE_ATTEMPTS: u32 = 3;

/// Events forgotten in one call of the store, at most: a bound for the time that others wait behind it.
const AT_ONCE: u32 = 500;

/// A receiver.
pub struct Hook {
    /// Its name.
    pub name: HookName,
    /// The way to it.
    pub post: Post,
    /// What it knows us by.
    pub secrets: Secrets,
}

/// What an operator chooses.
#[derive(Clone, Copy, Debug)]
pub struct PostmanTerms {
    /// Events that one node sends to one receiver at once.
    pub senders: u32,
    /// How long one may take.
    pub patience: Duration,
    /// How long an event is tried.
    pub give_up: SignedDuration,
    /// How long what became of an event is kept.
    pub keep: SignedDuration,
}

/// Is told what is counted.
pub trait HookWatcher: Send + Sync {
    /// An event was settled.
    fn settled(&self, hook: &HookName, kind: EventKind, state: EventState);
    /// An event was not taken and is tried again: by the status's class, as `5xx`, or the step that failed.
    fn put_off(&self, hook: &HookName, reason: &'static str);
    /// So many events are owed, the oldest for so long.
    fn owed(&self, hook: &HookName, count: u64, oldest: SignedDuration);
}

/// What a postman works with.
pub struct PostmanParts {
    /// The installation's data.
    pub store: Arc<dyn Store>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Where random numbers come from.
    pub ids: Arc<dyn IdSource>,
    /// Who is told.
    pub hooks: Vec<Hook>,
    /// What counts.
    pub watcher: Arc<dyn HookWatcher>,
    /// What the operator chose.
    pub terms: PostmanTerms,
}

/// The postman of one node.
pub struct Postman {
    parts: PostmanParts,
    /// Of each receiver, in order.
    away: Vec<Away>,
    stopping: Stopping,
}

/// How a receiver has been lately.
#[derive(Default)]
struct Away {
    failures: AtomicU32,
    until: Mutex<Timestamp>,
}

/// What came of one request.
enum Answer {
    /// It was taken.
    Taken(String),
    /// The receiver will never take anything again.
    Gone(String),
    /// This event may be taken another time.
    NotNow(&'static str, String),
    /// The receiver takes nothing now.
    Closed(&'static str, String),
}

impl Postman {
    /// A postman on these parts.
    #[must_use]
    pub fn new(parts: PostmanParts) -> Arc<Self> {
        let away = parts.hooks.iter().map(|_| Away::default()).collect();
        Arc::new(Self { parts, away, stopping: Stopping::default() })
    }

    /// How many receivers there are.
    #[must_use]
    pub fn hooks(&self) -> usize {
        self.parts.hooks.len()
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

    /// Sends a receiver, by its place in the list, what is due, once round. Any number of nodes may do it at once.
    ///
    /// # Errors
    ///
    /// [`talon_store::StoreError`]; what was claimed before it is settled or taken over when the claim ends.
    pub async fn send(&self, hook: usize) -> Result<()> {
        let (Some(hook), Some(away)) = (self.parts.hooks.get(hook), self.away.get(hook)) else { return Ok(()) };
        let (store, terms) = (&self.parts.store, &self.parts.terms);
        // Twice as long as a request may take, so that nobody takes over what is still being sent.
        let lease = SignedDuration::try_from(terms.patience.saturating_mul(2)).unwrap_or(SignedDuration::from_mins(2));
        let mut after: Option<EntryKey> = None;
        while !self.is_stopping() {
            let now = self.parts.clock.now();
            if now < *away.until.lock().unwrap_or_else(PoisonError::into_inner) {
                return Ok(());
            }
            let claim = ClaimEvents {
                hook: hook.name.clone(),
                after,
                limit: terms.senders,
                lease: self.parts.ids.random(),
                until: now.checked_add(lease).unwrap_or(Timestamp::MAX),
            };
            let claimed = store.claim_events(&claim, now).await?;
            join_all(claimed.due.iter().map(|due| self.send_one((hook, away), due, claim.lease))).await;
            after = claimed.next;
            if after.is_none() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Sends one event and writes what came of it.
    async fn send_one(&self, (hook, away): (&Hook, &Away), due: &DueEvent, lease: Uuid) {
        let (result, reply) = match self.ask(hook, &due.event).await {
            Answer::Taken(reply) => {
                away.failures.store(0, Ordering::Relaxed);
                (Sending::Sent, reply)
            }
            Answer::Gone(reply) => (Sending::Rejected, reply),
            Answer::NotNow(reason, reply) => (self.later(hook, due, reason, Timestamp::MIN), reply),
            Answer::Closed(reason, reply) => {
                let until = self.closed((hook, away), reason);
                (self.later(hook, due, reason, until), reply)
            }
        };
        let attempted = AttemptedEvent { hook: hook.name.clone(), event: due.event, lease, result, reply: Some(reply) };
        let mut written = Ok(false);
        for _ in 0..WRITE_ATTEMPTS {
            written = self.parts.store.settle_event(&attempted, self.parts.clock.now()).await;
            if written.is_ok() {
                break;
            }
        }
        let (name, event) = (&hook.name, due.event.id());
        let state = match result {
            Sending::Sent => EventState::Delivered,
            Sending::Rejected => EventState::GivenUp,
            Sending::Later(_) => return,
        };
        match written {
            Ok(true) => self.parts.watcher.settled(name, due.event.key.kind, state),
            Ok(false) => {
                tracing::warn!(hook = %name, %event, "a claim ended while its event was sent; it may be sent twice")
            }
            Err(error) => {
                tracing::warn!(hook = %name, %event, %error, "an event was sent and that could not be written")
            }
        }
        match state {
            EventState::GivenUp => {
                tracing::warn!(hook = %name, %event, reply = attempted.reply, "an event was given up");
            }
            EventState::Delivered => tracing::debug!(hook = %name, %event, attempt = due.attempt, "an event was sent"),
        }
    }

    /// Asks a receiver to take an event.
    async fn ask(&self, hook: &Hook, event: &Event) -> Answer {
        let (id, body, second) = (event.id(), body(event), self.parts.clock.now().as_second());
        let signature = hook.secrets.signature(&id, second, &body);
        let signed = Signed { id, second, signature, body };
        let status = match timeout(self.parts.terms.patience, hook.post.send(&signed)).await {
            Err(_) => return Answer::Closed("late", "late".to_owned()),
            Ok(Err(unsent)) => return Answer::Closed(unsent.word(), unsent.word().to_owned()),
            Ok(Ok(status)) => status,
        };
        let reply = status.as_u16().to_string();
        match status {
            status if status.is_success() => Answer::Taken(reply),
            StatusCode::GONE => Answer::Gone(reply),
            // What these say is not about the event.
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Answer::Closed(class(status), reply),
            status => Answer::NotNow(class(status), reply),
        }
    }

    /// This event is tried again, not before an instant; unless it has been tried for long enough.
    fn later(&self, hook: &Hook, due: &DueEvent, reason: &'static str, not_before: Timestamp) -> Sending {
        let now = self.parts.clock.now();
        if now.duration_since(due.owed) >= self.parts.terms.give_up {
            return Sending::Rejected;
        }
        self.parts.watcher.put_off(&hook.name, reason);
        Sending::Later(self.in_a_while(due.attempt).max(not_before))
    }

    /// Nothing is sent to the receiver for a while. Events that were on their way together are one failure.
    fn closed(&self, (hook, away): (&Hook, &Away), reason: &'static str) -> Timestamp {
        let mut until = away.until.lock().unwrap_or_else(PoisonError::into_inner);
        if *until <= self.parts.clock.now() {
            let failures = away.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            *until = self.in_a_while(failures.min(MOST_COUNTED));
            let at = hook.post.endpoint();
            tracing::warn!(hook = %hook.name, %at, reason, until = %*until, "events are not taken; they wait");
        }
        *until
    }

    fn in_a_while(&self, failures: u32) -> Timestamp {
        let pause = pause(failures, self.parts.ids.random());
        self.parts.clock.now().checked_add(pause).unwrap_or(Timestamp::MAX)
    }

    /// Counts what is owed and forgets what is old.
    ///
    /// # Errors
    ///
    /// [`talon_store::StoreError`]
    pub async fn tidy(&self) -> Result<()> {
        let now = self.parts.clock.now();
        let counts = self.parts.store.event_counts().await?;
        for hook in &self.parts.hooks {
            let owed = counts.owed.iter().find(|(name, ..)| *name == hook.name);
            let (count, oldest) = owed.map_or((0, now), |(_, count, oldest)| (*count, *oldest));
            self.parts.watcher.owed(&hook.name, count, now.duration_since(oldest));
        }
        let before = now.checked_sub(self.parts.terms.keep).unwrap_or(Timestamp::MIN);
        while self.parts.store.forget_events(before, AT_ONCE).await? == u64::from(AT_ONCE) {}
        Ok(())
    }
}

/// A status as it is counted.
fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        429 => "429",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}
