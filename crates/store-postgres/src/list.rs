//! Every free time under a referral.

use jiff::{SignedDuration, Timestamp};
use talon_domain::{
    booking::{Case, Facts, FreeCell, FreeCells, MOST_ANYWHERE, MOST_IN_A_FACILITY, Places, Refusal, Search, arranged},
    facility::{FacilityName, LpuCode},
    ids::{PersonId, ResourceKey},
    reference::Reference,
};
use talon_store::{ListQuery, ListReply};
use tokio_postgres::Row;

use crate::{
    columns::{column, get, guids},
    facts::{self, Asked},
    failure::Result,
    people::{card_columns, read_card},
    slots::{self, CELL_COLUMNS, cell_columns, taken_columns},
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
    let found = earliest(tx, &lines.collect::<Vec<_>>(), most, query.person, now).await?;
    Ok(Ok(arranged(found, reference, most)))
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
    let cards = cards.iter().map(|row| read_card(tx.contacts(), row)).collect::<Result<_>>()?;
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
async fn earliest(
    tx: &Tx,
    lines: &[Line<'_>],
    most: usize,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<FreeCells>> {
    let mut found: Vec<_> = lines.iter().map(|line| FreeCells { resource: line.resource, cells: Vec::new() }).collect();
    let end = lines.iter().map(|line| line.end.as_second()).max().unwrap_or_default();
    let (mut page, mut stretch) = (most + 1, if lines.len() <= FEW { i64::MAX } else { A_DAY.as_secs() });
    // Cells begin at whole seconds, and one that begins now has begun.
    let mut from = now.as_second() + 1;
    while from < end && found.iter().map(|one| one.cells.len()).sum::<usize>() < most {
        let until = from.saturating_add(stretch).min(end);
        let rows = cells(tx, lines, (from, until), page, (person, now)).await?;
        let next = match rows.last() {
            Some(last) if rows.len() == page => get(last, 1)?,
            _ => until,
        };
        if next == from {
            // As many rows as a page has begin at one instant.
            page = page.saturating_mul(2);
            continue;
        }
        note(&rows, lines, next, &mut found)?;
        from = next;
        stretch = stretch.saturating_mul(2);
    }
    Ok(found)
}

/// Adds the free ones among the cells that begin before `until`.
fn note(rows: &[Row], lines: &[Line<'_>], until: i64, found: &mut [FreeCells]) -> Result<()> {
    let mut rows = rows.iter().peekable();
    while let Some(row) = rows.next() {
        let (nth, start) = place(row)?;
        if start >= until {
            break;
        }
        // A cell of several places comes once for each that somebody has.
        let mut taken = Places::default();
        slots::note_place(&mut taken, row, 1 + CELL_COLUMNS)?;
        while let Some(more) = rows.peek()
            && place(more)? == (nth, start)
        {
            slots::note_place(&mut taken, more, 1 + CELL_COLUMNS)?;
            rows.next();
        }
        if let (Some(line), Some(of_line)) = (lines.get(nth), found.get_mut(nth)) {
            of_line.cells.extend(FreeCell::of(&line.case, slots::read_of(line.resource, row, 1)?, &taken));
        }
    }
    Ok(())
}

/// Of which line the cell of a row is, by its number from 0, and when it begins.
fn place(row: &Row) -> Result<(usize, i64)> {
    let nth: i64 = get(row, 0)?;
    Ok((usize::try_from(nth - 1).unwrap_or(usize::MAX), get(row, 1)?))
}

/// The lines' cells that are open to the caller from one second to another, those first that begin first, each beside
/// those who have its places; a cell of one place only if the person could have it. At most so many rows. They are put
/// in order before anything is asked of their places, so that of many no more is asked than is answered.
async fn cells(
    tx: &Tx,
    lines: &[Line<'_>],
    (from, until): (i64, i64),
    page: usize,
    (person, now): (PersonId, Timestamp),
) -> Result<Vec<Row>> {
    tx.query(
        concat!(
            "SELECT s.line, ",
            cell_columns!(),
            ", ",
            taken_columns!(),
            " FROM (SELECT q.line, s.* FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[]) WITH ORDINALITY \
             AS q(facility, resource, until, allowed, line) \
             JOIN slot s ON s.facility = q.facility AND s.resource = q.resource \
             AND s.start >= $5 AND s.start < least(q.until, $6) \
             WHERE s.rights & q.allowed <> 0 OR s.release_rights & q.allowed <> 0 AND s.release_at <= $7::bigint / 1000000 \
             ORDER BY s.start, q.line) s \
             LEFT JOIN claim_place c ON c.facility = s.facility AND c.slot = s.slot \
             WHERE s.places > 1 OR c.place IS NULL OR c.expires <= $7 OR c.holder = $9 \
             ORDER BY s.start, s.line LIMIT $8"
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
    .await
}
