//! One state of the store: a read transaction of its own.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::Connection;
use talon_store::{ExportPage, Kind, Result, Snapshot, StoreError};

use crate::export;

/// A connection whose read transaction has begun. While it is open the write-ahead log cannot begin
/// anew and grows with every commit.
pub(crate) struct SqliteSnapshot(pub(crate) Arc<Mutex<Connection>>);

impl SqliteSnapshot {
    pub(crate) fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(connection)))
    }
}

#[async_trait]
impl Snapshot for SqliteSnapshot {
    async fn page(&self, kind: Kind, after: Option<Vec<u8>>) -> Result<ExportPage> {
        let connection = Arc::clone(&self.0);
        let read = move || {
            let connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            export::page(&connection, kind, after.as_deref())
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(page) => page.map_err(StoreError::from),
            // Why is left out: a panic's text may quote the row.
            Err(_) => Err(StoreError::Bug("a read did not finish".to_owned())),
        }
    }
}
