//! What a page gives, by key.

use std::{
    collections::{HashMap, hash_map},
    hash::Hash,
};

use talon_domain::{
    entry::Entry,
    facility::{Facility, Mkod},
    ids::{CardId, EntryKey, FacilityId, PersonId, ReferralKey, SlotKey, WaitingId, WaitingKey},
    person::Card,
    referral::Referral,
    resource::SpecialtyCode,
    slot::Slot,
    waiting::Waiting,
};

use crate::Record;

/// Each key once, with its last record and where in the page that is.
#[derive(Default)]
pub(super) struct Given<'a> {
    pub(super) facilities: HashMap<FacilityId, (usize, &'a Facility)>,
    pub(super) cards: HashMap<(FacilityId, CardId), (usize, &'a Card)>,
    pub(super) referrals: HashMap<ReferralKey, (usize, &'a Referral)>,
    pub(super) slots: HashMap<SlotKey, (usize, &'a Slot)>,
    pub(super) entries: HashMap<EntryKey, (usize, &'a Entry)>,
    pub(super) waiting: HashMap<WaitingKey, (usize, &'a Waiting)>,
    /// Who waits on a list: of several places of one person the first in the page.
    pub(super) waiters: HashMap<(PersonId, FacilityId, SpecialtyCode), (usize, WaitingId)>,
    /// Who has a МКОД: of several the first in the page.
    pub(super) mkods: HashMap<&'a Mkod, (usize, FacilityId)>,
    /// A person's card in a facility: of several the first in the page.
    pub(super) holders: HashMap<(FacilityId, PersonId), (usize, CardId)>,
}

impl<'a> Given<'a> {
    pub(super) fn of(records: &'a [Record]) -> Self {
        let mut given = Self::default();
        for (index, record) in records.iter().enumerate() {
            match record {
                Record::Facility(it) => drop(given.facilities.insert(it.id, (index, it))),
                Record::Card(it) => drop(given.cards.insert((it.facility, it.id), (index, it))),
                Record::Referral(it) => drop(given.referrals.insert(it.key, (index, it))),
                Record::Slot(it) => drop(given.slots.insert(it.key, (index, it))),
                Record::Entry(it) => drop(given.entries.insert(it.key, (index, it))),
                Record::Waiting(it) => drop(given.waiting.insert(it.key, (index, it))),
                _ => {}
            }
        }
        for (index, facility) in given.facilities.values() {
            first(&mut given.mkods, &facility.mkod, (*index, facility.id));
        }
        for (index, card) in given.cards.values() {
            first(&mut given.holders, (card.facility, card.person), (*index, card.id));
        }
        for (index, place) in given.waiting.values().filter(|(_, place)| place.state.is_live()) {
            let list = (place.person, place.key.facility, place.specialty.clone());
            first(&mut given.waiters, list, (*index, place.key.waiting));
        }
        given
    }
}

fn first<K: Eq + Hash, T>(map: &mut HashMap<K, (usize, T)>, key: K, value: (usize, T)) {
    match map.entry(key) {
        hash_map::Entry::Vacant(free) => drop(free.insert(value)),
        hash_map::Entry::Occupied(mut held) if value.0 < held.get().0 => drop(held.insert(value)),
        hash_map::Entry::Occupied(_) => {}
    }
}
