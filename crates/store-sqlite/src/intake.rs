//! The file beside the store into which records come that no change carries, those of reads, with a writer of its own: a
//! read waits for no booking.
//!
//! A record is durable there before its answer leaves, and lies there for about a second while a server runs: the sealer takes it
//! into the store, and so does whoever wants one state of the audit. It leaves the file after the commit that took it, so a crash between
//! the two leaves it in both, and it is taken once more: the record's key keeps it from being there twice.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use talon_domain::{audit::AuditRecord, ids::AuditId};
use talon_store::{Commits, StoreError};
use tokio::sync::oneshot;

use crate::{
    audit::{self, number},
    columns::micros,
    failure::store_error,
    open::{OpenOptions, open_intake},
    queue::{Jobs, Queue},
    transaction::{begin, commit, still_open},
};

/// What the file's name has more than the store's.
pub(crate) const ENDING: &str = "-audit";

/// The file's tables: the store's own, as far as records have columns. A file of another version is refused, so a column
/// more wants a step that brings this one along.
pub(crate) const SCHEMA: &str = "CREATE TABLE IF NOT EXISTS audit (
  audit    BLOB NOT NULL PRIMARY KEY,
  at       INTEGER NOT NULL,
  request  BLOB NOT NULL,
  person   BLOB,
  client   BLOB,
  channel  TEXT,
  action   TEXT NOT NULL,
  facility BLOB,
  object   TEXT,
  outcome  TEXT NOT NULL,
  source   TEXT,
  node     TEXT
) STRICT, WITHOUT ROWID";

/// Places in the queue that records leave to whoever takes them out: a full queue must not keep itself full.
const FOR_THE_SEALER: usize = 8;

/// Records in one commit, at most: as many as bookings.
const LARGEST_BATCH: usize = 128;

type Outcome<T> = std::result::Result<T, StoreError>;

/// What an error of the file means. Whoever is told of it must not take it for the store's.
pub(crate) fn failed(path: &Path, error: &rusqlite::Error) -> StoreError {
    let path = path.display();
    match store_error(error) {
        StoreError::Damaged(_) => StoreError::Damaged(format!(
            "{path}: {error}; the store itself is not concerned. Stop the server and move this file away with its -wal and -shm: the \
             records of the last reads, before they are taken into the store, are all that it has"
        )),
        StoreError::Unavailable(what) => StoreError::Unavailable(format!("{path}: {what}")),
        other => other,
    }
}

/// Every record of the file, in the order of their keys.
pub(crate) fn all(
    connection: &Connection,
    mut each: impl FnMut(&AuditRecord) -> rusqlite::Result<()>,
) -> rusqlite::Result<()> {
    let mut select = connection.prepare(&format!("SELECT {} FROM audit a ORDER BY a.audit", audit::COLUMNS))?;
    select.query_map([], audit::read)?.try_for_each(|record| each(&record?))
}

/// The file of a store: beside the file itself, whatever links lead there, as SQLite's log is.
pub(crate) fn beside(store: &Path) -> PathBuf {
    let mut name = std::fs::canonicalize(store).unwrap_or_else(|_| store.to_owned()).into_os_string();
    name.push(ENDING);
    name.into()
}

/// The queue's end that work is put into.
pub(crate) struct Intake {
    queue: Queue<Job>,
    path: PathBuf,
    limit: usize,
}

/// Work on the file, or why nothing can be done there.
type Job = Box<dyn FnOnce(Outcome<&Connection>) -> Answer + Send>;

/// Tells whoever asked, once it is known how the transaction ended.
type Answer = Box<dyn FnOnce(&Outcome<()>)>;

impl Intake {
    /// Opens the file beside a store, and makes it where it is missing.
    pub(crate) fn start(store: &Path, options: &OpenOptions, commits: Arc<Commits>) -> Outcome<Self> {
        let path = beside(store);
        let connection = open_intake(&path, store)?;
        let limit = options.queue_limit.max(1);
        let room = limit + FOR_THE_SEALER;
        let queue = Queue::start("store-intake", room, &options.on_fatal, move |jobs| run(&connection, jobs, &commits));
        let queue = queue.map_err(|error| StoreError::Open(format!("{}: {error}", path.display())))?;
        Ok(Self { queue, path, limit })
    }

    /// Keeps a record; answers when it is durable.
    pub(crate) async fn keep(&self, record: AuditRecord) -> Outcome<()> {
        if self.queued() >= self.limit {
            return Err(StoreError::Overloaded);
        }
        self.run(move |connection| audit::put(connection, &record).map(drop)).await
    }

    /// The oldest records, at most `limit`.
    pub(crate) async fn oldest(&self, limit: usize) -> Outcome<Vec<AuditRecord>> {
        self.run(move |connection| {
            let mut select = connection
                .prepare_cached(&format!("SELECT {} FROM audit a ORDER BY a.audit LIMIT ?1", audit::COLUMNS))?;
            select.query_map([limit as i64], audit::read)?.collect()
        })
        .await
    }

    /// Removes records that the store has.
    pub(crate) async fn remove(&self, taken: Vec<AuditId>) -> Outcome<()> {
        self.run(move |connection| {
            let mut delete = connection.prepare_cached("DELETE FROM audit WHERE audit = ?1")?;
            taken.iter().try_for_each(|id| delete.execute([id.bytes()]).map(drop))
        })
        .await
    }

    /// How many records lie there, and of when the first is.
    pub(crate) async fn waiting(&self) -> Outcome<Option<(u64, Timestamp)>> {
        self.run(|connection| {
            let mut select = connection.prepare_cached("SELECT count(*), min(at) FROM audit HAVING count(*) > 0")?;
            select.query_row([], |row| Ok((number(row, 0)?, micros(row, 1)?))).optional()
        })
        .await
    }

    /// Whether the file can be written: an empty command goes the way of any other.
    pub(crate) async fn check(&self) -> Outcome<()> {
        if self.queue.has_failed() {
            return Err(StoreError::Unavailable("a commit could not be made durable; the process must end".to_owned()));
        }
        self.run(|_| Ok(())).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Outcome<T> {
        let (reply, answer) = oneshot::channel();
        let path = self.path.clone();
        let job: Job = Box::new(move |file| {
            let found = file.and_then(|connection| work(connection).map_err(|error| failed(&path, &error)));
            Box::new(move |ended| {
                // A caller that hung up is not told; what was committed stays.
                let _ = reply.send(ended.clone().and(found));
            })
        });
        self.queue.put(job)?;
        // The thread drops a job unanswered only when it dies, and then nobody knows how far it got.
        answer.await.unwrap_or_else(|_| Err(StoreError::Unknown("the audit's writer stopped".to_owned())))
    }

    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Takes nothing more and waits until what was taken is done. Blocks.
    pub(crate) fn close(&self) {
        self.queue.close();
    }
}

/// There is no timer: while a commit waits for the disk, records queue up, and what has queued up is the next batch.
fn run(connection: &Connection, jobs: &Jobs<Job>, commits: &Commits) {
    while let Ok(first) = jobs.waiting.recv() {
        let began = Instant::now();
        let file = begin(connection).map(|()| connection);
        // Had it to wait for its turn in vain, who waits behind must not wait as long again.
        let most = if file.is_ok() { LARGEST_BATCH } else { usize::MAX };
        let batch = std::iter::once(first).chain(jobs.waiting.try_iter()).take(most);
        let before = connection.total_changes();
        // After SQLite has given the transaction up, each would be one of its own.
        let answers: Vec<_> =
            batch.map(|job| job(file.clone().and_then(|open| still_open(open).map(|()| open)))).collect();
        let ended = file.and_then(still_open).and_then(|()| commit(connection));
        if ended.is_ok() && connection.total_changes() != before {
            commits.count(answers.len(), began.elapsed());
        }
        for answer in answers {
            answer(&ended);
        }
        if let Err(error @ StoreError::Unknown(_)) = &ended {
            // As with the store's writer: what the kernel dropped it will not write on a second try.
            tracing::error!(%error, "a record could not be made durable; stopping");
            return jobs.give_up(error);
        }
    }
}
