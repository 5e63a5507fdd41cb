//! The facts of one command, read where the decision's transaction sees them.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::{
    booking::{BookCommand, Cell, Facts, KnownPatient, NamedReferral, Visit},
    email::Email,
    entry::Entry,
    facility::{Facility, LpuCode},
    ids::{CardId, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, ResourceKey},
    person::{Card, Person, Policy, Sex},
    reference::Reference,
    referral::{Referral, ReferralKind, ReferralState},
    resource::SpecialtyCode,
};

use crate::{
    columns::{code, day, guid, optional_code, optional_guid},
    entry::{self, entry_columns},
    failure::Result,
    given_up, slots,
};

/// Everything that the decision on a booking needs. The same queries are made whether a referral
/// is absent or somebody else's.
pub(crate) fn of_booking(
    connection: &Connection,
    reference: &Reference,
    command: &BookCommand,
    now: Timestamp,
) -> Result<Facts> {
    let mut facts = of_patient(connection, reference, command.person, &command.lpu, command.referral, now)?;
    let Some(facility) = facts.facility.clone() else { return Ok(facts) };
    // The facility glued into `resource_id` must be the one that `lpu_code` names.
    if command.resource.facility == facility.id {
        facts.resource = reference.resource(command.resource).cloned();
    }
    if let Some(resource) = &facts.resource {
        facts.specialty = reference.specialty(&resource.specialty).cloned();
        facts.cell = cell(connection, &facility, command, now)?;
    }
    Ok(facts)
}

/// The facts that do not depend on the time asked for.
pub(crate) fn of_patient(
    connection: &Connection,
    reference: &Reference,
    person: PersonId,
    lpu: &LpuCode,
    referral: Option<ReferralKey>,
    now: Timestamp,
) -> Result<Facts> {
    let Some(facility) = reference.facility_named(&lpu.name) else { return Ok(Facts::default()) };
    Ok(Facts {
        facility: Some(facility.clone()),
        patient: patient(connection, person, facility.id)?,
        ..of_person(connection, reference, person, referral, now)?
    })
}

/// Those of them that do not depend on the facility either.
pub(crate) fn of_person(
    connection: &Connection,
    reference: &Reference,
    person: PersonId,
    referral: Option<ReferralKey>,
    now: Timestamp,
) -> Result<Facts> {
    let (named, referral_use) = match referral {
        None => (NamedReferral::None, None),
        Some(key) => (
            find_referral(connection, key, person)?.map_or(NamedReferral::Absent, NamedReferral::Own),
            referral_use(connection, reference, key, person)?,
        ),
    };
    Ok(Facts {
        referral: named,
        referral_use,
        visits: visits_ahead(connection, reference, person, now)?,
        pauses: given_up::pauses(connection, person, now)?,
        ..Facts::default()
    })
}

/// The visit that uses a person's referral up.
pub(crate) fn referral_use(
    connection: &Connection,
    reference: &Reference,
    referral: ReferralKey,
    person: PersonId,
) -> Result<Option<Visit>> {
    let stored = connection
        .prepare_cached(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM claim_referral c JOIN entry e ON e.facility = c.entry_facility AND e.entry = c.entry \
             WHERE c.facility = ?1 AND c.referral = ?2 AND e.person = ?3"
        ))?
        .query_row(params![referral.facility.bytes(), referral.referral.bytes(), person.bytes()], entry::read)
        .optional()?;
    stored.map(|stored| Ok(visit(reference, entry::verified(stored)?))).transpose()
}

fn visits_ahead(
    connection: &Connection,
    reference: &Reference,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<Visit>> {
    connection
        .prepare_cached(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM claim_time c JOIN entry e ON e.facility = c.facility AND e.entry = c.entry \
             WHERE c.person = ?1 AND c.start > ?2 AND e.person = ?1 ORDER BY c.start"
        ))?
        .query_map(params![person.bytes(), now.as_second()], entry::read)?
        .map(|stored| Ok(visit(reference, entry::verified(stored?)?)))
        .collect()
}

/// The person's live visit that begins at this instant; no two of them overlap.
pub(crate) fn visit_at(
    connection: &Connection,
    reference: &Reference,
    person: PersonId,
    start: Timestamp,
) -> Result<Option<Visit>> {
    let stored = connection
        .prepare_cached(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM claim_time c JOIN entry e ON e.facility = c.facility AND e.entry = c.entry \
             WHERE c.person = ?1 AND c.start = ?2 AND e.person = ?1"
        ))?
        .query_row(params![person.bytes(), start.as_second()], entry::read)
        .optional()?;
    stored.map(|stored| Ok(visit(reference, entry::verified(stored)?))).transpose()
}

fn visit(reference: &Reference, entry: Entry) -> Visit {
    let key = ResourceKey { facility: entry.key.facility, resource: entry.resource };
    let who = reference.resource(key).map(|resource| resource.short_name()).unwrap_or_default();
    // An entry's facility is never deleted; in UTC its time would still be true.
    let local_start = match reference.facility(entry.key.facility) {
        Some(facility) => facility.zone.local(entry.start),
        None => jiff::tz::TimeZone::UTC.to_datetime(entry.start),
    };
    Visit { entry, who, local_start }
}

fn cell(connection: &Connection, facility: &Facility, command: &BookCommand, now: Timestamp) -> Result<Option<Cell>> {
    let Some(start) = facility.zone.instant(command.day.to_datetime(command.time)) else { return Ok(None) };
    let Some(slot) = slots::at(connection, command.resource, start)? else { return Ok(None) };
    let places = slots::places(connection, slot.key)?;
    Ok(Some(Cell::new(slot, &places, command.person, now)))
}

fn patient(connection: &Connection, person: PersonId, facility: FacilityId) -> Result<Option<KnownPatient>> {
    Ok(connection
        .prepare_cached(concat!(
            "SELECT p.person, p.family, p.given, p.patronymic, p.birth_date, p.sex, p.snils, p.policy_series, \
             p.policy_number, ",
            card_columns!(),
            " \
             FROM card c JOIN person p ON p.person = c.person WHERE c.person = ?1 AND c.facility = ?2"
        ))?
        .query_row(params![person.bytes(), facility.bytes()], |row| {
            Ok(KnownPatient { person: read_person(row, 0)?, card: read_card(row, 9)? })
        })
        .optional()?)
}

/// A person out of nine columns.
pub(crate) fn read_person(row: &Row<'_>, first: usize) -> rusqlite::Result<Person> {
    Ok(Person {
        id: guid!(row, first, PersonId)?,
        family: row.get(first + 1)?,
        given: row.get(first + 2)?,
        patronymic: row.get(first + 3)?,
        birth_date: day(row, first + 4)?,
        sex: code(row, first + 5, Sex::from_code)?,
        snils: row.get(first + 6)?,
        policy: Policy { series: row.get(first + 7)?, number: row.get(first + 8)? },
    })
}

/// The columns that [`read_card`] expects, of a table or alias `c`.
macro_rules! card_columns {
    () => {
        "c.person, c.facility, c.card, c.number, c.self_booking_barred, c.dispensary, \
         opened(c.email, 'card.email', c.facility, c.person), opened(c.phone, 'card.phone', c.facility, c.person)"
    };
}
pub(crate) use card_columns;

/// A card out of eight columns.
pub(crate) fn read_card(row: &Row<'_>, first: usize) -> rusqlite::Result<Card> {
    let dispensary = code(row, first + 5, |text| serde_json::from_str::<Vec<String>>(text).ok())?;
    Ok(Card {
        person: guid!(row, first, PersonId)?,
        facility: guid!(row, first + 1, FacilityId)?,
        id: guid!(row, first + 2, CardId)?,
        number: row.get(first + 3)?,
        self_booking_barred: row.get(first + 4)?,
        dispensary: dispensary.into_iter().map(SpecialtyCode).collect(),
        email: optional_code(row, first + 6, |text| Email::parse(text).ok())?,
        phone: row.get(first + 7)?,
    })
}

/// The columns that [`read_referral`] expects.
macro_rules! referral_columns {
    () => {
        "facility, referral, number, person, kind, specialty, to_facility, resource_facility, resource, issued, \
         valid_until, state"
    };
}
pub(crate) use referral_columns;

fn find_referral(connection: &Connection, key: ReferralKey, person: PersonId) -> Result<Option<Referral>> {
    Ok(connection
        .prepare_cached(concat!(
            "SELECT ",
            referral_columns!(),
            " FROM referral WHERE facility = ?1 AND referral = ?2 AND person = ?3"
        ))?
        .query_row(params![key.facility.bytes(), key.referral.bytes(), person.bytes()], read_referral)
        .optional()?)
}

pub(crate) fn read_referral(row: &Row<'_>) -> rusqlite::Result<Referral> {
    let resource = match (optional_guid!(row, 7, FacilityId)?, optional_guid!(row, 8, ResourceId)?) {
        (Some(facility), Some(resource)) => Some(ResourceKey { facility, resource }),
        _ => None,
    };
    Ok(Referral {
        key: ReferralKey { facility: guid!(row, 0, FacilityId)?, referral: guid!(row, 1, ReferralId)? },
        number: row.get(2)?,
        person: guid!(row, 3, PersonId)?,
        kind: optional_code(row, 4, ReferralKind::from_code)?,
        specialty: SpecialtyCode(row.get(5)?),
        to_facility: optional_guid!(row, 6, FacilityId)?,
        resource,
        issued: day(row, 9)?,
        valid_until: day(row, 10)?,
        state: code(row, 11, ReferralState::from_code)?,
    })
}
