//! Holds in their table.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use talon_domain::{
    booking::{HOLD_KNOWN_FOR, Hold, HoldState},
    ids::{FacilityId, HoldId, HoldKey, PersonId, ReferralId, ReferralKey, ResourceId, SlotId, WaitingId, WaitingKey},
    waiting::{Waiting, WaitingState, first_open_day},
};

use crate::{
    claims,
    columns::{code, guid, micros, optional_guid, seconds},
    failure::Result,
    waiting,
};

/// The columns that [`read`] expects.
macro_rules! hold_columns {
    () => {
        "facility, hold, person, referral_facility, referral, resource, slot, place, start, minutes, waiting, created, \
         expires, extended, state"
    };
}

fn read(row: &Row<'_>) -> rusqlite::Result<Hold> {
    let referral = match (optional_guid!(row, 3, FacilityId)?, optional_guid!(row, 4, ReferralId)?) {
        (Some(facility), Some(referral)) => Some(ReferralKey { facility, referral }),
        _ => None,
    };
    Ok(Hold {
        key: HoldKey { facility: guid!(row, 0, FacilityId)?, hold: guid!(row, 1, HoldId)? },
        person: guid!(row, 2, PersonId)?,
        referral,
        resource: guid!(row, 5, ResourceId)?,
        slot: guid!(row, 6, SlotId)?,
        place: row.get(7)?,
        start: seconds(row, 8)?,
        minutes: row.get(9)?,
        waiting: optional_guid!(row, 10, WaitingId)?,
        created: micros(row, 11)?,
        expires: micros(row, 12)?,
        extended: row.get(13)?,
        state: code(row, 14, HoldState::from_code)?,
    })
}

/// A person's own hold. One whose place somebody has taken over is over, whatever its own row still says: that
/// somebody's clock was ahead of ours.
pub(crate) fn find(connection: &Connection, key: HoldKey, person: PersonId) -> Result<Option<Hold>> {
    let found = connection
        .prepare_cached(concat!(
            "SELECT ",
            hold_columns!(),
            ", EXISTS (SELECT 1 FROM claim_place c WHERE c.facility = hold.facility AND c.slot = hold.slot \
             AND c.place = hold.place AND c.entry = hold.hold) \
             FROM hold WHERE facility = ?1 AND hold = ?2 AND person = ?3"
        ))?
        .query_row(params![key.facility.bytes(), key.hold.bytes(), person.bytes()], |row| {
            Ok((read(row)?, row.get::<_, bool>(15)?))
        })
        .optional()?;
    Ok(found.map(|(hold, is_claimed)| match hold.state {
        HoldState::Held if !is_claimed => Hold { state: HoldState::Lapsed, ..hold },
        _ => hold,
    }))
}

/// A hold, whosever it is.
pub(crate) fn by_key(connection: &Connection, key: HoldKey) -> Result<Option<Hold>> {
    Ok(connection
        .prepare_cached(concat!("SELECT ", hold_columns!(), " FROM hold WHERE facility = ?1 AND hold = ?2"))?
        .query_row(params![key.facility.bytes(), key.hold.bytes()], read)
        .optional()?)
}

/// The hold that is the offer to a place on a waiting list.
pub(crate) fn offer_to(connection: &Connection, waiting: &Waiting) -> Result<Option<Hold>> {
    Ok(connection
        .prepare_cached(concat!(
            "SELECT ",
            hold_columns!(),
            " FROM hold WHERE person = ?1 AND facility = ?2 AND waiting = ?3 AND state = 'held'"
        ))?
        .query_row(params![waiting.person.bytes(), waiting.key.facility.bytes(), waiting.key.waiting.bytes()], read)
        .optional()?)
}

/// What a person holds.
pub(crate) fn of_person(connection: &Connection, person: PersonId) -> Result<Vec<Hold>> {
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        hold_columns!(),
        " FROM hold WHERE person = ?1 AND state = 'held' ORDER BY facility, slot, place"
    ))?;
    let rows = select.query_map([person.bytes()], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether a sweep would find anything to do.
pub(crate) fn need_sweeping(connection: &Connection, now: Timestamp) -> Result<bool> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM hold WHERE state = 'held' AND expires <= ?1) \
             OR EXISTS (SELECT 1 FROM hold WHERE state IN ('released', 'lapsed') AND expires <= ?2) \
             OR EXISTS (SELECT 1 FROM waiting WHERE state = 'waiting' AND date_to < ?3) \
             OR EXISTS (SELECT 1 FROM given_up WHERE until <= ?4)",
        )?
        .query_row(
            params![
                now.as_microsecond(),
                known_since(now).as_microsecond(),
                first_open_day(now).to_string(),
                now.as_second()
            ],
            |row| row.get(0),
        )?)
}

/// Holds whose time is over and that still stand, the longest over first, of those the earliest visit.
pub(crate) fn run_out(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<Hold>> {
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        hold_columns!(),
        " FROM hold WHERE state = 'held' AND expires <= ?1 ORDER BY expires, start, facility, slot, place LIMIT ?2"
    ))?;
    let rows = select.query_map(params![now.as_microsecond(), limit], read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The numbers under which a person holds times, each with its end.
pub(crate) fn numbers(connection: &Connection, person: PersonId) -> Result<Vec<(u16, Timestamp)>> {
    let mut select = connection.prepare_cached("SELECT number, expires FROM claim_hold WHERE person = ?1")?;
    let rows = select.query_map([person.bytes()], |row| Ok((row.get(0)?, micros(row, 1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Writes a hold, over one of the same key.
pub(crate) fn put(connection: &Connection, hold: &Hold) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO hold (facility, hold, person, referral_facility, referral, resource, slot, place, \
             start, minutes, waiting, created, expires, extended, state) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        )?
        .execute(params![
            hold.key.facility.bytes(),
            hold.key.hold.bytes(),
            hold.person.bytes(),
            hold.referral.as_ref().map(|referral| referral.facility.bytes()),
            hold.referral.as_ref().map(|referral| referral.referral.bytes()),
            hold.resource.bytes(),
            hold.slot.bytes(),
            hold.place,
            hold.start.as_second(),
            hold.minutes,
            hold.waiting.as_ref().map(WaitingId::bytes),
            hold.created.as_microsecond(),
            hold.expires.as_microsecond(),
            hold.extended,
            hold.state.code(),
        ])?;
    Ok(())
}

/// A booking took the place: the hold has become the entry, and if it was an offer the waiting has ended.
pub(crate) fn end_by_booking(connection: &Connection, key: HoldKey, person: PersonId) -> Result<()> {
    claims::free_number(connection, person, key)?;
    let place = connection
        .prepare_cached("DELETE FROM hold WHERE facility = ?1 AND hold = ?2 RETURNING waiting")?
        .query_row(params![key.facility.bytes(), key.hold.bytes()], |row| optional_guid!(row, 0, WaitingId))
        .optional()?
        .flatten();
    let Some(place) = place else { return Ok(()) };
    match waiting::by_key(connection, WaitingKey { facility: key.facility, waiting: place })? {
        Some(offered) if offered.state == WaitingState::Offered => {
            waiting::change(connection, &offered.changed_to(WaitingState::Booked))
        }
        _ => Ok(()),
    }
}

/// Forgets holds that ended long ago.
pub(crate) fn forget(connection: &Connection, now: Timestamp) -> Result<()> {
    for state in [HoldState::Released, HoldState::Lapsed] {
        connection
            .prepare_cached("DELETE FROM hold WHERE state = ?1 AND expires <= ?2")?
            .execute(params![state.code(), known_since(now).as_microsecond()])?;
    }
    Ok(())
}

fn known_since(now: Timestamp) -> Timestamp {
    now.checked_sub(HOLD_KNOWN_FOR).unwrap_or(Timestamp::MIN)
}
