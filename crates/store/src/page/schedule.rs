//! What a page makes of schedules, for those who are to be told: whose times change, which cells open, and who is left
//! without a doctor.

use std::collections::{BTreeMap, BTreeSet};

use talon_domain::{
    ids::{EntryKey, ResourceKey, SlotKey},
    slot::Slot,
};

use super::PageFacts;
use crate::Record;

impl PageFacts {
    /// The resources to whose times a page adds, from which it takes, or of which it changes some.
    #[must_use]
    pub fn schedules_changed(&self, records: &[Record]) -> BTreeSet<ResourceKey> {
        let of = |slot: &Slot| ResourceKey { facility: slot.key.facility, resource: slot.resource };
        let mut changed = BTreeSet::new();
        for (key, slot) in cells(records) {
            let stored = self.slots.get(&key);
            if stored != Some(slot) {
                changed.extend(stored.map(of).into_iter().chain([of(slot)]));
            }
        }
        changed
    }

    /// The entries that have places in cells which the page makes absent, each with its cell: whose they are is to be
    /// told. A cell that is absent already, or comes so, owes nothing, and neither does an entry that comes with the page: an
    /// installation that moves would tell everybody once more. Some may be holds and no entries.
    #[must_use]
    pub fn left_without_a_doctor(&self, records: &[Record]) -> Vec<(EntryKey, SlotKey)> {
        let mut left = Vec::new();
        for (key, slot) in cells(records) {
            if slot.absent && self.slots.get(&key).is_some_and(|stored| !stored.absent) {
                let places = self.places.get(&key).into_iter().flat_map(BTreeMap::values);
                left.extend(places.map(|entry| (EntryKey { facility: key.facility, entry: *entry }, key)));
            }
        }
        left
    }

    /// The cells whose places are to be had from now on: new ones, and those in which somebody receives again.
    #[must_use]
    pub fn opened(&self, records: &[Record]) -> BTreeSet<SlotKey> {
        let opens =
            |(key, slot): &(SlotKey, &Slot)| !slot.absent && self.slots.get(key).is_none_or(|stored| stored.absent);
        cells(records).into_iter().filter(opens).map(|(key, _)| key).collect()
    }
}

/// The cells of a page. Of several records with one key the last counts.
fn cells(records: &[Record]) -> BTreeMap<SlotKey, &Slot> {
    let mut cells = BTreeMap::new();
    for record in records {
        if let Record::Slot(slot) = record {
            cells.insert(slot.key, slot);
        }
    }
    cells
}
