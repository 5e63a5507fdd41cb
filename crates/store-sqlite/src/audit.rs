//! Audit records, written with what they tell of.

use rusqlite::{Connection, Result, params};
use talon_domain::{
    access::Channel,
    audit::AuditRecord,
    ids::{ClientId, FacilityId, PersonId},
};

/// Adds a record. One that is there already stays as it is.
pub(crate) fn insert(connection: &Connection, record: &AuditRecord) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO audit (audit, at, request, person, client, channel, action, facility, object, outcome) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            record.id.bytes(),
            record.at.as_microsecond(),
            record.request.bytes(),
            record.person.as_ref().map(PersonId::bytes),
            record.client.as_ref().map(ClientId::bytes),
            record.channel.map(Channel::code),
            record.action.code(),
            record.facility.as_ref().map(FacilityId::bytes),
            record.object,
            record.outcome,
        ])
        .map(drop)
}
