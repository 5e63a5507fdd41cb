//! What stands against a page of records.

use rusqlite::{Connection, OptionalExtension, params};
use talon_domain::{
    entry::Entry,
    facility::Facility,
    ids::{CardId, EntryId, EntryKey, FacilityId, PersonId, SlotKey},
    person::Card,
    referral::Referral,
    slot::Slot,
};
use talon_store::{ANY_PLACE, Fault, Record};

use super::overlapping;
use crate::{columns::guid, failure::Result, slots};

/// Every fault of a page, in its order.
pub(crate) fn check(connection: &Connection, records: &[Record]) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut cells = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let found = match record {
            Record::Facility(facility) => of_facility(connection, facility)?,
            Record::Card(card) => of_card(connection, card)?,
            Record::Slot(slot) => {
                cells.push((index, slot.clone()));
                of_slot(connection, slot)?
            }
            Record::Referral(referral) => of_referral(connection, referral)?,
            Record::Entry(entry) => of_entry(connection, entry)?,
            _ => None,
        };
        faults.extend(found.map(|(key, what)| Fault { index, key, what }));
    }
    cells.sort_by_key(|(_, slot)| (slot.key.facility, slot.resource, slot.start));
    let (places, sorted): (Vec<usize>, Vec<Slot>) = cells.into_iter().unzip();
    for (found, stored) in overlapping(connection, &sorted)? {
        let what = format!("overlaps slot {stored} of the same resource");
        faults.push(Fault { index: places[found], key: "start", what });
    }
    faults.sort_by_key(|fault| fault.index);
    Ok(faults)
}

type Found = Option<(&'static str, String)>;

fn of_facility(connection: &Connection, facility: &Facility) -> Result<Found> {
    let other = connection
        .prepare_cached("SELECT facility FROM facility WHERE mkod = ?1 AND facility <> ?2")?
        .query_row(params![facility.mkod.as_str(), facility.id.bytes()], |row| guid!(row, 0, FacilityId))
        .optional()?;
    Ok(other.map(|other| ("mkod", format!("is the МКОД of facility {other}"))))
}

fn of_card(connection: &Connection, card: &Card) -> Result<Found> {
    let other = connection
        .prepare_cached("SELECT card FROM card WHERE person = ?1 AND facility = ?2 AND card <> ?3")?
        .query_row(params![card.person.bytes(), card.facility.bytes(), card.id.bytes()], |row| guid!(row, 0, CardId))
        .optional()?;
    Ok(other.map(|other| ("person", format!("has card {other} in this facility already"))))
}

/// A booked cell stays where it is, and keeps the places that are taken.
fn of_slot(connection: &Connection, slot: &Slot) -> Result<Found> {
    let Some(stored) = slots::by_key(connection, slot.key)? else { return Ok(None) };
    if stored == *slot {
        return Ok(None);
    }
    let Some(highest) = slots::highest_taken(connection, slot.key)? else { return Ok(None) };
    let moved = (stored.resource, stored.start, stored.minutes) != (slot.resource, slot.start, slot.minutes);
    if moved {
        return Ok(Some(("start", "the slot is booked: resource, start and minutes must stay".to_owned())));
    }
    let too_few = slot.places < highest;
    Ok(too_few.then(|| ("places", format!("place {highest} of the slot is booked, so it needs as many"))))
}

/// A referral that is used stays its person's.
fn of_referral(connection: &Connection, referral: &Referral) -> Result<Found> {
    let used = connection
        .prepare_cached(
            "SELECT 1 FROM claim_referral c JOIN entry e ON e.facility = c.entry_facility AND e.entry = c.entry \
             WHERE c.facility = ?1 AND c.referral = ?2 AND e.person <> ?3",
        )?
        .exists(params![referral.key.facility.bytes(), referral.key.referral.bytes(), referral.person.bytes()])?;
    Ok(used.then(|| ("person", "the referral is used by an entry of another person".to_owned())))
}

/// What an entry claims must not be another entry's.
fn of_entry(connection: &Connection, entry: &Entry) -> Result<Found> {
    if let Some(referral) = entry.referral.filter(|_| entry.state.uses_referral()) {
        let holder = connection
            .prepare_cached("SELECT entry_facility, entry FROM claim_referral WHERE facility = ?1 AND referral = ?2")?
            .query_row(params![referral.facility.bytes(), referral.referral.bytes()], |row| {
                Ok(EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? })
            })
            .optional()?;
        if let Some(holder) = holder.filter(|holder| *holder != entry.key) {
            return Ok(Some(("referral", format!("is used by entry {holder}"))));
        }
    }
    if let Some(referral) = entry.referral {
        let other = connection
            .prepare_cached("SELECT 1 FROM referral WHERE facility = ?1 AND referral = ?2 AND person <> ?3")?
            .exists(params![referral.facility.bytes(), referral.referral.bytes(), entry.person.bytes()])?;
        if other {
            return Ok(Some(("referral", "belongs to another person".to_owned())));
        }
    }
    if let Some(person) = owner(connection, entry)?.filter(|person| *person != entry.person) {
        return Ok(Some(("person", format!("the entry is known as one of person {person}"))));
    }
    if entry.state.is_live() { of_place(connection, entry) } else { Ok(None) }
}

fn owner(connection: &Connection, entry: &Entry) -> Result<Option<PersonId>> {
    Ok(connection
        .prepare_cached("SELECT person FROM entry WHERE facility = ?1 AND entry = ?2")?
        .query_row(params![entry.key.facility.bytes(), entry.key.entry.bytes()], |row| guid!(row, 0, PersonId))
        .optional()?)
}

fn of_place(connection: &Connection, entry: &Entry) -> Result<Found> {
    let key = SlotKey { facility: entry.key.facility, slot: entry.slot };
    let mut select =
        connection.prepare_cached("SELECT place, entry FROM claim_place WHERE facility = ?1 AND slot = ?2")?;
    let taken = select
        .query_map(params![key.facility.bytes(), key.slot.bytes()], |row| {
            Ok((row.get::<_, u16>(0)?, guid!(row, 1, EntryId)?))
        })?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if taken.iter().any(|(_, holder)| *holder == entry.key.entry) {
        return Ok(None);
    }
    // A slot of the same file is not stored yet; writing it will tell.
    let Some(slot) = slots::by_key(connection, key)? else { return Ok(None) };
    if entry.place > slot.places {
        return Ok(Some(("place", format!("the cell has {} places", slot.places))));
    }
    let full = taken.len() >= usize::from(slot.places);
    let same = entry.place != ANY_PLACE && taken.iter().any(|(place, _)| *place == entry.place);
    Ok((full || same).then(|| ("slot", "has no place left for this entry".to_owned())))
}
