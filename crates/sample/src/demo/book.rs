//! The demo's appointment book: who is booked already.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp, civil::Date};
use talon_domain::{
    access::{Channel, Right, Rights},
    entry::{Entry, EntryState, Ticket, TicketCounter},
    ids::{EntryId, EntryKey, FacilityId, PersonId, ReferralKey, SlotKey},
    resource::Resource,
    slot::Slot,
};

use super::{
    draw::{Draw, Topic},
    region::Region,
};

/// Entries made so far, with what they take up.
pub(super) struct Book<'a> {
    region: &'a Region,
    now: Timestamp,
    pub(super) draw: Draw,
    pub(super) entries: Vec<Entry>,
    by_person: BTreeMap<PersonId, Vec<usize>>,
    places: BTreeMap<SlotKey, BTreeSet<u16>>,
    referrals: BTreeSet<ReferralKey>,
    counters: BTreeMap<(FacilityId, Date), u32>,
    kept_free: BTreeSet<SlotKey>,
}

impl<'a> Book<'a> {
    pub(super) fn new(region: &'a Region, now: Timestamp) -> Self {
        Self {
            region,
            // Entries made by people have no fractions of seconds.
            now: Timestamp::from_second(now.as_second()).unwrap_or(now),
            draw: Draw::of(Topic::Entries),
            entries: Vec::new(),
            by_person: BTreeMap::new(),
            places: BTreeMap::new(),
            referrals: BTreeSet::new(),
            counters: BTreeMap::new(),
            kept_free: BTreeSet::new(),
        }
    }

    /// Keeps a cell out of the crowd's reach.
    pub(super) fn keep_free(&mut self, slot: SlotKey) {
        self.kept_free.insert(slot);
    }

    /// Whether nobody is booked into a cell, nor is it kept free.
    pub(super) fn is_untouched(&self, slot: SlotKey) -> bool {
        !self.kept_free.contains(&slot) && !self.places.contains_key(&slot)
    }

    /// Whether a cell has a place for somebody of the crowd.
    pub(super) fn has_room(&self, slot: &Slot) -> bool {
        let taken = self.places.get(&slot.key).map_or(0, BTreeSet::len);
        !self.kept_free.contains(&slot.key) && taken < usize::from(slot.places)
    }

    /// Whether a referral has been used up.
    pub(super) fn is_used(&self, referral: ReferralKey) -> bool {
        self.referrals.contains(&referral)
    }

    /// Whether a person has time for a cell and no appointment of the specialty yet, whatever became
    /// of it.
    pub(super) fn suits(&self, person: PersonId, slot: &Slot, resource: &Resource) -> bool {
        let own = self.by_person.get(&person).into_iter().flatten().map(|index| &self.entries[*index]);
        own.into_iter()
            .all(|entry| entry.specialty != resource.specialty && !entry.interval().overlaps(&slot.interval()))
    }

    /// How many appointments a person has or had.
    pub(super) fn count(&self, person: PersonId) -> usize {
        self.by_person.get(&person).map_or(0, Vec::len)
    }

    /// What has become of a cell's visits by now, most of them.
    pub(super) fn state_by_now(&mut self, slot: &Slot) -> EntryState {
        match slot.start > self.now {
            true => EntryState::Booked,
            false if self.draw.percent(12) => EntryState::Missed,
            false => EntryState::Fulfilled,
        }
    }

    /// Books a person into a cell's lowest free place; nothing happens when there is none.
    pub(super) fn enter(
        &mut self,
        person: PersonId,
        referral: Option<ReferralKey>,
        (slot, resource): (&Slot, &Resource),
        state: EntryState,
    ) {
        let taken = self.places.entry(slot.key).or_default();
        let Some(place) = (1..=slot.places).find(|place| !taken.contains(place)) else { return };
        if state != EntryState::Cancelled {
            taken.insert(place);
        }
        if state.uses_referral() {
            self.referrals.extend(referral);
        }
        let facility = slot.key.facility;
        let day = self.region.local_day(slot);
        let number = self.counters.entry((facility, day)).and_modify(|last| *last += 1).or_insert(1);
        let ticket = Ticket::new(self.region.letter(&resource.specialty), *number);
        let entry = Entry {
            key: EntryKey { facility, entry: EntryId(self.draw.guid()) },
            person,
            referral,
            resource: slot.resource,
            slot: slot.key.slot,
            place,
            specialty: resource.specialty.clone(),
            start: slot.start,
            minutes: slot.minutes,
            ticket,
            state,
            version: if state == EntryState::Booked { 1 } else { 2 },
            booked_at: self.some_time_before(slot.start),
            client: None,
            channel: Some(self.channel(slot.rights, referral)),
        };
        self.by_person.entry(person).or_default().push(self.entries.len());
        self.entries.push(entry);
    }

    /// How far the ticket numbers have run.
    pub(super) fn counters(&self) -> impl Iterator<Item = TicketCounter> {
        self.counters.iter().map(|((facility, day), last)| TicketCounter {
            facility: *facility,
            day: *day,
            last: *last,
        })
    }

    /// Within the week before a start and before now.
    fn some_time_before(&mut self, start: Timestamp) -> Timestamp {
        let ago = SignedDuration::from_mins(i64::from(30 + self.draw.below(7 * 24 * 60)));
        let latest = start.min(self.now);
        latest.saturating_sub(ago).unwrap_or(latest)
    }

    /// A channel that could have booked such a cell.
    fn channel(&mut self, rights: Rights, referral: Option<ReferralKey>) -> Channel {
        let open = rights.meet(Rights::of(&[Right::Internet]));
        match self.draw.below(10) {
            0..6 if open => Channel::Internet,
            6 if open => Channel::Infomat,
            7 if open => Channel::CallCenter,
            _ if referral.is_some() => Channel::Doctor,
            _ => Channel::Registry,
        }
    }
}
