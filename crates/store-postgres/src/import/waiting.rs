//! Places on waiting lists of a page.

use talon_domain::waiting::Waiting;
use talon_store::{PageFacts, Record};

use crate::{failure::Result, locks::Locks, transaction::Tx, waiting};

/// Adds what a place of the page needs locked: an offer or its end must not come in between.
pub(super) fn lock(place: &Waiting, facts: &PageFacts, locks: &mut Locks) {
    if facts.waiting.get(&place.key).is_some_and(|stored| stored != place) {
        locks.waiting.insert(place.key);
    }
}

/// Writes those that differ. All give up their claims before any takes one: of two places of one person one may end
/// where the other begins.
pub(super) async fn put(tx: &Tx, records: &[Record], facts: &PageFacts) -> Result<()> {
    let changed = facts.waiting_changed(records);
    for stored in changed.iter().filter_map(|place| facts.waiting.get(&place.key)) {
        waiting::release(tx, stored).await?;
    }
    waiting::put(tx, &changed.iter().collect::<Vec<_>>()).await?;
    for place in changed.iter().filter(|place| place.state.is_live()) {
        waiting::claim(tx, place).await?;
    }
    Ok(())
}
