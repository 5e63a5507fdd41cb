//! One state of the store: a read transaction of its own.

use async_trait::async_trait;
use talon_store::{ExportPage, Kind, Result, Snapshot, StoreError};

use crate::{export, transaction::Tx};

/// A connection whose read transaction has begun. While it is open the server keeps every row that was
/// changed since.
pub(crate) struct PostgresSnapshot(Tx);

impl PostgresSnapshot {
    pub(crate) fn new(tx: Tx) -> Self {
        Self(tx)
    }
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    async fn page(&self, kind: Kind, after: Option<Vec<u8>>) -> Result<ExportPage> {
        export::page(&self.0, kind, after.as_deref()).await.map_err(StoreError::from)
    }
}
