//! The promises, each under a key of its own. They are always written in the order in which
//! [`Claim::of`] gives them, and of one kind in the order of their keys: two transactions that want the
//! same ones wait for each other and never in a circle.

mod replace;

pub(crate) use replace::replace;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::future::{try_join, try_join5};
use jiff::{Timestamp, civil::Date};
use talon_domain::{
    booking::Claim,
    entry::Entry,
    ids::{EntryId, EntryKey, FacilityId, PersonId, ReferralKey, SlotKey},
    resource::SpecialtyCode,
    slot::Interval,
};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    columns::{column, get, guid, guids, seconds},
    entry,
    failure::{Failure, Result},
    planted::{Bug, planted},
    transaction::Tx,
};

/// The version of each UTC day on which a person has or had visits, as it was read with the facts.
#[derive(Debug, Default)]
pub(crate) struct DayVersions(HashMap<(PersonId, Date), i64>);

impl DayVersions {
    /// Notes a version that was read.
    pub(crate) fn add(&mut self, person: PersonId, day: Date, version: i64) {
        self.0.insert((person, day), version);
    }

    /// The version of a day; 0 for one that has none yet.
    fn of(&self, person: PersonId, day: Date) -> i64 {
        self.0.get(&(person, day)).copied().unwrap_or(0)
    }
}

/// The days that a visit touches.
fn days(interval: Interval) -> impl Iterator<Item = Date> {
    let (first, last) = interval.utc_days();
    [first].into_iter().chain((last != first).then_some(last))
}

/// An entry that is to take its claims, and the present at which it was decided.
#[derive(Clone, Copy)]
pub(crate) struct Claimant<'a> {
    pub(crate) entry: &'a Entry,
    pub(crate) now: Timestamp,
}

/// Takes all claims of these entries of different persons, or loses one.
pub(crate) async fn take(tx: &Tx, claimants: &[Claimant<'_>], versions: &DayVersions) -> Result<()> {
    let (mut referrals, mut specialties, mut places, mut visits) = (vec![], vec![], vec![], vec![]);
    for claimant in claimants {
        for claim in Claim::of(claimant.entry) {
            match claim {
                Claim::Referral(key) => referrals.push((key, claimant.entry)),
                Claim::Specialty { person, specialty } => specialties.push((person, specialty, *claimant)),
                Claim::Place { .. } if planted(Bug::NoSlotKey) => {}
                Claim::Place { slot, place } => places.push((slot, place, claimant.entry)),
                Claim::Time { person } => visits.push((person, claimant.entry)),
            }
        }
    }
    referrals.sort_by_key(|(key, _)| *key);
    specialties.sort_by(|one, other| (one.0, &one.1.0).cmp(&(other.0, &other.1.0)));
    places.sort_by_key(|(slot, place, _)| (*slot, *place));
    let mut versioned: Vec<_> = visits
        .iter()
        .flat_map(|(person, entry)| days(entry.interval()).map(|day| (*person, day, versions.of(*person, day))))
        .collect();
    versioned.sort_unstable();
    let ((), (by_referral, by_specialty, by_place, by_day, ())) = try_join(
        void(tx, &specialties),
        try_join5(
            take_referrals(tx, &referrals),
            tx.count(
                "INSERT INTO claim_specialty (person, specialty, facility, entry, start) \
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[]) ON CONFLICT DO NOTHING \
             RETURNING 1",
                params![
                    guids(&specialties, |(person, ..)| person.0),
                    column(&specialties, |(_, specialty, _)| specialty.0.as_str()),
                    guids(&specialties, |(.., claimant)| claimant.entry.key.facility.0),
                    guids(&specialties, |(.., claimant)| claimant.entry.key.entry.0),
                    column(&specialties, |(.., claimant)| claimant.entry.start.as_second()),
                ],
            ),
            take_places(tx, &places),
            set_days(tx, &versioned),
            list_visits(tx, &visits),
        ),
    )
    .await?;
    let taken = [by_referral, by_specialty, by_place, by_day];
    let wanted = [referrals.len(), specialties.len(), places.len(), versioned.len()].map(|count| count as u64);
    if taken == wanted { Ok(()) } else { Err(Failure::ClaimLost) }
}

/// Removes claims of specialties that are void because their entries have begun: all of these persons', for
/// what has begun holds nothing. Whoever else wants the same waits here, and then finds the new claim.
///
/// No join: whatever was known of the table when the plan was made, the persons lead to the rows.
async fn void(tx: &Tx, specialties: &[(PersonId, SpecialtyCode, Claimant<'_>)]) -> Result<()> {
    // Each has passed, so what has begun by the last has begun.
    let now = specialties.iter().map(|(.., claimant)| claimant.now.as_second()).max().unwrap_or_default();
    tx.execute(
        "DELETE FROM claim_specialty WHERE person = ANY($1) AND start <= $2",
        params![guids(specialties, |(person, ..)| person.0), now],
    )
    .await
}

async fn take_referrals(tx: &Tx, referrals: &[(ReferralKey, &Entry)]) -> Result<u64> {
    tx.count(
        "INSERT INTO claim_referral (facility, referral, entry_facility, entry) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) ON CONFLICT DO NOTHING RETURNING 1",
        params![
            guids(referrals, |(key, _)| key.facility.0),
            guids(referrals, |(key, _)| key.referral.0),
            guids(referrals, |(_, entry)| entry.key.facility.0),
            guids(referrals, |(_, entry)| entry.key.entry.0),
        ],
    )
    .await
}

/// Whether any of these referrals is used by now.
pub(crate) async fn any_used(tx: &Tx, referrals: &[ReferralKey]) -> Result<bool> {
    let used = tx
        .query(
            "SELECT c.entry FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, referral) \
             JOIN referral r ON r.facility = q.facility AND r.referral = q.referral \
             LEFT JOIN claim_referral c ON c.facility = r.facility AND c.referral = r.referral",
            params![guids(referrals, |key| key.facility.0), guids(referrals, |key| key.referral.0)],
        )
        .await?;
    for row in &used {
        if get::<Option<Uuid>>(row, 0)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether any of these persons has a visit at this start by now.
pub(crate) async fn any_visit(tx: &Tx, visits: &[(PersonId, Timestamp)]) -> Result<bool> {
    let listed = tx
        .query(
            "SELECT person, start FROM claim_time WHERE person = ANY($1)",
            params![guids(visits, |(person, _)| person.0)],
        )
        .await?;
    for row in &listed {
        if visits.contains(&(guid!(row, 0, PersonId)?, seconds(row, 1)?)) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn take_places(tx: &Tx, places: &[(SlotKey, u16, &Entry)]) -> Result<u64> {
    tx.count(
        "INSERT INTO claim_place (facility, slot, place, entry) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::uuid[]) ON CONFLICT DO NOTHING RETURNING 1",
        params![
            guids(places, |(slot, ..)| slot.facility.0),
            guids(places, |(slot, ..)| slot.slot.0),
            column(places, |(_, place, _)| i32::from(*place)),
            guids(places, |(.., entry)| entry.key.entry.0),
        ],
    )
    .await
}

async fn list_visits(tx: &Tx, visits: &[(PersonId, &Entry)]) -> Result<()> {
    tx.execute(
        "INSERT INTO claim_time (person, start, facility, entry) \
         SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[]) ON CONFLICT DO NOTHING",
        params![
            guids(visits, |(person, _)| person.0),
            column(visits, |(_, entry)| entry.start.as_second()),
            guids(visits, |(_, entry)| entry.key.facility.0),
            guids(visits, |(_, entry)| entry.key.entry.0),
        ],
    )
    .await
}

/// Sets the versions of days by one further than they were read, and counts those that still were that.
async fn set_days(tx: &Tx, versioned: &[(PersonId, Date, i64)]) -> Result<u64> {
    tx.count(
        "INSERT INTO claim_day (person, day, version) SELECT q.person, q.day, q.version + 1 \
         FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS q(person, day, version) \
         ON CONFLICT (person, day) DO UPDATE SET version = excluded.version \
         WHERE claim_day.version = excluded.version - 1 RETURNING 1",
        params![
            guids(versioned, |(person, ..)| person.0),
            column(versioned, |(_, day, _)| day.to_string()),
            column(versioned, |(.., version)| *version),
        ],
    )
    .await
}

/// Writes the claims of entries that come from an import, in place of what they hold as they are stored
/// (`before`). They were exclusive where they came from, so only what other entries of ours hold stands
/// against them: then the claim is lost.
pub(crate) async fn rebuild(tx: &Tx, before: &[&Entry], after: &[&Entry]) -> Result<()> {
    release(tx, &[before, after].concat()).await?;
    let (mut referrals, mut specialties, mut places, mut visits) = (vec![], BTreeMap::new(), vec![], vec![]);
    for entry in after.iter().copied() {
        for claim in Claim::of(entry) {
            match claim {
                Claim::Referral(key) => referrals.push((key, entry)),
                // Of several visits the last counts: as long as it is ahead there is no other.
                Claim::Specialty { person, specialty } => {
                    let last = specialties.entry((person, specialty.0)).or_insert(entry);
                    *last = if last.start < entry.start { entry } else { *last };
                }
                Claim::Place { slot, place } => places.push((slot, place, entry)),
                Claim::Time { person } => visits.push((person, entry)),
            }
        }
    }
    referrals.sort_by_key(|(key, _)| *key);
    places.sort_by_key(|(slot, place, _)| (*slot, *place));
    if take_referrals(tx, &referrals).await? != referrals.len() as u64 {
        return Err(Failure::ClaimLost);
    }
    let specialties: Vec<_> = specialties.into_iter().collect();
    claim_last(tx, &specialties).await?;
    if take_places(tx, &places).await? != places.len() as u64 {
        return Err(Failure::ClaimLost);
    }
    touch_days(tx, &visits).await?;
    list_visits(tx, &visits).await
}

/// Gives up whatever entries hold. Of two visits ahead of one specialty, which only an import can bring, the last
/// has the claim: when it goes, the other has it.
pub(crate) async fn release(tx: &Tx, entries: &[&Entry]) -> Result<()> {
    let mut referrals: Vec<_> =
        entries.iter().filter_map(|entry| Some((entry.referral?, entry.key.facility, entry.key.entry))).collect();
    referrals.sort_unstable();
    tx.execute(
        "DELETE FROM claim_referral c USING unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[]) \
         AS q(facility, referral, entry_facility, entry) WHERE c.facility = q.facility AND c.referral = q.referral \
         AND c.entry_facility = q.entry_facility AND c.entry = q.entry",
        params![
            guids(&referrals, |(key, ..)| key.facility.0),
            guids(&referrals, |(key, ..)| key.referral.0),
            guids(&referrals, |(_, facility, _)| facility.0),
            guids(&referrals, |(.., entry)| entry.0),
        ],
    )
    .await?;
    let mut entries = entries.to_vec();
    entries.sort_by(|one, other| (one.person, &one.specialty.0).cmp(&(other.person, &other.specialty.0)));
    let given_up = tx
        .query(
            "DELETE FROM claim_specialty c USING unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[]) \
             AS q(person, specialty, facility, entry) WHERE c.person = q.person AND c.specialty = q.specialty \
             AND c.facility = q.facility AND c.entry = q.entry RETURNING c.person, c.specialty",
            params![
                guids(&entries, |entry| entry.person.0),
                column(&entries, |entry| entry.specialty.0.as_str()),
                guids(&entries, |entry| entry.key.facility.0),
                guids(&entries, |entry| entry.key.entry.0),
            ],
        )
        .await?;
    entries.sort_by_key(|entry| (entry.key.facility, entry.slot, entry.place));
    tx.execute(
        "DELETE FROM claim_place c USING unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS q(facility, slot, entry) \
         WHERE c.facility = q.facility AND c.slot = q.slot AND c.entry = q.entry",
        params![
            guids(&entries, |entry| entry.key.facility.0),
            guids(&entries, |entry| entry.slot.0),
            guids(&entries, |entry| entry.key.entry.0),
        ],
    )
    .await?;
    entries.sort_by_key(|entry| (entry.person, entry.start));
    let rows = tx
        .query(
            "DELETE FROM claim_time c USING unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[]) \
             AS q(person, start, facility, entry) WHERE c.person = q.person AND c.start = q.start \
             AND c.facility = q.facility AND c.entry = q.entry RETURNING c.facility, c.entry, c.start",
            params![
                guids(&entries, |entry| entry.person.0),
                column(&entries, |entry| entry.start.as_second()),
                guids(&entries, |entry| entry.key.facility.0),
                guids(&entries, |entry| entry.key.entry.0),
            ],
        )
        .await?;
    let mut listed = HashSet::new();
    for row in &rows {
        let key = EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? };
        listed.insert((key, seconds(row, 2)?));
    }
    let removed = entries.iter().filter(|entry| listed.contains(&(entry.key, entry.start)));
    touch_days(tx, &removed.map(|entry| (entry.person, *entry)).collect::<Vec<_>>()).await?;
    pass_on(tx, &given_up).await
}

/// Gives specialties that were given up to the last of their persons' other visits of the same specialty.
async fn pass_on(tx: &Tx, given_up: &[Row]) -> Result<()> {
    let mut specialties = BTreeSet::new();
    for row in given_up {
        specialties.insert((guid!(row, 0, PersonId)?, get::<String>(row, 1)?));
    }
    if specialties.is_empty() {
        return Ok(());
    }
    let persons: Vec<_> = specialties.iter().map(|(person, _)| person.0).collect();
    let visits = tx.query("SELECT facility, entry FROM claim_time WHERE person = ANY($1)", params![persons]).await?;
    let mut keys = Vec::new();
    for row in &visits {
        keys.push(EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? });
    }
    let mut others: BTreeMap<_, Entry> = BTreeMap::new();
    for row in &entry::rows(tx, &keys).await? {
        let other = entry::read(row)?;
        let claim = (other.person, other.specialty.0.clone());
        if specialties.contains(&claim) && others.get(&claim).is_none_or(|last| last.start < other.start) {
            others.insert(claim, other);
        }
    }
    let others: Vec<_> =
        others.iter().map(|((person, specialty), other)| ((*person, specialty.clone()), other)).collect();
    if others.is_empty() { Ok(()) } else { claim_last(tx, &others).await }
}

/// Claims specialties for entries, each unless a later one has the claim.
async fn claim_last(tx: &Tx, specialties: &[((PersonId, String), &Entry)]) -> Result<()> {
    tx.execute(
        "INSERT INTO claim_specialty (person, specialty, facility, entry, start) \
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::bigint[]) \
         ON CONFLICT (person, specialty) DO UPDATE \
         SET facility = excluded.facility, entry = excluded.entry, start = excluded.start \
         WHERE claim_specialty.start < excluded.start",
        params![
            guids(specialties, |((person, _), _)| person.0),
            column(specialties, |((_, specialty), _)| specialty.as_str()),
            guids(specialties, |(_, entry)| entry.key.facility.0),
            guids(specialties, |(_, entry)| entry.key.entry.0),
            column(specialties, |(_, entry)| entry.start.as_second()),
        ],
    )
    .await
}

/// Whoever read these persons' visits before this must decide again.
async fn touch_days(tx: &Tx, visits: &[(PersonId, &Entry)]) -> Result<()> {
    let touched = visits.iter().flat_map(|(person, entry)| days(entry.interval()).map(|day| (*person, day)));
    // One statement must not meet the same row twice.
    let touched: BTreeSet<_> = touched.collect();
    if touched.is_empty() {
        return Ok(());
    }
    let touched: Vec<_> = touched.into_iter().collect();
    tx.execute(
        "INSERT INTO claim_day (person, day, version) \
         SELECT q.person, q.day, 1 FROM unnest($1::uuid[], $2::text[]) AS q(person, day) \
         ON CONFLICT (person, day) DO UPDATE SET version = claim_day.version + 1",
        params![guids(&touched, |(person, _)| person.0), column(&touched, |(_, day)| day.to_string())],
    )
    .await
}
