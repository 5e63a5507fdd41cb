//! Every free time under a referral.

use jiff::Timestamp;
use rusqlite::{CachedStatement, Connection, params};
use talon_domain::{
    booking::{Case, Cell, FreeCell, MOST_ANYWHERE, MOST_IN_A_FACILITY, Places, Search, arranged, free_time},
    facility::LpuCode,
    reference::Reference,
};
use talon_store::{ListQuery, ListReply};

use crate::{
    facts,
    failure::Result,
    free_times::has_room,
    people,
    slots::{self, slot_columns},
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
    let lines = searches.iter().flat_map(|search| {
        let cases = search.cases(&query.caller, now);
        cases.map(|case| Line { case, after: now, end: search.end, is_read: false })
    });
    let cells = earliest(connection, lines.collect(), most)?;
    Ok(Ok(arranged(cells, reference, most)))
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
    /// Those up to this instant are read.
    after: Timestamp,
    end: Timestamp,
    is_read: bool,
}

/// The earliest free cells of all lines, at least `most` if there are so many. Of many lines a few cells each
/// are read, and more only of those that are not yet read as far as is known to be needed.
fn earliest(connection: &Connection, mut lines: Vec<Line<'_>>, most: usize) -> Result<Vec<FreeCell>> {
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        slot_columns!(),
        " FROM slot s WHERE facility = ?1 AND resource = ?2 AND start > ?3 AND start < ?4",
        has_room!(),
        " ORDER BY start"
    ))?;
    let (mut found, mut share) = (Vec::new(), most / lines.len().max(1) + 1);
    while lines.iter().any(|line| !line.is_read) {
        for line in lines.iter_mut().filter(|line| !line.is_read) {
            line.read(connection, &mut select, share, &mut found)?;
        }
        if let Some(last) = nth_start(&mut found, most) {
            // Nothing that a line still has comes before where it stopped.
            lines.iter_mut().for_each(|line| line.is_read |= line.after >= last);
        }
        share = share.saturating_mul(4);
    }
    Ok(found)
}

/// When the `most`-th of the cells begins, if there are so many.
fn nth_start(found: &mut [FreeCell], most: usize) -> Option<Timestamp> {
    let nth = most.checked_sub(1).filter(|nth| *nth < found.len())?;
    Some(found.select_nth_unstable_by_key(nth, |cell| cell.time.start).1.time.start)
}

impl Line<'_> {
    /// Reads up to `share` more free cells.
    fn read(
        &mut self,
        connection: &Connection,
        select: &mut CachedStatement<'_>,
        share: usize,
        found: &mut Vec<FreeCell>,
    ) -> Result<()> {
        let Some(resource) = self.case.resource_key() else {
            self.is_read = true;
            return Ok(());
        };
        let person = self.case.patient.person.id;
        let mut rows = select.query(params![
            resource.facility.bytes(),
            resource.resource.bytes(),
            self.after.as_second(),
            self.end.as_second(),
            self.case.rights().bits(),
            self.case.now.as_microsecond(),
            person.bytes()
        ])?;
        let enough = found.len() + share;
        while let Some(row) = rows.next()? {
            let slot = slots::read(row)?;
            self.after = slot.start;
            // Of a cell of one place the query has found that the person can have it.
            let taken = if slot.places == 1 { Places::default() } else { slots::places(connection, slot.key)? };
            let places = taken.free_count(person, slot.places, self.case.now);
            let cell = Cell::new(slot, &taken, person, self.case.now);
            found.extend(free_time(&self.case, &cell).map(|time| FreeCell { time, places }));
            if found.len() >= enough {
                return Ok(());
            }
        }
        self.is_read = true;
        Ok(())
    }
}
