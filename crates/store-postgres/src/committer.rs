//! A queue of bookings, or of audit records, and the tasks that commit them in batches.
//!
//! There is no timer: while a commit waits for the disk, requests queue up, and what has queued up is
//! the next batch. Nobody is answered before the commit that keeps their command is durable.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Instant,
};

use talon_domain::audit::AuditRecord;
use talon_store::{Result, StoreError};
use tokio::{
    runtime::Handle,
    sync::{Mutex as Turn, mpsc, oneshot},
    task::JoinHandle,
    time::Instant as Deadline,
};

use crate::{
    audit,
    book::{self, Batch, Done, Item},
    failure::Failure,
    session::Published,
    transaction::{Counters, Transactions},
};

/// Items in one commit, at most. A bound keeps the first of a batch from waiting long for the last.
const LARGEST_BATCH: usize = 128;

/// How often a batch whose commit was in doubt is written anew.
const MOST_DOUBTS: u32 = 3;

/// The queue's end that items are put into.
pub(crate) struct Committer {
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    limit: usize,
}

/// An item in the queue.
struct Job {
    item: Item,
    reply: oneshot::Sender<Result<Done>>,
}

impl Committer {
    /// Starts `tasks` of them.
    pub(crate) fn start(
        threads: &Handle,
        transactions: &Arc<Transactions>,
        published: &Arc<Published>,
        counters: &Arc<Counters>,
        tasks: usize,
        limit: usize,
    ) -> Self {
        let (queue, jobs) = mpsc::channel(limit.max(1));
        let jobs = Arc::new(Turn::new(jobs));
        let task = |_| {
            let worker = Worker {
                jobs: Arc::clone(&jobs),
                waiting: VecDeque::new(),
                transactions: Arc::clone(transactions),
                published: Arc::clone(published),
                counters: Arc::clone(counters),
            };
            threads.spawn(worker.run())
        };
        let tasks = (0..tasks.max(1)).map(task).collect();
        Self { queue: Mutex::new(Some(queue)), tasks: Mutex::new(tasks), limit: limit.max(1) }
    }

    /// Commits an item; answers when it is durable, or undone. What was taken is finished whether its
    /// caller still waits or not.
    pub(crate) async fn run(&self, item: Item) -> Result<Done> {
        let (reply, answer) = oneshot::channel();
        {
            let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queue.as_ref().ok_or(StoreError::Closed)?;
            queue.try_send(Job { item, reply }).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
            })?;
        }
        // A job is dropped unanswered only when its task dies, and then nobody knows how far it got.
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown("the committer stopped".to_owned())))
    }

    pub(crate) fn queued(&self) -> usize {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().map_or(0, |queue| self.limit.saturating_sub(queue.capacity()))
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Takes nothing more and waits until what was taken is done.
    pub(crate) async fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks {
            if task.await.is_err() {
                tracing::error!("a committer panicked");
            }
        }
    }
}

struct Worker {
    jobs: Arc<Turn<mpsc::Receiver<Job>>>,
    /// Jobs of persons who had one in the batch before: the second must see the first.
    waiting: VecDeque<Job>,
    transactions: Arc<Transactions>,
    published: Arc<Published>,
    counters: Arc<Counters>,
}

impl Worker {
    async fn run(mut self) {
        while let Some(batch) = self.gather().await {
            let (items, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|job| (job.item, job.reply)).unzip();
            let done = self.commit(items).await;
            for (reply, done) in replies.into_iter().zip(done) {
                // A caller that hung up is not told; what was committed stays, and asking again finds it.
                let _ = reply.send(done);
            }
        }
    }

    /// What waits, in its order, one booking per person: two decisions on one person's visits cannot be
    /// made on the same facts. `None` when nothing will come any more.
    async fn gather(&mut self) -> Option<Vec<Job>> {
        let mut batch = Vec::new();
        let mut persons = HashSet::new();
        let mut later = VecDeque::new();
        let mut take = |job: Job, batch: &mut Vec<Job>| {
            let fits = job.item.booking().is_none_or(|(command, _)| persons.insert(command.person));
            if fits { batch.push(job) } else { later.push_back(job) }
        };
        for job in self.waiting.drain(..) {
            take(job, &mut batch);
        }
        if batch.is_empty() {
            let mut jobs = self.jobs.lock().await;
            take(jobs.recv().await?, &mut batch);
            while batch.len() < LARGEST_BATCH
                && let Ok(job) = jobs.try_recv()
            {
                take(job, &mut batch);
            }
        }
        self.waiting = later;
        Some(batch)
    }

    /// Commits items together; should that not work, one by one, so that one of them cannot spoil it
    /// for the others.
    async fn commit(&mut self, items: Vec<Item>) -> Vec<Result<Done>> {
        match self.together(&items).await {
            Ok(done) => done,
            // The last would wait for the deadlines of all.
            Err(failure) if failure.is_lost() => {
                let error = StoreError::from(failure);
                self.put_off(&error);
                items.iter().map(|_| Err(error.clone())).collect()
            }
            Err(failure) if items.len() == 1 => vec![Err(failure.into())],
            Err(failure) => {
                tracing::warn!(error = %StoreError::from(failure), items = items.len(), "a batch failed; its items are committed one by one");
                let mut done = Vec::with_capacity(items.len());
                for item in items {
                    let alone = self.together(&[item]).await.map_err(StoreError::from);
                    done.push(alone.and_then(|mut done| done.pop().unwrap_or(Err(StoreError::Closed))));
                }
                done
            }
        }
    }

    /// Puts off everybody who waits: the database that they waited for was not there for the time that a
    /// command may take, and it would be that time once more until they hear of it.
    fn put_off(&mut self, cause: &StoreError) {
        let mut waiting: Vec<_> = self.waiting.drain(..).collect();
        // Whoever holds it instead waits for the next job himself, so there is none.
        if let Ok(mut jobs) = self.jobs.try_lock() {
            waiting.extend(std::iter::from_fn(|| jobs.try_recv().ok()));
        }
        for job in waiting {
            let _ = job.reply.send(Err(StoreError::Unavailable(format!("those before it came to nothing: {cause}"))));
        }
    }

    async fn together(&self, items: &[Item]) -> std::result::Result<Vec<Result<Done>>, Failure> {
        // One for all: whoever waits must not wait as long again to hear that nobody knows.
        let deadline = self.transactions.deadline();
        let mut doubts = 0;
        loop {
            let began = Instant::now();
            // What the last run wrote: its answers, should its commit turn out to be kept.
            let written = Mutex::new(Batch::default());
            let ended = self
                .transactions
                .run_until(deadline, |tx| {
                    let written = &written;
                    async move {
                        let batch = book::batch(&tx, &self.published, items).await?;
                        *written.lock().unwrap_or_else(PoisonError::into_inner) = batch;
                        Ok(())
                    }
                })
                .await;
            let written = written.into_inner().unwrap_or_else(PoisonError::into_inner);
            let kept = match ended {
                Ok(()) => true,
                Err(failure @ Failure::Unknown(_)) => match &written.mark {
                    Some(mark) if doubts < MOST_DOUBTS => self.settle(mark, deadline).await?,
                    _ => return Err(failure),
                },
                Err(failure) => return Err(failure),
            };
            if kept {
                self.counters.commits.count(items.len(), began.elapsed());
                return Ok(written.done);
            }
            doubts += 1;
        }
    }

    /// Finds out whether a batch was kept whose commit was in doubt.
    ///
    /// Its record was written before COMMIT was sent, so whoever writes the same record waits for that
    /// transaction to end, and then knows. Of a kept one something is written, because what only the
    /// old primary has must not be answered: this commit waits for the standby, and so for all before it.
    async fn settle(&self, mark: &AuditRecord, deadline: Deadline) -> std::result::Result<bool, Failure> {
        let settled = self.transactions.run_until(deadline, |tx| async move {
            tx.batch("SAVEPOINT probe").await?;
            let absent = audit::insert(&tx, &[mark]).await? > 0;
            tx.batch("ROLLBACK TO SAVEPOINT probe").await?;
            if !absent {
                tx.execute("UPDATE installation SET value = value + 1 WHERE key = 'settled'", &[]).await?;
            }
            Ok(!absent)
        });
        // As long as nobody can be asked it stays unknown.
        let settled = settled.await.map_err(|failure| Failure::Unknown(StoreError::from(failure).to_string()))?;
        self.counters.settled.fetch_add(1, Ordering::Relaxed);
        Ok(settled)
    }
}
