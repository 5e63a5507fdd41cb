//! Entries in their table, each with a checksum of its own.

use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::{
    access::Channel,
    entry::{Entry, EntryState, Ticket},
    ids::{ClientId, EntryId, EntryKey, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, SlotId},
    resource::SpecialtyCode,
};
use talon_store::{StoreError, TicketFacts, TicketReader, entry_checksum};

use crate::{
    columns::{code, guid, micros, optional_code, optional_guid, seconds},
    failure::Result,
    planted::{Bug, planted},
};

/// The columns that [`read`] expects, of a table or alias `e`.
macro_rules! entry_columns {
    () => {
        "e.facility, e.entry, e.person, e.referral_facility, e.referral, e.resource, e.slot, e.place, e.specialty, \
         e.start, e.minutes, e.ticket, e.state, e.version, e.booked_at, e.client, e.channel, e.checksum"
    };
}
pub(crate) use entry_columns;

/// An entry with the checksum that stands beside it.
pub(crate) type Stored = (Entry, Vec<u8>);

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    let referral = match (optional_guid!(row, 3, FacilityId)?, optional_guid!(row, 4, ReferralId)?) {
        (Some(facility), Some(referral)) => Some(ReferralKey { facility, referral }),
        _ => None,
    };
    let entry = Entry {
        key: EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? },
        person: guid!(row, 2, PersonId)?,
        referral,
        resource: guid!(row, 5, ResourceId)?,
        slot: guid!(row, 6, SlotId)?,
        place: row.get(7)?,
        specialty: SpecialtyCode(row.get(8)?),
        start: seconds(row, 9)?,
        minutes: row.get(10)?,
        ticket: Ticket(row.get(11)?),
        state: code(row, 12, EntryState::from_code)?,
        version: row.get(13)?,
        booked_at: micros(row, 14)?,
        client: optional_guid!(row, 15, ClientId)?,
        channel: optional_code(row, 16, Channel::from_code)?,
    };
    Ok((entry, row.get(17)?))
}

/// The entry, if it is what was written.
pub(crate) fn verified((entry, sum): Stored) -> Result<Entry> {
    if entry_checksum(&entry) == sum.as_slice() {
        return Ok(entry);
    }
    let what = format!("entry {} does not match its checksum; restore it from the newest backup", entry.key);
    Err(StoreError::Damaged(what).into())
}

/// A person's own entry.
pub(crate) fn find(connection: &Connection, key: EntryKey, person: PersonId) -> Result<Option<Entry>> {
    connection
        .prepare_cached(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entry e WHERE e.facility = ?1 AND e.entry = ?2 AND e.person = ?3"
        ))?
        .query_row(params![key.facility.bytes(), key.entry.bytes(), person.bytes()], read)
        .optional()?
        .map(verified)
        .transpose()
}

/// An entry, whosever it is: what is done with it is not told to whoever asks.
pub(crate) fn by_key(connection: &Connection, key: EntryKey) -> Result<Option<Entry>> {
    connection
        .prepare_cached(concat!("SELECT ", entry_columns!(), " FROM entry e WHERE e.facility = ?1 AND e.entry = ?2"))?
        .query_row(params![key.facility.bytes(), key.entry.bytes()], read)
        .optional()?
        .map(verified)
        .transpose()
}

/// An entry and its referral's number, for a ticket.
pub(crate) fn for_ticket(connection: &Connection, key: EntryKey, reader: TicketReader) -> Result<Option<TicketFacts>> {
    let person = match reader {
        TicketReader::Person(_) if planted(Bug::OwnerIgnored) => None,
        TicketReader::Person(person) => Some(person),
        TicketReader::Link => None,
    };
    let stored = connection
        .prepare_cached(concat!(
            "SELECT ",
            entry_columns!(),
            ", r.number FROM entry e LEFT JOIN referral r \
             ON r.facility = e.referral_facility AND r.referral = e.referral AND r.person = e.person \
             WHERE e.facility = ?1 AND e.entry = ?2 AND (?3 IS NULL OR e.person = ?3)"
        ))?
        .query_row(params![key.facility.bytes(), key.entry.bytes(), person.as_ref().map(PersonId::bytes)], |row| {
            Ok((read(row)?, row.get(18)?))
        })
        .optional()?;
    stored.map(|(stored, referral_number)| Ok(TicketFacts { entry: verified(stored)?, referral_number })).transpose()
}

/// Writes an entry, over one of the same key.
pub(crate) fn put(connection: &Connection, entry: &Entry) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO entry (facility, entry, person, referral_facility, referral, resource, slot, place, \
             specialty, start, minutes, ticket, state, version, booked_at, client, channel, checksum) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )?
        .execute(params![
            entry.key.facility.bytes(),
            entry.key.entry.bytes(),
            entry.person.bytes(),
            entry.referral.as_ref().map(|referral| referral.facility.bytes()),
            entry.referral.as_ref().map(|referral| referral.referral.bytes()),
            entry.resource.bytes(),
            entry.slot.bytes(),
            entry.place,
            entry.specialty.0,
            entry.start.as_second(),
            entry.minutes,
            entry.ticket.0,
            entry.state.code(),
            entry.version,
            entry.booked_at.as_microsecond(),
            entry.client.as_ref().map(ClientId::bytes),
            entry.channel.map(Channel::code),
            entry_checksum(entry),
        ])?;
    Ok(())
}
