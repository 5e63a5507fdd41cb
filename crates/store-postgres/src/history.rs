//! What entries were before they were moved, and why they were cancelled.

use talon_domain::{
    entry::Ticket,
    history::{CancelReason, Cancellation, EntryVersion},
    ids::{EntryId, EntryKey, FacilityId, ResourceId, SlotId},
};
use talon_store::StoreError;
use tokio_postgres::Row;

use crate::{
    columns::{column, counter, get, guid, guids, micros, number, seconds},
    failure::Result,
    transaction::Tx,
};

/// The columns that [`read_version`] expects, of a table or alias `v`.
macro_rules! version_columns {
    () => {
        "v.facility, v.entry, v.version, v.resource, v.slot, v.place, v.start, v.minutes, v.ticket, v.until"
    };
}
pub(crate) use version_columns;

/// The columns that [`read_cancellation`] expects, of a table or alias `c`.
macro_rules! cancellation_columns {
    () => {
        "c.facility, c.entry, c.code, c.reason, c.at"
    };
}
pub(crate) use cancellation_columns;

pub(crate) fn read_version(row: &Row) -> Result<EntryVersion> {
    Ok(EntryVersion {
        entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        version: counter(row, 2)?,
        resource: guid!(row, 3, ResourceId)?,
        slot: guid!(row, 4, SlotId)?,
        place: number(row, 5)?,
        start: seconds(row, 6)?,
        minutes: number(row, 7)?,
        ticket: Ticket(get(row, 8)?),
        until: micros(row, 9)?,
    })
}

pub(crate) fn read_cancellation(row: &Row) -> Result<Cancellation> {
    let reason = match get::<Option<i32>>(row, 2)? {
        None => None,
        Some(_) => {
            let reason = CancelReason::new(number(row, 2)?, get(row, 3)?);
            Some(reason.map_err(|error| StoreError::Damaged(format!("column code holds no reason: {error}")))?)
        }
    };
    Ok(Cancellation {
        entry: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        reason,
        at: micros(row, 4)?,
    })
}

/// What an entry was in one of its versions.
pub(crate) async fn version(tx: &Tx, entry: EntryKey, version: u32) -> Result<Option<EntryVersion>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                version_columns!(),
                " FROM entry_version v WHERE v.facility = $1 AND v.entry = $2 AND v.version = $3"
            ),
            params![entry.facility.0, entry.entry.0, i64::from(version)],
        )
        .await?;
    rows.first().map(read_version).transpose()
}

/// Writes what entries were, over what is known of the same versions. Each is given once.
pub(crate) async fn put_versions(tx: &Tx, versions: &[&EntryVersion]) -> Result<()> {
    if versions.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO entry_version (facility, entry, version, resource, slot, place, start, minutes, ticket, until) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::uuid[], $6::int[], $7::bigint[], \
         $8::int[], $9::text[], $10::bigint[]) ON CONFLICT (facility, entry, version) DO UPDATE \
         SET resource = excluded.resource, slot = excluded.slot, place = excluded.place, start = excluded.start, \
         minutes = excluded.minutes, ticket = excluded.ticket, until = excluded.until",
        &[
            &guids(versions, |version| version.entry.facility.0),
            &guids(versions, |version| version.entry.entry.0),
            &column(versions, |version| i64::from(version.version)),
            &guids(versions, |version| version.resource.0),
            &guids(versions, |version| version.slot.0),
            &column(versions, |version| i32::from(version.place)),
            &column(versions, |version| version.start.as_second()),
            &column(versions, |version| i32::from(version.minutes)),
            &column(versions, |version| version.ticket.0.as_str()),
            &column(versions, |version| version.until.as_microsecond()),
        ],
    )
    .await
}

/// Writes when and why entries were cancelled, over what is known of it. Each entry is given once.
pub(crate) async fn put_cancellations(tx: &Tx, cancellations: &[&Cancellation]) -> Result<()> {
    if cancellations.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO cancellation (facility, entry, code, reason, at) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::bigint[]) \
         ON CONFLICT (facility, entry) DO UPDATE SET code = excluded.code, reason = excluded.reason, at = excluded.at",
        &[
            &guids(cancellations, |cancellation| cancellation.entry.facility.0),
            &guids(cancellations, |cancellation| cancellation.entry.entry.0),
            &column(cancellations, |cancellation| Some(i32::from(cancellation.reason.as_ref()?.code()))),
            &column(cancellations, |cancellation| cancellation.reason.as_ref()?.text()),
            &column(cancellations, |cancellation| cancellation.at.as_microsecond()),
        ],
    )
    .await
}
