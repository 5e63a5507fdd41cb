//! What a page frees for those who wait: cells that are new or have their doctor back, and places that its entries give
//! up.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use talon_store::{PageFacts, Record};

use super::apply;
use crate::{failure::Result, offers, reference, session::Session, slots, waiting};

/// Offers it to the first in line.
pub(super) async fn offer(session: &Session<'_>, records: &[Record], facts: &PageFacts, now: Timestamp) -> Result<()> {
    let cells = facts.opened(records);
    let had: Vec<_> = facts.had().into_iter().filter(|(cell, _)| !cells.contains(cell)).collect();
    let touched: BTreeSet<_> = cells.iter().copied().chain(had.iter().map(|(cell, _)| *cell)).collect();
    if waiting::waited_for(session.tx, touched.iter().map(|cell| cell.facility)).await?.is_empty() {
        return Ok(());
    }
    let reference = match apply::has_reference(records) {
        // The page brought some itself. Nobody else is to know of it before it is committed.
        true => Arc::new(reference::load(session.tx).await?),
        false => Arc::clone(&session.reference),
    };
    let (offers, hooks) = (session.offers, Arc::clone(&session.hooks));
    let session = &Session { tx: session.tx, reference, offers, hooks };
    let touched: Vec<_> = touched.into_iter().collect();
    let taken = slots::taken(session.tx, &touched).await?;
    for (cell, place) in had {
        if !taken.is_taken(cell, place) {
            offers::give(session, cell, place, now).await?;
        }
    }
    for cell in cells {
        let Some(slot) = slots::by_key(session.tx, cell).await? else { continue };
        for place in (1..=slot.places).filter(|place| !taken.is_taken(cell, *place)) {
            offers::give(session, cell, place, now).await?;
        }
    }
    Ok(())
}
