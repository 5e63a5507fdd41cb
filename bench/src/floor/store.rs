//! Talon's schema in a file, opened as Talon opens it, and the rows of a booking.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension, Result, params};
use talon_domain::{
    access::Channel,
    audit::Action,
    entry::{EntryState, Ticket},
    ids::{EntryId, EntryKey},
    message::MessageKind,
};

use super::request::Booking;

const SCHEMA: &str = concat!(
    include_str!("../../../crates/store-sqlite/migrations/0001_initial.sql"),
    include_str!("../../../crates/store-sqlite/migrations/0002_journey.sql")
);

/// What every visit lasts; minutes.
const MINUTES: u16 = 15;

/// The connection that writes.
pub(super) fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.set_prepared_statement_cache_capacity(128);
    let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if tables == 0 {
        connection.execute_batch(SCHEMA)?;
    }
    Ok(connection)
}

/// Writes the rows of a booking; the entry's key and its ticket.
pub(super) fn book(connection: &Connection, booking: &Booking) -> Result<(EntryKey, Ticket)> {
    let key = EntryKey { facility: booking.resource.facility, entry: EntryId(booking.entry) };
    let (facility, entry) = (key.facility.bytes(), booking.entry.as_bytes());
    let (person, slot) = (booking.person.as_bytes(), booking.slot.as_bytes());
    let (start, now) = (booking.start.as_second(), booking.now.as_microsecond());
    let day = booking.day.to_string();

    // Not RETURNING, for which SQLite opens a table of its own each time.
    let last: Option<u32> = connection
        .prepare_cached("SELECT last FROM ticket_counter WHERE facility = ?1 AND day = ?2")?
        .query_row(params![facility, day], |row| row.get(0))
        .optional()?;
    let number = last.unwrap_or(0) + 1;
    connection
        .prepare_cached("INSERT OR REPLACE INTO ticket_counter VALUES (?1, ?2, ?3)")?
        .execute(params![facility, day, number])?;
    let ticket = Ticket::new("Т", number);
    connection.prepare_cached("INSERT INTO claim_referral VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        booking.referral.facility.bytes(),
        booking.referral.referral.bytes(),
        facility,
        entry
    ])?;
    connection.prepare_cached("INSERT INTO claim_specialty VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
        person,
        booking.specialty,
        facility,
        entry,
        start
    ])?;
    connection
        .prepare_cached("INSERT INTO claim_place (facility, slot, place, entry) VALUES (?1, ?2, 1, ?3)")?
        .execute(params![facility, slot, entry])?;
    connection
        .prepare_cached(
            "INSERT INTO claim_day VALUES (?1, ?2, 1) ON CONFLICT (person, day) DO UPDATE SET version = version + 1",
        )?
        .execute(params![person, day])?;
    connection
        .prepare_cached("INSERT INTO claim_time VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![person, start, facility, entry])?;
    connection
        .prepare_cached(
            "INSERT INTO entry VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8, ?9, ?10, ?11, ?12, 1, ?13, NULL, ?14, ?15)",
        )?
        .execute(params![
            facility,
            entry,
            person,
            booking.referral.facility.bytes(),
            booking.referral.referral.bytes(),
            booking.resource.resource.bytes(),
            slot,
            booking.specialty,
            start,
            MINUTES,
            ticket.0,
            EntryState::Booked.code(),
            now,
            Channel::Internet.code(),
            // As long as a checksum; working one out is Talon's own idea.
            &entry[8..],
        ])?;
    connection.prepare_cached("INSERT INTO outbox VALUES (?1, ?2, 1, ?3, ?4)")?.execute(params![
        facility,
        entry,
        MessageKind::Booked.code(),
        now
    ])?;
    connection.prepare_cached("INSERT INTO audit VALUES (?1, ?2, ?3, ?4, NULL, ?5, ?6, ?7, ?8, 'ok')")?.execute(
        params![
            booking.audit.as_bytes(),
            now,
            booking.request.as_bytes(),
            person,
            Channel::Internet.code(),
            Action::Book.code(),
            facility,
            key.to_string(),
        ],
    )?;
    Ok((key, ticket))
}

#[cfg(test)]
mod tests {
    use talon_domain::ids::{FacilityId, ResourceId, ResourceKey};
    use uuid::Uuid;

    use super::*;
    use crate::clock;

    #[test]
    fn a_booking_leaves_one_row_in_every_table_that_talon_writes() {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(&folder.path().join("floor.db")).unwrap();
        let resource =
            ResourceKey { facility: FacilityId(Uuid::from_u128(1)), resource: ResourceId(Uuid::from_u128(2)) };
        let body = format!(
            r#"{{"direction_id":"{resource}","lpu_code":"1","resource_id":"{resource}","day":"2026-04-14","time":"09:15"}}"#
        );
        let booking = Booking::read(Uuid::from_u128(3), body.as_bytes(), clock::now()).unwrap();
        let (key, ticket) = book(&connection, &booking).unwrap();
        assert_eq!((key.facility, ticket.0.as_str()), (resource.facility, "Т-001"));
        for table in [
            "entry",
            "claim_referral",
            "claim_specialty",
            "claim_place",
            "claim_time",
            "claim_day",
            "ticket_counter",
            "outbox",
            "audit",
        ] {
            let rows: u32 =
                connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap();
            assert_eq!(rows, 1, "{table}");
        }
    }
}
