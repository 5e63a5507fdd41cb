//! Rows that whoever changes what hangs on them locks first, always in the order of [`Locks`]'s fields
//! and of one kind in the order of their keys: two who want the same ones wait, and not in a circle.
//!
//! Each statement names one facility, because a distributed engine locks rows of one shard at a time.

use std::collections::{BTreeMap, BTreeSet};

use talon_domain::ids::{EntryKey, FacilityId, PersonId, ReferralKey, ResourceKey, SlotKey, WaitingKey};
use uuid::Uuid;

use crate::{failure::Result, transaction::Tx};

const RESOURCES: &str =
    "SELECT 1 FROM resource WHERE facility = $1 AND resource = ANY($2) ORDER BY facility, resource FOR UPDATE";
const REFERRALS: &str =
    "SELECT 1 FROM referral WHERE facility = $1 AND referral = ANY($2) ORDER BY facility, referral FOR UPDATE";
const CARDS: &str = "SELECT 1 FROM card WHERE facility = $1 AND person = ANY($2) ORDER BY facility, person FOR UPDATE";
const SLOTS: &str = "SELECT 1 FROM slot WHERE facility = $1 AND slot = ANY($2) ORDER BY facility, slot FOR UPDATE";
const ENTRIES: &str = "SELECT 1 FROM entry WHERE facility = $1 AND entry = ANY($2) ORDER BY facility, entry FOR UPDATE";

const WAITING: &str =
    "SELECT 1 FROM waiting WHERE facility = $1 AND waiting = ANY($2) ORDER BY facility, waiting FOR UPDATE";

/// Rows to lock, or rows that are locked.
#[derive(Debug, Default)]
pub(crate) struct Locks {
    /// Whose schedule changes: that two new cells overlap is seen only by one who comes after the other.
    pub(crate) resources: BTreeSet<ResourceKey>,
    /// What may become another person's, or is about to be used: a claim does not say whose it is.
    pub(crate) referrals: BTreeSet<ReferralKey>,
    /// Cards that go: what is booked without a referral hangs on nothing else of the person's.
    pub(crate) cards: BTreeSet<(FacilityId, PersonId)>,
    /// Cells that change, go or get an entry. A booking holds its cell until it is committed, so whoever
    /// has the lock sees, from the next statement on, everything that was booked there.
    pub(crate) slots: BTreeSet<SlotKey>,
    /// Entries that are replaced: their claims must be those of the state that was read.
    pub(crate) entries: BTreeSet<EntryKey>,
    /// Places on waiting lists that are replaced: whoever offers or ends one compares its version.
    pub(crate) waiting: BTreeSet<WaitingKey>,
}

impl Locks {
    /// Locks what is wanted and not locked yet. False when there was nothing to lock, so that what was
    /// read since the last call still holds.
    pub(crate) async fn add(&mut self, tx: &Tx, wanted: Self) -> Result<bool> {
        let resources: Vec<_> = wanted.resources.difference(&self.resources).copied().collect();
        let referrals: Vec<_> = wanted.referrals.difference(&self.referrals).copied().collect();
        let cards: Vec<_> = wanted.cards.difference(&self.cards).copied().collect();
        let slots: Vec<_> = wanted.slots.difference(&self.slots).copied().collect();
        let entries: Vec<_> = wanted.entries.difference(&self.entries).copied().collect();
        lock(tx, RESOURCES, resources.iter().map(|key| (key.facility, key.resource.0))).await?;
        lock(tx, REFERRALS, referrals.iter().map(|key| (key.facility, key.referral.0))).await?;
        lock(tx, CARDS, cards.iter().map(|(facility, person)| (*facility, person.0))).await?;
        lock(tx, SLOTS, slots.iter().map(|key| (key.facility, key.slot.0))).await?;
        lock(tx, ENTRIES, entries.iter().map(|key| (key.facility, key.entry.0))).await?;
        let waiting: Vec<_> = wanted.waiting.difference(&self.waiting).copied().collect();
        lock(tx, WAITING, waiting.iter().map(|key| (key.facility, key.waiting.0))).await?;
        let added = resources.len() + referrals.len() + cards.len() + slots.len() + entries.len() + waiting.len() > 0;
        self.resources.extend(resources);
        self.referrals.extend(referrals);
        self.cards.extend(cards);
        self.slots.extend(slots);
        self.entries.extend(entries);
        self.waiting.extend(waiting);
        Ok(added)
    }
}

async fn lock(tx: &Tx, sql: &str, keys: impl Iterator<Item = (FacilityId, Uuid)>) -> Result<()> {
    let mut by_facility: BTreeMap<FacilityId, Vec<Uuid>> = BTreeMap::new();
    for (facility, id) in keys {
        by_facility.entry(facility).or_default().push(id);
    }
    for (facility, ids) in by_facility {
        tx.query(sql, params![facility.0, ids]).await?;
    }
    Ok(())
}
