//! What stands against a page of records: decided here, on what a back end found.
//!
//! A page is taken whole, so its records are held against what will be there afterwards: what is stored,
//! with the page's records in place of those of the same keys. Two facilities may exchange their МКОДs in
//! one page. Of several records with one key the last counts.

mod cells;
mod entries;
mod given;
mod schedule;
mod waiting;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::SignedDuration;
use talon_domain::{
    entry::Entry,
    facility::{Facility, Mkod},
    ids::{EntryId, EntryKey, FacilityId, PersonId, ReferralKey, SlotKey, WaitingId, WaitingKey},
    person::Card,
    referral::Referral,
    resource::SpecialtyCode,
    slot::Slot,
    waiting::Waiting,
};

use crate::{Fault, Holder, Record};

use given::Given;

/// No cell is longer: one that reaches into a time began within this of it.
pub const LONGEST_CELL: SignedDuration = SignedDuration::from_hours(24);

/// What a store has that the records of a page may contradict. What it does not have is absent.
#[derive(Clone, Debug, Default)]
pub struct PageFacts {
    /// Who has the МКОДs of the page's facilities.
    pub mkods: HashMap<Mkod, FacilityId>,
    /// Cards of the page's guids, and cards of the page's persons in the same facility.
    pub cards: HashMap<(FacilityId, PersonId), Card>,
    /// Referrals of the page, and those that its entries name.
    pub referrals: HashMap<ReferralKey, Referral>,
    /// The entries that use those up.
    pub uses: HashMap<ReferralKey, Use>,
    /// Cells of the page, and those of its live entries.
    pub slots: HashMap<SlotKey, Slot>,
    /// Whose their places are. Of a cell that the page leaves as it is and puts nobody into, they may be
    /// left out.
    pub places: HashMap<SlotKey, BTreeMap<u16, EntryId>>,
    /// Cells of the same resources that may overlap those that the page adds or changes.
    pub around: Vec<Slot>,
    /// Entries of the page.
    pub entries: HashMap<EntryKey, Entry>,
    /// Places on waiting lists of the page.
    pub waiting: HashMap<WaitingKey, Waiting>,
    /// The live places of the page's persons on the lists that it is about.
    pub waits: HashMap<(PersonId, FacilityId, SpecialtyCode), WaitingId>,
}

/// An entry that uses a referral up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Use {
    /// The entry.
    pub entry: EntryKey,
    /// Whose it is; `None` when there is no such entry.
    pub person: Option<PersonId>,
}

/// What is wrong with a record: the key at fault, the words, and who is in the way.
type Found = Option<(&'static str, String, Vec<Holder>)>;

impl PageFacts {
    /// Every fault of a page, in its order.
    #[must_use]
    pub fn faults(&self, records: &[Record]) -> Vec<Fault> {
        let given = Given::of(records);
        let mut faults = Vec::new();
        for (index, record) in records.iter().enumerate() {
            let found = match record {
                Record::Facility(facility) => self.of_facility(facility, index, &given),
                Record::Card(card) => self.of_card(card, index, &given),
                Record::Referral(referral) => self.of_referral(referral, &given),
                Record::Slot(slot) => self.of_slot(slot, &given),
                Record::Entry(entry) => self.of_entry(entry, &given),
                Record::Waiting(waiting) => self.of_waiting(waiting, index, &given),
                _ => None,
            };
            faults.extend(found.map(|(key, what, holders)| Fault { index, key, what, holders }));
        }
        let faulty: HashSet<_> = faults.iter().map(|fault| fault.index).collect();
        let placeless = self.places(&given).err().unwrap_or_default();
        faults.extend(placeless.into_iter().filter(|fault| !faulty.contains(&fault.index)));
        faults.extend(self.overlaps(&given));
        faults.sort_by_key(|fault| fault.index);
        faults
    }

    /// The same as if a person were not there: what is theirs stands in nobody's way.
    #[must_use]
    pub fn without(mut self, person: PersonId) -> Self {
        self.cards.retain(|_, card| card.person != person);
        self.referrals.retain(|_, referral| referral.person != person);
        self.entries.retain(|_, entry| entry.person != person);
        self.waiting.retain(|_, place| place.person != person);
        self
    }

    /// The entries of a page that is to be written, each key once, and each with the place that it gets: the
    /// one it names, the one it had in the same cell, or the lowest that is free.
    ///
    /// # Errors
    ///
    /// The faults that no place can be given for. A live entry's cell must be there by now.
    pub fn placed(&self, records: &[Record]) -> Result<Vec<Entry>, Vec<Fault>> {
        let given = Given::of(records);
        let cell = |entry: &Entry| SlotKey { facility: entry.key.facility, slot: entry.slot };
        let there = |cell| self.slots.contains_key(&cell) || given.slots.contains_key(&cell);
        let mut lost: Vec<_> = given
            .entries
            .values()
            .filter(|(_, entry)| entry.state.is_live() && !there(cell(entry)))
            .map(|(index, entry)| Fault {
                index: *index,
                key: "slot",
                what: "there is no such cell of the schedule any more".to_owned(),
                holders: vec![Holder::Slot(cell(entry))],
            })
            .collect();
        lost.sort_by_key(|fault| fault.index);
        if lost.is_empty() { self.places(&given) } else { Err(lost) }
    }

    fn of_facility(&self, facility: &Facility, index: usize, given: &Given<'_>) -> Found {
        let stored = self.mkods.get(&facility.mkod).filter(|other| !given.facilities.contains_key(other));
        let earlier = given.mkods.get(&facility.mkod).filter(|(first, _)| *first < index).map(|(_, other)| other);
        let other = *stored.or(earlier).filter(|other| **other != facility.id)?;
        Some(("mkod", format!("is the МКОД of facility {other}"), vec![Holder::Facility(other)]))
    }

    fn of_card(&self, card: &Card, index: usize, given: &Given<'_>) -> Found {
        let holder = (card.facility, card.person);
        let stored = self.cards.get(&holder).map(|stored| stored.id);
        let stored = stored.filter(|other| !given.cards.contains_key(&(card.facility, *other)));
        let earlier = given.holders.get(&holder).filter(|(first, _)| *first < index).map(|(_, other)| *other);
        let other = stored.or(earlier).filter(|other| *other != card.id)?;
        let what = format!("has card {other} in this facility already");
        Some(("person", what, vec![Holder::Card(card.facility, other)]))
    }

    /// A referral that is used stays its person's.
    fn of_referral(&self, referral: &Referral, given: &Given<'_>) -> Found {
        let user = self.uses.get(&referral.key).filter(|user| !given.entries.contains_key(&user.entry))?;
        user.person.filter(|person| *person != referral.person)?;
        let what = "the referral is used by an entry of another person".to_owned();
        Some(("person", what, vec![Holder::Entry(user.entry)]))
    }
}
