//! The promises, each under a key of its own. They are always written in the order in which
//! [`Claim::of`] gives them.

use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, OptionalExtension, params};
use talon_domain::{booking::Claim, entry::Entry, ids::PersonId, slot::Interval};

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
                         WHERE claim_specialty.start <= ?6",
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
                connection
                    .prepare_cached("INSERT INTO claim_place (facility, slot, place, entry) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![slot.facility.bytes(), slot.slot.bytes(), place, entry.key.entry.bytes()])?;
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

/// Gives up whatever an entry holds.
pub(crate) fn release(connection: &Connection, entry: &Entry) -> Result<()> {
    let (facility, id, person) = (entry.key.facility, entry.key.entry, entry.person);
    if let Some(key) = &entry.referral {
        connection
            .prepare_cached(
                "DELETE FROM claim_referral WHERE facility = ?1 AND referral = ?2 AND entry_facility = ?3 AND entry = ?4",
            )?
            .execute(params![key.facility.bytes(), key.referral.bytes(), facility.bytes(), id.bytes()])?;
    }
    connection
        .prepare_cached(
            "DELETE FROM claim_specialty WHERE person = ?1 AND specialty = ?2 AND facility = ?3 AND entry = ?4",
        )?
        .execute(params![person.bytes(), entry.specialty.0, facility.bytes(), id.bytes()])?;
    connection
        .prepare_cached("DELETE FROM claim_place WHERE facility = ?1 AND slot = ?2 AND entry = ?3")?
        .execute(params![facility.bytes(), entry.slot.bytes(), id.bytes()])?;
    let listed = connection
        .prepare_cached("DELETE FROM claim_time WHERE person = ?1 AND start = ?2 AND facility = ?3 AND entry = ?4")?
        .execute(params![person.bytes(), entry.start.as_second(), facility.bytes(), id.bytes()])?;
    if listed > 0 {
        touch_days(connection, person, entry.interval())?;
    }
    Ok(())
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
