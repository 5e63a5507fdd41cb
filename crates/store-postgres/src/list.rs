//! Every free time under a referral.

use futures_util::future::try_join;
use jiff::Timestamp;
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
    people,
    slots::{self, CELL_COLUMNS, cell_columns, taken_columns},
    transaction::Tx,
};

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
    let lines = searches
        .iter()
        .flat_map(|search| search.cases(&query.caller, now).filter_map(|case| Line::new(case, search.end)));
    let found = earliest(tx, lines.collect(), most, query.person, now).await?;
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
    let everybody = [asked];
    let (patients, cards) =
        try_join(facts::patients(tx, reference, &everybody), people::cards(tx, query.person)).await?;
    let facts = Facts { facility: None, patient: None, ..patients.facts(reference, &asked)? };
    let who = (query.person, patients.person(query.person));
    Ok(Search::anywhere(&facts, who, cards, &query.caller, reference, query.days, now))
}

/// One resource's cells, which are read from the earliest on.
struct Line<'a> {
    case: Case<'a>,
    resource: ResourceKey,
    /// Those up to this second are read.
    after: i64,
    end: Timestamp,
    is_read: bool,
    found: Vec<FreeCell>,
}

/// The earliest free cells of all lines, at least `most` if there are so many.
///
/// Of many lines a few rows each are read, and more only of those that may have cells before the last of the earliest
/// `most`. At first it is twice a line's share: where half of the resources work in the afternoon, what the others have
/// in the morning is enough, and rows that are not used cost less than another round trip.
async fn earliest(
    tx: &Tx,
    mut lines: Vec<Line<'_>>,
    most: usize,
    person: PersonId,
    now: Timestamp,
) -> Result<Vec<FreeCells>> {
    let mut page = 2 * most / lines.len().max(1) + 2;
    loop {
        let last = last_of_earliest(&lines, most);
        let mut behind: Vec<_> = lines.iter_mut().filter(|line| line.is_behind(last)).collect();
        if behind.is_empty() {
            break;
        }
        let read = cells(tx, &behind, page, (person, now)).await?;
        let mut rows = &read[..];
        for (nth, line) in (1..).zip(&mut behind) {
            let (own, others) = rows.split_at(rows.iter().take_while(|row| nth_line(row) == Some(nth)).count());
            line.add(own, page)?;
            rows = others;
        }
        page = page.saturating_mul(2);
    }
    Ok(lines.into_iter().map(|line| FreeCells { resource: line.resource, cells: line.found }).collect())
}

/// When the last of the earliest `most` cells begins, if so many are found.
fn last_of_earliest(lines: &[Line<'_>], most: usize) -> Option<Timestamp> {
    let mut starts: Vec<_> = lines.iter().flat_map(|line| line.found.iter().map(|cell| cell.start)).collect();
    let nth = most.checked_sub(1).filter(|nth| *nth < starts.len())?;
    Some(*starts.select_nth_unstable(nth).1)
}

impl<'a> Line<'a> {
    fn new(case: Case<'a>, end: Timestamp) -> Option<Self> {
        let resource = case.resource_key()?;
        // Cells begin at whole seconds, and one that begins now has begun.
        Some(Self { case, resource, after: case.now.as_second(), end, is_read: false, found: Vec::new() })
    }

    /// Whether it may have more cells that begin before `last` does, or any if there is no last one yet.
    fn is_behind(&self, last: Option<Timestamp>) -> bool {
        !self.is_read && last.is_none_or(|last| self.after < last.as_second())
    }

    /// Adds the free ones among the cells of rows of which at most `page` were asked for.
    fn add(&mut self, rows: &[Row], page: usize) -> Result<()> {
        self.is_read = rows.len() < page;
        // A cell of several places comes once for each that somebody has, the last one perhaps not with all of them: it
        // is read again with the next page, which is larger.
        let cut = rows.last().and_then(start).filter(|_| !self.is_read);
        for cell in rows.chunk_by(|row, next| start(row) == start(next)) {
            let Some(row) = cell.first().filter(|row| cut.is_none() || start(row) != cut) else { continue };
            let slot = slots::read_of(self.resource, row, 1)?;
            let mut taken = Places::default();
            for row in cell {
                slots::note_place(&mut taken, row, 1 + CELL_COLUMNS)?;
            }
            self.found.extend(FreeCell::of(&self.case, slot, &taken));
        }
        self.after = cut.map_or(self.after, |cut| cut - 1);
        Ok(())
    }
}

/// Of which line a row is, by its number from 1.
fn nth_line(row: &Row) -> Option<i64> {
    get(row, 0).ok()
}

/// When the cell of a row begins. What cannot be read is told of by [`slots::read_of`].
fn start(row: &Row) -> Option<i64> {
    get(row, 1).ok()
}

/// The cells of lines that are not read yet and are open to the caller, those first that begin first, each beside those
/// who have its places; a cell of one place only if the person could have it. Of each line at most so many rows, for
/// each is looked up among the places that are taken.
///
/// Citus takes a `LIMIT` for each line only if the line comes out of a table that lies with the cells, not out of
/// `unnest`: it is the person's card there, without which nothing is listed. Without `DISTINCT` the planner would make one
/// join of both, and the line would come out of `unnest` again.
async fn cells(
    tx: &Tx,
    lines: &[&mut Line<'_>],
    page: usize,
    (person, now): (PersonId, Timestamp),
) -> Result<Vec<Row>> {
    tx.query(
        concat!(
            "SELECT q.line, ",
            cell_columns!(),
            ", s.place, s.expires, s.entry, s.holder \
             FROM (SELECT DISTINCT q.line, c.facility, q.resource, q.after, q.until, q.allowed \
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bigint[], $6::int[]) WITH ORDINALITY \
             AS q(facility, person, resource, after, until, allowed, line) \
             JOIN card c ON c.facility = q.facility AND c.person = q.person) q \
             CROSS JOIN LATERAL (SELECT s.*, ",
            taken_columns!(),
            " FROM slot s LEFT JOIN claim_place c ON c.facility = s.facility AND c.slot = s.slot \
             WHERE s.facility = q.facility AND s.resource = q.resource AND s.start > q.after AND s.start < q.until \
             AND NOT s.absent AND (s.rights & q.allowed <> 0 \
             OR s.release_rights & q.allowed <> 0 AND s.release_at <= $7::bigint / 1000000) \
             AND (s.places > 1 OR c.place IS NULL OR c.expires <= $7 OR c.holder = $8) \
             ORDER BY s.start LIMIT $9) s ORDER BY q.line, s.start"
        ),
        params![
            guids(lines, |line| line.resource.facility.0),
            guids(lines, |_| person.0),
            guids(lines, |line| line.resource.resource.0),
            column(lines, |line| line.after),
            column(lines, |line| line.end.as_second()),
            column(lines, |line| i32::from(line.case.rights().bits())),
            now.as_microsecond(),
            person.0,
            i64::try_from(page).unwrap_or(i64::MAX)
        ],
    )
    .await
}
