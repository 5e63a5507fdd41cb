//! The audit's part of the port.

use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, Row, params, types::ValueRef};
use talon_domain::{
    audit::AuditRecord,
    ids::{AuditId, RequestId},
    node::NodeName,
};
use talon_store::{
    AUDIT_PAGE, Behind, Chain, ChainEnd, Link, RecordsQuery, Result, StoreError, Trail, TrailCounts, TrailSnapshot,
};

use crate::{
    SqliteStore,
    audit::{self, number, read_seal, signed},
    failure, sealing,
    snapshot::SqliteSnapshot,
};

#[async_trait]
impl Trail for SqliteStore {
    async fn seal(&self, node: NodeName, now: Timestamp, limit: u32) -> Result<u64> {
        loop {
            let taken = self.intake.oldest(limit as usize).await?;
            // Often there is nothing to do, and that is no commit.
            if taken.is_empty() && !self.read(|connection, _| sealing::is_wanted(connection)).await? {
                return Ok(0);
            }
            let may_be_more = taken.len() == limit as usize;
            let seal = move |connection: &Connection| sealing::seal(connection, node, now, limit);
            let sealed = self.take_in(taken, seal).await?;
            // A page that the store had already, as a crash leaves it, is not the end.
            if sealed > 0 || !may_be_more {
                return Ok(sealed);
            }
        }
    }

    async fn unsealed(&self) -> Result<Option<(u64, Timestamp)>> {
        // Never the other way round: what is taken in between is counted twice then, and not left out.
        let outside = self.intake.waiting().await?;
        let inside = self.read(|connection, _| sealing::waiting(connection)).await?;
        Ok(match (outside, inside) {
            (Some((some, since)), Some((others, before))) => Some((some + others, since.min(before))),
            (one, other) => one.or(other),
        })
    }

    async fn chain_ends(&self, since: Date) -> Result<Vec<ChainEnd>> {
        self.read(move |connection, _| sealing::ends(connection, since)).await
    }

    async fn requeue(&self) -> Result<u64> {
        self.write(|session| sealing::requeue(session.connection)).await
    }

    async fn remove_sealed(&self, end: &ChainEnd, numbers: (u64, u64)) -> Result<u64> {
        let end = *end;
        self.write(move |session| sealing::remove(session.connection, &end, numbers)).await
    }
}

impl SqliteStore {
    /// Takes records of the intake into the store, with whatever else is to be done in the same transaction.
    async fn take_in<T: Send + 'static>(
        &self,
        records: Vec<AuditRecord>,
        mut then: impl FnMut(&Connection) -> failure::Result<T> + Send + 'static,
    ) -> Result<T> {
        let taken: Vec<_> = records.iter().map(|record| record.id).collect();
        let done = self
            .write(move |session| {
                records.iter().try_for_each(|record| audit::insert(session.connection, record))?;
                then(session.connection)
            })
            .await?;
        if !taken.is_empty()
            && let Err(error) = self.intake.remove(taken).await
        {
            // They are in the store, and what is to follow that commit should; the next time finds them once more.
            tracing::warn!(%error, "records of the audit that were taken in lie in their file still");
        }
        Ok(done)
    }

    /// Takes in everything that was kept before the call.
    pub(crate) async fn take_in_all(&self) -> Result<()> {
        loop {
            let records = self.intake.oldest(AUDIT_PAGE).await?;
            let all = records.len() < AUDIT_PAGE;
            if !records.is_empty() {
                self.take_in(records, |_| Ok(())).await?;
            }
            if all {
                return Ok(());
            }
        }
    }
}

impl SqliteSnapshot {
    async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> failure::Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = Arc::clone(&self.0);
        let read = move || read(&connection.lock().unwrap_or_else(PoisonError::into_inner));
        match tokio::task::spawn_blocking(read).await {
            Ok(found) => found.map_err(StoreError::from),
            Err(error) => Err(StoreError::Bug(format!("a read did not finish: {error}"))),
        }
    }
}

#[async_trait]
impl TrailSnapshot for SqliteSnapshot {
    async fn counts(&self) -> Result<TrailCounts> {
        self.run(|connection| {
            let count = |sql: &str| Ok::<_, failure::Failure>(connection.query_row(sql, [], |row| number(row, 0))?);
            Ok(TrailCounts {
                records: count("SELECT count(*) FROM audit")?,
                seals: count("SELECT count(*) FROM audit_seal")?,
                vanished: count(
                    "SELECT count(*) FROM audit_unsealed u WHERE NOT EXISTS \
                     (SELECT 1 FROM audit a WHERE a.audit = u.audit)",
                )?,
            })
        })
        .await
    }

    async fn ends(&self) -> Result<Vec<ChainEnd>> {
        self.run(|connection| sealing::ends(connection, Date::MIN)).await
    }

    async fn links(&self, chain: &Chain, above: u64) -> Result<Vec<Link>> {
        let chain = *chain;
        self.run(move |connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {}, {} FROM audit_seal s LEFT JOIN audit a ON a.audit = s.audit AND a.request = s.request \
                 WHERE s.node = ?1 AND s.kind = ?2 AND s.day = ?3 AND s.number > ?4 ORDER BY s.number LIMIT ?5",
                audit::COLUMNS,
                audit::SEAL_COLUMNS
            ))?;
            let (node, kind, day) = (chain.node.as_str(), chain.kind.code(), chain.day.to_string());
            let links = select.query_map(params![node, kind, day, signed(above), AUDIT_PAGE as i64], link)?;
            Ok(links.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn loose(&self, above: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        self.run(move |connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {} FROM audit a WHERE a.audit > ?1 AND NOT EXISTS \
                 (SELECT 1 FROM audit_seal s WHERE s.audit = a.audit) ORDER BY a.audit LIMIT ?2",
                audit::COLUMNS
            ))?;
            let records = select.query_map(params![key(above.as_ref()), AUDIT_PAGE as i64], audit::read)?;
            Ok(records.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    async fn records(&self, query: &RecordsQuery, above: Option<(RequestId, AuditId)>) -> Result<Vec<AuditRecord>> {
        let query = *query;
        self.run(move |connection| {
            let mut select = connection.prepare_cached(&format!(
                "SELECT {} FROM audit a WHERE a.audit > ?1 AND (?2 IS NULL OR a.person = ?2) AND a.at >= ?3 \
                 AND a.at < ?4 ORDER BY a.audit LIMIT ?5",
                audit::COLUMNS
            ))?;
            let person = query.person.as_ref().map(|person| &person.bytes()[..]);
            let (from, before) = (query.from.as_microsecond(), query.before.as_microsecond());
            let bound = params![key(above.as_ref()), person, from, before, AUDIT_PAGE as i64];
            let records = select.query_map(bound, audit::read)?;
            Ok(records.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

/// What a key must be above; every key is above the empty one.
fn key(above: Option<&(RequestId, AuditId)>) -> &[u8] {
    above.map_or(&[], |(_, audit)| &audit.bytes()[..])
}

/// A link: what is behind it first, then the seal.
fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    let behind = match row.get_ref(0)? {
        ValueRef::Null => Behind::Nothing,
        _ => audit::read(row)
            .map_or_else(|error| Behind::Unreadable(error.to_string()), |record| Behind::Record(Box::new(record))),
    };
    Ok(Link { seal: read_seal(row, 12)?, behind })
}
