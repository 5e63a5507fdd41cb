//! Sealing records: appending them to the chains.

use std::collections::HashSet;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rusqlite::{Connection, OptionalExtension, params};
use talon_domain::{audit::AuditRecord, node::NodeName};
use talon_store::{ChainEnd, OpenChains, Seal, StoreError};

use crate::{
    audit::{self, hash, number, read_chain, signed},
    columns::micros,
    failure::Result,
};

/// Whether a record waits to be sealed.
pub(crate) fn is_wanted(connection: &Connection) -> Result<bool> {
    let mut select = connection.prepare_cached("SELECT 1 FROM audit_unsealed LIMIT 1")?;
    Ok(select.exists([])?)
}

/// How many wait, and since when the first.
pub(crate) fn waiting(connection: &Connection) -> Result<Option<(u64, Timestamp)>> {
    let mut select = connection.prepare_cached(
        "SELECT count(*), min(u.at) FROM audit_unsealed u JOIN audit a ON a.audit = u.audit HAVING count(*) > 0",
    )?;
    Ok(select.query_row([], |row| Ok((number(row, 0)?, micros(row, 1)?))).optional()?)
}

/// Seals up to `limit` records. Whoever wrote them is a process on this file, so none is left to another node.
pub(crate) fn seal(connection: &Connection, node: NodeName, now: Timestamp, limit: u32) -> Result<u64> {
    let day = TimeZone::UTC.to_datetime(now).date();
    let (last, records) = take(connection, limit)?;
    let Some(last) = last else { return Ok(0) };
    let (seals, ends) = OpenChains::new(node, day, ends_of(connection, node, day)?).append(&records);
    for seal in &seals {
        if !insert(connection, seal)? {
            let what = format!("{} has a record behind its end", seal.chain);
            return Err(StoreError::Damaged(what).into());
        }
    }
    for (_, end) in &ends {
        put_end(connection, end)?;
    }
    // A row behind which there is no record stays: it is the only trace of one that vanished before it was sealed.
    connection
        .prepare_cached(
            "DELETE FROM audit_unsealed WHERE rowid <= ?1 AND EXISTS (SELECT 1 FROM audit a \
             WHERE a.audit = audit_unsealed.audit)",
        )?
        .execute([last])?;
    Ok(seals.len() as u64)
}

/// The records that wait, in the order of their commits, and how far in the queue they go. One that is sealed already
/// only leaves it.
fn take(connection: &Connection, limit: u32) -> Result<(Option<i64>, Vec<AuditRecord>)> {
    let mut select = connection.prepare_cached(&format!(
        "SELECT {}, u.rowid, EXISTS (SELECT 1 FROM audit_seal s WHERE s.audit = u.audit) FROM audit_unsealed u \
         JOIN audit a ON a.audit = u.audit ORDER BY u.rowid LIMIT ?1",
        audit::COLUMNS
    ))?;
    let (mut rows, mut last, mut records, mut taken) = (select.query([limit])?, None, Vec::new(), HashSet::new());
    while let Some(row) = rows.next()? {
        last = Some(row.get(12)?);
        let record = audit::read(row)?;
        if !row.get::<_, bool>(13)? && taken.insert(record.id) {
            records.push(record);
        }
    }
    Ok((last, records))
}

fn ends_of(connection: &Connection, node: NodeName, day: Date) -> Result<Vec<ChainEnd>> {
    let mut select = connection
        .prepare_cached("SELECT node, kind, day, number, hash FROM audit_chain WHERE node = ?1 AND day = ?2")?;
    let ends = select.query_map(params![node.as_str(), day.to_string()], read_end)?;
    Ok(ends.collect::<rusqlite::Result<_>>()?)
}

/// The ends of chains from a day on.
pub(crate) fn ends(connection: &Connection, since: Date) -> Result<Vec<ChainEnd>> {
    let mut select = connection.prepare_cached(
        "SELECT node, kind, day, number, hash FROM audit_chain WHERE day >= ?1 ORDER BY day, node, kind",
    )?;
    let ends = select.query_map([since.to_string()], read_end)?;
    Ok(ends.collect::<rusqlite::Result<_>>()?)
}

fn read_end(row: &rusqlite::Row<'_>) -> rusqlite::Result<ChainEnd> {
    Ok(ChainEnd { chain: read_chain(row, 0)?, number: number(row, 3)?, hash: hash(row, 4)? })
}

fn insert(connection: &Connection, seal: &Seal) -> Result<bool> {
    let added = connection
        .prepare_cached(
            "INSERT INTO audit_seal (node, kind, day, number, request, audit, hash) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            seal.chain.node.as_str(),
            seal.chain.kind.code(),
            seal.chain.day.to_string(),
            signed(seal.number),
            seal.request.bytes(),
            seal.audit.bytes(),
            &seal.hash.0[..],
        ])?;
    Ok(added > 0)
}

fn put_end(connection: &Connection, end: &ChainEnd) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO audit_chain (node, kind, day, number, hash) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (node, kind, day) DO UPDATE SET number = excluded.number, hash = excluded.hash \
             WHERE excluded.number > number",
        )?
        .execute(params![
            end.chain.node.as_str(),
            end.chain.kind.code(),
            end.chain.day.to_string(),
            signed(end.number),
            &end.hash.0[..],
        ])?;
    Ok(())
}

/// Takes a seal from a region file. Where its place or its record has another already, the record keeps that, or is
/// sealed anew.
pub(crate) fn put(connection: &Connection, seal: &Seal) -> Result<()> {
    if insert(connection, seal)? {
        connection.prepare_cached("DELETE FROM audit_unsealed WHERE audit = ?1")?.execute([seal.audit.bytes()])?;
        put_end(connection, &ChainEnd { chain: seal.chain, number: seal.number, hash: seal.hash })?;
    }
    Ok(())
}

/// Has every record wait that is neither sealed nor waiting.
pub(crate) fn requeue(connection: &Connection) -> Result<u64> {
    let queued = connection
        .prepare_cached(
            "INSERT INTO audit_unsealed (request, audit, at, node) SELECT a.request, a.audit, a.at, a.node FROM audit a WHERE \
             NOT EXISTS (SELECT 1 FROM audit_seal s WHERE s.audit = a.audit) \
             AND a.audit NOT IN (SELECT audit FROM audit_unsealed) ORDER BY a.at",
        )?
        .execute([])?;
    Ok(queued as u64)
}

/// Removes the records of a chain with these numbers, and their seals.
pub(crate) fn remove(connection: &Connection, end: &ChainEnd, (first, last): (u64, u64)) -> Result<u64> {
    let (node, kind, day) = (end.chain.node, end.chain.kind.code(), end.chain.day.to_string());
    let removed = connection
        .prepare_cached(
            "DELETE FROM audit WHERE audit IN (SELECT audit FROM audit_seal \
             WHERE node = ?1 AND kind = ?2 AND day = ?3 AND number BETWEEN ?4 AND ?5)",
        )?
        .execute(params![node.as_str(), kind, day, signed(first), signed(last)])?;
    connection
        .prepare_cached(
            "DELETE FROM audit_seal WHERE node = ?1 AND kind = ?2 AND day = ?3 AND number BETWEEN ?4 AND ?5",
        )?
        .execute(params![node.as_str(), kind, day, signed(first), signed(last)])?;
    if last >= end.number {
        connection
            .prepare_cached("DELETE FROM audit_chain WHERE node = ?1 AND kind = ?2 AND day = ?3")?
            .execute(params![node.as_str(), kind, day])?;
    }
    Ok(removed as u64)
}
