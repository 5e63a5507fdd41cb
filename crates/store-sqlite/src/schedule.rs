//! Cells of a facility's resources, with the places that are left.

use rusqlite::{Connection, params};
use talon_domain::{booking::CellPlaces, ids::ResourceId};
use talon_store::{SchedulePage, ScheduleQuery};

use crate::{
    failure::Result,
    slots::{self, slot_columns},
};

/// The page that is asked for.
pub(crate) fn schedule(connection: &Connection, query: &ScheduleQuery) -> Result<SchedulePage> {
    // One transaction: by itself each query would lock the file and look whether its cached pages still hold.
    let _transaction = connection.unchecked_transaction()?;
    let mut among = query.resources.clone();
    if query.only_scheduled {
        among = scheduled(connection, query)?;
    }
    let total = among.len();
    let wanted = among.into_iter().skip(query.skip).take(query.take);
    let resources =
        wanted.map(|resource| Ok((resource, cells(connection, query, resource)?))).collect::<Result<_>>()?;
    Ok(SchedulePage { resources, total })
}

/// Those of the resources that have a cell in that time.
fn scheduled(connection: &Connection, query: &ScheduleQuery) -> Result<Vec<ResourceId>> {
    let mut exists = connection.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM slot WHERE facility = ?1 AND resource = ?2 AND start >= ?3 AND start < ?4)",
    )?;
    let mut found = Vec::new();
    for resource in &query.resources {
        let (from, to) = (query.from.as_second(), query.to.as_second());
        if exists.query_row(params![query.facility.bytes(), resource.bytes(), from, to], |row| row.get(0))? {
            found.push(*resource);
        }
    }
    Ok(found)
}

fn cells(connection: &Connection, query: &ScheduleQuery, resource: ResourceId) -> Result<Vec<CellPlaces>> {
    let sql = concat!(
        "SELECT ",
        slot_columns!(),
        ", (SELECT count(*) FROM claim_place c WHERE c.facility = s.facility AND c.slot = s.slot \
         AND (c.expires IS NULL OR c.expires > ?5)) AS taken \
         FROM slot s WHERE facility = ?1 AND resource = ?2 AND start >= ?3 AND start < ?4 ORDER BY start"
    );
    let mut select = connection.prepare_cached(sql)?;
    let cells = select.query_map(
        params![
            query.facility.bytes(),
            resource.bytes(),
            query.from.as_second(),
            query.to.as_second(),
            query.now.as_microsecond()
        ],
        |row| {
            let slot = slots::read(row)?;
            let taken: u16 = row.get("taken")?;
            Ok(CellPlaces { free: slot.places.saturating_sub(taken), slot })
        },
    )?;
    Ok(cells.collect::<rusqlite::Result<_>>()?)
}
