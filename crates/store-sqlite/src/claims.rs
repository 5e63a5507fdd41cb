//! The promises, each under a key of its own. They are always written in the order in which
//! [`Claim::of`] gives them.

use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, OptionalExtension, params};
use talon_domain::{
    booking::{Claim, Hold},
    entry::Entry,
    ids::{HoldKey, PersonId, SlotKey},
    slot::Interval,
};

use crate::{
    failure::{Failure, Result},
    planted::{Bug, planted},
};

/// The version of each UTC day that a visit touches, as it was read with the facts.
pub(crate) type DayVersions = Vec<(Date, i64)>;

/// Reads the versions for a visit of this length; 0 for a day that has none yet.
pub(crate) fn day_versions(connection: &Connection, person: PersonId, interval: Interval) -> Result<DayVersions> {
    let (first, last) = interval.utc_days();
    let days = if first == last { vec![first] } else { vec![first, last] };
    let mut select = connection.prepare_cached("SELECT version FROM claim_day WHERE person = ?1 AND day = ?2")?;
    days.into_iter()
        .map(|day| {
            let version = select.query_row(params![person.bytes(), day.to_string()], |row| row.get(0)).optional()?;
            Ok((day, version.unwrap_or(0)))
        })
        .collect()
}

/// Takes all of them for an entry, or loses one.
pub(crate) fn take(
    connection: &Connection,
    entry: &Entry,
    claims: &[Claim],
    days: &DayVersions,
    now: Timestamp,
) -> Result<()> {
    for claim in claims {
        match claim {
            Claim::Referral(key) => {
                connection
                    .prepare_cached(
                        "INSERT INTO claim_referral (facility, referral, entry_facility, entry) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute(params![
                        key.facility.bytes(),
                        key.referral.bytes(),
                        entry.key.facility.bytes(),
                        entry.key.entry.bytes()
                    ])?;
            }
            Claim::Specialty { person, specialty } => {
                let taken = connection
                    .prepare_cached(
                        "INSERT INTO claim_specialty (person, specialty, facility, entry, start) \
                         VALUES (?1, ?2, ?3, ?4, ?5) \
                         ON CONFLICT (person, specialty) DO UPDATE \
                         SET facility = excluded.facility, entry = excluded.entry, start = excluded.start \
                         WHERE claim_specialty.start <= ?6 \
                         OR (claim_specialty.facility = excluded.facility AND claim_specialty.entry = excluded.entry)",
                    )?
                    .execute(params![
                        person.bytes(),
                        specialty.0,
                        entry.key.facility.bytes(),
                        entry.key.entry.bytes(),
                        entry.start.as_second(),
                        now.as_second()
                    ])?;
                won(taken)?;
            }
            Claim::Place { slot, place } => {
                if planted(Bug::NoSlotKey) {
                    continue;
                }
                won(take_place(connection, *slot, *place, entry, now)?)?;
            }
            Claim::Time { person } => {
                for (day, version) in days {
                    let set = connection
                        .prepare_cached(
                            "INSERT INTO claim_day (person, day, version) VALUES (?1, ?2, 1) \
                             ON CONFLICT (person, day) DO UPDATE SET version = version + 1 WHERE version = ?3",
                        )?
                        .execute(params![person.bytes(), day.to_string(), version])?;
                    won(set)?;
                }
                list_visit(connection, entry)?;
            }
        }
    }
    Ok(())
}

/// Takes a place for an entry, over a hold that has run out or is the person's own.
fn take_place(connection: &Connection, slot: SlotKey, place: u16, entry: &Entry, now: Timestamp) -> Result<usize> {
    let now = if planted(Bug::HoldIgnored) { Timestamp::MAX } else { now };
    Ok(connection
        .prepare_cached(
            "INSERT INTO claim_place (facility, slot, place, entry) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (facility, slot, place) DO UPDATE SET entry = excluded.entry, expires = NULL, holder = NULL \
             WHERE claim_place.expires <= ?5 OR claim_place.holder = ?6",
        )?
        .execute(params![
            slot.facility.bytes(),
            slot.slot.bytes(),
            place,
            entry.key.entry.bytes(),
            now.as_microsecond(),
            entry.person.bytes()
        ])?)
}

/// Takes a place for a hold, over one that has run out.
pub(crate) fn hold_place(connection: &Connection, hold: &Hold, now: Timestamp) -> Result<()> {
    if planted(Bug::HoldWithoutKey) || planted(Bug::NoSlotKey) {
        return Ok(());
    }
    let now = if planted(Bug::HoldIgnored) { Timestamp::MAX } else { now };
    let taken = connection
        .prepare_cached(
            "INSERT INTO claim_place (facility, slot, place, entry, expires, holder) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (facility, slot, place) DO UPDATE \
             SET entry = excluded.entry, expires = excluded.expires, holder = excluded.holder \
             WHERE claim_place.expires <= ?7",
        )?
        .execute(params![
            hold.key.facility.bytes(),
            hold.slot.bytes(),
            hold.place,
            hold.key.hold.bytes(),
            hold.claim().until.as_microsecond(),
            hold.person.bytes(),
            now.as_microsecond()
        ])?;
    won(taken)
}

/// Moves the end of a hold's claim, if it still is the hold's.
pub(crate) fn extend_place(connection: &Connection, hold: &Hold) -> Result<()> {
    let moved = connection
        .prepare_cached(
            "UPDATE claim_place SET expires = ?5 WHERE facility = ?1 AND slot = ?2 AND place = ?3 AND entry = ?4",
        )?
        .execute(params![
            hold.key.facility.bytes(),
            hold.slot.bytes(),
            hold.place,
            hold.key.hold.bytes(),
            hold.claim().until.as_microsecond()
        ])?;
    won(moved)
}

/// Gives a hold's place up; whether it was still the hold's.
pub(crate) fn free_place(connection: &Connection, hold: &Hold) -> Result<bool> {
    let freed = connection
        .prepare_cached("DELETE FROM claim_place WHERE facility = ?1 AND slot = ?2 AND place = ?3 AND entry = ?4")?
        .execute(params![hold.key.facility.bytes(), hold.slot.bytes(), hold.place, hold.key.hold.bytes()])?;
    Ok(freed > 0)
}

/// Takes one of the person's numbers, if nobody has it or its hold has run out.
pub(crate) fn take_number(connection: &Connection, hold: &Hold, number: u16, now: Timestamp) -> Result<()> {
    let taken = connection
        .prepare_cached(
            "INSERT INTO claim_hold (person, number, facility, hold, expires) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (person, number) DO UPDATE \
             SET facility = excluded.facility, hold = excluded.hold, expires = excluded.expires \
             WHERE claim_hold.expires <= ?6",
        )?
        .execute(params![
            hold.person.bytes(),
            number,
            hold.key.facility.bytes(),
            hold.key.hold.bytes(),
            hold.expires.as_microsecond(),
            now.as_microsecond()
        ])?;
    won(taken)
}

/// Moves the end of a hold's number.
pub(crate) fn extend_number(connection: &Connection, hold: &Hold) -> Result<()> {
    connection
        .prepare_cached("UPDATE claim_hold SET expires = ?4 WHERE person = ?1 AND facility = ?2 AND hold = ?3")?
        .execute(params![
            hold.person.bytes(),
            hold.key.facility.bytes(),
            hold.key.hold.bytes(),
            hold.expires.as_microsecond()
        ])?;
    Ok(())
}

/// Gives a hold's number up.
pub(crate) fn free_number(connection: &Connection, person: PersonId, hold: HoldKey) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM claim_hold WHERE person = ?1 AND facility = ?2 AND hold = ?3")?
        .execute(params![person.bytes(), hold.facility.bytes(), hold.hold.bytes()])?;
    Ok(())
}

/// Exchanges what an entry holds for what the same entry holds at another time, or loses a claim. Its
/// referral stays used.
pub(crate) fn replace(connection: &Connection, before: &Entry, after: &Entry, now: Timestamp) -> Result<()> {
    let mut days = day_versions(connection, before.person, before.interval())?;
    for day in day_versions(connection, after.person, after.interval())? {
        if !days.contains(&day) {
            days.push(day);
        }
    }
    let freed = release_place(connection, before)?;
    if !planted(Bug::NoSlotKey) {
        won(freed)?;
    }
    won(unlist_visit(connection, before)?)?;
    if before.specialty != after.specialty && release_specialty(connection, before)? > 0 {
        pass_on(connection, before)?;
    }
    let claims: Vec<_> = Claim::of(after).into_iter().filter(|claim| !matches!(claim, Claim::Referral(_))).collect();
    take(connection, after, &claims, &days, now)
}

/// Writes the claims of an entry that comes from an import. It was exclusive where it came from, so
/// only what another entry of ours holds stands against it.
pub(crate) fn rebuild(connection: &Connection, entry: &Entry) -> Result<()> {
    release(connection, entry)?;
    for claim in Claim::of(entry) {
        match claim {
            Claim::Specialty { person, specialty } => {
                connection
                    .prepare_cached(
                        "INSERT INTO claim_specialty (person, specialty, facility, entry, start) \
                         VALUES (?1, ?2, ?3, ?4, ?5) \
                         ON CONFLICT (person, specialty) DO UPDATE \
                         SET facility = excluded.facility, entry = excluded.entry, start = excluded.start \
                         WHERE claim_specialty.start < excluded.start",
                    )?
                    .execute(params![
                        person.bytes(),
                        specialty.0,
                        entry.key.facility.bytes(),
                        entry.key.entry.bytes(),
                        entry.start.as_second()
                    ])?;
            }
            Claim::Time { person } => {
                touch_days(connection, person, entry.interval())?;
                list_visit(connection, entry)?;
            }
            Claim::Referral(_) | Claim::Place { .. } => {
                take(connection, entry, &[claim], &Vec::new(), entry.booked_at)?;
            }
        }
    }
    Ok(())
}

/// Gives up whatever an entry holds. Of two visits ahead of one specialty, which only an import can bring, the
/// last has the claim: when it goes, the other has it.
pub(crate) fn release(connection: &Connection, entry: &Entry) -> Result<()> {
    let (facility, id, person) = (entry.key.facility, entry.key.entry, entry.person);
    if let Some(key) = &entry.referral {
        connection
            .prepare_cached(
                "DELETE FROM claim_referral WHERE facility = ?1 AND referral = ?2 AND entry_facility = ?3 AND entry = ?4",
            )?
            .execute(params![key.facility.bytes(), key.referral.bytes(), facility.bytes(), id.bytes()])?;
    }
    let given_up = release_specialty(connection, entry)?;
    release_place(connection, entry)?;
    if unlist_visit(connection, entry)? > 0 {
        touch_days(connection, person, entry.interval())?;
    }
    if given_up > 0 {
        pass_on(connection, entry)?;
    }
    Ok(())
}

/// Gives the specialty that an entry gave up to the last of its person's other visits of the same specialty.
fn pass_on(connection: &Connection, entry: &Entry) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO claim_specialty (person, specialty, facility, entry, start) \
             SELECT e.person, e.specialty, e.facility, e.entry, e.start FROM claim_time t \
             JOIN entry e ON e.facility = t.facility AND e.entry = t.entry \
             WHERE t.person = ?1 AND e.specialty = ?2 ORDER BY e.start DESC LIMIT 1",
        )?
        .execute(params![entry.person.bytes(), entry.specialty.0])?;
    Ok(())
}

fn release_specialty(connection: &Connection, entry: &Entry) -> Result<usize> {
    Ok(connection
        .prepare_cached(
            "DELETE FROM claim_specialty WHERE person = ?1 AND specialty = ?2 AND facility = ?3 AND entry = ?4",
        )?
        .execute(params![
            entry.person.bytes(),
            entry.specialty.0,
            entry.key.facility.bytes(),
            entry.key.entry.bytes()
        ])?)
}

fn release_place(connection: &Connection, entry: &Entry) -> Result<usize> {
    Ok(connection
        .prepare_cached("DELETE FROM claim_place WHERE facility = ?1 AND slot = ?2 AND entry = ?3")?
        .execute(params![entry.key.facility.bytes(), entry.slot.bytes(), entry.key.entry.bytes()])?)
}

fn unlist_visit(connection: &Connection, entry: &Entry) -> Result<usize> {
    Ok(connection
        .prepare_cached("DELETE FROM claim_time WHERE person = ?1 AND start = ?2 AND facility = ?3 AND entry = ?4")?
        .execute(params![
            entry.person.bytes(),
            entry.start.as_second(),
            entry.key.facility.bytes(),
            entry.key.entry.bytes()
        ])?)
}

fn list_visit(connection: &Connection, entry: &Entry) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO claim_time (person, start, facility, entry) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            entry.person.bytes(),
            entry.start.as_second(),
            entry.key.facility.bytes(),
            entry.key.entry.bytes()
        ])?;
    Ok(())
}

/// Whoever read the person's visits before this must decide again.
fn touch_days(connection: &Connection, person: PersonId, interval: Interval) -> Result<()> {
    let (first, last) = interval.utc_days();
    for day in [first].into_iter().chain((last != first).then_some(last)) {
        connection
            .prepare_cached(
                "INSERT INTO claim_day (person, day, version) VALUES (?1, ?2, 1) \
                 ON CONFLICT (person, day) DO UPDATE SET version = version + 1",
            )?
            .execute(params![person.bytes(), day.to_string()])?;
    }
    Ok(())
}

/// A compare-and-set that changed nothing was lost.
fn won(changed: usize) -> Result<()> {
    if changed == 0 { Err(Failure::ClaimLost) } else { Ok(()) }
}
