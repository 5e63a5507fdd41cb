//! Free times under a referral, nearest to a time.

use jiff::{Timestamp, ToSpan};
use talon_domain::{
    access::Rights,
    booking::{Case, FreeTime, MOST_ALTERNATIVES, end_of_window, free_time, may_offer, nearest},
    ids::ResourceKey,
    reference::Reference,
};
use talon_store::{FreeTimesQuery, Sought};

use crate::{
    entry,
    facts::{self, Asked},
    failure::Result,
    slots::{self, slot_columns},
    transaction::Tx,
};

/// Cells read at a time: more than are offered, for some of them a rule may forbid.
const PAGE: i64 = 16;

/// The times to offer to a caller whose time was refused.
pub(crate) async fn alternatives(
    tx: &Tx,
    reference: &Reference,
    query: &FreeTimesQuery,
    now: Timestamp,
) -> Result<Vec<FreeTime>> {
    let moving = match query.sought {
        Sought::Entry(entry) => entry::find(tx, entry, query.person).await?,
        _ => None,
    };
    let under = query.sought.referral().or_else(|| moving.as_ref()?.referral);
    let asked = Asked { person: query.person, lpu: &query.lpu.name, referral: under, now };
    let mut facts = facts::patients(tx, reference, &[asked]).await?.facts(reference, &asked)?;
    if let Some(entry) = &moving {
        facts = facts.without(entry);
    }
    let Some(facility) = &facts.facility else { return Ok(Vec::new()) };
    let specialty = match (&query.sought, facts.referral.own(), &moving) {
        (Sought::Specialty(specialty), ..) => specialty,
        (_, Some(referral), _) => &referral.specialty,
        (Sought::Entry(_), None, Some(entry)) => &entry.specialty,
        (_, None, _) => return Ok(Vec::new()),
    };
    let only = facts.referral.own().and_then(|referral| referral.resource);
    let Some(asked) = facility.zone.nearest_instant(query.near) else { return Ok(Vec::new()) };
    let Some(end) = end_of_window(facility, &query.caller, None, now) else { return Ok(Vec::new()) };
    let Some(case) = Case::of(&facts, &query.caller, facility.today(now), now) else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for resource in reference.resources_of(facility.id, specialty) {
        let named = only.is_none_or(|named| named == resource.key);
        let case = case.with(resource);
        if named && may_offer(&case).is_ok() {
            let window = Window { tx, case, resource: resource.key, rights: case.rights(), end };
            window.before(asked, &mut found).await?;
            window.from(asked, &mut found).await?;
        }
    }
    Ok(nearest(found, asked))
}

/// Passes over cells where they lie that are full, not open to the caller or nobody's because the doctor is absent: of a busy resource
/// nearly all are. What others hold is taken; what the person holds, and what nobody holds any more, is not.
/// $5 are the caller's rights, $7 is the present in microseconds, $8 the person.
macro_rules! has_room {
    () => {
        " AND NOT s.absent AND (s.rights & $5 <> 0 OR s.release_rights & $5 <> 0 AND s.release_at <= $7::bigint / 1000000) \
         AND s.places > (SELECT count(*) FROM claim_place c WHERE c.facility = s.facility \
         AND c.slot = s.slot AND (c.expires IS NULL OR (c.expires > $7 AND c.holder <> $8)))"
    };
}

/// One resource's cells that may be offered.
struct Window<'a> {
    tx: &'a Tx,
    case: Case<'a>,
    resource: ResourceKey,
    rights: Rights,
    end: Timestamp,
}

impl Window<'_> {
    /// Adds the nearest bookable times before `asked`.
    async fn before(&self, asked: Timestamp, found: &mut Vec<FreeTime>) -> Result<()> {
        let sql = concat!(
            "SELECT ",
            slot_columns!(),
            " FROM slot s WHERE s.facility = $1 AND s.resource = $2 AND s.start > $3 AND s.start < $4",
            has_room!(),
            " ORDER BY s.start DESC LIMIT $6"
        );
        let (from, mut to) = (self.case.now, asked.min(self.end));
        let enough = found.len() + MOST_ALTERNATIVES;
        while let Some(last) = self.collect(sql, from, to, found).await?
            && found.len() < enough
        {
            to = last;
        }
        Ok(())
    }

    /// Adds the nearest bookable times from `asked` on.
    async fn from(&self, asked: Timestamp, found: &mut Vec<FreeTime>) -> Result<()> {
        let sql = concat!(
            "SELECT ",
            slot_columns!(),
            " FROM slot s WHERE s.facility = $1 AND s.resource = $2 AND s.start >= $3 AND s.start < $4",
            has_room!(),
            " ORDER BY s.start LIMIT $6"
        );
        let (mut from, to) = (asked.max(self.case.now), self.end);
        let enough = found.len() + MOST_ALTERNATIVES;
        while let Some(last) = self.collect(sql, from, to, found).await?
            && found.len() < enough
        {
            from = last.saturating_add(1.second()).unwrap_or(last);
        }
        Ok(())
    }

    /// Adds the bookable times of a page of cells; where the page ended, if there may be another.
    async fn collect(
        &self,
        sql: &str,
        from: Timestamp,
        to: Timestamp,
        found: &mut Vec<FreeTime>,
    ) -> Result<Option<Timestamp>> {
        let key = self.resource;
        let rows = self
            .tx
            .query(
                sql,
                params![
                    key.facility.0,
                    key.resource.0,
                    from.as_second(),
                    to.as_second(),
                    i32::from(self.rights.bits()),
                    PAGE,
                    self.case.now.as_microsecond(),
                    self.case.patient.person.id.0
                ],
            )
            .await?;
        let cells: Vec<_> = rows.iter().map(slots::read).collect::<Result<_>>()?;
        let keys: Vec<_> = cells.iter().map(|slot| slot.key).collect();
        let taken = slots::taken(self.tx, &keys).await?;
        let last = cells.last().map(|slot| slot.start).filter(|_| rows.len() == PAGE as usize);
        let enough = found.len() + MOST_ALTERNATIVES;
        for slot in cells {
            let cell = taken.cell(slot, self.case.patient.person.id, self.case.now);
            found.extend(free_time(&self.case, &cell));
            if found.len() >= enough {
                break;
            }
        }
        Ok(last)
    }
}
