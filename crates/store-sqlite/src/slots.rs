//! Cells and their places.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use talon_domain::{
    access::Rights,
    booking::{Held, Places},
    entry::Entry,
    ids::{FacilityId, HoldId, PersonId, ResourceId, ResourceKey, SlotId, SlotKey, TemplateId},
    slot::{Release, Slot},
};

use crate::{
    columns::{ages, guid, micros, optional_guid, seconds},
    planted::{Bug, planted},
};

/// The columns that [`read`] expects.
macro_rules! slot_columns {
    () => {
        "facility, resource, start, slot, minutes, places, rights, min_age, max_age, template, \
         release_at, release_rights, absent"
    };
}
pub(crate) use slot_columns;

/// The columns that [`read_of`] expects, of an alias `s`.
macro_rules! cell_columns {
    () => {
        "s.start, s.slot, s.minutes, s.places, s.rights, s.min_age, s.max_age, s.template, s.release_at, \
         s.release_rights, s.absent"
    };
}
pub(crate) use cell_columns;

/// How many they are.
pub(crate) const CELL_COLUMNS: usize = 11;

pub(crate) fn read(row: &Row<'_>) -> Result<Slot> {
    read_of(ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 1, ResourceId)? }, row, 2)
}

/// A cell of a known resource, out of eleven columns.
pub(crate) fn read_of(resource: ResourceKey, row: &Row<'_>, first: usize) -> Result<Slot> {
    Ok(Slot {
        key: SlotKey { facility: resource.facility, slot: guid!(row, first + 1, SlotId)? },
        resource: resource.resource,
        start: seconds(row, first)?,
        minutes: row.get(first + 2)?,
        places: row.get(first + 3)?,
        rights: Rights::from_bits(row.get(first + 4)?),
        ages: ages(row, first + 5)?,
        template: optional_guid!(row, first + 7, TemplateId)?,
        release: release(row, first + 8)?,
        absent: row.get(first + 10)?,
    })
}

fn release(row: &Row<'_>, first: usize) -> Result<Option<Release>> {
    match row.get(first + 1)? {
        None => Ok(None),
        Some(rights) => Ok(Some(Release { at: seconds(row, first)?, rights: Rights::from_bits(rights) })),
    }
}

/// The cell of a resource that begins at this instant.
pub(crate) fn at(connection: &Connection, resource: ResourceKey, start: Timestamp) -> Result<Option<Slot>> {
    connection
        .prepare_cached(concat!(
            "SELECT ",
            slot_columns!(),
            " FROM slot WHERE facility = ?1 AND resource = ?2 AND start = ?3"
        ))?
        .query_row(params![resource.facility.bytes(), resource.resource.bytes(), start.as_second()], read)
        .optional()
}

/// A cell by facility and guid.
pub(crate) fn by_key(connection: &Connection, key: SlotKey) -> Result<Option<Slot>> {
    connection
        .prepare_cached(concat!("SELECT ", slot_columns!(), " FROM slot WHERE facility = ?1 AND slot = ?2"))?
        .query_row(params![key.facility.bytes(), key.slot.bytes()], read)
        .optional()
}

/// The cell of an entry, if there is an entry.
pub(crate) fn of_entry(connection: &Connection, entry: Option<&Entry>) -> Result<Option<Slot>> {
    entry.map_or(Ok(None), |entry| by_key(connection, entry.cell()))
}

/// Whose the places of a cell are.
pub(crate) fn places(connection: &Connection, key: SlotKey) -> Result<Places> {
    let mut places = Places::default();
    if planted(Bug::NoSlotKey) {
        return Ok(places);
    }
    let mut select = connection.prepare_cached(
        "SELECT place, expires, entry, holder FROM claim_place WHERE facility = ?1 AND slot = ?2 ORDER BY place",
    )?;
    let mut taken = select.query(params![key.facility.bytes(), key.slot.bytes()])?;
    while let Some(row) = taken.next()? {
        note_place(&mut places, row, 0)?;
    }
    Ok(places)
}

/// Notes what four columns say of a place (number, end of a hold, whose it is): of none they are empty.
pub(crate) fn note_place(places: &mut Places, row: &Row<'_>, first: usize) -> Result<()> {
    let Some(place) = row.get(first)? else { return Ok(()) };
    let held = match row.get::<_, Option<i64>>(first + 1)? {
        None => None,
        Some(_) if planted(Bug::HoldIgnored) => return Ok(()),
        Some(_) => Some(Held {
            hold: guid!(row, first + 2, HoldId)?,
            person: guid!(row, first + 3, PersonId)?,
            until: micros(row, first + 1)?,
        }),
    };
    places.add(place, held);
    Ok(())
}

/// The highest place that somebody has or holds; `None` when nobody has one.
pub(crate) fn highest_taken(connection: &Connection, key: SlotKey) -> Result<Option<u16>> {
    connection
        .prepare_cached("SELECT max(place) FROM claim_place WHERE facility = ?1 AND slot = ?2")?
        .query_row(params![key.facility.bytes(), key.slot.bytes()], |row| row.get(0))
}

/// Adds a cell. `false` when its start or its guid is there already, and nothing was done.
pub(crate) fn insert(connection: &Connection, slot: &Slot) -> Result<bool> {
    let added = connection
        .prepare_cached(
            "INSERT INTO slot (facility, resource, start, slot, minutes, places, rights, min_age, max_age, template, \
             release_at, release_rights, absent) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) \
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            slot.key.facility.bytes(),
            slot.resource.bytes(),
            slot.start.as_second(),
            slot.key.slot.bytes(),
            slot.minutes,
            slot.places,
            slot.rights.bits(),
            slot.ages.min,
            slot.ages.max,
            slot.template.as_ref().map(TemplateId::bytes),
            slot.release.map(|release| release.at.as_second()),
            slot.release.map(|release| release.rights.bits()),
            slot.absent,
        ])?;
    Ok(added > 0)
}

/// Removes a cell.
pub(crate) fn delete(connection: &Connection, key: SlotKey) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM slot WHERE facility = ?1 AND slot = ?2")?
        .execute(params![key.facility.bytes(), key.slot.bytes()])
        .map(drop)
}
