//! Nothing here seals or reads the audit.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use talon_domain::{
    audit::AuditRecord,
    ids::{AuditId, RequestId},
    node::NodeName,
};
use talon_store::{Chain, ChainEnd, Link, RecordsQuery, Result, Trail, TrailCounts, TrailSnapshot};

use super::store::{FakeSnapshot, FakeStore};

#[async_trait]
impl Trail for FakeStore {
    async fn seal(&self, _: NodeName, _: Timestamp, _: u32) -> Result<u64> {
        unreachable!()
    }

    async fn unsealed(&self) -> Result<Option<(u64, Timestamp)>> {
        unreachable!()
    }

    async fn chain_ends(&self, _: Date) -> Result<Vec<ChainEnd>> {
        unreachable!()
    }

    async fn requeue(&self) -> Result<u64> {
        unreachable!()
    }

    async fn remove_sealed(&self, _: &ChainEnd, _: (u64, u64)) -> Result<u64> {
        unreachable!()
    }
}

#[async_trait]
impl TrailSnapshot for FakeSnapshot {
    async fn counts(&self) -> Result<TrailCounts> {
        unreachable!()
    }

    async fn ends(&self) -> Result<Vec<ChainEnd>> {
        unreachable!()
    }

    async fn links(&self, _: &Chain, _: u64) -> Result<Vec<Link>> {
        unreachable!()
    }

    async fn loose(&self, _: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        unreachable!()
    }

    async fn records(&self, _: &RecordsQuery, _: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        unreachable!()
    }
}
