//! A queue of searches for other times, and the tasks that make those together that wait.
//!
//! As with bookings there is no timer: while one search is under way others queue up, and they are the next.

use std::sync::Arc;

use jiff::Timestamp;
use talon_domain::booking::FreeTime;
use talon_store::{FreeTimesQuery, Result, StoreError};
use tokio::{
    runtime::Handle,
    sync::{Mutex as Turn, mpsc, oneshot},
    time::timeout_at,
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

/// The queue's end that searches are put into.
pub(crate) struct Searcher {
    queue: mpsc::UnboundedSender<Job>,
    transactions: Arc<Transactions>,
}

/// A search in the queue. There are never more than requests in progress, which have a limit of their own.
struct Job {
    search: Search,
    reply: oneshot::Sender<Result<Vec<FreeTime>>>,
}

impl Searcher {
    pub(crate) fn start(threads: &Handle, transactions: &Arc<Transactions>, published: &Arc<Published>) -> Self {
        let (queue, jobs) = mpsc::unbounded_channel();
        let jobs = Arc::new(Turn::new(jobs));
        for _ in 0..TASKS {
            let (transactions, published) = (Arc::clone(transactions), Arc::clone(published));
            threads.spawn(Worker { jobs: Arc::clone(&jobs), transactions, published }.run());
        }
        Self { queue, transactions: Arc::clone(transactions) }
    }

    /// The times to offer, nearest to the time asked for first.
    pub(crate) async fn run(&self, query: FreeTimesQuery, now: Timestamp) -> Result<Vec<FreeTime>> {
        let (reply, answer) = oneshot::channel();
        let job = Job { search: Search { query, now }, reply };
        self.queue.send(job).map_err(|_| StoreError::Closed)?;
        // Those before it may run into a deadline of their own; nobody waits for two.
        match timeout_at(self.transactions.deadline(), answer).await {
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
            for (reply, found) in replies.into_iter().zip(self.search(&searches).await) {
                let _ = reply.send(found);
            }
        }
    }

    /// Makes searches together; should that not work, one by one, so that one of them cannot spoil it for the others.
    async fn search(&self, searches: &[Search]) -> Vec<Result<Vec<FreeTime>>> {
        match self.together(searches).await {
            Ok(found) => found,
            // Nothing about the searches: the next one would fare no better.
            Err(failure @ (Failure::Lost(_) | Failure::Unknown(_) | Failure::Store(StoreError::Closed))) => {
                let error = StoreError::from(failure);
                searches.iter().map(|_| Err(error.clone())).collect()
            }
            Err(failure) if searches.len() == 1 => vec![Err(failure.into())],
            Err(_) => {
                let mut found = Vec::new();
                for search in searches {
                    let alone = self.together(std::slice::from_ref(search)).await.map_err(StoreError::from);
                    found.push(alone.and_then(|mut found| found.pop().unwrap_or(Err(StoreError::Closed))));
                }
                found
            }
        }
    }

    async fn together(&self, searches: &[Search]) -> std::result::Result<Vec<Result<Vec<FreeTime>>>, Failure> {
        let reference = self.published.get().1;
        let reference = &reference;
        let found = self.transactions.run(|tx| async move { free_times::alternatives(&tx, reference, searches).await });
        match found.await {
            // Nothing was written that could be in doubt.
            Err(Failure::Unknown(what)) => Err(Failure::Lost(what)),
            found => found,
        }
    }
}
