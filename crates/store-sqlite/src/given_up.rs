//! How often persons gave up visits that they had booked by themselves.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use talon_domain::{
    booking::{GivenUp, Pause},
    ids::PersonId,
    resource::SpecialtyCode,
};

use crate::{columns::seconds, failure::Result};

/// Counts one more; the first one after the end of a count begins another.
pub(crate) fn count(connection: &Connection, given_up: &GivenUp) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO given_up (person, specialty, times, most, until) VALUES (?1, ?2, 1, ?3, ?4) \
             ON CONFLICT (person, specialty) DO UPDATE \
             SET times = CASE WHEN given_up.until <= ?5 THEN 1 ELSE given_up.times + 1 END, most = excluded.most, \
             until = CASE WHEN given_up.until <= ?5 THEN excluded.until ELSE given_up.until END",
        )?
        .execute(params![
            given_up.person.bytes(),
            given_up.specialty.0,
            given_up.most,
            given_up.until.as_second(),
            given_up.at.as_second()
        ])?;
    Ok(())
}

/// The specialties that a person does not book by themselves for a while.
pub(crate) fn pauses(connection: &Connection, person: PersonId, now: Timestamp) -> Result<Vec<Pause>> {
    let mut select = connection
        .prepare_cached("SELECT specialty, until FROM given_up WHERE person = ?1 AND times >= most AND until > ?2")?;
    let rows = select.query_map(params![person.bytes(), now.as_second()], |row| {
        Ok(Pause { specialty: SpecialtyCode(row.get(0)?), until: seconds(row, 1)? })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Forgets counts that are over.
pub(crate) fn forget(connection: &Connection, now: Timestamp) -> Result<()> {
    connection.prepare_cached("DELETE FROM given_up WHERE until <= ?1")?.execute([now.as_second()])?;
    Ok(())
}
