//! Audit records, written with what they tell of.

use talon_domain::{
    access::Channel,
    audit::AuditRecord,
    ids::{AuditId, RequestId},
};

use crate::{
    columns::{column, get, guids},
    failure::Result,
    transaction::Tx,
};

/// The outcome that a request's record tells, if the record is in the database: then the transaction that
/// wrote it was committed.
pub(crate) async fn outcome(tx: &Tx, request: RequestId, audit: AuditId) -> Result<Option<String>> {
    let rows =
        tx.query("SELECT outcome FROM audit WHERE request = $1 AND audit = $2", params![request.0, audit.0]).await?;
    rows.first().map(|row| get(row, 0)).transpose()
}

/// Adds records and says how many were new: one that is there already stays as it is.
pub(crate) async fn insert(tx: &Tx, records: &[&AuditRecord]) -> Result<u64> {
    if records.is_empty() {
        return Ok(0);
    }
    tx.count(
        "INSERT INTO audit (request, audit, at, person, client, channel, action, facility, object, outcome) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], \
         $8::uuid[], $9::text[], $10::text[]) ON CONFLICT DO NOTHING RETURNING 1",
        &[
            &guids(records, |record| record.request.0),
            &guids(records, |record| record.id.0),
            &column(records, |record| record.at.as_microsecond()),
            &column(records, |record| record.person.map(|person| person.0)),
            &column(records, |record| record.client.map(|client| client.0)),
            &column(records, |record| record.channel.map(Channel::code)),
            &column(records, |record| record.action.code()),
            &column(records, |record| record.facility.map(|facility| facility.0)),
            &column(records, |record| record.object.as_deref()),
            &column(records, |record| record.outcome.as_str()),
        ],
    )
    .await
}
