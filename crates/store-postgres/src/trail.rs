//! The audit's part of the port.

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use talon_domain::{
    audit::AuditRecord,
    ids::{AuditId, RequestId},
    node::NodeName,
};
use talon_store::{
    AUDIT_PAGE, Behind, Chain, ChainEnd, Link, RecordsQuery, Result, StoreError, Trail, TrailCounts, TrailSnapshot,
};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    PostgresStore,
    audit::{self, audit_columns, place, read_seal, seal_columns},
    columns::get,
    failure, sealing,
    snapshot::PostgresSnapshot,
    transaction::Tx,
};

#[async_trait]
impl Trail for PostgresStore {
    async fn seal(&self, node: NodeName, now: Timestamp, limit: u32) -> Result<u64> {
        // Often there is nothing to do, and that is no commit.
        if !self.read(|tx| async move { sealing::is_wanted(&tx, node, now).await }).await? {
            return Ok(0);
        }
        let sealed = self.write(move |tx| async move { sealing::seal(&tx, node, now, limit).await });
        sealed.await.map_err(StoreError::from)
    }

    async fn unsealed(&self) -> Result<Option<(u64, Timestamp)>> {
        self.read(|tx| async move { sealing::waiting(&tx).await }).await
    }

    async fn chain_ends(&self, since: Date) -> Result<Vec<ChainEnd>> {
        self.read(|tx| async move { sealing::ends(&tx, since).await }).await
    }

    async fn requeue(&self) -> Result<u64> {
        self.write(|tx| async move { sealing::requeue(&tx).await }).await.map_err(StoreError::from)
    }

    async fn remove_sealed(&self, end: &ChainEnd, numbers: (u64, u64)) -> Result<u64> {
        let end = *end;
        let removed = self.write(move |tx| async move { sealing::remove(&tx, &end, numbers).await });
        removed.await.map_err(StoreError::from)
    }
}

impl PostgresSnapshot {
    fn open(&self) -> Result<&Tx> {
        self.tx.as_ref().ok_or(StoreError::Closed)
    }
}

#[async_trait]
impl TrailSnapshot for PostgresSnapshot {
    async fn counts(&self) -> Result<TrailCounts> {
        let tx = self.open()?;
        Ok(TrailCounts {
            records: count(tx, "SELECT count(*) FROM audit").await?,
            seals: count(tx, "SELECT count(*) FROM audit_seal").await?,
            vanished: count(
                tx,
                "SELECT count(*) FROM audit_unsealed u WHERE NOT EXISTS \
                 (SELECT 1 FROM audit a WHERE a.request = u.request AND a.audit = u.audit)",
            )
            .await?,
        })
    }

    async fn ends(&self) -> Result<Vec<ChainEnd>> {
        Ok(sealing::ends(self.open()?, Date::MIN).await?)
    }

    async fn links(&self, chain: &Chain, above: u64) -> Result<Vec<Link>> {
        let rows = self
            .open()?
            .query(
                concat!(
                    "SELECT ",
                    audit_columns!(),
                    ", ",
                    seal_columns!(),
                    " FROM audit_seal s LEFT JOIN audit a ON a.request = s.request AND a.audit = s.audit \
                     WHERE s.node = $1 AND s.kind = $2 AND s.day = $3 AND s.number > $4 ORDER BY s.number LIMIT $5"
                ),
                params![
                    chain.node.as_str(),
                    chain.kind.code(),
                    chain.day.to_string(),
                    sealing::signed(above),
                    AUDIT_PAGE as i64
                ],
            )
            .await?;
        Ok(rows.iter().map(link).collect::<failure::Result<_>>()?)
    }

    async fn loose(&self, above: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        let (request, audit) = key(above);
        let rows = self
            .open()?
            .query(
                concat!(
                    "SELECT ",
                    audit_columns!(),
                    " FROM audit a WHERE (a.request, a.audit) > ($1, $2) AND NOT EXISTS (SELECT 1 FROM audit_seal s \
                     WHERE s.request = a.request AND s.audit = a.audit) ORDER BY a.request, a.audit LIMIT $3"
                ),
                params![request, audit, AUDIT_PAGE as i64],
            )
            .await?;
        Ok(rows.iter().map(audit::read).collect::<failure::Result<_>>()?)
    }

    async fn records(&self, query: &RecordsQuery, above: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        let (request, audit) = key(above);
        let rows = self
            .open()?
            .query(
                concat!(
                    "SELECT ",
                    audit_columns!(),
                    " FROM audit a WHERE (a.request, a.audit) > ($1, $2) AND ($3::uuid IS NULL OR a.person = $3) \
                     AND a.at >= $4 AND a.at < $5 ORDER BY a.request, a.audit LIMIT $6"
                ),
                params![
                    request,
                    audit,
                    query.person.map(|person| person.0),
                    query.from.as_microsecond(),
                    query.before.as_microsecond(),
                    AUDIT_PAGE as i64
                ],
            )
            .await?;
        Ok(rows.iter().map(audit::read).collect::<failure::Result<_>>()?)
    }
}

async fn count(tx: &Tx, sql: &str) -> failure::Result<u64> {
    let rows = tx.query(sql, &[]).await?;
    rows.first().map_or(Ok(0), |row| place(row, 0))
}

/// What a key must be above. Nothing that is drawn at random is 0.
fn key(above: Option<(RequestId, AuditId)>) -> (Uuid, Uuid) {
    above.map_or((Uuid::nil(), Uuid::nil()), |(request, audit)| (request.0, audit.0))
}

/// A link: what is behind it first, then the seal.
fn link(row: &Row) -> failure::Result<Link> {
    let behind = match get::<Option<Uuid>>(row, 0)? {
        None => Behind::Nothing,
        Some(_) => audit::read(row).map_or_else(
            |failure| Behind::Unreadable(StoreError::from(failure).to_string()),
            |record| Behind::Record(Box::new(record)),
        ),
    };
    Ok(Link { seal: read_seal(row, 12)?, behind })
}
