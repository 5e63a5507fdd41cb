//! Every free time under a referral.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use talon_domain::{
    booking::{Case, Facts, FreeCell, MOST_ANYWHERE, MOST_IN_A_FACILITY, Refusal, Search, arranged, free_time},
    facility::{FacilityName, LpuCode},
    ids::{PersonId, ResourceKey},
    reference::Reference,
    slot::Slot,
};
use talon_store::{ListQuery, ListReply};

use crate::{
    columns::{column, guids},
    facts::{self, Asked},
    failure::Result,
    people::{card_columns, read_card},
    slots::{self, slot_columns},
    transaction::Tx,
};

/// Up to so many resources are read at once as far as the caller sees.
const FEW: usize = 40;

/// How far ahead more of them are read at first; twice as far each time that there is not enough.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// Lists what could be booked, as one state of the store has it.
pub(crate) async fn free_times(tx: &Tx, reference: &Reference, query: &ListQuery, now: Timestamp) -> Result<ListReply> {
    let (searches, most) = match &query.lpu {
        Some(lpu) => (in_facility(tx, reference, query, lpu, now).await?, MOST_IN_A_FACILITY),
        None => (anywhere(tx, reference, query, now).await?, MOST_ANYWHERE),
    };
    let searches = match searches {
        Ok(searches) => searches,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let lines = searches.iter().flat_map(|search| {
        search
            .cases(&query.caller, now)
            .filter_map(|case| Some(Line { resource: case.resource_key()?, case, end: search.end }))
    });
    let cells = earliest(tx, &lines.collect::<Vec<_>>(), most, query.person, now).await?;
    Ok(Ok(arranged(cells, reference, most)))
}

type Searches = std::result::Result<Vec<Search>, Refusal>;

async fn in_facility(
    tx: &Tx,
    reference: &Reference,
    query: &ListQuery,
    lpu: &LpuCode,
    now: Timestamp,
) -> Result<Searches> {
    let asked = Asked { person: query.person, lpu: &lpu.name, referral: Some(query.referral), now };
    let facts = facts::patients(tx, reference, &[asked]).await?.facts(reference, &asked)?;
    Ok(Search::of(facts, query.person, lpu, &query.caller, reference, query.days, now).map(|search| vec![search]))
}

async fn anywhere(tx: &Tx, reference: &Reference, query: &ListQuery, now: Timestamp) -> Result<Searches> {
    let issuer = FacilityName::Id(query.referral.facility);
    let asked = Asked { person: query.person, lpu: &issuer, referral: Some(query.referral), now };
    let sql = concat!("SELECT ", card_columns!(), " FROM card c WHERE c.person = $1 ORDER BY c.facility");
    let everybody = [asked];
    let (patients, cards) = futures_util::future::try_join(
        facts::patients(tx, reference, &everybody),
        tx.query(sql, params![query.person.0]),
    )
    .await?;
    let facts = Facts { facility: None, patient: None, ..patients.facts(reference, &asked)? };
    let cards = cards.iter().map(read_card).collect::<Result<_>>()?;
    let who = (query.person, patients.person(query.person));
    Ok(Search::anywhere(&facts, who, cards, &query.caller, reference, query.days, now))
}

/// One resource's cells.
struct Line<'a> {
    resource: ResourceKey,
    case: Case<'a>,
    end: Timestamp,
}

/// The earliest free cells of all lines, at least `most` if there are so many. All lines are read as far as a horizon,
/// which moves on until there is enough.
async fn earliest(tx: &Tx, lines: &[Line<'_>], most: usize, person: PersonId, now: Timestamp) -> Result<Vec<FreeCell>> {
    let cases: HashMap<_, _> = lines.iter().map(|line| (line.resource, &line.case)).collect();
    let end = lines.iter().map(|line| line.end).max().unwrap_or(now);
    // Cells of all lines may begin at one instant: a page holds more, so that the next begins later.
    let page = most.max(lines.len()) + 1;
    let mut stretch = if lines.len() <= FEW { end.duration_since(now) } else { A_DAY };
    // Cells begin at whole seconds, and one that begins now has begun.
    let (mut from, mut found) = (now.as_second() + 1, Vec::new());
    while from < end.as_second() && found.len() < most {
        let until = from.saturating_add(stretch.as_secs()).min(end.as_second());
        let mut cells = cells(tx, lines, (from, until), page, (person, now)).await?;
        from = match cells.last() {
            Some(last) if cells.len() == page => last.start.as_second(),
            _ => until,
        };
        cells.retain(|cell| cell.start.as_second() < from);
        let shared: Vec<_> = cells.iter().filter(|cell| cell.places > 1).map(|cell| cell.key).collect();
        let taken = if shared.is_empty() { slots::Taken::default() } else { slots::taken(tx, &shared).await? };
        for slot in cells {
            let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
            let Some(case) = cases.get(&resource) else { continue };
            let places = taken.free_count(&slot, person, now);
            let cell = taken.cell(slot, person, now);
            found.extend(free_time(case, &cell).map(|time| FreeCell { time, places }));
        }
        stretch = stretch.saturating_add(stretch);
    }
    Ok(found)
}

/// A page of the lines' cells that are open to the caller and not full, from one second to another, those first that
/// begin first. They are put in order before anything is asked of their places, so that of many no more is asked
/// than is answered.
async fn cells(
    tx: &Tx,
    lines: &[Line<'_>],
    (from, until): (i64, i64),
    page: usize,
    (person, now): (PersonId, Timestamp),
) -> Result<Vec<Slot>> {
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                slot_columns!(),
                " FROM (SELECT s.* FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[]) \
                 AS q(facility, resource, until, allowed) \
                 JOIN slot s ON s.facility = q.facility AND s.resource = q.resource \
                 AND s.start >= $5 AND s.start < least(q.until, $6) \
                 WHERE s.rights & q.allowed <> 0 OR s.release_rights & q.allowed <> 0 AND s.release_at <= $7::bigint / 1000000 \
                 ORDER BY s.start) s \
                 WHERE s.places > (SELECT count(*) FROM claim_place c WHERE c.facility = s.facility AND c.slot = s.slot \
                 AND (c.expires IS NULL OR (c.expires > $7 AND c.holder <> $9))) ORDER BY s.start LIMIT $8"
            ),
            params![
                guids(lines, |line| line.resource.facility.0),
                guids(lines, |line| line.resource.resource.0),
                column(lines, |line| line.end.as_second()),
                column(lines, |line| i32::from(line.case.rights().bits())),
                from,
                until,
                now.as_microsecond(),
                i64::try_from(page).unwrap_or(i64::MAX),
                person.0
            ],
        )
        .await?;
    rows.iter().map(slots::read).collect()
}
