//! What entries were before they were moved, and why they were cancelled.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use talon_domain::{
    entry::Ticket,
    history::{CancelReason, Cancellation, EntryVersion},
    ids::{EntryId, EntryKey, FacilityId, ResourceId, SlotId},
};

use crate::columns::{guid, micros, seconds, unreadable};

/// The columns that [`read_version`] expects.
macro_rules! version_columns {
    () => {
        "facility, entry, version, resource, slot, place, start, minutes, ticket, until"
    };
}
pub(crate) use version_columns;

/// The columns that [`read_cancellation`] expects.
macro_rules! cancellation_columns {
    () => {
        "facility, entry, code, reason, at"
    };
}
pub(crate) use cancellation_columns;

pub(crate) fn read_version(row: &Row<'_>) -> Result<EntryVersion> {
    Ok(EntryVersion {
        entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        version: row.get(2)?,
        resource: guid!(row, 3, ResourceId)?,
        slot: guid!(row, 4, SlotId)?,
        place: row.get(5)?,
        start: seconds(row, 6)?,
        minutes: row.get(7)?,
        ticket: Ticket(row.get(8)?),
        until: micros(row, 9)?,
    })
}

pub(crate) fn read_cancellation(row: &Row<'_>) -> Result<Cancellation> {
    let reason = match row.get::<_, Option<u8>>(2)? {
        None => None,
        Some(code) => {
            let reason = CancelReason::new(code, row.get(3)?);
            Some(reason.map_err(|_| unreadable(2, "no reason for a cancellation"))?)
        }
    };
    Ok(Cancellation {
        entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        reason,
        at: micros(row, 4)?,
    })
}

/// What an entry was in one of its versions.
pub(crate) fn version(connection: &Connection, entry: EntryKey, version: u32) -> Result<Option<EntryVersion>> {
    connection
        .prepare_cached(concat!(
            "SELECT ",
            version_columns!(),
            " FROM entry_version WHERE facility = ?1 AND entry = ?2 AND version = ?3"
        ))?
        .query_row(params![entry.facility.bytes(), entry.entry.bytes(), version], read_version)
        .optional()
}

/// Writes what an entry was, over what is known of the same version.
pub(crate) fn put_version(connection: &Connection, version: &EntryVersion) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO entry_version (facility, entry, version, resource, slot, place, start, minutes, \
             ticket, until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute(params![
            version.entry.facility.bytes(),
            version.entry.entry.bytes(),
            version.version,
            version.resource.bytes(),
            version.slot.bytes(),
            version.place,
            version.start.as_second(),
            version.minutes,
            version.ticket.0,
            version.until.as_microsecond(),
        ])
        .map(drop)
}

/// Writes when and why an entry was cancelled, over what is known of it.
pub(crate) fn put_cancellation(connection: &Connection, cancellation: &Cancellation) -> Result<()> {
    let reason = cancellation.reason.as_ref();
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO cancellation (facility, entry, code, reason, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            cancellation.entry.facility.bytes(),
            cancellation.entry.entry.bytes(),
            reason.map(CancelReason::code),
            reason.and_then(CancelReason::text),
            cancellation.at.as_microsecond(),
        ])
        .map(drop)
}
