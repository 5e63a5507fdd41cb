//! Places on waiting lists in their table.

use std::collections::{BTreeSet, HashSet};

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::{
    access::Channel,
    ids::{ClientId, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, SlotKey, WaitingId, WaitingKey},
    resource::SpecialtyCode,
    waiting::{Waiting, WaitingState, first_open_day},
};

use crate::{
    columns::{code, day, guid, micros, optional_code, optional_guid},
    failure::{Failure, Result},
};

/// The columns that [`read`] expects.
macro_rules! waiting_columns {
    () => {
        "facility, waiting, person, specialty, resource, referral_facility, referral, \
         opened(phone, 'waiting.phone', facility, waiting), date_from, date_to, time_from, time_to, priority, due, since, state, version, client, channel"
    };
}
pub(crate) use waiting_columns;

pub(crate) fn read(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let referral = match (optional_guid!(row, 5, FacilityId)?, optional_guid!(row, 6, ReferralId)?) {
        (Some(facility), Some(referral)) => Some(ReferralKey { facility, referral }),
        _ => None,
    };
    let time = |column| code(row, column, |text| text.parse::<Time>().ok());
    Ok(Waiting {
        key: WaitingKey { facility: guid!(row, 0, FacilityId)?, waiting: guid!(row, 1, WaitingId)? },
        person: guid!(row, 2, PersonId)?,
        specialty: SpecialtyCode(row.get(3)?),
        resource: optional_guid!(row, 4, ResourceId)?,
        referral,
        phone: row.get(7)?,
        dates: (day(row, 8)?, day(row, 9)?),
        times: (time(10)?, time(11)?),
        priority: row.get(12)?,
        due: optional_code(row, 13, |text| text.parse::<Date>().ok())?,
        since: micros(row, 14)?,
        state: code(row, 15, WaitingState::from_code)?,
        version: row.get(16)?,
        client: optional_guid!(row, 17, ClientId)?,
        channel: code(row, 18, Channel::from_code)?,
    })
}

/// A person's own place.
pub(crate) fn find(connection: &Connection, key: WaitingKey, person: PersonId) -> Result<Option<Waiting>> {
    Ok(connection
        .prepare_cached(concat!(
            "SELECT ",
            waiting_columns!(),
            " FROM waiting WHERE facility = ?1 AND waiting = ?2 AND person = ?3"
        ))?
        .query_row(params![key.facility.bytes(), key.waiting.bytes(), person.bytes()], read)
        .optional()?)
}

/// A place by its key.
pub(crate) fn by_key(connection: &Connection, key: WaitingKey) -> Result<Option<Waiting>> {
    Ok(connection
        .prepare_cached(concat!("SELECT ", waiting_columns!(), " FROM waiting WHERE facility = ?1 AND waiting = ?2"))?
        .query_row(params![key.facility.bytes(), key.waiting.bytes()], read)
        .optional()?)
}

/// A person's places, live and ended, the newest first.
pub(crate) fn of_person(connection: &Connection, person: PersonId, most: u32) -> Result<Vec<Waiting>> {
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        waiting_columns!(),
        " FROM waiting WHERE person = ?1 ORDER BY since DESC, facility, waiting LIMIT ?2"
    ))?;
    let rows = select.query_map(params![person.bytes(), most], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The place that a person's claim on a list leads to.
pub(crate) fn claimed(
    connection: &Connection,
    person: PersonId,
    facility: FacilityId,
    specialty: &SpecialtyCode,
) -> Result<Option<Waiting>> {
    let claim = connection
        .prepare_cached("SELECT waiting FROM claim_waiting WHERE person = ?1 AND facility = ?2 AND specialty = ?3")?
        .query_row(params![person.bytes(), facility.bytes(), specialty.0], |row| guid!(row, 0, WaitingId))
        .optional()?;
    match claim {
        None => Ok(None),
        Some(waiting) => by_key(connection, WaitingKey { facility, waiting }),
    }
}

/// Those who wait on a list and have no offer, in their order, but those who had this very cell offered.
pub(crate) fn line(connection: &Connection, cell: SlotKey, specialty: &SpecialtyCode) -> Result<Vec<Waiting>> {
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        waiting_columns!(),
        " FROM waiting w WHERE facility = ?1 AND specialty = ?2 AND state = 'waiting' \
         AND NOT EXISTS (SELECT 1 FROM offered o WHERE o.facility = ?1 AND o.slot = ?3 AND o.waiting = w.waiting)"
    ))?;
    let rows = select.query_map(params![cell.facility.bytes(), specialty.0, cell.slot.bytes()], read)?;
    let mut line = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    line.sort_by_key(Waiting::order);
    Ok(line)
}

/// The lists of these facilities on which somebody waits for an offer.
pub(crate) fn waited_for(
    connection: &Connection,
    facilities: impl Iterator<Item = FacilityId>,
) -> Result<HashSet<(FacilityId, SpecialtyCode)>> {
    let mut select = connection
        .prepare_cached("SELECT DISTINCT specialty FROM waiting WHERE facility = ?1 AND state = 'waiting'")?;
    let mut lists = HashSet::new();
    for facility in facilities.collect::<BTreeSet<_>>() {
        for specialty in select.query_map([facility.bytes()], |row| row.get(0))? {
            lists.insert((facility, SpecialtyCode(specialty?)));
        }
    }
    Ok(lists)
}

/// How many come before a live place.
pub(crate) fn ahead(connection: &Connection, waiting: &Waiting) -> Result<u32> {
    Ok(connection
        .prepare_cached(
            "SELECT count(*) FROM waiting WHERE facility = ?1 AND specialty = ?2 AND state IN ('waiting', 'offered') \
             AND (coalesce(due, '9999-12-31'), priority, since, waiting) < (?3, ?4, ?5, ?6)",
        )?
        .query_row(
            params![
                waiting.key.facility.bytes(),
                waiting.specialty.0,
                waiting.order().0.to_string(),
                waiting.priority,
                waiting.since.as_microsecond(),
                waiting.key.waiting.bytes()
            ],
            |row| row.get(0),
        )?)
}

/// Takes the person's one place on the list, or loses it.
pub(crate) fn claim(connection: &Connection, waiting: &Waiting) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO claim_waiting (person, facility, specialty, waiting) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            waiting.person.bytes(),
            waiting.key.facility.bytes(),
            waiting.specialty.0,
            waiting.key.waiting.bytes()
        ])?;
    Ok(())
}

/// Gives the place's claim up.
pub(crate) fn release(connection: &Connection, waiting: &Waiting) -> Result<()> {
    connection
        .prepare_cached(
            "DELETE FROM claim_waiting WHERE person = ?1 AND facility = ?2 AND specialty = ?3 AND waiting = ?4",
        )?
        .execute(params![
            waiting.person.bytes(),
            waiting.key.facility.bytes(),
            waiting.specialty.0,
            waiting.key.waiting.bytes()
        ])?;
    Ok(())
}

/// Changes a place, if it still is what was read; its claim goes when it ends.
pub(crate) fn change(connection: &Connection, waiting: &Waiting) -> Result<()> {
    let changed = connection
        .prepare_cached(
            "UPDATE waiting SET state = ?3, version = ?4 WHERE facility = ?1 AND waiting = ?2 AND version + 1 = ?4",
        )?
        .execute(params![
            waiting.key.facility.bytes(),
            waiting.key.waiting.bytes(),
            waiting.state.code(),
            waiting.version
        ])?;
    if changed == 0 {
        return Err(Failure::ClaimLost);
    }
    if waiting.state.is_live() { Ok(()) } else { release(connection, waiting) }
}

/// Places whose last day was before this one in every zone.
pub(crate) fn over(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<Waiting>> {
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        waiting_columns!(),
        " FROM waiting WHERE state = 'waiting' AND date_to < ?1 ORDER BY date_to LIMIT ?2"
    ))?;
    let rows = select.query_map(params![first_open_day(now).to_string(), limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Notes that a cell was offered to a place, so that it is not offered again.
pub(crate) fn note_offered(connection: &Connection, cell: SlotKey, waiting: WaitingId) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO offered (facility, slot, waiting) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?
        .execute(params![cell.facility.bytes(), cell.slot.bytes(), waiting.bytes()])?;
    Ok(())
}

/// Writes a place, over one of the same key.
pub(crate) fn put(connection: &Connection, waiting: &Waiting) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO waiting (facility, waiting, person, specialty, resource, referral_facility, referral, \
             phone, date_from, date_to, time_from, time_to, priority, due, since, state, version, client, channel) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, sealed(?8, 'waiting.phone', ?1, ?2), ?9, ?10, ?11, ?12, ?13, ?14, ?15, \
             ?16, ?17, ?18, ?19)",
        )?
        .execute(params![
            waiting.key.facility.bytes(),
            waiting.key.waiting.bytes(),
            waiting.person.bytes(),
            waiting.specialty.0,
            waiting.resource.as_ref().map(ResourceId::bytes),
            waiting.referral.as_ref().map(|referral| referral.facility.bytes()),
            waiting.referral.as_ref().map(|referral| referral.referral.bytes()),
            waiting.phone,
            waiting.dates.0.to_string(),
            waiting.dates.1.to_string(),
            minute(waiting.times.0),
            minute(waiting.times.1),
            waiting.priority,
            waiting.due.map(|due| due.to_string()),
            waiting.since.as_microsecond(),
            waiting.state.code(),
            waiting.version,
            waiting.client.as_ref().map(ClientId::bytes),
            waiting.channel.code(),
        ])?;
    Ok(())
}

fn minute(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}
