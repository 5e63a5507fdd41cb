//! Writing a page of records.

use rusqlite::{Connection, OptionalExtension, params};
use talon_domain::{
    access::Client,
    entry::{Entry, TicketCounter},
    facility::Facility,
    ids::SlotKey,
    person::{Card, Person},
    referral::{Referral, ReferralKind},
    resource::{Resource, Specialty},
    slot::Slot,
};
use talon_store::{ANY_PLACE, Fault, Record};

use crate::{
    audit, claims, entry,
    failure::{Failure, Result},
    outbox, reference,
    session::Session,
    slots, template, tickets,
};

/// More appointments than a facility has in a day.
const MOST_TICKETS: u32 = 999_999;

/// Writes the records. What another object holds under a key is a fault of the record, and the
/// caller must undo the page.
pub(crate) fn apply(session: &mut Session<'_>, records: &[Record]) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    make_way(session.connection, records)?;
    let mut changed = false;
    for (index, record) in records.iter().enumerate() {
        changed |= is_reference(record);
        match one(session, record) {
            Ok(()) => {}
            Err(Failure::ClaimLost) => {
                faults.push(Fault { index, key: "guid", what: "what the entry claims is another entry's".to_owned() });
            }
            Err(Failure::Page(found)) => faults.extend(found.into_iter().map(|fault| Fault { index, ..fault })),
            Err(error) => return Err(error),
        }
    }
    if changed {
        reference::touch(session.connection)?;
        session.refresh()?;
    }
    Ok(faults)
}

fn is_reference(record: &Record) -> bool {
    matches!(record, Record::Specialty(_) | Record::Facility(_) | Record::Resource(_) | Record::Client(_))
}

fn one(session: &mut Session<'_>, record: &Record) -> Result<()> {
    let connection = session.connection;
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
        Record::Entry(entry) => put_entry(session, entry)?,
        Record::Counter(counter) => tickets::raise(connection, counter)?,
        Record::Message(message) => outbox::insert(connection, message)?,
        Record::Audit(audit) => audit::insert(connection, audit)?,
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
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
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

/// Takes away the cells that the page moves, all before any is put: one may go where another was.
/// That none of them is booked was checked.
fn make_way(connection: &Connection, records: &[Record]) -> Result<()> {
    for record in records {
        let Record::Slot(slot) = record else { continue };
        let stored = slots::at_another_place(connection, slot)?;
        if stored {
            slots::delete(connection, slot.key)?;
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
        Some(stored) => slots::delete(connection, stored.key)?,
        None => {}
    }
    if slots::insert(connection, slot)? {
        return Ok(());
    }
    let what = "another slot of the resource begins at this time".to_owned();
    Err(Failure::Page(vec![Fault { index: 0, key: "start", what }]))
}

/// Writes an entry with its claims, and keeps its ticket number from being drawn again.
fn put_entry(session: &Session<'_>, given: &Entry) -> Result<()> {
    let connection = session.connection;
    let stored = entry::find(connection, given.key, given.person)?;
    if let Some(stored) = &stored {
        claims::release(connection, stored)?;
    }
    let mut wanted = given.clone();
    if wanted.place == ANY_PLACE {
        wanted.place = match &stored {
            Some(stored) if stored.slot == wanted.slot => stored.place,
            _ => any_place(connection, &wanted)?,
        };
    }
    claims::rebuild(connection, &wanted)?;
    entry::put(connection, &wanted)?;
    match ticket_number(session, &wanted) {
        Some(counter) => Ok(tickets::raise(connection, &counter)?),
        None => Ok(()),
    }
}

/// The lowest free place of the entry's cell; of one that takes up no place, the first.
fn any_place(connection: &Connection, entry: &Entry) -> Result<u16> {
    if !entry.state.is_live() {
        return Ok(1);
    }
    let key = SlotKey { facility: entry.key.facility, slot: entry.slot };
    let places: Option<u16> = connection
        .prepare_cached("SELECT places FROM slot WHERE facility = ?1 AND slot = ?2")?
        .query_row(params![key.facility.bytes(), key.slot.bytes()], |row| row.get(0))
        .optional()?;
    let free = slots::free_place(connection, key, places.unwrap_or(0))?;
    free.ok_or_else(|| {
        Failure::Page(vec![Fault { index: 0, key: "slot", what: "has no place left for this entry".to_owned() }])
    })
}

/// The number in an entry's ticket, if it has the form of ours.
fn ticket_number(session: &Session<'_>, entry: &Entry) -> Option<TicketCounter> {
    let (_, digits) = entry.ticket.0.rsplit_once('-')?;
    // A longer number is a date or another system's own.
    let last = digits.parse().ok().filter(|number| *number <= MOST_TICKETS)?;
    let reference = session.reference();
    let zone = &reference.facility(entry.key.facility)?.zone;
    Some(TicketCounter { facility: entry.key.facility, day: zone.day(entry.start), last })
}
