//! [`PostgresStore`]: what it is made of, and how it runs reads and writes.

use std::sync::{Arc, atomic::AtomicU64};

use talon_store::{Result, StoreError};

use crate::{
    committer::Committer,
    connect,
    contacts::{self, Contacts},
    failure::Failure,
    housekeeping::Housekeeping,
    migrate,
    open::{self, OpenOptions},
    reference,
    searcher::Searcher,
    session::Published,
    threads::Threads,
    transaction::{Counters, Transactions, Tx},
    url::PostgresUrl,
};

/// Connections for writes that are not bookings: cancellations, imports, published schedules.
const OTHER_WRITERS: usize = 4;

/// Who commits records of reads. One: while it waits for the disk the next batch gathers, and records are small.
const RECORDERS: usize = 1;

/// How often a change whose commit was in doubt is made again.
const MOST_DOUBTS: u32 = 3;

/// A store in a PostgreSQL database.
pub struct PostgresStore {
    pub(crate) published: Arc<Published>,
    pub(crate) committer: Committer,
    /// A committer for the records of reads: a read waits for no booking.
    pub(crate) records: Committer,
    pub(crate) searcher: Searcher,
    pub(crate) writing: Arc<Transactions>,
    pub(crate) reading: Arc<Transactions>,
    pub(crate) housekeeping: Housekeeping,
    pub(crate) counters: Arc<Counters>,
    pub(crate) threads: Threads,
}

impl PostgresStore {
    /// Opens the store at `url`.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] with what is wrong and what to do about it: no server there, a wrong
    /// password, no TLS where it is demanded, a standby, a server too old, a schema newer than this
    /// build or, without [`OpenOptions::create`], missing or older.
    pub async fn open(url: &PostgresUrl, options: &OpenOptions) -> Result<Arc<Self>> {
        let (doubts, counters) = (Arc::new(AtomicU64::new(0)), Arc::new(Counters::default()));
        let threads = Threads::start()?;
        let write_pool =
            connect::pool(url, options, options.writers + RECORDERS + OTHER_WRITERS, &doubts, &threads.handle)?;
        let read_pool = connect::pool(url, options, options.readers, &doubts, &threads.handle)?;
        drop(open::first(&write_pool, url, options.deadline).await?);
        let (contacts, deadline) = (Contacts(options.contacts.clone()), options.deadline);
        let counted = || Arc::clone(&counters);
        let writing = Transactions::writing(write_pool, Arc::clone(&doubts), deadline, counted(), contacts.clone());
        let reading = Transactions::reading(read_pool, doubts, deadline, counted(), contacts);
        let failed = |failure| open::opening(url, failure);
        let missing = writing.run(|tx| async move { migrate::missing(&tx).await }).await.map_err(failed)?;
        if !missing.is_empty() && !options.create {
            return Err(StoreError::Open(format!(
                "{url}: there is no store yet, or its schema is older; `talon migrate` makes it what this program needs"
            )));
        }
        migrate::migrate(&writing, options.now).await.map_err(failed)?;
        reading.run(|tx| async move { contacts::check_keys(&tx).await }).await.map_err(failed)?;
        writing.run(|tx| async move { contacts::note_key(&tx).await }).await.map_err(failed)?;
        let published = Arc::new(Published::new(options.offers, Arc::clone(&options.hooks)));
        let data = &published;
        reading.run(|tx| async move { reference::current(&tx, data).await.map(drop) }).await.map_err(failed)?;
        let (writing, reading) = (Arc::new(writing), Arc::new(reading));
        let committer =
            |tasks| Committer::start(&threads.handle, &writing, &published, &counters, tasks, options.queue_limit);
        Ok(Arc::new(Self {
            committer: committer(options.writers),
            records: committer(RECORDERS),
            searcher: Searcher::start(&reading, &published),
            housekeeping: Housekeeping::start(&reading, &writing, &published, options.now),
            published,
            writing,
            reading,
            counters,
            threads,
        }))
    }

    /// Runs a write that finds out by itself that it was made before, and answers when it is durable.
    /// A caller that goes away does not cut it short.
    pub(crate) async fn write<T, F>(
        &self,
        work: impl Fn(Tx) -> F + Send + Sync + 'static,
    ) -> std::result::Result<T, Failure>
    where
        T: Send + 'static,
        F: Future<Output = std::result::Result<T, Failure>> + Send + 'static,
    {
        let (writing, counters) = (Arc::clone(&self.writing), Arc::clone(&self.counters));
        let made = self.threads.handle.spawn(async move {
            let began = std::time::Instant::now();
            let deadline = writing.deadline();
            let mut doubt = None;
            for _ in 0..=MOST_DOUBTS {
                match writing.run_until(deadline, &work).await {
                    Err(Failure::Unknown(what)) => doubt = Some(what),
                    // What was in doubt has not become undone by that.
                    Err(Failure::Lost(what) | Failure::Again(what)) if doubt.is_some() => {
                        return Err(Failure::Unknown(what));
                    }
                    made => {
                        if made.is_ok() {
                            counters.commits.count(1, began.elapsed());
                        }
                        return made;
                    }
                }
            }
            Err(Failure::Unknown(doubt.unwrap_or_default()))
        });
        made.await.unwrap_or_else(|error| Err(Failure::Unknown(format!("a write did not finish: {error}"))))
    }

    /// Runs a read.
    pub(crate) async fn read<T, F>(&self, work: impl FnMut(Tx) -> F) -> Result<T>
    where
        F: Future<Output = std::result::Result<T, Failure>>,
    {
        match self.reading.run(work).await {
            // Nothing was written that could be in doubt.
            Err(Failure::Unknown(what)) => Err(Failure::Lost(what).into()),
            read => read.map_err(StoreError::from),
        }
    }
}
