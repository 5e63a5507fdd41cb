//! The one thread that writes, and its queue.
//!
//! There is no timer: while a commit waits for the disk, requests queue up, and what has queued up
//! is the next batch. A command that fails is undone alone. Nobody is answered before the commit that
//! keeps their command is durable.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use rusqlite::Connection;
use talon_store::{Commits, StoreError};
use tokio::sync::oneshot;

use crate::{
    failure::{Failure, Result, store_error},
    housekeeping::{LogIsLong, checkpoint},
    open::OpenOptions,
    outbox,
    planted::{Bug, linger, planted},
    queue::{Jobs, Queue},
    session::{Published, Session},
    transaction::{begin, commit, execute, roll_back, still_open},
};

/// Commands in one commit, at most. From some sixteen on the CPU is the limit and not the disk; a
/// bound keeps the first of a batch from waiting long for the last.
const LARGEST_BATCH: usize = 128;

/// How often a command that lost a claim is decided again. Inside one immediate transaction nobody
/// else writes, so losing once already means that facts and keys disagree.
const MOST_ATTEMPTS: usize = 3;

type Outcome<T> = std::result::Result<T, StoreError>;

/// The queue's end that commands are put into.
pub(crate) struct Writer {
    queue: Queue<Box<dyn Job>>,
    limit: usize,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        published: Arc<Published>,
        options: &OpenOptions,
        log_is_long: LogIsLong,
        commits: Arc<Commits>,
    ) -> std::io::Result<Self> {
        let limit = options.queue_limit.max(1);
        let worker = Worker { connection, published, commits, log_is_long };
        let queue = Queue::start("store-writer", limit, &options.on_fatal, move |jobs| worker.run(jobs))?;
        Ok(Self { queue, limit })
    }

    /// Runs `work` in a transaction; answers when it is durable, or undone. It runs again when it
    /// loses a claim, so it must not keep anything from one run to the next.
    pub(crate) async fn run<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Session<'_>) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.queue.put(Box::new(Command { work, outcome: None, reply: Some(reply) }))?;
        // The writer drops a job unanswered only when it dies, and then nobody knows how far it got.
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown("the writer stopped".to_owned()).into()))
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.queue.has_failed()
    }

    /// Takes nothing more and waits until what was taken is done. Blocks.
    pub(crate) fn close(&self) {
        self.queue.close();
    }
}

/// A command in the queue.
trait Job: Send {
    /// Runs it and keeps the outcome.
    fn run(&mut self, session: &mut Session<'_>) -> Ran;

    /// Answers with the kept outcome, or with `instead` when its transaction is gone.
    fn answer(&mut self, instead: Option<StoreError>);
}

/// How a command's run ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ran {
    Kept,
    Undo,
    Again,
}

struct Command<T, F> {
    work: F,
    outcome: Option<Result<T>>,
    reply: Option<oneshot::Sender<Result<T>>>,
}

impl<T, F> Job for Command<T, F>
where
    T: Send,
    F: FnMut(&mut Session<'_>) -> Result<T> + Send,
{
    fn run(&mut self, session: &mut Session<'_>) -> Ran {
        let outcome = (self.work)(session);
        let ran = match &outcome {
            Ok(_) => Ran::Kept,
            Err(Failure::ClaimLost) => Ran::Again,
            Err(_) => Ran::Undo,
        };
        self.outcome = Some(outcome);
        ran
    }

    fn answer(&mut self, instead: Option<StoreError>) {
        let answer = match instead {
            Some(error) => Some(Err(error.into())),
            None => self.outcome.take(),
        };
        if let (Some(reply), Some(answer)) = (self.reply.take(), answer) {
            // A caller that hung up is not told; what was committed stays, and asking again finds it.
            let _ = reply.send(answer);
        }
    }
}

struct Worker {
    connection: Connection,
    published: Arc<Published>,
    commits: Arc<Commits>,
    log_is_long: LogIsLong,
}

impl Worker {
    fn run(self, jobs: &Jobs<Box<dyn Job>>) {
        while let Ok(first) = jobs.waiting.recv() {
            let began = Instant::now();
            let mut batch = Vec::new();
            let ended = self.transaction(jobs, first, &mut batch);
            if ended.is_ok() {
                self.commits.count(batch.len(), began.elapsed());
            }
            for job in &mut batch {
                job.answer(ended.as_ref().err().cloned());
            }
            if let Err(error @ StoreError::Unknown(_)) = &ended {
                // fsync failed: what the kernel dropped it will not write on a second try, so no
                // later answer could be true. Stop here; the next start recovers from the file.
                tracing::error!(%error, "a commit could not be made durable; stopping");
                return jobs.give_up(error);
            }
            if self.log_is_long.swap(false, Ordering::AcqRel)
                && let Err(error) = checkpoint(&self.connection)
            {
                tracing::warn!(%error, "the write-ahead log could not be moved into the file");
            }
        }
    }

    /// Runs `first` and what has queued up behind it, and commits. An error means that nothing of
    /// the batch is kept, or, if it is `Unknown`, that nobody can tell.
    ///
    /// A savepoint copies each page before it is changed, a tenth of the writer's time for something
    /// that is hardly ever needed. So the batch runs without; if a command fails after it has
    /// written, all is rolled back and each runs again in a savepoint of its own.
    fn transaction(
        &self,
        jobs: &Jobs<Box<dyn Job>>,
        first: Box<dyn Job>,
        batch: &mut Vec<Box<dyn Job>>,
    ) -> Outcome<()> {
        batch.push(first);
        let mut session = self.begin().inspect_err(|_| {
            // It took the whole patience to find out; who waits behind must not wait as long again.
            batch.extend(jobs.waiting.try_iter());
        })?;
        let mut at = 0;
        while let Some(job) = batch.get_mut(at) {
            let before = self.connection.total_changes();
            let ran = job.run(&mut session);
            let wrote = self.connection.total_changes() != before;
            if ran == Ran::Again || (ran == Ran::Undo && wrote) || self.connection.is_autocommit() {
                roll_back(&self.connection);
                return self.one_by_one(batch);
            }
            at += 1;
            if batch.len() < LARGEST_BATCH {
                batch.extend(jobs.waiting.try_recv().ok());
            }
        }
        self.keep(session, batch)
    }

    /// Runs a batch again, so that a command that fails is undone alone.
    fn one_by_one(&self, batch: &mut [Box<dyn Job>]) -> Outcome<()> {
        let mut session = self.begin()?;
        for job in batch.iter_mut() {
            if let Err(error) = self.savepoint(job.as_mut(), &mut session) {
                roll_back(&self.connection);
                return Err(error);
            }
        }
        self.keep(session, batch)
    }

    fn begin(&self) -> Outcome<Session<'_>> {
        begin(&self.connection)?;
        Session::begin(&self.connection, &self.published).map_err(|failure| {
            roll_back(&self.connection);
            failure.into()
        })
    }

    /// Commits, and makes known what is committed.
    fn keep(&self, mut session: Session<'_>, batch: &mut [Box<dyn Job>]) -> Outcome<()> {
        if planted(Bug::AnswerBeforeCommit) {
            batch.iter_mut().for_each(|job| job.answer(None));
            linger();
        }
        let held_back = std::mem::take(&mut session.held_back);
        commit(&self.connection)?;
        session.publish(&self.published);
        if !held_back.is_empty() {
            batch.iter_mut().for_each(|job| job.answer(None));
            linger();
            for message in &held_back {
                outbox::insert(&self.connection, message).map_err(|error| store_error(&error))?;
            }
        }
        Ok(())
    }

    /// Runs one command so that it can be undone alone. An error means that SQLite has given up the
    /// whole transaction.
    fn savepoint(&self, job: &mut dyn Job, session: &mut Session<'_>) -> Outcome<()> {
        for _ in 0..MOST_ATTEMPTS {
            execute(&self.connection, "SAVEPOINT command")?;
            let ran = job.run(session);
            still_open(&self.connection)?;
            if ran == Ran::Kept {
                return execute(&self.connection, "RELEASE command");
            }
            execute(&self.connection, "ROLLBACK TO command")?;
            execute(&self.connection, "RELEASE command")?;
            session.refresh()?;
            if ran == Ran::Undo {
                return Ok(());
            }
        }
        Ok(())
    }
}
