//! What a moved entry holds.

use std::collections::BTreeSet;

use jiff::Timestamp;
use talon_domain::{entry::Entry, ids::SlotKey};

use super::{Claimant, DayVersions, days, list_visits, pass_on, set_days, take_places, void};
use crate::{
    failure::{Failure, Result},
    planted::{Bug, planted},
    transaction::Tx,
};

/// Exchanges what an entry holds for what the same entry holds at another time, or loses a claim. Its
/// referral stays used. The entry is locked, so what it holds is what it says.
pub(crate) async fn replace(
    tx: &Tx,
    before: &Entry,
    after: &Entry,
    versions: &DayVersions,
    now: Timestamp,
) -> Result<()> {
    let (person, facility, entry) = (after.person.0, after.key.facility.0, after.key.entry.0);
    let mut given_up = Vec::new();
    if before.specialty != after.specialty {
        given_up = tx
            .query(
                "DELETE FROM claim_specialty WHERE person = $1 AND specialty = $2 AND facility = $3 AND entry = $4 \
                 RETURNING person, specialty",
                params![person, before.specialty.0, facility, entry],
            )
            .await?;
    }
    void(tx, &[(after.person, after.specialty.clone(), Claimant { entry: after, now })]).await?;
    let by_specialty = tx
        .count(
            "INSERT INTO claim_specialty (person, specialty, facility, entry, start) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (person, specialty) DO UPDATE SET start = excluded.start \
             WHERE claim_specialty.facility = excluded.facility AND claim_specialty.entry = excluded.entry RETURNING 1",
            params![person, after.specialty.0, facility, entry, after.start.as_second()],
        )
        .await?;
    let mut by_place = 2;
    if !planted(Bug::NoSlotKey) {
        by_place = tx
            .count(
                "DELETE FROM claim_place WHERE facility = $1 AND slot = $2 AND entry = $3 RETURNING 1",
                params![facility, before.slot.0, entry],
            )
            .await?;
        let slot = SlotKey { facility: after.key.facility, slot: after.slot };
        by_place += take_places(tx, &[(slot, after.place, after)]).await?;
    }
    let touched: BTreeSet<_> = days(before.interval()).chain(days(after.interval())).collect();
    let versioned: Vec<_> =
        touched.into_iter().map(|day| (after.person, day, versions.of(after.person, day))).collect();
    let by_day = set_days(tx, &versioned).await?;
    let unlisted = tx
        .count(
            "DELETE FROM claim_time WHERE person = $1 AND start = $2 AND facility = $3 AND entry = $4 RETURNING 1",
            params![person, before.start.as_second(), facility, entry],
        )
        .await?;
    pass_on(tx, &given_up).await?;
    list_visits(tx, &[(after.person, after)]).await?;
    let wanted = (1, 2, versioned.len() as u64, 1);
    if (by_specialty, by_place, by_day, unlisted) == wanted { Ok(()) } else { Err(Failure::ClaimLost) }
}
