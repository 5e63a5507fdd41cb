//! Cells of a page.

use talon_domain::{ids::ResourceKey, slot::Slot};
use talon_store::PageFacts;

use crate::{
    failure::{Failure, Result},
    locks::Locks,
    slots,
    transaction::Tx,
};

/// Adds what a cell of the page needs locked: nothing, if it is as it shall be.
pub(super) fn lock(slot: &Slot, facts: &PageFacts, locks: &mut Locks) {
    let stored = facts.slots.get(&slot.key);
    if stored == Some(slot) {
        return;
    }
    locks.resources.insert(ResourceKey { facility: slot.key.facility, resource: slot.resource });
    locks.slots.extend(stored.map(|stored| stored.key));
}

/// Writes them. One that moves is taken away before any is added, because another may go where it was;
/// one that stays where it is is changed there, and a booking that waits for it finds it.
pub(super) async fn put(tx: &Tx, slots: &[&Slot], facts: &PageFacts) -> Result<()> {
    let (mut moved, mut changed, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for slot in slots {
        match facts.slots.get(&slot.key) {
            Some(stored) if stored == *slot => {}
            Some(stored) if (stored.resource, stored.start) == (slot.resource, slot.start) => changed.push(*slot),
            stored => {
                moved.extend(stored);
                added.push(*slot);
            }
        }
    }
    // A day's cells lie together where they were added together.
    added.sort_by_key(|slot| (slot.key.facility, slot.resource, slot.start));
    slots::delete(tx, &moved).await?;
    let written = slots::update(tx, &changed).await? + slots::insert(tx, &added).await?;
    if written == (changed.len() + added.len()) as u64 {
        return Ok(());
    }
    Err(Failure::Again("a cell of the page was added or moved by another import".to_owned()))
}
