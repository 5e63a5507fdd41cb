//! A queue of searches for other times, and the tasks that make those together that wait.
//!
//! As with bookings there is no timer: while one search is under way others queue up, and they are the next.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use jiff::Timestamp;
use talon_domain::booking::FreeTime;
use talon_store::{FreeTimesQuery, Result, StoreError};
use tokio::{
    sync::{Mutex as Turn, mpsc, oneshot},
    time::timeout,
};

use crate::{
    failure::Failure,
    free_times::{self, Search},
    session::Published,
    transaction::Transactions,
};

/// How many make searches at once.
const TASKS: usize = 2;

/// Searches that are made together, at most. A bound keeps the first of them from waiting long for the last.
const MOST_TOGETHER: usize = 64;

/// How long a refusal waits for other times. It is less than a booking may take: the refusal says all that must be said.
const PATIENCE: Duration = Duration::from_secs(2);

/// The queue's end that searches are put into.
pub(crate) struct Searcher {
    queue: mpsc::UnboundedSender<Job>,
}

/// What a search found.
type Found = Result<Vec<FreeTime>>;

type Reply = oneshot::Sender<Found>;

/// A search in the queue. There are as many as requests come in the time that one waits, which have limits of their own.
struct Job {
    search: Search,
    reply: Reply,
}

impl Searcher {
    /// Starts the tasks where requests run, and not on the store's own threads: the rules of a whole batch run without a
    /// pause, and committers must not wait for them.
    pub(crate) fn start(transactions: &Arc<Transactions>, published: &Arc<Published>) -> Self {
        let (queue, jobs) = mpsc::unbounded_channel();
        let jobs = Arc::new(Turn::new(jobs));
        for _ in 0..TASKS {
            let (transactions, published) = (Arc::clone(transactions), Arc::clone(published));
            tokio::spawn(Worker { jobs: Arc::clone(&jobs), transactions, published }.run());
        }
        Self { queue }
    }

    /// The times to offer, nearest to the time asked for first.
    pub(crate) async fn run(&self, query: FreeTimesQuery, now: Timestamp) -> Found {
        let (reply, answer) = oneshot::channel();
        let job = Job { search: Search { query, now }, reply };
        self.queue.send(job).map_err(|_| StoreError::Closed)?;
        match timeout(PATIENCE, answer).await {
            Ok(answer) => answer.unwrap_or(Err(StoreError::Closed)),
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
        }
    }
}

struct Worker {
    jobs: Arc<Turn<mpsc::UnboundedReceiver<Job>>>,
    transactions: Arc<Transactions>,
    published: Arc<Published>,
}

impl Worker {
    /// Makes searches until the store is gone.
    async fn run(self) {
        loop {
            let mut jobs = Vec::new();
            if self.jobs.lock().await.recv_many(&mut jobs, MOST_TOGETHER).await == 0 {
                return;
            }
            // Whoever hung up needs no times.
            jobs.retain(|job| !job.reply.is_closed());
            if jobs.is_empty() {
                continue;
            }
            let (searches, replies): (Vec<_>, Vec<_>) = jobs.into_iter().map(|job| (job.search, job.reply)).unzip();
            self.make(searches, replies).await;
        }
    }

    /// Makes searches together; should that not work, one by one, so that one of them cannot spoil it for the others.
    async fn make(&self, searches: Vec<Search>, replies: Vec<Reply>) {
        let failure = match self.together(&searches).await {
            Ok(found) => return replies.into_iter().zip(found).for_each(|(reply, found)| tell(reply, found)),
            Err(failure) => failure,
        };
        // Of the database, and not of one of the searches.
        let mut lost = None;
        if searches.len() == 1 || failure.is_lost() {
            lost = Some(StoreError::from(failure));
        } else {
            let (error, searches) = (StoreError::from(failure), searches.len());
            tracing::warn!(%error, searches, "searches for other times failed; they are made one by one");
        }
        for (search, reply) in searches.into_iter().zip(replies).filter(|(_, reply)| !reply.is_closed()) {
            let found = match lost.clone() {
                Some(error) => Err(error),
                None => match self.together(&[search]).await {
                    Ok(found) => found.into_iter().next().unwrap_or(Err(StoreError::Closed)),
                    Err(failure) => {
                        let (is_lost, error) = (failure.is_lost(), StoreError::from(failure));
                        lost = is_lost.then(|| error.clone());
                        Err(error)
                    }
                },
            };
            tell(reply, found);
        }
    }

    async fn together(&self, searches: &[Search]) -> std::result::Result<Vec<Found>, Failure> {
        let reference = self.published.get().1;
        let reference = &reference;
        // Not given up with those who wait: the server would go on with it, on a connection more than there may be.
        let made = self.transactions.run(|tx| async move { free_times::alternatives(&tx, reference, searches).await });
        match AssertUnwindSafe(made).catch_unwind().await {
            // Nothing was written that could be in doubt.
            Ok(Err(Failure::Unknown(what))) => Err(Failure::Lost(what)),
            Ok(found) => found,
            // A mistake of ours, which must not end the task: nobody would be offered anything any more.
            Err(_) => Err(Failure::Store(StoreError::Bug("a search for other times panicked".to_owned()))),
        }
    }
}

fn tell(reply: Reply, found: Found) {
    // Whoever hung up is not told.
    let _ = reply.send(found);
}
