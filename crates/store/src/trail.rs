//! The part of the port that has to do with the audit's chains.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp, civil::Date};
use talon_domain::{
    audit::AuditRecord,
    ids::{AuditId, PersonId, RequestId},
    node::NodeName,
};

use crate::{Chain, ChainEnd, Result, Seal};

/// For so long a record is left to the node that wrote it. Then any node seals it: the one that wrote it is gone.
pub const LEFT_TO_ITS_NODE: SignedDuration = SignedDuration::from_secs(10);

/// Records in a page, and links of a chain in one.
pub const AUDIT_PAGE: usize = 1_000;

/// Sealing and removing records of the audit.
///
/// Every implementation MUST:
///
/// * write a record and its place in the queue of those to be sealed together;
/// * give a record one place in one chain, whichever nodes seal at the same time, and a number of a chain to one record;
/// * never change a record or a seal, and remove none but in [`Trail::remove_sealed`].
#[async_trait]
pub trait Trail: Send + Sync {
    /// Appends records that are in no chain yet, at most `limit`, to those of this node and of the UTC day of `now`.
    /// Says how many. Records that another node wrote may be left to it for [`LEFT_TO_ITS_NODE`].
    async fn seal(&self, node: NodeName, now: Timestamp, limit: u32) -> Result<u64>;

    /// How many records wait to be sealed, and since when the one that has waited longest.
    async fn unsealed(&self) -> Result<Option<(u64, Timestamp)>>;

    /// The ends of all chains of this day and of later ones.
    async fn chain_ends(&self, since: Date) -> Result<Vec<ChainEnd>>;

    /// Has every record wait that is neither sealed nor waiting: an older program wrote it, or nobody knows who. Says
    /// how many there are. Reads everything.
    async fn requeue(&self) -> Result<u64>;

    /// Removes the records of a chain with these numbers, their seals, and with the last of them the chain. Whoever
    /// calls it has said so in a checkpoint before. Says how many records are gone.
    async fn remove_sealed(&self, end: &ChainEnd, numbers: (u64, u64)) -> Result<u64>;
}

/// What lies behind a seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    /// The record.
    Record(Box<AuditRecord>),
    /// No record has the seal's key.
    Nothing,
    /// One has, and cannot be read: a column holds what this program never writes there.
    Unreadable(String),
}

/// A link of a chain, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The record's place.
    pub seal: Seal,
    /// The record.
    pub behind: Behind,
}

/// Which records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordsQuery {
    /// Of what concerns this person; `None` for everybody.
    pub person: Option<PersonId>,
    /// From this instant on.
    pub from: Timestamp,
    /// Before this one.
    pub before: Timestamp,
}

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TrailCounts {
    /// Records.
    pub records: u64,
    /// Seals.
    pub seals: u64,
    /// Places in the queue behind which there is no record any more.
    pub vanished: u64,
}

/// One state of the audit.
#[async_trait]
pub trait TrailSnapshot: Send + Sync {
    /// How much there is.
    async fn counts(&self) -> Result<TrailCounts>;

    /// The ends of all chains.
    async fn ends(&self) -> Result<Vec<ChainEnd>>;

    /// The links of a chain with numbers above this one, in their order, at most [`AUDIT_PAGE`].
    async fn links(&self, chain: &Chain, above: u64) -> Result<Vec<Link>>;

    /// Records without a seal, at most [`AUDIT_PAGE`], in the order of their keys and above this one.
    async fn loose(&self, above: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>>;

    /// The records that are asked for, at most [`AUDIT_PAGE`], in the order of their keys and above this one.
    async fn records(&self, query: &RecordsQuery, above: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>>;
}
