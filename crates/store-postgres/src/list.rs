//! Every free time under a referral.

use futures_util::future::try_join;
use jiff::Timestamp;
use talon_domain::{
    booking::{Case, Facts, FreeCell, FreeCells, MOST_ANYWHERE, MOST_IN_A_FACILITY, Refusal, Search, arranged},
    facility::{FacilityName, LpuCode},
    ids::ResourceKey,
    reference::Reference,
};
use talon_store::{ListQuery, ListReply};

use crate::{
    facts::{self, Asked},
    failure::Result,
    open_cells::{self, Order, Viewers, Window},
    people,
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
    let viewers = Viewers { persons: &[query.person], now: now.as_microsecond() };
    let found = earliest(tx, lines.collect(), most, viewers).await?;
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
    window: Window,
    found: Vec<FreeCell>,
}

/// The earliest free cells of all lines, at least `most` if there are so many.
///
/// Of many lines a few rows each are read, and more only of those that may have cells before the last of the earliest
/// `most`. At first it is twice a line's share: where half of the resources work in the afternoon, what the others have
/// in the morning is enough, and rows that are not used cost less than another round trip.
async fn earliest(tx: &Tx, mut lines: Vec<Line<'_>>, most: usize, viewers: Viewers<'_>) -> Result<Vec<FreeCells>> {
    let mut page = 2 * most / lines.len().max(1) + 2;
    loop {
        let last = last_of_earliest(&lines, most);
        let behind = lines.iter_mut().filter(|line| line.is_behind(last));
        let (mut windows, mut behind): (Vec<_>, Vec<_>) =
            behind.map(|Line { case, window, found, .. }| (window, (case, found))).unzip();
        if windows.is_empty() {
            break;
        }
        open_cells::read(tx, &mut windows, page, viewers, |nth, slot, places| {
            let (case, found) = &mut behind[nth];
            found.extend(FreeCell::of(case, slot, places));
        })
        .await?;
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
        // Cells begin at whole seconds, and one that begins now has begun.
        let window = Window::of(&case, case.now.as_second(), end.as_second(), Order::EarliestFirst)?;
        Some(Self { case, resource: case.resource_key()?, window, found: Vec::new() })
    }

    /// Whether it may have more cells that begin before `last` does, or any if there is no last one yet.
    fn is_behind(&self, last: Option<Timestamp>) -> bool {
        !self.window.is_read && last.is_none_or(|last| self.window.after < last.as_second())
    }
}
