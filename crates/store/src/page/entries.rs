//! Entries: what one claims must not be another's.

use std::collections::{BTreeMap, HashMap};

use talon_domain::{
    entry::Entry,
    ids::{EntryKey, ReferralKey, SlotKey},
};

use super::{Found, PageFacts, given::Given};
use crate::{ANY_PLACE, Fault, Holder};

impl PageFacts {
    /// Whose an entry is, and whether its referral is free and its person's.
    pub(super) fn of_entry(&self, entry: &Entry, given: &Given<'_>) -> Found {
        let used = entry.referral.filter(|_| entry.state.uses_referral());
        let holder = used.and_then(|key| self.uses.get(&key)).map(|user| user.entry);
        if let Some(holder) = holder.filter(|holder| !given.entries.contains_key(holder)) {
            return Some(("referral", format!("is used by entry {holder}"), vec![Holder::Entry(holder)]));
        }
        if let Some(key) = entry.referral {
            let referral = given.referrals.get(&key).map(|(_, referral)| *referral);
            let referral = referral.or_else(|| self.referrals.get(&key));
            if referral.is_some_and(|referral| referral.person != entry.person) {
                return Some(("referral", "belongs to another person".to_owned(), vec![Holder::Referral(key)]));
            }
        }
        let stored = self.entries.get(&entry.key).filter(|stored| stored.person != entry.person)?;
        Some(("person", format!("the entry is known as one of person {}", stored.person), Vec::new()))
    }

    /// The places that live entries of the page had before it. Those that no entry has afterwards are free.
    #[must_use]
    pub fn had(&self) -> Vec<(SlotKey, u16)> {
        let live = self.entries.values().filter(|stored| stored.state.is_live());
        let mut had: Vec<_> = live.map(|stored| (cell(stored), stored.place)).collect();
        had.sort_unstable();
        had
    }

    /// The page's entries with their places, or every one that gets none or wants a referral that an
    /// earlier one of the page uses.
    pub(super) fn places(&self, given: &Given<'_>) -> Result<Vec<Entry>, Vec<Fault>> {
        let mut entries: Vec<_> = given.entries.values().copied().collect();
        entries.sort_unstable_by_key(|(index, _)| *index);
        let mut faults = BTreeMap::new();
        let mut fault = |index, found: Found| {
            let Some((key, what, holders)) = found else { return };
            faults.entry(index).or_insert(Fault { index, key, what, holders });
        };
        let mut used: HashMap<ReferralKey, EntryKey> = HashMap::new();
        for (index, entry) in &entries {
            let Some(key) = entry.referral.filter(|_| entry.state.uses_referral()) else { continue };
            let user = *used.entry(key).or_insert(entry.key);
            if user != entry.key {
                fault(*index, Some(("referral", format!("is used by entry {user}"), vec![Holder::Entry(user)])));
            }
        }
        let mut places = Places::of(self, given);
        let mut placed: Vec<_> = entries.iter().map(|(index, entry)| (*index, (*entry).clone())).collect();
        // Those that name a place come first: the others can do with any.
        for (index, entry) in placed.iter().filter(|(_, entry)| entry.place != ANY_PLACE && entry.state.is_live()) {
            fault(*index, places.take(entry));
        }
        for (index, entry) in placed.iter_mut().filter(|(_, entry)| entry.place == ANY_PLACE) {
            let stored = self.entries.get(&entry.key).filter(|stored| stored.slot == entry.slot);
            fault(*index, places.find(entry, stored.map(|stored| stored.place)));
        }
        if faults.is_empty() {
            return Ok(placed.into_iter().map(|(_, entry)| entry).collect());
        }
        Err(faults.into_values().collect())
    }
}

/// The places of the cells that the page's entries are in.
struct Places {
    /// As far as they are somebody's: of entries that the page does not give, and of those that got one.
    taken: HashMap<SlotKey, BTreeMap<u16, EntryKey>>,
    /// How many there are. What is not known of a cell is not held against its entries: an earlier page may
    /// bring it.
    most: HashMap<SlotKey, u16>,
}

impl Places {
    fn of(facts: &PageFacts, given: &Given<'_>) -> Self {
        let mut taken: HashMap<_, BTreeMap<_, _>> = HashMap::new();
        for (cell, places) in &facts.places {
            let places =
                places.iter().map(|(place, entry)| (*place, EntryKey { facility: cell.facility, entry: *entry }));
            taken.insert(*cell, places.filter(|(_, holder)| !given.entries.contains_key(holder)).collect());
        }
        let slots = facts.slots.values().chain(given.slots.values().map(|(_, slot)| *slot));
        Self { taken, most: slots.map(|slot| (slot.key, slot.places)).collect() }
    }

    /// Gives an entry the place that it names, unless there is a fault.
    fn take(&mut self, entry: &Entry) -> Found {
        let cell = cell(entry);
        if let Some(most) = self.most.get(&cell).filter(|most| entry.place > **most) {
            return Some(("place", format!("the cell has {most} places"), vec![Holder::Slot(cell)]));
        }
        let places = self.taken.entry(cell).or_default();
        match places.get(&entry.place) {
            Some(holder) => Some(full(vec![Holder::Entry(*holder)])),
            None => {
                places.insert(entry.place, entry.key);
                None
            }
        }
    }

    /// Gives an entry the place that it had, or the lowest that is free; one that takes up no place is
    /// given the first.
    fn find(&mut self, entry: &mut Entry, had: Option<u16>) -> Found {
        if !entry.state.is_live() {
            entry.place = had.unwrap_or(1);
            return None;
        }
        let most = self.most.get(&cell(entry)).copied().unwrap_or(u16::MAX);
        let places = self.taken.entry(cell(entry)).or_default();
        let mut wanted = had.into_iter().filter(|place| *place <= most).chain(1..=most);
        match wanted.find(|place| !places.contains_key(place)) {
            Some(place) => {
                entry.place = place;
                places.insert(place, entry.key);
                None
            }
            None => {
                let holders = places.values().map(|holder| Holder::Entry(*holder));
                Some(full(holders.chain([Holder::Slot(cell(entry))]).collect()))
            }
        }
    }
}

fn full(holders: Vec<Holder>) -> (&'static str, String, Vec<Holder>) {
    ("slot", "has no place left for this entry".to_owned(), holders)
}

fn cell(entry: &Entry) -> SlotKey {
    SlotKey { facility: entry.key.facility, slot: entry.slot }
}
