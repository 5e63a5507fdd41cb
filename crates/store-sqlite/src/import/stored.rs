//! What is stored of the things that a page gives or names.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use talon_domain::{
    entry::Entry,
    facility::Facility,
    ids::{EntryId, EntryKey, FacilityId, PersonId, ReferralKey, ResourceKey, SlotKey},
    person::Card,
    slot::{Interval, Slot},
    waiting::Waiting,
};
use talon_store::{PageFacts, Record, Use};

use super::overlap::around;
use crate::{
    columns::guid,
    entry::{self, entry_columns},
    facts::{card_columns, read_card, read_referral, referral_columns},
    failure::Result,
    slots, waiting,
};

/// Reads it.
pub(crate) fn read(connection: &Connection, records: &[Record]) -> Result<PageFacts> {
    let mut reading = Reading { connection, facts: PageFacts::default(), stretches: BTreeMap::new() };
    for record in records {
        match record {
            Record::Facility(facility) => reading.mkod(facility)?,
            Record::Card(card) => reading.card(card)?,
            Record::Referral(referral) => reading.user(referral.key)?,
            Record::Slot(slot) => reading.slot(slot)?,
            Record::Entry(entry) => reading.entry(entry)?,
            Record::Waiting(place) => reading.waiting(place)?,
            _ => {}
        }
    }
    for (resource, stretch) in reading.stretches {
        reading.facts.around.extend(around(connection, resource, stretch)?);
    }
    Ok(reading.facts)
}

struct Reading<'c> {
    connection: &'c Connection,
    facts: PageFacts,
    /// From the first to the last of the times that cells of the page take up anew. A page comes sorted by
    /// resource and start, so there is little between.
    stretches: BTreeMap<ResourceKey, Interval>,
}

impl Reading<'_> {
    /// Who else has the МКОД.
    fn mkod(&mut self, facility: &Facility) -> Result<()> {
        let other = self
            .connection
            .prepare_cached("SELECT facility FROM facility WHERE mkod = ?1 AND facility <> ?2")?
            .query_row(params![facility.mkod.as_str(), facility.id.bytes()], |row| guid!(row, 0, FacilityId))
            .optional()?;
        self.facts.mkods.extend(other.map(|other| (facility.mkod.clone(), other)));
        Ok(())
    }

    /// Another card of the person in the facility.
    fn card(&mut self, card: &Card) -> Result<()> {
        let other = self
            .connection
            .prepare_cached(concat!(
                "SELECT ",
                card_columns!(),
                " FROM card c WHERE c.person = ?1 AND c.facility = ?2 AND c.card <> ?3"
            ))?
            .query_row(params![card.person.bytes(), card.facility.bytes(), card.id.bytes()], |row| read_card(row, 0))
            .optional()?;
        self.facts.cards.extend(other.map(|other| ((other.facility, other.person), other)));
        Ok(())
    }

    /// The entry that uses a referral up.
    fn user(&mut self, key: ReferralKey) -> Result<()> {
        let user = self
            .connection
            .prepare_cached(
                "SELECT c.entry_facility, c.entry, e.person FROM claim_referral c \
                 LEFT JOIN entry e ON e.facility = c.entry_facility AND e.entry = c.entry \
                 WHERE c.facility = ?1 AND c.referral = ?2",
            )?
            .query_row(params![key.facility.bytes(), key.referral.bytes()], |row| {
                let entry = EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? };
                let person = row.get::<_, Option<[u8; 16]>>(2)?.map(PersonId::from_bytes);
                Ok(Use { entry, person })
            })
            .optional()?;
        self.facts.uses.extend(user.map(|user| (key, user)));
        Ok(())
    }

    fn slot(&mut self, slot: &Slot) -> Result<()> {
        let stored = slots::by_key(self.connection, slot.key)?;
        if stored.as_ref() == Some(slot) {
            self.facts.slots.insert(slot.key, slot.clone());
            return Ok(());
        }
        if let Some(stored) = stored {
            self.places(slot.key)?;
            self.facts.slots.insert(slot.key, stored);
        }
        let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
        let time = slot.interval();
        let stretch = self.stretches.entry(resource).or_insert(time);
        *stretch = Interval { start: stretch.start.min(time.start), end: stretch.end.max(time.end) };
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Result<()> {
        if let Some(key) = entry.referral {
            self.user(key)?;
            self.referral(key)?;
        }
        if entry.state.is_live() {
            let cell = SlotKey { facility: entry.key.facility, slot: entry.slot };
            self.places(cell)?;
            if !self.facts.slots.contains_key(&cell) {
                self.facts.slots.extend(slots::by_key(self.connection, cell)?.map(|slot| (cell, slot)));
            }
        }
        let stored = self
            .connection
            .prepare_cached(concat!(
                "SELECT ",
                entry_columns!(),
                " FROM entry e WHERE e.facility = ?1 AND e.entry = ?2"
            ))?
            .query_row(params![entry.key.facility.bytes(), entry.key.entry.bytes()], entry::read)
            .optional()?;
        if let Some(stored) = stored {
            self.facts.entries.insert(entry.key, entry::verified(stored)?);
        }
        Ok(())
    }

    fn waiting(&mut self, place: &Waiting) -> Result<()> {
        let (person, facility) = (place.person, place.key.facility);
        self.facts.waiting.extend(waiting::by_key(self.connection, place.key)?.map(|stored| (stored.key, stored)));
        let claimed = waiting::claimed(self.connection, person, facility, &place.specialty)?;
        let list = (person, facility, place.specialty.clone());
        self.facts.waits.extend(claimed.map(|claimed| (list, claimed.key.waiting)));
        Ok(())
    }

    fn referral(&mut self, key: ReferralKey) -> Result<()> {
        let stored = self
            .connection
            .prepare_cached(concat!(
                "SELECT ",
                referral_columns!(),
                " FROM referral WHERE facility = ?1 AND referral = ?2"
            ))?
            .query_row(params![key.facility.bytes(), key.referral.bytes()], read_referral)
            .optional()?;
        self.facts.referrals.extend(stored.map(|stored| (key, stored)));
        Ok(())
    }

    /// Whose the places of a cell are.
    fn places(&mut self, cell: SlotKey) -> Result<()> {
        let mut select =
            self.connection.prepare_cached("SELECT place, entry FROM claim_place WHERE facility = ?1 AND slot = ?2")?;
        let taken = select
            .query_map(params![cell.facility.bytes(), cell.slot.bytes()], |row| {
                Ok((row.get(0)?, guid!(row, 1, EntryId)?))
            })?
            .collect::<rusqlite::Result<BTreeMap<u16, _>>>()?;
        if !taken.is_empty() {
            self.facts.places.insert(cell, taken);
        }
        Ok(())
    }
}
