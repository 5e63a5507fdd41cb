//! The one place that opens transactions, commits them, and runs them again.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use deadpool_postgres::{Object, Pool, PoolError};
use futures_util::future::{TryFutureExt, try_join};
use talon_store::Commits;
use tokio::time::{Instant, error::Elapsed, sleep, timeout_at};
use tokio_postgres::{Row, types::ToSql};

use crate::{
    contacts::Contacts,
    failure::{Failure, Result},
};

/// How often a transaction is run again after it lost a claim or the server undid it.
const MOST_ATTEMPTS: u32 = 6;

/// The first pause before it is run again; each next one is twice as long. Half of it on average:
/// two that were in each other's way must not meet again at once.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// Opens transactions on a pool's connections.
pub(crate) struct Transactions {
    pool: Pool,
    doubts: Arc<AtomicU64>,
    deadline: Duration,
    counters: Arc<Counters>,
    contacts: Contacts,
    begin: &'static str,
}

/// What happened so far.
#[derive(Default)]
pub(crate) struct Counters {
    /// Commits, in batches.
    pub(crate) commits: Commits,
    /// Transactions that were run again.
    pub(crate) retries: AtomicU64,
    /// Commits of which nobody could say whether they were kept.
    pub(crate) unknown: AtomicU64,
    /// Those of them that were found out afterwards.
    pub(crate) settled: AtomicU64,
}

impl Transactions {
    /// Those that write. `doubts` grows whenever the server warns that a commit did not wait for its
    /// standby.
    pub(crate) fn writing(
        pool: Pool,
        doubts: Arc<AtomicU64>,
        deadline: Duration,
        counters: Arc<Counters>,
        contacts: Contacts,
    ) -> Self {
        Self { pool, doubts, deadline, counters, contacts, begin: "BEGIN" }
    }

    /// Those that only read.
    pub(crate) fn reading(
        pool: Pool,
        doubts: Arc<AtomicU64>,
        deadline: Duration,
        counters: Arc<Counters>,
        contacts: Contacts,
    ) -> Self {
        Self { pool, doubts, deadline, counters, contacts, begin: "BEGIN READ ONLY" }
    }

    /// One state of the database, for as long as its transaction is kept. Whoever has read enough calls
    /// [`Transactions::end`].
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        let deadline = self.deadline();
        let client = timeout_at(deadline, self.pool.get()).await.map_err(late)?.map_err(unreachable)?;
        let tx = Tx::on(client, &self.contacts);
        let begun = async {
            // With one connection to each node Citus reads the whole of a node in one transaction; PostgreSQL
            // takes the setting as a word it does not know.
            tx.batch(
                "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
                 SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
                 SET LOCAL citus.max_adaptive_executor_pool_size = 1",
            )
            .await?;
            // The state is that of the first statement that reads; this one reaches every node.
            tx.query("SELECT 1 FROM entry LIMIT 1", &[]).await
        };
        timeout_at(deadline, begun).await.map_err(late)??;
        Ok(tx)
    }

    /// Ends a transaction that only read, and keeps its connection for others.
    pub(crate) async fn end(&self, tx: Tx) {
        tx.undo(self.deadline()).await;
    }

    /// When a command that begins now must have come to something.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.deadline
    }

    /// Connections in use and connections that there may be.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let status = self.pool.status();
        (status.size.saturating_sub(status.available), status.max_size)
    }

    /// Lets go of the connections.
    pub(crate) fn close(&self) {
        self.pool.close();
    }

    /// Runs `work` in a transaction and commits it. `work` is run again after every failure that allows
    /// it, so it must not keep anything from one run to the next.
    ///
    /// After [`Failure::Unknown`] the transaction may be kept or not; whoever can tell must find out
    /// before running it again. All other failures leave nothing behind.
    pub(crate) async fn run<T, F>(&self, work: impl FnMut(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        self.run_until(self.deadline(), work).await
    }

    /// The same for what is a part of a command that began earlier.
    pub(crate) async fn run_until<T, F>(&self, deadline: Instant, mut work: impl FnMut(Tx) -> F) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let failure = match self.attempt(&mut work, deadline).await {
                Err(failure @ (Failure::ClaimLost | Failure::Again(_))) if attempt < MOST_ATTEMPTS => failure,
                // A restarting or failing-over server comes back in seconds: the deadline decides.
                Err(failure @ Failure::Lost(_)) if Instant::now() + pause < deadline => failure,
                other => return other,
            };
            self.counters.retries.fetch_add(1, Ordering::Relaxed);
            tracing::debug!(?failure, attempt, "a transaction is run again");
            sleep(pause.mul_f64(rand::random::<f64>())).await;
            pause = (pause * 2).min(Duration::from_millis(250));
        }
        Err(Failure::ClaimLost)
    }

    async fn attempt<T, F>(&self, work: &mut impl FnMut(Tx) -> F, deadline: Instant) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let client = timeout_at(deadline, self.pool.get()).await.map_err(late)?.map_err(unreachable)?;
        let tx = Tx::on(client, &self.contacts);
        // BEGIN travels with the first statements: answers come in the order of the questions, so if it
        // fails, that is known before any answer is used.
        let begun = async { Ok(tx.client()?.batch_execute(self.begin).await?) };
        let done = match timeout_at(deadline, try_join(begun, work(tx.clone()))).await.map_err(late)? {
            Ok(((), done)) => done,
            Err(failure) => {
                // Dropping the connection would do as well; keeping it spares making a new one.
                tx.undo(deadline).await;
                return Err(failure);
            }
        };
        self.commit(tx, deadline).await?;
        Ok(done)
    }

    async fn commit(&self, tx: Tx, deadline: Instant) -> Result<()> {
        let doubts = self.doubts.load(Ordering::Acquire);
        // Half of the time that is left is for finding out what became of it.
        let now = Instant::now();
        let given_up = now + deadline.saturating_duration_since(now) / 2;
        let committed = timeout_at(given_up, tx.client()?.batch_execute("COMMIT")).await;
        let doubt = match committed {
            Ok(Ok(())) if self.doubts.load(Ordering::Acquire) == doubts => {
                tx.keep();
                return Ok(());
            }
            Ok(Ok(())) => "the server stopped waiting for its synchronous standby".to_owned(),
            Ok(Err(error)) => match Failure::from(error) {
                // Only these two say for certain that nothing was kept.
                Failure::Again(what) => return Err(Failure::Again(what)),
                Failure::Store(error) => error.to_string(),
                Failure::Lost(what) => what,
                other => format!("{other:?}"),
            },
            Err(_) => "the commit took too long".to_owned(),
        };
        self.counters.unknown.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(doubt, "the outcome of a commit is unknown");
        Err(Failure::Unknown(doubt))
    }
}

/// An open transaction, or a handle to it.
///
/// Dropped without having been ended, it takes its connection with it: the connection stands in
/// the middle of something, and the server undoes that when it is closed.
#[derive(Clone)]
pub(crate) struct Tx(Arc<Connection>);

struct Connection {
    client: Option<Object>,
    contacts: Contacts,
}

impl Tx {
    fn on(client: Object, contacts: &Contacts) -> Self {
        Self(Arc::new(Connection { client: Some(client), contacts: contacts.clone() }))
    }

    /// By what contacts are sealed and opened.
    pub(crate) fn contacts(&self) -> &Contacts {
        &self.0.contacts
    }

    fn client(&self) -> Result<&Object> {
        self.0.client.as_ref().ok_or_else(|| Failure::Lost("the connection was given back".to_owned()))
    }

    /// Undoes the transaction and gives its connection back; one that does not answer by then is closed.
    async fn undo(self, deadline: Instant) {
        let undone = async { self.client()?.batch_execute("ROLLBACK").map_err(Failure::from).await };
        if timeout_at(deadline, undone).await.is_ok_and(|undone| undone.is_ok()) {
            self.keep();
        }
    }

    /// Gives the connection of a transaction that has ended back, if nobody has a handle to it any more.
    fn keep(self) {
        if let Some(mut connection) = Arc::into_inner(self.0) {
            drop(connection.client.take());
        }
    }

    /// The rows of a statement. Statements that are awaited together travel together.
    pub(crate) async fn query(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.query(&statement, params).await?)
    }

    /// The rows of two statements, of which the first is run before the second. They travel together.
    pub(crate) async fn query_in_turn(
        &self,
        (first, first_params): (&str, &[&(dyn ToSql + Sync)]),
        (second, second_params): (&str, &[&(dyn ToSql + Sync)]),
    ) -> Result<(Vec<Row>, Vec<Row>)> {
        let client = self.client()?;
        // Were one of them still to be prepared when the other is sent, it would be run after it.
        let first = client.prepare_cached(first).await?;
        let second = client.prepare_cached(second).await?;
        Ok(try_join(client.query(&first, first_params), client.query(&second, second_params)).await?)
    }

    /// Runs a statement.
    pub(crate) async fn execute(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<()> {
        let client = self.client()?;
        let statement = client.prepare_cached(sql).await?;
        Ok(client.execute(&statement, params).await.map(drop)?)
    }

    /// Runs a statement that returns each row that it made or changed, and counts those. What the server
    /// says by itself is no count to rest a promise on: Citus counts the rows that an `INSERT … SELECT`
    /// was given, those that `ON CONFLICT DO NOTHING` left out among them.
    pub(crate) async fn count(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64> {
        Ok(self.query(sql, params).await?.len() as u64)
    }

    /// Runs statements that take no parameters.
    pub(crate) async fn batch(&self, sql: &str) -> Result<()> {
        Ok(self.client()?.batch_execute(sql).await?)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
    }
}

fn late(_: Elapsed) -> Failure {
    Failure::Lost("it did not answer in time".to_owned())
}

/// Why the pool has no connection to give.
pub(crate) fn unreachable(error: PoolError) -> Failure {
    match error {
        PoolError::Backend(error) => match Failure::from(error) {
            // Whatever it was, nothing was asked yet.
            Failure::Store(error) => Failure::Lost(error.to_string()),
            other => other,
        },
        PoolError::Closed => Failure::Store(talon_store::StoreError::Closed),
        PoolError::Timeout(_) => Failure::Lost("every connection is in use".to_owned()),
        other => Failure::Lost(other.to_string()),
    }
}
