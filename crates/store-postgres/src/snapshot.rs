//! One state of the store: a read transaction of its own.

use std::sync::Arc;

use async_trait::async_trait;
use talon_store::{ExportPage, Kind, Result, Snapshot, StoreError};
use tokio::runtime::Handle;

use crate::{
    export,
    failure::Failure,
    transaction::{Transactions, Tx},
};

/// A connection whose read transaction has begun. While it is open the server keeps every row that was
/// changed since.
pub(crate) struct PostgresSnapshot {
    pub(crate) tx: Option<Tx>,
    reading: Arc<Transactions>,
}

impl PostgresSnapshot {
    /// A snapshot of the present state.
    pub(crate) async fn take(reading: &Arc<Transactions>) -> std::result::Result<Self, Failure> {
        Ok(Self { tx: Some(reading.snapshot().await?), reading: Arc::clone(reading) })
    }
}

#[async_trait]
impl Snapshot for PostgresSnapshot {
    async fn page(&self, kind: Kind, after: Option<Vec<u8>>) -> Result<ExportPage> {
        let tx = self.tx.as_ref().ok_or(StoreError::Closed)?;
        export::page(tx, kind, after.as_deref()).await.map_err(StoreError::from)
    }
}

impl Drop for PostgresSnapshot {
    /// Ends the transaction beside whatever comes next. A transaction that is only dropped takes its connection
    /// with it, and an hourly publication would make a new one each time.
    fn drop(&mut self) {
        if let (Some(tx), Ok(runtime)) = (self.tx.take(), Handle::try_current()) {
            let reading = Arc::clone(&self.reading);
            drop(runtime.spawn(async move { reading.end(tx).await }));
        }
    }
}
