//! Cells of one resource that would overlap.

use rusqlite::{Connection, params};
use talon_domain::{
    ids::ResourceKey,
    slot::{Interval, Slot},
};
use talon_store::LONGEST_CELL;

use crate::{
    failure::Result,
    slots::{self, slot_columns},
};

/// The cells of a resource that may reach into a stretch of time.
pub(super) fn around(connection: &Connection, resource: ResourceKey, stretch: Interval) -> Result<Vec<Slot>> {
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        slot_columns!(),
        " FROM slot WHERE facility = ?1 AND resource = ?2 AND start > ?3 AND start < ?4"
    ))?;
    let rows = select.query_map(
        params![
            resource.facility.bytes(),
            resource.resource.bytes(),
            stretch.start.as_second() - LONGEST_CELL.as_secs(),
            stretch.end.as_second()
        ],
        slots::read,
    )?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether no other cell of its resource takes up time of this one.
pub(crate) fn is_free(connection: &Connection, slot: &Slot) -> Result<bool> {
    let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
    let stored = around(connection, resource, slot.interval())?;
    Ok(stored.iter().all(|stored| stored.key == slot.key || !stored.interval().overlaps(&slot.interval())))
}
