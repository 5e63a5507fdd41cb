//! What a page frees for those who wait: cells that are new or have their doctor back, and places that its entries give
//! up.

use jiff::Timestamp;
use talon_domain::ids::SlotKey;
use talon_store::{PageFacts, Record};

use crate::{failure::Result, offers, session::Session, slots, waiting};

/// Offers it to the first in line.
pub(super) fn offer(session: &Session<'_>, records: &[Record], facts: &PageFacts, now: Timestamp) -> Result<()> {
    let new = facts.opened(records);
    let had = facts.had();
    let touched = new.iter().chain(had.iter().map(|(cell, _)| cell)).map(|cell| cell.facility);
    // Nearly always nobody waits, and an import brings millions of cells.
    if waiting::waited_for(session.connection, touched)?.is_empty() {
        return Ok(());
    }
    for (cell, place) in had {
        if !new.contains(&cell) {
            give(session, cell, place, now)?;
        }
    }
    for cell in new {
        let Some(slot) = slots::by_key(session.connection, cell)? else { continue };
        for place in 1..=slot.places {
            give(session, cell, place, now)?;
        }
    }
    Ok(())
}

/// Offers a place, if no entry of the page has it.
fn give(session: &Session<'_>, cell: SlotKey, place: u16, now: Timestamp) -> Result<()> {
    if slots::places(session.connection, cell)?.is_taken(place) {
        return Ok(());
    }
    offers::give(session, cell, place, now)
}
