//! Audit records, written with what they tell of.

use std::net::IpAddr;

use jiff::civil::Date;
use talon_domain::{
    access::Channel,
    audit::{Action, AuditKind, AuditRecord},
    ids::{AuditId, ClientId, FacilityId, PersonId, RequestId},
    node::NodeName,
};
use talon_store::{Chain, ChainHash, Seal, StoreError};
use tokio_postgres::Row;

use crate::{
    columns::{code, column, get, guid, guids, micros, optional_code, optional_guid},
    failure::Result,
    transaction::Tx,
};

/// What [`read`] reads, of `audit a`.
macro_rules! audit_columns {
    () => {
        "a.audit, a.at, a.request, a.source, a.node, a.person, a.client, a.channel, a.action, a.facility, a.object, \
         a.outcome"
    };
}
pub(crate) use audit_columns;

/// What [`read_seal`] reads, of `audit_seal s`.
macro_rules! seal_columns {
    () => {
        "s.node, s.kind, s.day, s.number, s.request, s.audit, s.hash"
    };
}
pub(crate) use seal_columns;

/// The outcome that a request's record tells, if the record is in the database: then the transaction that
/// wrote it was committed.
pub(crate) async fn outcome(tx: &Tx, request: RequestId, audit: AuditId) -> Result<Option<String>> {
    let rows =
        tx.query("SELECT outcome FROM audit WHERE request = $1 AND audit = $2", params![request.0, audit.0]).await?;
    rows.first().map(|row| get(row, 0)).transpose()
}

/// Adds records, and with them their places among those to be sealed. Says how many were new: one that is there
/// already stays as it is, and should it be sealed, whoever seals finds that out.
pub(crate) async fn insert(tx: &Tx, records: &[&AuditRecord]) -> Result<u64> {
    if records.is_empty() {
        return Ok(0);
    }
    let (requests, audits) = (guids(records, |record| record.request.0), guids(records, |record| record.id.0));
    let instants = column(records, |record| record.at.as_microsecond());
    let nodes = column(records, |record| record.node.as_ref().map(NodeName::as_str));
    let sources = column(records, |record| record.from.map(|from| from.to_string()));
    let (persons, clients) = (
        column(records, |record| record.person.map(|person| person.0)),
        column(records, |record| record.client.map(|client| client.0)),
    );
    let channels = column(records, |record| record.channel.map(Channel::code));
    let actions = column(records, |record| record.action.code());
    let facilities = column(records, |record| record.facility.map(|facility| facility.0));
    let objects = column(records, |record| record.object.as_deref());
    let outcomes = column(records, |record| record.outcome.as_str());
    let (added, _) = tx
        .query_in_turn(
            (
                "INSERT INTO audit (request, audit, at, person, client, channel, action, facility, object, outcome, \
                 source, node) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], \
                 $6::text[], $7::text[], $8::uuid[], $9::text[], $10::text[], $11::text[], $12::text[]) \
                 ON CONFLICT DO NOTHING RETURNING 1",
                params![
                    requests, audits, instants, persons, clients, channels, actions, facilities, objects, outcomes,
                    sources, nodes
                ],
            ),
            (
                "INSERT INTO audit_unsealed (request, audit, at, node) \
                 SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) ON CONFLICT DO NOTHING",
                params![requests, audits, instants, nodes],
            ),
        )
        .await?;
    Ok(added.len() as u64)
}

/// Reads a record.
pub(crate) fn read(row: &Row) -> Result<AuditRecord> {
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
        object: get(row, 10)?,
        outcome: get(row, 11)?,
    })
}

/// An address as we write it: another spelling of it was not written by us.
fn address(text: &str) -> Option<IpAddr> {
    text.parse().ok().filter(|address: &IpAddr| address.to_string() == text)
}

/// Reads a seal from a column on.
pub(crate) fn read_seal(row: &Row, first: usize) -> Result<Seal> {
    Ok(Seal {
        chain: read_chain(row, first)?,
        number: place(row, first + 3)?,
        request: guid!(row, first + 4, RequestId)?,
        audit: guid!(row, first + 5, AuditId)?,
        hash: hash(row, first + 6)?,
    })
}

/// Reads a chain's key from a column on.
pub(crate) fn read_chain(row: &Row, first: usize) -> Result<Chain> {
    Ok(Chain {
        node: code(row, first, |text| text.parse().ok())?,
        kind: code(row, first + 1, AuditKind::from_code)?,
        day: code(row, first + 2, canonical_day)?,
    })
}

fn canonical_day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|day: &Date| day.to_string() == text)
}

/// A number that counts rows.
pub(crate) fn place(row: &Row, column: usize) -> Result<u64> {
    let stored: i64 = get(row, column)?;
    Ok(u64::try_from(stored).map_err(|_| StoreError::Damaged("a number of the audit is below 0".to_owned()))?)
}

/// A hash. What has not the length of one is read as one that no record has.
pub(crate) fn hash(row: &Row, column: usize) -> Result<ChainHash> {
    Ok(ChainHash(get::<Vec<u8>>(row, column)?.try_into().unwrap_or([0; 32])))
}
