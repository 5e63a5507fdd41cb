//! Cells: a booked one stays where it is, and none overlaps another of its resource.

use std::collections::BTreeMap;

use jiff::Timestamp;
use talon_domain::{
    ids::{EntryKey, ResourceKey},
    slot::Slot,
};

use super::{Found, LONGEST_CELL, PageFacts, given::Given};
use crate::{Fault, Holder};

impl PageFacts {
    /// A booked cell stays where it is, and keeps the places that are taken. Entries of the page that end or
    /// go to another cell do not hold it; those that stay in it can be given another place, but not moved.
    pub(super) fn of_slot(&self, slot: &Slot, given: &Given<'_>) -> Found {
        let stored = self.slots.get(&slot.key).filter(|stored| *stored != slot)?;
        let moves = (stored.resource, stored.start, stored.minutes) != (slot.resource, slot.start, slot.minutes);
        let holds = |place: u16, holder: &EntryKey| match given.entries.get(holder) {
            Some((_, entry)) => moves && entry.state.is_live() && entry.slot == slot.key.slot,
            None => moves || place > slot.places,
        };
        let (mut highest, mut holders) = (0, Vec::new());
        for (place, entry) in self.places.get(&slot.key)? {
            let holder = EntryKey { facility: slot.key.facility, entry: *entry };
            if holds(*place, &holder) {
                highest = *place;
                holders.push(Holder::Entry(holder));
            }
        }
        if holders.is_empty() {
            return None;
        }
        Some(match moves {
            true => ("start", "the slot is booked: resource, start and minutes must stay".to_owned(), holders),
            false => ("places", format!("place {highest} of the slot is booked, so it needs as many"), holders),
        })
    }

    /// Cells of one resource that overlap: those that the page adds or changes and stored ones, and those
    /// of the page among each other.
    pub(super) fn overlaps(&self, given: &Given<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |index, other: &Slot| {
            let what = format!("overlaps slot {} of the same resource", other.key.slot);
            faults.push(Fault { index, key: "start", what, holders: vec![Holder::Slot(other.key)] });
        };
        let staying = self.around.iter().filter(|stored| !given.slots.contains_key(&stored.key));
        let staying: BTreeMap<_, _> = staying.map(|stored| (place(stored), stored)).collect();
        let mut cells: Vec<_> = given.slots.values().copied().collect();
        cells.sort_by_key(|(index, slot)| (place(slot), *index));
        let mut before: Option<(usize, &Slot)> = None;
        for (index, slot) in cells {
            if self.slots.get(&slot.key) != Some(slot) {
                let first = slot.start.saturating_sub(LONGEST_CELL).unwrap_or(Timestamp::MIN);
                let near = staying.range((resource(slot), first)..=(resource(slot), slot.interval().end));
                near.filter(|(_, stored)| collide(slot, stored)).for_each(|(_, stored)| fault(index, stored));
            }
            let hit = before.filter(|(_, last)| resource(last) == resource(slot) && collide(last, slot));
            let Some((other, last)) = hit else {
                before = Some((index, slot));
                continue;
            };
            // The later record is at fault.
            if other < index {
                fault(index, last)
            } else {
                fault(other, slot)
            }
            if last.interval().end < slot.interval().end {
                before = Some((index, slot));
            }
        }
        faults
    }
}

fn resource(slot: &Slot) -> ResourceKey {
    ResourceKey { facility: slot.key.facility, resource: slot.resource }
}

/// Where a cell is in its resource's schedule: no two are in one place.
fn place(slot: &Slot) -> (ResourceKey, Timestamp) {
    (resource(slot), slot.start)
}

fn collide(one: &Slot, other: &Slot) -> bool {
    one.start == other.start || one.interval().overlaps(&other.interval())
}
