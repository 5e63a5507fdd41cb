//! Audit records, written with what they tell of.

use std::net::IpAddr;

use jiff::civil::Date;
use rusqlite::{Connection, Result, Row, params};
use talon_domain::{
    access::Channel,
    audit::{Action, AuditKind, AuditRecord},
    ids::{AuditId, ClientId, FacilityId, PersonId, RequestId},
    node::NodeName,
};
use talon_store::{Chain, ChainHash, Seal};

use crate::columns::{code, guid, micros, optional_code, optional_guid, unreadable};

/// What [`read`] reads, of `audit a`.
pub(crate) const COLUMNS: &str = "a.audit, a.at, a.request, a.source, a.node, a.person, a.client, a.channel, a.action, \
                                  a.facility, a.object, a.outcome";

/// What [`read_seal`] reads, of `audit_seal s`.
pub(crate) const SEAL_COLUMNS: &str = "s.node, s.kind, s.day, s.number, s.request, s.audit, s.hash";

/// Adds a record, and with it its place among those to be sealed. One that is there already stays as it is.
pub(crate) fn insert(connection: &Connection, record: &AuditRecord) -> Result<()> {
    if put(connection, record)? {
        connection
            .prepare_cached("INSERT INTO audit_unsealed (request, audit, at, node) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                record.request.bytes(),
                record.id.bytes(),
                record.at.as_microsecond(),
                record.node.as_ref().map(NodeName::as_str),
            ])?;
    }
    Ok(())
}

/// Adds a record alone, and says whether it was not there.
pub(crate) fn put(connection: &Connection, record: &AuditRecord) -> Result<bool> {
    let added = connection
        .prepare_cached(
            "INSERT INTO audit (audit, at, request, source, node, person, client, channel, action, facility, object, \
             outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            record.id.bytes(),
            record.at.as_microsecond(),
            record.request.bytes(),
            record.from.map(|from| from.to_string()),
            record.node.as_ref().map(NodeName::as_str),
            record.person.as_ref().map(PersonId::bytes),
            record.client.as_ref().map(ClientId::bytes),
            record.channel.map(Channel::code),
            record.action.code(),
            record.facility.as_ref().map(FacilityId::bytes),
            record.object,
            record.outcome,
        ])?;
    Ok(added > 0)
}

/// Reads a record.
pub(crate) fn read(row: &Row<'_>) -> Result<AuditRecord> {
    Ok(AuditRecord {
        id: guid!(row, 0, AuditId)?,
        at: micros(row, 1)?,
        request: guid!(row, 2, RequestId)?,
        from: optional_code(row, 3, address)?,
        node: optional_code(row, 4, |text| text.parse().ok())?,
        person: optional_guid!(row, 5, PersonId)?,
        client: optional_guid!(row, 6, ClientId)?,
        channel: optional_code(row, 7, Channel::from_code)?,
        action: code(row, 8, Action::from_code)?,
        facility: optional_guid!(row, 9, FacilityId)?,
        object: row.get(10)?,
        outcome: row.get(11)?,
    })
}

/// An address as we write it: another spelling of it was not written by us.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().filter(|address: &IpAddr| address.to_string() == text)
}

/// Reads a seal from a column on. What is no hash is read as one that no record has.
pub(crate) fn read_seal(row: &Row<'_>, first: usize) -> Result<Seal> {
    Ok(Seal {
        chain: read_chain(row, first)?,
        number: number(row, first + 3)?,
        request: guid!(row, first + 4, RequestId)?,
        audit: guid!(row, first + 5, AuditId)?,
        hash: hash(row, first + 6)?,
    })
}

/// Reads a chain's key from a column on.
pub(crate) fn read_chain(row: &Row<'_>, first: usize) -> Result<Chain> {
    Ok(Chain {
        node: code(row, first, |text| text.parse().ok())?,
        kind: code(row, first + 1, AuditKind::from_code)?,
        day: code(row, first + 2, canonical_day)?,
    })
}

fn canonical_day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.to_string() == text)
}

/// A record's number in its chain.
pub(crate) fn number(row: &Row<'_>, column: usize) -> Result<u64> {
    u64::try_from(row.get::<_, i64>(column)?).map_err(|_| unreadable(column, "a number below 0"))
}

/// A number as columns keep it. None comes near the bound: it would take a record each microsecond for an age.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A hash. What has not the length of one is read as one that no record has.
pub(crate) fn hash(row: &Row<'_>, column: usize) -> Result<ChainHash> {
    Ok(ChainHash(row.get::<_, Vec<u8>>(column)?.try_into().unwrap_or([0; 32])))
}
