//! Writing a page of records.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use talon_domain::{
    access::Client,
    facility::Facility,
    person::{Card, Person},
    referral::{Referral, ReferralKind},
    resource::{Resource, Specialty},
    slot::Slot,
};
use talon_store::{PageFacts, Record, StoreError};

use super::entries;
use crate::{
    audit, failure::Result, history, outbox, reference, sealing, session::Session, slots, template, tickets, waiting,
};

/// Writes the records of a page without faults.
pub(super) fn apply(session: &mut Session<'_>, records: &[Record], facts: &PageFacts, now: Timestamp) -> Result<()> {
    make_way(session.connection, records, facts)?;
    for record in records {
        one(session.connection, record)?;
    }
    if records.iter().any(is_reference) {
        reference::touch(session.connection)?;
        session.refresh()?;
    }
    entries::put(session, records, facts, now)?;
    put_waiting(session.connection, records, facts)
}

/// All give up their claims before any takes one: of two places of one person one may end where the other begins.
fn put_waiting(connection: &Connection, records: &[Record], facts: &PageFacts) -> Result<()> {
    let changed = facts.waiting_changed(records);
    for stored in changed.iter().filter_map(|place| facts.waiting.get(&place.key)) {
        waiting::release(connection, stored)?;
    }
    for place in &changed {
        waiting::put(connection, place)?;
        if place.state.is_live() {
            waiting::claim(connection, place)?;
        }
    }
    Ok(())
}

fn is_reference(record: &Record) -> bool {
    matches!(record, Record::Specialty(_) | Record::Facility(_) | Record::Resource(_) | Record::Client(_))
}

/// Writes a record, unless it is an entry or a place on a waiting list: those are written together.
fn one(connection: &Connection, record: &Record) -> Result<()> {
    match record {
        Record::Specialty(specialty) => put_specialty(connection, specialty)?,
        Record::Facility(facility) => put_facility(connection, facility)?,
        Record::Resource(resource) => put_resource(connection, resource)?,
        Record::Client(client) => put_client(connection, client)?,
        Record::ClientSecret(secret) => {
            connection
                .prepare_cached("UPDATE client SET secret_hash = ?2 WHERE client = ?1")?
                .execute(params![secret.client.bytes(), secret.hash])?;
        }
        Record::Person(person) => put_person(connection, person)?,
        Record::Card(card) => put_card(connection, card)?,
        Record::Referral(referral) => put_referral(connection, referral)?,
        Record::Template(template) => template::put(connection, template)?,
        Record::Slot(slot) => put_slot(connection, slot)?,
        Record::Entry(_) | Record::Waiting(_) => {}
        Record::EntryVersion(version) => history::put_version(connection, version)?,
        Record::Cancellation(cancellation) => history::put_cancellation(connection, cancellation)?,
        Record::Counter(counter) => tickets::raise(connection, counter)?,
        Record::Message(message) => outbox::insert(connection, message)?,
        Record::Audit(audit) => audit::insert(connection, audit)?,
        Record::Seal(seal) => sealing::put(connection, seal)?,
    }
    Ok(())
}

fn put_specialty(connection: &Connection, specialty: &Specialty) -> Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO specialty (code, name, letter) VALUES (?1, ?2, ?3)")?
        .execute(params![specialty.code.0, specialty.name, specialty.letter])?;
    Ok(())
}

fn put_facility(connection: &Connection, facility: &Facility) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO facility (facility, mkod, name, serves, zone, schedule_days, address, phone) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (facility) DO UPDATE SET mkod = excluded.mkod, \
             name = excluded.name, serves = excluded.serves, zone = excluded.zone, \
             schedule_days = excluded.schedule_days, address = excluded.address, phone = excluded.phone",
        )?
        .execute(params![
            facility.id.bytes(),
            facility.mkod.as_str(),
            facility.name,
            facility.serves.code(),
            facility.zone.name(),
            facility.schedule_days,
            facility.address,
            facility.phone,
        ])?;
    Ok(())
}

fn put_resource(connection: &Connection, resource: &Resource) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO resource (facility, resource, kind, name, specialty, room, min_age, max_age) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            resource.key.facility.bytes(),
            resource.key.resource.bytes(),
            resource.kind.code(),
            resource.name,
            resource.specialty.0,
            resource.room,
            resource.ages.min,
            resource.ages.max,
        ])?;
    Ok(())
}

/// A client keeps its secret when it is defined again: a region file from elsewhere has none.
fn put_client(connection: &Connection, client: &Client) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO client (client, name, channel, schedule_days) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (client) DO UPDATE SET name = excluded.name, channel = excluded.channel, \
             schedule_days = excluded.schedule_days",
        )?
        .execute(params![client.id.bytes(), client.name, client.channel.code(), client.schedule_days])?;
    connection.prepare_cached("DELETE FROM client_function WHERE client = ?1")?.execute([client.id.bytes()])?;
    for (function, rights) in &client.functions {
        connection
            .prepare_cached("INSERT OR REPLACE INTO client_function (client, function, rights) VALUES (?1, ?2, ?3)")?
            .execute(params![client.id.bytes(), function.code(), rights.bits()])?;
    }
    Ok(())
}

fn put_person(connection: &Connection, person: &Person) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO person (person, family, given, patronymic, birth_date, sex, snils, policy_series, \
             policy_number) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?
        .execute(params![
            person.id.bytes(),
            person.family,
            person.given,
            person.patronymic,
            person.birth_date.to_string(),
            person.sex.code(),
            person.snils,
            person.policy.series,
            person.policy.number,
        ])?;
    Ok(())
}

/// A card is known by its guid; the person that it belongs to may be corrected.
fn put_card(connection: &Connection, card: &Card) -> Result<()> {
    let codes: Vec<&str> = card.dispensary.iter().map(|code| code.0.as_str()).collect();
    let dispensary =
        serde_json::to_string(&codes).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO card (person, facility, card, number, self_booking_barred, dispensary, email, phone) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, sealed(?7, 'card.email', ?2, ?1), sealed(?8, 'card.phone', ?2, ?1))",
        )?
        .execute(params![
            card.person.bytes(),
            card.facility.bytes(),
            card.id.bytes(),
            card.number,
            card.self_booking_barred,
            dispensary,
            card.email.as_ref().map(talon_domain::email::Email::as_str),
            card.phone,
        ])?;
    Ok(())
}

fn put_referral(connection: &Connection, referral: &Referral) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO referral (facility, referral, number, person, kind, specialty, to_facility, \
             resource_facility, resource, issued, valid_until, state) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            referral.key.facility.bytes(),
            referral.key.referral.bytes(),
            referral.number,
            referral.person.bytes(),
            referral.kind.map(ReferralKind::code),
            referral.specialty.0,
            referral.to_facility.as_ref().map(talon_domain::ids::FacilityId::bytes),
            referral.resource.as_ref().map(|key| key.facility.bytes()),
            referral.resource.as_ref().map(|key| key.resource.bytes()),
            referral.issued.to_string(),
            referral.valid_until.to_string(),
            referral.state.code(),
        ])?;
    Ok(())
}

/// Has the objects of the page give up what is theirs alone, all before any is put: one may take what
/// another gives up. Nobody sees it: it is over when the page is committed.
fn make_way(connection: &Connection, records: &[Record], facts: &PageFacts) -> Result<()> {
    for record in records {
        match record {
            Record::Facility(facility) => {
                // No МКОД: those have twenty digits at most.
                connection
                    .prepare_cached("UPDATE facility SET mkod = hex(facility) WHERE facility = ?1 AND mkod <> ?2")?
                    .execute(params![facility.id.bytes(), facility.mkod.as_str()])?;
            }
            Record::Slot(slot) if facts.slots.get(&slot.key).is_some_and(|stored| stored != slot) => {
                slots::delete(connection, slot.key)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn put_slot(connection: &Connection, slot: &Slot) -> Result<()> {
    if slots::insert(connection, slot)? {
        return Ok(());
    }
    match slots::by_key(connection, slot.key)? {
        Some(stored) if stored == *slot => return Ok(()),
        // An earlier record of the page.
        Some(stored) => slots::delete(connection, stored.key)?,
        None => {}
    }
    match slots::insert(connection, slot)? {
        true => Ok(()),
        false => Err(StoreError::Bug(format!("slot {} of a page has another's time", slot.key.slot)).into()),
    }
}
