//! SQLite's own rate of inserting a region's rows: Talon's tables and indexes, a thousand rows a
//! transaction, every commit durable, nothing read or checked.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use anyhow::bail;
use rusqlite::{Connection, params};
use talon_domain::{facility::Facility, ids::FacilityId, person::Card, referral::Referral, resource::Resource};
use talon_store::Record;

use crate::engine::remove_store;

const SCHEMA: &str = concat!(
    include_str!("../../crates/store-sqlite/migrations/0001_initial.sql"),
    include_str!("../../crates/store-sqlite/migrations/0002_journey.sql")
);

/// Rows in a transaction.
const PAGE: usize = 1000;

/// Inserts all records into a new store: how many, and how long SQLite took for it. Making the
/// records is not counted.
pub(crate) fn insert(mut records: impl Iterator<Item = Record>, store: &Path) -> anyhow::Result<(u64, Duration)> {
    remove_store(store)?;
    let connection = Connection::open(store)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    // As long as Talon lets its log grow. By default it is moved after every other transaction of
    // this size, which makes SQLite look several times slower than it is.
    connection.pragma_update(None, "wal_autocheckpoint", 16_384)?;
    connection.execute_batch(SCHEMA)?;
    let (mut rows, mut took) = (0, Duration::ZERO);
    loop {
        let page: Vec<Record> = records.by_ref().take(PAGE).collect();
        if page.is_empty() {
            break;
        }
        let began = Instant::now();
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for record in &page {
            put(&connection, record)?;
        }
        connection.execute_batch("COMMIT")?;
        took += began.elapsed();
        rows += page.len() as u64;
    }
    let began = Instant::now();
    connection.close().map_err(|(_, error)| error)?;
    remove_store(store)?;
    Ok((rows, took + began.elapsed()))
}

fn put(connection: &Connection, record: &Record) -> anyhow::Result<()> {
    match record {
        Record::Specialty(specialty) => {
            connection.prepare_cached("INSERT INTO specialty VALUES (?1, ?2, ?3)")?.execute(params![
                specialty.code.0,
                specialty.name,
                specialty.letter
            ])?;
        }
        Record::Facility(facility) => put_facility(connection, facility)?,
        Record::Resource(resource) => put_resource(connection, resource)?,
        Record::Person(person) => {
            connection.prepare_cached("INSERT INTO person VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(
                params![
                    person.id.bytes(),
                    person.family,
                    person.given,
                    person.patronymic,
                    person.birth_date.to_string(),
                    person.sex.code(),
                    person.snils,
                    person.policy.series,
                    person.policy.number,
                ],
            )?;
        }
        Record::Card(card) => put_card(connection, card)?,
        Record::Referral(referral) => put_referral(connection, referral)?,
        Record::Slot(slot) => {
            connection
                .prepare_cached("INSERT INTO slot VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, NULL, NULL)")?
                .execute(params![
                    slot.key.facility.bytes(),
                    slot.resource.bytes(),
                    slot.start.as_second(),
                    slot.key.slot.bytes(),
                    slot.minutes,
                    slot.places,
                    slot.rights.bits(),
                    slot.ages.min,
                    slot.ages.max,
                ])?;
        }
        _ => bail!("a generated region has no such record"),
    }
    Ok(())
}

fn put_facility(connection: &Connection, facility: &Facility) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO facility VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            facility.id.bytes(),
            facility.mkod.as_str(),
            facility.name,
            facility.serves.code(),
            facility.zone.name(),
            facility.schedule_days,
            facility.address,
            facility.phone,
        ])
        .map(drop)
}

fn put_resource(connection: &Connection, resource: &Resource) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO resource VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
        .execute(params![
            resource.key.facility.bytes(),
            resource.key.resource.bytes(),
            resource.kind.code(),
            resource.name,
            resource.specialty.0,
            resource.room,
            resource.ages.min,
            resource.ages.max,
        ])
        .map(drop)
}

fn put_card(connection: &Connection, card: &Card) -> anyhow::Result<()> {
    let dispensary: Vec<&str> = card.dispensary.iter().map(|code| code.0.as_str()).collect();
    connection.prepare_cached("INSERT INTO card VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL, NULL)")?.execute(params![
        card.person.bytes(),
        card.facility.bytes(),
        card.id.bytes(),
        card.number,
        card.self_booking_barred,
        serde_json::to_string(&dispensary)?,
    ])?;
    Ok(())
}

fn put_referral(connection: &Connection, referral: &Referral) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO referral VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL, NULL, ?8, ?9, ?10)")?
        .execute(params![
            referral.key.facility.bytes(),
            referral.key.referral.bytes(),
            referral.number,
            referral.person.bytes(),
            referral.kind.map(|kind| kind.code()),
            referral.specialty.0,
            referral.to_facility.as_ref().map(FacilityId::bytes),
            referral.issued.to_string(),
            referral.valid_until.to_string(),
            referral.state.code(),
        ])
        .map(drop)
}

#[cfg(test)]
mod tests {
    use talon_sample::{GenerateOptions, Generator};

    use super::*;

    #[test]
    fn every_record_of_a_region_is_a_row() {
        let start = jiff::civil::date(2026, 4, 13);
        let region = || Generator::new(GenerateOptions { facilities: 3, days: 2, persons: 40, seed: 1, start });
        let folder = tempfile::tempdir().unwrap();
        let (rows, _) = insert(region(), &folder.path().join("rows.db")).unwrap();
        assert_eq!(rows, region().count() as u64);
    }
}
