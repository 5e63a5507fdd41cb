//! Looking for contradictions in what is stored.

use std::collections::HashSet;

use jiff::Timestamp;
use tokio_postgres::{
    Row,
    types::{FromSql, ToSql},
};
use uuid::Uuid;

use crate::{
    columns::{column, get, guids},
    entry::{self, entry_columns},
    failure::{Failure, Result},
    transaction::Tx,
};

/// As many are named; more say nothing new.
const MOST_NAMED: usize = 20;

/// Promises that do not fit the entries of their facility: what each query returns is a count of rows
/// that should not be there.
const PROMISES: &[(&str, &str)] = &[
    (
        "live entries whose place is not claimed",
        "SELECT count(*) FROM entry e WHERE e.state = 'booked' AND NOT EXISTS (SELECT 1 FROM claim_place c \
         WHERE c.facility = e.facility AND c.slot = e.slot AND c.place = e.place AND c.entry = e.entry)",
    ),
    (
        "claimed places that their cells do not have",
        "SELECT count(*) FROM claim_place c JOIN slot s ON s.facility = c.facility AND s.slot = c.slot \
         WHERE c.place < 1 OR c.place > s.places",
    ),
    (
        "claimed places without a live entry",
        "SELECT count(*) FROM claim_place c WHERE c.expires IS NULL AND NOT EXISTS (SELECT 1 FROM entry e \
         WHERE e.facility = c.facility AND e.entry = c.entry AND e.slot = c.slot AND e.state = 'booked')",
    ),
    (
        "held places without their hold",
        "SELECT count(*) FROM claim_place c WHERE c.expires IS NOT NULL AND NOT EXISTS (SELECT 1 FROM hold h \
         WHERE h.facility = c.facility AND h.hold = c.entry AND h.slot = c.slot AND h.place = c.place \
         AND h.person = c.holder AND h.state = 'held')",
    ),
];

/// Every contradiction, in words. Reads everything; the server looks after its files itself.
pub(crate) async fn verify(tx: &Tx) -> Result<Vec<String>> {
    let mut entries = Entries::read(tx).await?;
    let mut found = std::mem::take(&mut entries.altered);
    let counted = [
        ("entries whose referral is not claimed", entries.without_referral),
        ("live entries ahead whose specialty is not claimed", entries.without_specialty()),
        ("live entries that are not among their person's visits", entries.without_visit),
        ("claimed referrals without an entry", idle_referrals(tx).await?),
        ("claimed specialties without a live entry", idle_specialties(tx).await?),
        ("visits without a live entry", idle_visits(tx).await?),
    ];
    // Here whole tables are joined, and each once.
    tx.batch("SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on").await?;
    for (what, sql) in PROMISES {
        let count = count(tx, sql, &[]).await?;
        found.extend((count > 0).then(|| format!("{count} {what}")));
    }
    found.extend(counted.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{count} {what}")));
    Ok(found)
}

async fn count(tx: &Tx, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<usize> {
    let rows = tx.query(sql, params).await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| get(row, 0))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// What the entries say, read page by page: what they claim lies with the person, or with the facility
/// that issued the referral, and an engine that spreads the tables cannot join those.
#[derive(Default)]
struct Entries {
    /// Those that are not what was written, in words.
    altered: Vec<String>,
    without_referral: usize,
    without_visit: usize,
    /// When the live ones begin whose specialty is not claimed.
    unclaimed: Vec<Timestamp>,
    /// When the last of all was booked.
    newest: Timestamp,
}

impl Entries {
    async fn read(tx: &Tx) -> Result<Self> {
        let mut entries = Self::default();
        let mut after = (Uuid::nil(), Uuid::nil());
        loop {
            let sql = concat!(
                "SELECT ",
                entry_columns!(),
                " FROM entry e WHERE (e.facility, e.entry) > ($1, $2) ORDER BY e.facility, e.entry LIMIT 2000"
            );
            let rows = tx.query(sql, params![after.0, after.1]).await?;
            let Some(last) = rows.last() else { return Ok(entries) };
            after = (get(last, 0)?, get(last, 1)?);
            entries.add(tx, &rows).await?;
        }
    }

    /// A claim is void once its entry has begun, and goes when its person books again. So of what was ahead when
    /// the store's last booking was made, none has lost its claim.
    fn without_specialty(&self) -> usize {
        self.unclaimed.iter().filter(|start| **start > self.newest).count()
    }

    async fn add(&mut self, tx: &Tx, rows: &[Row]) -> Result<()> {
        let (mut using, mut live) = (Vec::new(), Vec::new());
        for row in rows {
            match entry::read(row) {
                Ok(entry) => {
                    self.newest = self.newest.max(entry.booked_at);
                    using.extend(entry.referral.filter(|_| entry.state.uses_referral()).map(|key| (key, entry.key)));
                    live.extend(entry.state.is_live().then_some(entry));
                }
                Err(Failure::Store(error)) if self.altered.len() < MOST_NAMED => self.altered.push(error.to_string()),
                Err(Failure::Store(_)) => {}
                Err(other) => return Err(other),
            }
        }
        let claimed = count(
            tx,
            "SELECT count(*) FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) \
             AS q(facility, referral, entry_facility, entry) \
             JOIN claim_referral c ON c.facility = q.facility AND c.referral = q.referral \
             AND c.entry_facility = q.entry_facility AND c.entry = q.entry",
            params![
                guids(&using, |(key, _)| key.facility.0),
                guids(&using, |(key, _)| key.referral.0),
                guids(&using, |(_, entry)| entry.facility.0),
                guids(&using, |(_, entry)| entry.entry.0),
            ],
        )
        .await?;
        self.without_referral += using.len() - claimed.min(using.len());
        let listed = count(
            tx,
            "SELECT count(*) FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[]) \
             AS q(person, start, facility, entry) JOIN claim_time c ON c.person = q.person AND c.start = q.start \
             AND c.facility = q.facility AND c.entry = q.entry",
            params![
                guids(&live, |entry| entry.person.0),
                column(&live, |entry| entry.start.as_second()),
                guids(&live, |entry| entry.key.facility.0),
                guids(&live, |entry| entry.key.entry.0),
            ],
        )
        .await?;
        self.without_visit += live.len() - listed.min(live.len());
        let claimed = tx
            .query(
                "SELECT q.number FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[]) \
                 AS q(person, specialty, start, number) JOIN claim_specialty c ON c.person = q.person \
                 AND c.specialty = q.specialty AND c.start >= q.start",
                params![
                    guids(&live, |entry| entry.person.0),
                    column(&live, |entry| entry.specialty.0.as_str()),
                    column(&live, |entry| entry.start.as_second()),
                    (0..).take(live.len()).collect::<Vec<i64>>(),
                ],
            )
            .await?;
        let claimed = claimed.iter().map(|row| get(row, 0)).collect::<Result<HashSet<i64>>>()?;
        let unclaimed = live.iter().zip(0..).filter(|(_, number)| !claimed.contains(number));
        self.unclaimed.extend(unclaimed.map(|(entry, _)| entry.start));
        Ok(())
    }
}

/// Claimed referrals without an entry that uses them.
async fn idle_referrals(tx: &Tx) -> Result<usize> {
    let (mut idle, mut after) = (0, (Uuid::nil(), Uuid::nil()));
    loop {
        let rows = tx
            .query(
                "SELECT facility, referral, entry_facility, entry FROM claim_referral \
                 WHERE (facility, referral) > ($1, $2) ORDER BY facility, referral LIMIT 2000",
                params![after.0, after.1],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(idle) };
        after = (get(last, 0)?, get(last, 1)?);
        let used = count(
            tx,
            "SELECT count(*) FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) \
             AS q(referral_facility, referral, facility, entry) \
             JOIN entry e ON e.facility = q.facility AND e.entry = q.entry AND e.referral = q.referral \
             AND e.referral_facility = q.referral_facility AND e.state IN ('booked', 'fulfilled')",
            params![ids(&rows, 0)?, ids(&rows, 1)?, ids(&rows, 2)?, ids(&rows, 3)?],
        )
        .await?;
        idle += rows.len() - used.min(rows.len());
    }
}

/// Claimed specialties without a live entry.
async fn idle_specialties(tx: &Tx) -> Result<usize> {
    let (mut idle, mut after) = (0, (Uuid::nil(), String::new()));
    loop {
        let rows = tx
            .query(
                "SELECT person, specialty, facility, entry, start FROM claim_specialty \
                 WHERE (person, specialty) > ($1, $2) ORDER BY person, specialty LIMIT 2000",
                params![after.0, after.1],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(idle) };
        after = (get(last, 0)?, get(last, 1)?);
        let live = count(
            tx,
            "SELECT count(*) FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[]) \
             AS q(person, specialty, facility, entry, start) \
             JOIN entry e ON e.facility = q.facility AND e.entry = q.entry AND e.person = q.person \
             AND e.specialty = q.specialty AND e.start = q.start AND e.state = 'booked'",
            params![
                ids(&rows, 0)?,
                values::<&str>(&rows, 1)?,
                ids(&rows, 2)?,
                ids(&rows, 3)?,
                values::<i64>(&rows, 4)?
            ],
        )
        .await?;
        idle += rows.len() - live.min(rows.len());
    }
}

/// Visits without a live entry.
async fn idle_visits(tx: &Tx) -> Result<usize> {
    let (mut idle, mut after) = (0, (Uuid::nil(), i64::MIN, Uuid::nil(), Uuid::nil()));
    loop {
        let rows = tx
            .query(
                "SELECT person, start, facility, entry FROM claim_time \
                 WHERE (person, start, facility, entry) > ($1, $2, $3, $4) \
                 ORDER BY person, start, facility, entry LIMIT 2000",
                params![after.0, after.1, after.2, after.3],
            )
            .await?;
        let Some(last) = rows.last() else { return Ok(idle) };
        after = (get(last, 0)?, get(last, 1)?, get(last, 2)?, get(last, 3)?);
        let live = count(
            tx,
            "SELECT count(*) FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(person, facility, entry) \
             JOIN entry e ON e.facility = q.facility AND e.entry = q.entry AND e.person = q.person \
             AND e.state = 'booked'",
            params![ids(&rows, 0)?, ids(&rows, 2)?, ids(&rows, 3)?],
        )
        .await?;
        idle += rows.len() - live.min(rows.len());
    }
}

/// A column of guids that were read.
fn ids(rows: &[Row], column: usize) -> Result<Vec<Uuid>> {
    values(rows, column)
}

/// A column that was read.
fn values<'a, T: FromSql<'a>>(rows: &'a [Row], column: usize) -> Result<Vec<T>> {
    rows.iter().map(|row| get(row, column)).collect()
}
