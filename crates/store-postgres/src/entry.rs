//! Entries in their table, each with a checksum of its own.

use futures_util::future::try_join_all;
use talon_domain::{
    access::Channel,
    entry::{Entry, EntryState, Ticket},
    ids::{ClientId, EntryId, EntryKey, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, SlotId},
    resource::SpecialtyCode,
};
use talon_store::{StoreError, TicketFacts, TicketReader, entry_checksum};
use tokio_postgres::Row;

use crate::{
    columns::{code, column, counter, get, guid, guids, micros, number, optional_code, optional_guid, seconds},
    failure::Result,
    transaction::Tx,
};

/// The columns that [`read`] expects, of a table or alias `e`.
macro_rules! entry_columns {
    () => {
        "e.facility, e.entry, e.person, e.referral_facility, e.referral, e.resource, e.slot, e.place, e.specialty, \
         e.start, e.minutes, e.ticket, e.state, e.version, e.booked_at, e.client, e.channel, e.checksum"
    };
}
pub(crate) use entry_columns;

/// An entry, if it is what was written.
pub(crate) fn read(row: &Row) -> Result<Entry> {
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
        place: number(row, 7)?,
        specialty: SpecialtyCode(get(row, 8)?),
        start: seconds(row, 9)?,
        minutes: number(row, 10)?,
        ticket: Ticket(get(row, 11)?),
        state: code(row, 12, EntryState::from_code)?,
        version: counter(row, 13)?,
        booked_at: micros(row, 14)?,
        client: optional_guid!(row, 15, ClientId)?,
        channel: optional_code(row, 16, Channel::from_code)?,
    };
    if entry_checksum(&entry) == get::<&[u8]>(row, 17)? {
        return Ok(entry);
    }
    let what = format!("entry {} does not match its checksum; restore it from the newest backup", entry.key);
    Err(StoreError::Damaged(what).into())
}

/// The rows of those of these entries that there are.
///
/// One by one: whatever was known of the table when the plan was made, one key leads to one row. A plan for a join
/// with a table that had hardly any rows would go through all of them when it has many.
pub(crate) async fn rows(tx: &Tx, keys: &[EntryKey]) -> Result<Vec<Row>> {
    let sql = concat!("SELECT ", entry_columns!(), " FROM entry e WHERE e.facility = $1 AND e.entry = $2");
    let found = keys.iter().map(|key| async move { tx.query(sql, params![key.facility.0, key.entry.0]).await });
    Ok(try_join_all(found).await?.into_iter().flatten().collect())
}

/// A person's own entry.
pub(crate) async fn find(tx: &Tx, key: EntryKey, person: PersonId) -> Result<Option<Entry>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM entry e WHERE e.facility = $1 AND e.entry = $2 AND e.person = $3"
            ),
            &[&key.facility.0, &key.entry.0, &person.0],
        )
        .await?;
    rows.first().map(read).transpose()
}

/// A person's own entry, which nobody else changes until the transaction ends.
pub(crate) async fn lock(tx: &Tx, key: EntryKey, person: PersonId) -> Result<Option<Entry>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM entry e WHERE e.facility = $1 AND e.entry = $2 AND e.person = $3 FOR UPDATE"
            ),
            &[&key.facility.0, &key.entry.0, &person.0],
        )
        .await?;
    rows.first().map(read).transpose()
}

/// An entry and its referral's number, for a ticket. The two lie with their facilities, maybe apart.
pub(crate) async fn for_ticket(tx: &Tx, key: EntryKey, reader: TicketReader) -> Result<Option<TicketFacts>> {
    let person = match reader {
        TicketReader::Person(person) => Some(person.0),
        TicketReader::Link => None,
    };
    let found = tx
        .query(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM entry e WHERE e.facility = $1 AND e.entry = $2 AND ($3::uuid IS NULL OR e.person = $3)"
            ),
            &[&key.facility.0, &key.entry.0, &person],
        )
        .await?;
    let Some(entry) = found.first().map(read).transpose()? else { return Ok(None) };
    let referral_number = match entry.referral {
        None => None,
        Some(referral) => {
            let numbers = tx
                .query(
                    "SELECT number FROM referral WHERE facility = $1 AND referral = $2 AND person = $3",
                    &[&referral.facility.0, &referral.referral.0, &entry.person.0],
                )
                .await?;
            numbers.first().map(|row| get(row, 0)).transpose()?
        }
    };
    Ok(Some(TicketFacts { entry, referral_number }))
}

/// The columns of an insert, from arrays.
macro_rules! insert_entries {
    () => {
        "INSERT INTO entry (facility, entry, person, referral_facility, referral, resource, slot, place, specialty, \
         start, minutes, ticket, state, version, booked_at, client, channel, checksum) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::uuid[], \
         $8::int[], $9::text[], $10::bigint[], $11::int[], $12::text[], $13::text[], $14::bigint[], $15::bigint[], \
         $16::uuid[], $17::text[], $18::bytea[])"
    };
}

/// Adds entries, none of which is there yet.
pub(crate) async fn insert(tx: &Tx, entries: &[&Entry]) -> Result<()> {
    write(tx, insert_entries!(), entries).await
}

/// Writes entries, over those of the same keys. Each key is given once.
pub(crate) async fn put(tx: &Tx, entries: &[&Entry]) -> Result<()> {
    let sql = concat!(
        insert_entries!(),
        " ON CONFLICT (facility, entry) DO UPDATE SET person = excluded.person, \
         referral_facility = excluded.referral_facility, referral = excluded.referral, resource = excluded.resource, \
         slot = excluded.slot, place = excluded.place, specialty = excluded.specialty, start = excluded.start, \
         minutes = excluded.minutes, ticket = excluded.ticket, state = excluded.state, version = excluded.version, \
         booked_at = excluded.booked_at, client = excluded.client, channel = excluded.channel, \
         checksum = excluded.checksum"
    );
    write(tx, sql, entries).await
}

async fn write(tx: &Tx, sql: &str, entries: &[&Entry]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    tx.execute(
        sql,
        &[
            &guids(entries, |entry| entry.key.facility.0),
            &guids(entries, |entry| entry.key.entry.0),
            &guids(entries, |entry| entry.person.0),
            &column(entries, |entry| entry.referral.map(|referral| referral.facility.0)),
            &column(entries, |entry| entry.referral.map(|referral| referral.referral.0)),
            &guids(entries, |entry| entry.resource.0),
            &guids(entries, |entry| entry.slot.0),
            &column(entries, |entry| i32::from(entry.place)),
            &column(entries, |entry| entry.specialty.0.as_str()),
            &column(entries, |entry| entry.start.as_second()),
            &column(entries, |entry| i32::from(entry.minutes)),
            &column(entries, |entry| entry.ticket.0.as_str()),
            &column(entries, |entry| entry.state.code()),
            &column(entries, |entry| i64::from(entry.version)),
            &column(entries, |entry| entry.booked_at.as_microsecond()),
            &column(entries, |entry| entry.client.map(|client| client.0)),
            &column(entries, |entry| entry.channel.map(Channel::code)),
            &column(entries, |entry| entry_checksum(entry).to_vec()),
        ],
    )
    .await
}
