//! Sealing records: appending them to the chains.

use std::collections::{BTreeMap, HashSet};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use talon_domain::{audit::AuditRecord, node::NodeName};
use talon_store::{Chain, ChainEnd, LEFT_TO_ITS_NODE, OpenChains, Seal};
use uuid::Uuid;

use crate::{
    audit::{self, audit_columns, hash, place, read_chain},
    columns::{column, get, guids, micros},
    failure::{Failure, Result},
    transaction::Tx,
};

/// How many wait, and since when the first.
pub(crate) async fn waiting(tx: &Tx) -> Result<Option<(u64, Timestamp)>> {
    let rows = tx
        .query(
            "SELECT count(*), min(u.at) FROM audit_unsealed u \
             JOIN audit a ON a.request = u.request AND a.audit = u.audit HAVING count(*) > 0",
            &[],
        )
        .await?;
    rows.first().map(|row| Ok((place(row, 0)?, micros(row, 1)?))).transpose()
}

/// Whether a record waits that this node may seal.
pub(crate) async fn is_wanted(tx: &Tx, node: NodeName, now: Timestamp) -> Result<bool> {
    let left = (now - LEFT_TO_ITS_NODE).as_microsecond();
    let found = tx
        .query("SELECT 1 FROM audit_unsealed WHERE node = $1 OR at < $2 LIMIT 1", params![node.as_str(), left])
        .await?;
    Ok(!found.is_empty())
}

/// Seals up to `limit` records: this node's, and those that wait for longer than their own would let them.
///
/// Who deletes a record's row in the queue seals it; of two nodes that try at once the second finds none to delete. The
/// end of a chain is compared and set, so of two that append to one chain one begins anew.
pub(crate) async fn seal(tx: &Tx, node: NodeName, now: Timestamp, limit: u32) -> Result<u64> {
    let day = TimeZone::UTC.to_datetime(now).date();
    let left = (now - LEFT_TO_ITS_NODE).as_microsecond();
    // A row behind which there is no record stays: it is the only trace of one that vanished before it was sealed.
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                audit_columns!(),
                ", s.audit IS NOT NULL FROM audit_unsealed u \
                 JOIN audit a ON a.request = u.request AND a.audit = u.audit \
                 LEFT JOIN audit_seal s ON s.request = u.request AND s.audit = u.audit \
                 WHERE u.node = $1 OR u.at < $2 ORDER BY u.at, u.audit LIMIT $3"
            ),
            params![node.as_str(), left, i64::from(limit)],
        )
        .await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let mut records = Vec::with_capacity(rows.len());
    let mut keys: Vec<(Uuid, Uuid)> = Vec::with_capacity(rows.len());
    for row in &rows {
        let record = audit::read(row)?;
        keys.push((record.request.0, record.id.0));
        if !get::<bool>(row, 12)? {
            records.push(record);
        }
    }
    leave_the_queue(tx, &keys).await?;
    append(tx, node, day, &records).await
}

async fn leave_the_queue(tx: &Tx, keys: &[(Uuid, Uuid)]) -> Result<()> {
    let left = tx
        .count(
            "DELETE FROM audit_unsealed u USING unnest($1::uuid[], $2::uuid[]) AS q(request, audit) \
             WHERE u.request = q.request AND u.audit = q.audit RETURNING 1",
            params![guids(keys, |(request, _)| *request), guids(keys, |(_, audit)| *audit)],
        )
        .await?;
    if left == keys.len() as u64 { Ok(()) } else { Err(Failure::ClaimLost) }
}

async fn append(tx: &Tx, node: NodeName, day: Date, records: &[AuditRecord]) -> Result<u64> {
    let rows = tx
        .query(
            "SELECT node, kind, day, number, hash FROM audit_chain WHERE node = $1 AND day = $2",
            params![node.as_str(), day.to_string()],
        )
        .await?;
    let stored = rows.iter().map(read_end).collect::<Result<_>>()?;
    let (seals, ends) = OpenChains::new(node, day, stored).append(records);
    if insert(tx, &seals.iter().collect::<Vec<_>>()).await?.len() != seals.len() {
        return Err(Failure::ClaimLost);
    }
    for (before, end) in &ends {
        move_end(tx, *before, end).await?;
    }
    Ok(seals.len() as u64)
}

async fn move_end(tx: &Tx, before: u64, end: &ChainEnd) -> Result<()> {
    let (node, kind, day) = (end.chain.node, end.chain.kind.code(), end.chain.day.to_string());
    let (number, hash) = (signed(end.number), end.hash.0.to_vec());
    let moved = match before {
        0 => {
            tx.count(
                "INSERT INTO audit_chain (node, kind, day, number, hash) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT DO NOTHING RETURNING 1",
                params![node.as_str(), kind, day, number, hash],
            )
            .await?
        }
        before => {
            tx.count(
                "UPDATE audit_chain SET number = $4, hash = $5 WHERE node = $1 AND kind = $2 AND day = $3 \
                 AND number = $6 RETURNING 1",
                params![node.as_str(), kind, day, number, hash, signed(before)],
            )
            .await?
        }
    };
    if moved == 1 { Ok(()) } else { Err(Failure::ClaimLost) }
}

/// The ends of chains from a day on.
pub(crate) async fn ends(tx: &Tx, since: Date) -> Result<Vec<ChainEnd>> {
    let rows = tx
        .query(
            "SELECT node, kind, day, number, hash FROM audit_chain WHERE day >= $1 ORDER BY day, node, kind",
            params![since.to_string()],
        )
        .await?;
    rows.iter().map(read_end).collect()
}

fn read_end(row: &tokio_postgres::Row) -> Result<ChainEnd> {
    Ok(ChainEnd { chain: read_chain(row, 0)?, number: place(row, 3)?, hash: hash(row, 4)? })
}

/// Adds seals and says of which records: one that has a seal already keeps it.
async fn insert(tx: &Tx, seals: &[&Seal]) -> Result<HashSet<(Uuid, Uuid)>> {
    let added = tx
        .query(
            "INSERT INTO audit_seal (request, audit, node, kind, day, number, hash) \
             SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bytea[]) \
             ON CONFLICT DO NOTHING RETURNING request, audit",
            params![
                guids(seals, |seal| seal.request.0),
                guids(seals, |seal| seal.audit.0),
                column(seals, |seal| seal.chain.node.as_str()),
                column(seals, |seal| seal.chain.kind.code()),
                column(seals, |seal| seal.chain.day.to_string()),
                column(seals, |seal| signed(seal.number)),
                column(seals, |seal| seal.hash.0.to_vec()),
            ],
        )
        .await?;
    added.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// Takes seals from a region file. Where a place or a record has another already, the record keeps that, or is sealed
/// anew.
pub(crate) async fn put(tx: &Tx, seals: &[&Seal]) -> Result<()> {
    if seals.is_empty() {
        return Ok(());
    }
    let taken = taken(tx, seals).await?;
    let seals: Vec<_> = seals.iter().copied().filter(|seal| !taken.contains(&(seal.chain, seal.number))).collect();
    let added = insert(tx, &seals).await?;
    tx.execute(
        "DELETE FROM audit_unsealed u USING unnest($1::uuid[], $2::uuid[]) AS q(request, audit) \
         WHERE u.request = q.request AND u.audit = q.audit",
        params![guids(&seals, |seal| seal.request.0), guids(&seals, |seal| seal.audit.0)],
    )
    .await?;
    let mut ends = BTreeMap::new();
    for seal in seals.iter().filter(|seal| added.contains(&(seal.request.0, seal.audit.0))) {
        let end = ends.entry(seal.chain).or_insert_with(|| ChainEnd::nothing(seal.chain));
        if seal.number > end.number {
            *end = ChainEnd { chain: seal.chain, number: seal.number, hash: seal.hash };
        }
    }
    for end in ends.values() {
        tx.execute(
            "INSERT INTO audit_chain (node, kind, day, number, hash) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (node, kind, day) DO UPDATE SET number = excluded.number, hash = excluded.hash \
             WHERE excluded.number > audit_chain.number",
            params![
                end.chain.node.as_str(),
                end.chain.kind.code(),
                end.chain.day.to_string(),
                signed(end.number),
                end.hash.0.to_vec(),
            ],
        )
        .await?;
    }
    Ok(())
}

/// Which of the places that these seals want are taken. No key says so, since seals lie with their records: chains are
/// looked at one by one.
async fn taken(tx: &Tx, seals: &[&Seal]) -> Result<HashSet<(Chain, u64)>> {
    let mut wanted = BTreeMap::<Chain, Vec<i64>>::new();
    for seal in seals {
        wanted.entry(seal.chain).or_default().push(signed(seal.number));
    }
    let mut taken = HashSet::new();
    for (chain, numbers) in wanted {
        let rows = tx
            .query(
                "SELECT number FROM audit_seal WHERE node = $1 AND kind = $2 AND day = $3 AND number = ANY($4)",
                params![chain.node.as_str(), chain.kind.code(), chain.day.to_string(), numbers],
            )
            .await?;
        for row in &rows {
            taken.insert((chain, place(row, 0)?));
        }
    }
    Ok(taken)
}

/// Has every record wait that is neither sealed nor waiting.
pub(crate) async fn requeue(tx: &Tx) -> Result<u64> {
    tx.count(
        "INSERT INTO audit_unsealed (request, audit, at, node) SELECT a.request, a.audit, a.at, a.node FROM audit a \
         WHERE NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.request = a.request AND s.audit = a.audit) \
         ON CONFLICT DO NOTHING RETURNING 1",
        &[],
    )
    .await
}

/// Removes the records of a chain with these numbers, and their seals.
pub(crate) async fn remove(tx: &Tx, end: &ChainEnd, (first, last): (u64, u64)) -> Result<u64> {
    let (node, kind, day) = (end.chain.node, end.chain.kind.code(), end.chain.day.to_string());
    let (first_number, last_number) = (signed(first), signed(last));
    let removed = tx
        .count(
            "DELETE FROM audit a USING audit_seal s WHERE s.request = a.request AND s.audit = a.audit \
             AND s.node = $1 AND s.kind = $2 AND s.day = $3 AND s.number BETWEEN $4 AND $5 RETURNING 1",
            params![node.as_str(), kind, day, first_number, last_number],
        )
        .await?;
    tx.execute(
        "DELETE FROM audit_seal WHERE node = $1 AND kind = $2 AND day = $3 AND number BETWEEN $4 AND $5",
        params![node.as_str(), kind, day, first_number, last_number],
    )
    .await?;
    if last >= end.number {
        tx.execute(
            "DELETE FROM audit_chain WHERE node = $1 AND kind = $2 AND day = $3",
            params![node.as_str(), kind, day],
        )
        .await?;
    }
    Ok(removed)
}

/// A number as columns keep it. None comes near the bound: it would take a record each microsecond for an age.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
