//! Cells of a facility's resources, with the places that are left.

use std::collections::{HashMap, HashSet};

use talon_domain::{booking::CellPlaces, ids::ResourceId};
use talon_store::{SchedulePage, ScheduleQuery};
use tokio_postgres::Row;

use crate::{
    columns::{counter, guid, guids},
    failure::Result,
    slots::{self, slot_columns},
    transaction::Tx,
};

/// The page that is asked for.
pub(crate) async fn schedule(tx: &Tx, query: &ScheduleQuery) -> Result<SchedulePage> {
    let mut among = query.resources.clone();
    if query.only_scheduled {
        let scheduled = scheduled(tx, query).await?;
        among.retain(|resource| scheduled.contains(resource));
    }
    let total = among.len();
    let wanted: Vec<_> = among.into_iter().skip(query.skip).take(query.take).collect();
    let mut cells = cells(tx, query, &wanted).await?;
    let with_cells = |resource| (resource, cells.remove(&resource).unwrap_or_default());
    Ok(SchedulePage { resources: wanted.into_iter().map(with_cells).collect(), total })
}

/// Those of the resources that have a cell in that time.
async fn scheduled(tx: &Tx, query: &ScheduleQuery) -> Result<HashSet<ResourceId>> {
    let rows = tx
        .query(
            "SELECT q.resource FROM unnest($2::uuid[]) AS q(resource) WHERE EXISTS (SELECT 1 FROM slot s \
             WHERE s.facility = $1 AND s.resource = q.resource AND s.start >= $3 AND s.start < $4)",
            params![
                query.facility.0,
                guids(&query.resources, |resource| resource.0),
                query.from.as_second(),
                query.to.as_second()
            ],
        )
        .await?;
    rows.iter().map(|row| guid!(row, 0, ResourceId)).collect()
}

async fn cells(
    tx: &Tx,
    query: &ScheduleQuery,
    resources: &[ResourceId],
) -> Result<HashMap<ResourceId, Vec<CellPlaces>>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                slot_columns!(),
                ", (SELECT count(*) FROM claim_place c WHERE c.facility = s.facility AND c.slot = s.slot \
                 AND (c.expires IS NULL OR c.expires > $5)) AS taken \
                 FROM slot s WHERE s.facility = $1 AND s.resource = ANY($2) AND s.start >= $3 AND s.start < $4 \
                 ORDER BY s.resource, s.start"
            ),
            params![
                query.facility.0,
                guids(resources, |resource| resource.0),
                query.from.as_second(),
                query.to.as_second(),
                query.now.as_microsecond()
            ],
        )
        .await?;
    let mut found: HashMap<ResourceId, Vec<CellPlaces>> = HashMap::new();
    for row in &rows {
        let cell = cell(row)?;
        found.entry(cell.slot.resource).or_default().push(cell);
    }
    Ok(found)
}

/// A cell, and in the last column how many of its places are taken.
fn cell(row: &Row) -> Result<CellPlaces> {
    let (slot, taken) = (slots::read(row)?, counter(row, row.len() - 1)?);
    Ok(CellPlaces { free: slot.places.saturating_sub(u16::try_from(taken).unwrap_or(u16::MAX)), slot })
}
