//! Cells and their places.

use std::collections::HashMap;

use jiff::Timestamp;
use talon_domain::{
    access::Rights,
    booking::{Cell, Held, Places},
    entry::Entry,
    ids::{FacilityId, HoldId, PersonId, ResourceId, ResourceKey, SlotId, SlotKey, TemplateId},
    slot::{Release, Slot},
};
use tokio_postgres::Row;

use crate::{
    columns::{ages, column, get, guid, guids, micros, number, optional_guid, seconds},
    failure::Result,
    transaction::Tx,
};

/// The columns that [`read`] expects, of a table or alias `s`.
macro_rules! slot_columns {
    () => {
        "s.facility, s.resource, s.start, s.slot, s.minutes, s.places, s.rights, s.min_age, s.max_age, s.template, \
         s.release_at, s.release_rights, s.absent"
    };
}
pub(crate) use slot_columns;

/// How many they are.
pub(crate) const SLOT_COLUMNS: usize = 13;

/// The columns that [`read_of`] expects, of a table or alias `s`.
macro_rules! cell_columns {
    () => {
        "s.start, s.slot, s.minutes, s.places, s.rights, s.min_age, s.max_age, s.template, s.release_at, \
         s.release_rights, s.absent"
    };
}
pub(crate) use cell_columns;

/// How many they are.
pub(crate) const CELL_COLUMNS: usize = 11;

pub(crate) fn read(row: &Row) -> Result<Slot> {
    read_of(ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 1, ResourceId)? }, row, 2)
}

/// A cell of a known resource, out of eleven columns.
pub(crate) fn read_of(resource: ResourceKey, row: &Row, first: usize) -> Result<Slot> {
    Ok(Slot {
        key: SlotKey { facility: resource.facility, slot: guid!(row, first + 1, SlotId)? },
        resource: resource.resource,
        start: seconds(row, first)?,
        minutes: number(row, first + 2)?,
        places: number(row, first + 3)?,
        rights: Rights::from_bits(number(row, first + 4)?),
        ages: ages(row, first + 5)?,
        template: optional_guid!(row, first + 7, TemplateId)?,
        release: release(row, first + 8)?,
        absent: get(row, first + 10)?,
    })
}

fn release(row: &Row, first: usize) -> Result<Option<Release>> {
    match get::<Option<i32>>(row, first + 1)? {
        None => Ok(None),
        Some(_) => Ok(Some(Release { at: seconds(row, first)?, rights: Rights::from_bits(number(row, first + 1)?) })),
    }
}

/// The places of cells that somebody has.
#[derive(Debug, Default)]
pub(crate) struct Taken(HashMap<SlotKey, Places>);

impl Taken {
    /// Notes that a place is somebody's entry's.
    pub(crate) fn add(&mut self, slot: SlotKey, place: u16) {
        self.0.entry(slot).or_default().add(place, None);
    }

    /// Adds what the columns of a row from `first` on say of a cell, those of [`taken_columns`]: a place, or none.
    pub(crate) fn read(&mut self, slot: SlotKey, row: &Row, first: usize) -> Result<()> {
        if get::<Option<i32>>(row, first)?.is_some() {
            note_place(self.0.entry(slot).or_default(), row, first)?;
        }
        Ok(())
    }

    /// A cell as a person finds it.
    pub(crate) fn cell(&self, slot: Slot, person: PersonId, now: Timestamp) -> Cell {
        match self.0.get(&slot.key) {
            Some(places) => Cell::new(slot, places, person, now),
            None => Cell::new(slot, &Places::default(), person, now),
        }
    }

    /// Whether somebody has a place, or holds it.
    pub(crate) fn is_taken(&self, slot: SlotKey, place: u16) -> bool {
        self.0.get(&slot).is_some_and(|places| places.is_taken(place))
    }

    /// The highest place that somebody has or holds.
    pub(crate) fn highest(&self, slot: SlotKey) -> Option<u16> {
        self.0.get(&slot)?.highest()
    }
}

/// Notes what four columns say of a place, those of [`taken_columns`]: of none they are empty.
pub(crate) fn note_place(places: &mut Places, row: &Row, first: usize) -> Result<()> {
    if get::<Option<i32>>(row, first)?.is_none() {
        return Ok(());
    }
    let held = match get::<Option<i64>>(row, first + 1)? {
        None => None,
        Some(_) => Some(Held {
            hold: guid!(row, first + 2, HoldId)?,
            person: guid!(row, first + 3, PersonId)?,
            until: micros(row, first + 1)?,
        }),
    };
    places.add(number(row, first)?, held);
    Ok(())
}

/// The columns that [`note_place`] expects, of a table or alias `c`.
macro_rules! taken_columns {
    () => {
        "c.place, c.expires, c.entry, c.holder"
    };
}
pub(crate) use taken_columns;

/// A cell by facility and guid.
pub(crate) async fn by_key(tx: &Tx, key: SlotKey) -> Result<Option<Slot>> {
    let rows = tx
        .query(
            concat!("SELECT ", slot_columns!(), " FROM slot s WHERE s.facility = $1 AND s.slot = $2"),
            params![key.facility.0, key.slot.0],
        )
        .await?;
    rows.first().map(read).transpose()
}

/// The cell of an entry, if there is an entry.
pub(crate) async fn of_entry(tx: &Tx, entry: Option<&Entry>) -> Result<Option<Slot>> {
    match entry {
        Some(entry) => by_key(tx, entry.cell()).await,
        None => Ok(None),
    }
}

/// The places of these cells that somebody has.
pub(crate) async fn taken(tx: &Tx, slots: &[SlotKey]) -> Result<Taken> {
    let rows = tx
        .query(
            concat!(
                "SELECT s.facility, s.slot, ",
                taken_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, slot) \
                 JOIN slot s ON s.facility = q.facility AND s.slot = q.slot \
                 LEFT JOIN claim_place c ON c.facility = s.facility AND c.slot = s.slot"
            ),
            &[&guids(slots, |key| key.facility.0), &guids(slots, |key| key.slot.0)],
        )
        .await?;
    let mut taken = Taken::default();
    for row in &rows {
        taken.read(SlotKey { facility: guid!(row, 0, FacilityId)?, slot: guid!(row, 1, SlotId)? }, row, 2)?;
    }
    Ok(taken)
}

/// Keeps cells as they are until the transaction ends, and says how many still are what was read:
/// whoever wants to withdraw or change one waits, and then sees what was booked meanwhile.
///
/// An update and no `FOR SHARE`, which a distributed engine has for single rows alone.
pub(crate) async fn hold(tx: &Tx, slots: &[&Slot]) -> Result<u64> {
    tx.count(
        "UPDATE slot s SET places = s.places \
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::int[], $6::int[], $7::int[], $8::int[], \
         $9::int[], $10::bigint[], $11::int[], $12::bool[]) \
         AS q(facility, resource, start, slot, minutes, places, rights, min_age, max_age, release_at, release_rights, \
         absent) \
         WHERE s.facility = q.facility AND s.resource = q.resource AND s.start = q.start AND s.slot = q.slot \
         AND s.minutes = q.minutes AND s.places = q.places AND s.rights = q.rights \
         AND s.min_age IS NOT DISTINCT FROM q.min_age AND s.max_age IS NOT DISTINCT FROM q.max_age \
         AND s.release_at IS NOT DISTINCT FROM q.release_at \
         AND s.release_rights IS NOT DISTINCT FROM q.release_rights AND s.absent = q.absent RETURNING 1",
        &[
            &guids(slots, |slot| slot.key.facility.0),
            &guids(slots, |slot| slot.resource.0),
            &column(slots, |slot| slot.start.as_second()),
            &guids(slots, |slot| slot.key.slot.0),
            &column(slots, |slot| i32::from(slot.minutes)),
            &column(slots, |slot| i32::from(slot.places)),
            &column(slots, |slot| i32::from(slot.rights.bits())),
            &column(slots, |slot| slot.ages.min.map(i32::from)),
            &column(slots, |slot| slot.ages.max.map(i32::from)),
            &column(slots, |slot| slot.release.map(|release| release.at.as_second())),
            &column(slots, |slot| slot.release.map(|release| i32::from(release.rights.bits()))),
            &column(slots, |slot| slot.absent),
        ],
    )
    .await
}

/// Adds cells. Those whose start or guid is there already are left out; the others are counted.
pub(crate) async fn insert(tx: &Tx, slots: &[&Slot]) -> Result<u64> {
    tx.count(
        "INSERT INTO slot (facility, resource, start, slot, minutes, places, rights, min_age, max_age, template, \
         release_at, release_rights, absent) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::int[], $6::int[], $7::int[], \
         $8::int[], $9::int[], $10::uuid[], $11::bigint[], $12::int[], $13::bool[]) ON CONFLICT DO NOTHING RETURNING 1",
        &[
            &guids(slots, |slot| slot.key.facility.0),
            &guids(slots, |slot| slot.resource.0),
            &column(slots, |slot| slot.start.as_second()),
            &guids(slots, |slot| slot.key.slot.0),
            &column(slots, |slot| i32::from(slot.minutes)),
            &column(slots, |slot| i32::from(slot.places)),
            &column(slots, |slot| i32::from(slot.rights.bits())),
            &column(slots, |slot| slot.ages.min.map(i32::from)),
            &column(slots, |slot| slot.ages.max.map(i32::from)),
            &column(slots, |slot| slot.template.map(|template| template.0)),
            &column(slots, |slot| slot.release.map(|release| release.at.as_second())),
            &column(slots, |slot| slot.release.map(|release| i32::from(release.rights.bits()))),
            &column(slots, |slot| slot.absent),
        ],
    )
    .await
}

/// Changes cells that stay where they are, and counts them.
pub(crate) async fn update(tx: &Tx, slots: &[&Slot]) -> Result<u64> {
    if slots.is_empty() {
        return Ok(0);
    }
    tx.count(
        "UPDATE slot s SET minutes = q.minutes, places = q.places, rights = q.rights, min_age = q.min_age, \
         max_age = q.max_age, template = q.template, release_at = q.release_at, release_rights = q.release_rights, \
         absent = q.absent \
         FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[], $5::int[], $6::int[], $7::int[], $8::int[], \
         $9::int[], $10::uuid[], $11::bigint[], $12::int[], $13::bool[]) \
         AS q(facility, resource, start, slot, minutes, places, rights, min_age, max_age, template, release_at, \
         release_rights, absent) \
         WHERE s.facility = q.facility AND s.resource = q.resource AND s.start = q.start AND s.slot = q.slot RETURNING 1",
        &[
            &guids(slots, |slot| slot.key.facility.0),
            &guids(slots, |slot| slot.resource.0),
            &column(slots, |slot| slot.start.as_second()),
            &guids(slots, |slot| slot.key.slot.0),
            &column(slots, |slot| i32::from(slot.minutes)),
            &column(slots, |slot| i32::from(slot.places)),
            &column(slots, |slot| i32::from(slot.rights.bits())),
            &column(slots, |slot| slot.ages.min.map(i32::from)),
            &column(slots, |slot| slot.ages.max.map(i32::from)),
            &column(slots, |slot| slot.template.map(|template| template.0)),
            &column(slots, |slot| slot.release.map(|release| release.at.as_second())),
            &column(slots, |slot| slot.release.map(|release| i32::from(release.rights.bits()))),
            &column(slots, |slot| slot.absent),
        ],
    )
    .await
}

/// Removes cells, each from where it is.
pub(crate) async fn delete(tx: &Tx, slots: &[&Slot]) -> Result<()> {
    if slots.is_empty() {
        return Ok(());
    }
    tx.execute(
        "DELETE FROM slot s USING unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::uuid[]) \
         AS q(facility, resource, start, slot) \
         WHERE s.facility = q.facility AND s.resource = q.resource AND s.start = q.start AND s.slot = q.slot",
        &[
            &guids(slots, |slot| slot.key.facility.0),
            &guids(slots, |slot| slot.resource.0),
            &column(slots, |slot| slot.start.as_second()),
            &guids(slots, |slot| slot.key.slot.0),
        ],
    )
    .await
}
