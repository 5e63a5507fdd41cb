//! Every free time under a referral.

use std::{cmp::Reverse, collections::BinaryHeap};

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, params};
use talon_domain::{
    booking::{Case, FreeCell, FreeCells, MOST_ANYWHERE, MOST_IN_A_FACILITY, Places, Search, arranged},
    facility::LpuCode,
    ids::ResourceKey,
    reference::Reference,
    slot::Slot,
};
use talon_store::{ListQuery, ListReply};

use crate::{
    columns::seconds,
    facts,
    failure::Result,
    people,
    slots::{self, CELL_COLUMNS, cell_columns},
};

/// Lists what could be booked, as one state of the store has it.
pub(crate) fn free_times(
    connection: &Connection,
    reference: &Reference,
    query: &ListQuery,
    now: Timestamp,
) -> Result<ListReply> {
    // One transaction: cells and visits are to be those of one moment.
    let _transaction = connection.unchecked_transaction()?;
    let (searches, most) = match &query.lpu {
        Some(lpu) => (in_facility(connection, reference, query, lpu, now)?, MOST_IN_A_FACILITY),
        None => (anywhere(connection, reference, query, now)?, MOST_ANYWHERE),
    };
    let searches = match searches {
        Ok(searches) => searches,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let lines = searches
        .iter()
        .flat_map(|search| search.cases(&query.caller, now).filter_map(|case| Line::new(case, search.end)));
    let found = earliest(connection, lines.collect(), most)?;
    Ok(Ok(arranged(found, reference, most)))
}

type Searches = std::result::Result<Vec<Search>, talon_domain::booking::Refusal>;

fn in_facility(
    connection: &Connection,
    reference: &Reference,
    query: &ListQuery,
    lpu: &LpuCode,
    now: Timestamp,
) -> Result<Searches> {
    let facts = facts::of_patient(connection, reference, query.person, lpu, Some(query.referral), now)?;
    Ok(Search::of(facts, query.person, lpu, &query.caller, reference, query.days, now).map(|search| vec![search]))
}

fn anywhere(connection: &Connection, reference: &Reference, query: &ListQuery, now: Timestamp) -> Result<Searches> {
    let facts = facts::of_person(connection, reference, query.person, Some(query.referral), now)?;
    let known = people::person(connection, query.person)?;
    let cards = people::cards(connection, query.person)?;
    let who = (query.person, known.as_ref());
    Ok(Search::anywhere(&facts, who, cards, &query.caller, reference, query.days, now))
}

/// One resource's cells, which are read from the earliest on.
struct Line<'a> {
    case: Case<'a>,
    resource: ResourceKey,
    /// Those up to this instant are read.
    after: Timestamp,
    end: Timestamp,
    is_read: bool,
    found: Vec<FreeCell>,
    /// How many of the found cells the merge has passed.
    passed: usize,
}

/// The earliest free cells of all lines, at least `most` if there are so many.
///
/// A merge of the lines, which passes over no more than `most` cells: of many lines a few cells each are read, and more
/// only of those that are earliest.
fn earliest(connection: &Connection, mut lines: Vec<Line<'_>>, most: usize) -> Result<Vec<FreeCells>> {
    let mut select = connection.prepare_cached(OPEN_CELLS)?;
    let share = most / lines.len().max(1) + 1;
    let mut heads = BinaryHeap::new();
    for (nth, line) in lines.iter_mut().enumerate() {
        line.read(&mut select, share)?;
        heads.extend(line.head(nth));
    }
    for _ in 0..most {
        let Some(Reverse((_, _, nth))) = heads.pop() else { break };
        let line = &mut lines[nth];
        line.passed += 1;
        if line.passed == line.found.len() && !line.is_read {
            line.read(&mut select, 4 * line.found.len())?;
        }
        heads.extend(line.head(nth));
    }
    Ok(lines.into_iter().map(|line| FreeCells { resource: line.resource, cells: line.found }).collect())
}

/// A resource's cells that are open to the caller, each beside those who have its places; a cell of one place only if
/// the person could have it, for of a busy resource nearly all are somebody else's.
///
/// One way through the cells, which looks each up under the key of its claims. ?5 are the caller's rights, ?6 is the
/// present in microseconds, ?7 the person.
const OPEN_CELLS: &str = concat!(
    "SELECT ",
    cell_columns!(),
    ", c.place, c.expires, c.entry, c.holder \
     FROM slot s LEFT JOIN claim_place c ON c.facility = ?1 AND c.slot = s.slot \
     WHERE s.facility = ?1 AND s.resource = ?2 AND s.start > ?3 AND s.start < ?4 \
     AND NOT s.absent AND (s.rights & ?5 <> 0 OR s.release_rights & ?5 <> 0 AND s.release_at <= ?6 / 1000000) \
     AND (s.places > 1 OR c.place IS NULL OR c.expires <= ?6 OR c.holder = ?7) ORDER BY s.start"
);

impl<'a> Line<'a> {
    fn new(case: Case<'a>, end: Timestamp) -> Option<Self> {
        let resource = case.resource_key()?;
        Some(Self { case, resource, after: case.now, end, is_read: false, found: Vec::new(), passed: 0 })
    }

    /// Its first cell that is not passed yet, to be merged with those of other lines.
    fn head(&self, nth: usize) -> Option<Reverse<(Timestamp, ResourceKey, usize)>> {
        self.found.get(self.passed).map(|cell| Reverse((cell.start, self.resource, nth)))
    }

    /// Reads up to `share` more free cells.
    fn read(&mut self, select: &mut CachedStatement<'_>, share: usize) -> Result<()> {
        let mut rows = select.query(params![
            self.resource.facility.bytes(),
            self.resource.resource.bytes(),
            self.after.as_second(),
            self.end.as_second(),
            self.case.rights().bits(),
            self.case.now.as_microsecond(),
            self.case.patient.person.id.bytes()
        ])?;
        let enough = self.found.len() + share;
        let mut cell: Option<(Slot, Places)> = None;
        while let Some(row) = rows.next()? {
            // A cell of several places comes once for each that somebody has.
            let start = seconds(row, 0)?;
            if cell.as_ref().is_none_or(|(slot, _)| slot.start != start) {
                self.add(cell.take());
                if self.found.len() >= enough {
                    return Ok(());
                }
                cell = Some((slots::read_of(self.resource, row, 0)?, Places::default()));
            }
            if let Some((_, taken)) = &mut cell {
                slots::note_place(taken, row, CELL_COLUMNS)?;
            }
        }
        self.add(cell);
        self.is_read = true;
        Ok(())
    }

    /// Adds a cell that is read, if it is free.
    fn add(&mut self, cell: Option<(Slot, Places)>) {
        if let Some((slot, taken)) = cell {
            self.after = slot.start;
            self.found.extend(FreeCell::of(&self.case, slot, &taken));
        }
    }
}
