//! Connections for reading.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use rusqlite::Connection;
use talon_store::{Result, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{failure, open::open_reader};

/// A few `query_only` connections, opened when first needed.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, most: usize) -> Self {
        Self { path, idle: Mutex::new(Vec::new()), permits: Arc::new(Semaphore::new(most.max(1))) }
    }

    /// Runs a read of microseconds where the caller stands.
    pub(crate) async fn look_up<T>(&self, read: impl FnOnce(&Connection) -> failure::Result<T>) -> Result<T> {
        let _permit = self.turn().await?;
        self.with(read).map_err(StoreError::from)
    }

    /// Waits for a turn to read for longer, on a blocking thread.
    /// The turn goes with the work: a caller that gives up ends the waiting and not the reading.
    pub(crate) async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        Arc::clone(&self.permits).acquire_owned().await.map_err(|_| StoreError::Closed)
    }

    /// Runs a read on an idle connection, or a new one.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&Connection) -> failure::Result<T>) -> failure::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open_reader(&self.path)?,
        };
        let outcome = read(&connection);
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(connection);
        outcome
    }

    /// A connection of its own that sees the present state for as long as it lives.
    pub(crate) fn snapshot(&self) -> rusqlite::Result<Connection> {
        let connection = open_reader(&self.path)?;
        connection.execute_batch("BEGIN")?;
        // The state is fixed by the first read and not by BEGIN.
        connection.query_row("SELECT count(*) FROM installation", [], |_| Ok(()))?;
        Ok(connection)
    }

    /// Lets go of the file.
    pub(crate) fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }
}
