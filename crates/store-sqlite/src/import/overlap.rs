//! Cells of one resource that would overlap.

use std::collections::HashSet;

use rusqlite::{Connection, Result, params};
use talon_domain::{ids::SlotId, slot::Slot};

use crate::columns::{guid, seconds};

/// A cell lasts a day at most, so an earlier one that reaches into a time began within a day of it.
const LONGEST_CELL_SECONDS: i64 = 24 * 60 * 60;

/// A cell that is stored and takes up time of one that is not it: index of the new one, and the
/// guid of the stored one. Stored cells that the page itself redefines do not count.
pub(crate) fn overlapping(connection: &Connection, page: &[Slot]) -> Result<Vec<(usize, SlotId)>> {
    let own: HashSet<_> = page.iter().map(|slot| slot.key).collect();
    let mut found = Vec::new();
    let mut from = 0;
    // A page comes sorted by resource and start; each run of one resource costs one query.
    while from < page.len() {
        let resource = (page[from].key.facility, page[from].resource);
        let run = page[from..].iter().take_while(|slot| (slot.key.facility, slot.resource) == resource).count();
        let slots = &page[from..from + run];
        let first = slots.iter().map(|slot| slot.start).min().unwrap_or_default();
        let last = slots.iter().map(|slot| slot.interval().end).max().unwrap_or_default();
        let mut select = connection.prepare_cached(
            "SELECT slot, start, minutes FROM slot WHERE facility = ?1 AND resource = ?2 AND start > ?3 AND start < ?4",
        )?;
        let mut rows = select.query(params![
            resource.0.bytes(),
            resource.1.bytes(),
            first.as_second() - LONGEST_CELL_SECONDS,
            last.as_second()
        ])?;
        while let Some(row) = rows.next()? {
            let stored = guid!(row, 0, SlotId)?;
            let interval = talon_domain::slot::Interval::of_minutes(seconds(row, 1)?, row.get(2)?);
            for (offset, slot) in slots.iter().enumerate() {
                let other = talon_domain::ids::SlotKey { facility: slot.key.facility, slot: stored };
                if !own.contains(&other) && slot.interval().overlaps(&interval) {
                    found.push((from + offset, stored));
                }
            }
        }
        from += run;
    }
    Ok(found)
}
