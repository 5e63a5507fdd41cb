//! How often persons gave up visits that they had booked by themselves.

use jiff::Timestamp;
use talon_domain::{
    booking::{GivenUp, Pause},
    ids::PersonId,
    resource::SpecialtyCode,
};

use crate::{
    columns::{get, guid, guids, seconds},
    failure::{Failure, Result},
    transaction::Tx,
};

/// Counts one more; the first one after the end of a count begins another.
pub(crate) async fn count(tx: &Tx, given_up: &GivenUp) -> Result<()> {
    tx.execute(
        "INSERT INTO given_up (person, specialty, times, most, until) VALUES ($1, $2, 1, $3, $4) \
         ON CONFLICT (person, specialty) DO UPDATE \
         SET times = CASE WHEN given_up.until <= $5 THEN 1 ELSE given_up.times + 1 END, most = excluded.most, \
         until = CASE WHEN given_up.until <= $5 THEN excluded.until ELSE given_up.until END",
        params![
            given_up.person.0,
            given_up.specialty.0,
            i32::from(given_up.most),
            given_up.until.as_second(),
            given_up.at.as_second()
        ],
    )
    .await
}

/// The specialties that persons do not book by themselves for a while.
pub(crate) async fn pauses(tx: &Tx, persons: &[PersonId], now: Timestamp) -> Result<Vec<(PersonId, Pause)>> {
    let rows = tx
        .query(
            "SELECT person, specialty, until FROM given_up WHERE person = ANY($1) AND times >= most AND until > $2",
            params![guids(persons, |person| person.0), now.as_second()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let pause = Pause { specialty: SpecialtyCode(get(row, 1)?), until: seconds(row, 2)? };
            Ok((guid!(row, 0, PersonId)?, pause))
        })
        .collect()
}

/// Looks once more whether any of those who book by themselves pauses. Asked when their claims of the specialties are
/// taken: as long as a claim is kept nobody else's visit of that person and specialty is given up, so what is counted
/// by now is all there is. Before that it is not: one visit may be booked and given up after the facts of another were
/// read.
pub(crate) async fn confirm(tx: &Tx, visits: &[(PersonId, &SpecialtyCode, Timestamp)]) -> Result<()> {
    let Some(now) = visits.iter().map(|(.., now)| *now).min() else { return Ok(()) };
    let persons: Vec<_> = visits.iter().map(|(person, ..)| *person).collect();
    let found = pauses(tx, &persons, now).await?;
    let stands_in_the_way = |(person, specialty, now): &(PersonId, &SpecialtyCode, Timestamp)| {
        found.iter().any(|(whose, pause)| whose == person && pause.specialty == **specialty && pause.until > *now)
    };
    if visits.iter().any(stands_in_the_way) { Err(Failure::ClaimLost) } else { Ok(()) }
}

/// Whether there is a count that is over.
pub(crate) async fn any_to_forget(tx: &Tx, now: Timestamp) -> Result<bool> {
    Ok(!tx.query("SELECT 1 FROM given_up WHERE until <= $1 LIMIT 1", params![now.as_second()]).await?.is_empty())
}

/// Forgets counts that are over.
pub(crate) async fn forget(tx: &Tx, now: Timestamp) -> Result<()> {
    tx.execute("DELETE FROM given_up WHERE until <= $1", params![now.as_second()]).await
}
