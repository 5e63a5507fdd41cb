//! Free times under a referral, nearest to a time.

use std::collections::HashMap;

use futures_util::future::{try_join, try_join_all};
use jiff::Timestamp;
use talon_domain::{
    booking::{Case, Cell, Facts, FreeTime, MOST_ALTERNATIVES, Places, end_of_window, free_time, may_offer, nearest},
    entry::Entry,
    reference::Reference,
    slot::Slot,
};
use talon_store::{FreeTimesQuery, Sought, StoreError};

use crate::{
    entry,
    facts::{self, Asked},
    failure::Result,
    open_cells::{self, Order, Viewers, Window},
    transaction::Tx,
};

/// Rows of a window that are read at first: more than are offered, for some of the cells a rule may forbid.
const PAGE: usize = 16;

/// Somebody whose time was refused, and their present.
pub(crate) struct Search {
    pub(crate) query: FreeTimesQuery,
    pub(crate) now: Timestamp,
}

/// The times to offer to each of them.
///
/// They share the statements, and those who look for the same share the cells: when hundreds want one time nearly all of
/// them are refused at once, and each is to be offered what is nearest to it.
pub(crate) async fn alternatives(
    tx: &Tx,
    reference: &Reference,
    searches: &[Search],
) -> Result<Vec<talon_store::Result<Vec<FreeTime>>>> {
    let moving = try_join_all(searches.iter().map(|search| search.moving(tx))).await?;
    let asked: Vec<_> = searches.iter().zip(&moving).map(|(search, moving)| search.asked(moving.as_ref())).collect();
    let patients = facts::patients(tx, reference, &asked).await?;
    let known = asked.iter().zip(&moving).map(|(asked, moving)| {
        let facts = patients.facts(reference, asked)?;
        Ok(match moving {
            Some(entry) => facts.without(entry),
            None => facts,
        })
    });
    let known: Vec<Result<Facts>> = known.collect();
    let mut lines = Vec::new();
    for (nth, ((search, facts), moving)) in searches.iter().zip(&known).zip(&moving).enumerate() {
        if let Ok(facts) = facts {
            lines.extend(search.lines(nth, facts, moving.as_ref(), reference).unwrap_or_default());
        }
    }
    let mut found: Vec<_> = searches.iter().map(|_| Vec::new()).collect();
    for (nth, times) in look(tx, lines, searches).await? {
        found[nth].extend(times);
    }
    let offered = known.into_iter().zip(searches).zip(found).map(|((facts, search), found)| {
        let asked = search.instant(&facts?);
        Ok(asked.map(|asked| nearest(found, asked)).unwrap_or_default())
    });
    Ok(offered.map(|offered: Result<_>| offered.map_err(StoreError::from)).collect())
}

/// One person's search among one resource's cells, to one side of the time asked for.
struct Line<'a> {
    /// Whose it is.
    nth: usize,
    case: Case<'a>,
    found: Vec<FreeTime>,
}

impl Search {
    /// The entry that is to be moved, if it is the person's own.
    async fn moving(&self, tx: &Tx) -> Result<Option<Entry>> {
        match self.query.sought {
            Sought::Entry(entry) => entry::find(tx, entry, self.query.person).await,
            _ => Ok(None),
        }
    }

    fn asked(&self, moving: Option<&Entry>) -> Asked<'_> {
        let query = &self.query;
        let referral = query.sought.referral().or_else(|| moving?.referral);
        Asked { person: query.person, lpu: &query.lpu.name, referral, now: self.now }
    }

    /// The time asked for.
    fn instant(&self, facts: &Facts) -> Option<Timestamp> {
        facts.facility.as_ref()?.zone.nearest_instant(self.query.near)
    }

    /// Where to look; `None` if nothing can be offered.
    fn lines<'a>(
        &'a self,
        nth: usize,
        facts: &'a Facts,
        moving: Option<&Entry>,
        reference: &'a Reference,
    ) -> Option<Vec<(Window, Line<'a>)>> {
        let (query, now) = (&self.query, self.now);
        let facility = facts.facility.as_ref()?;
        let referral = facts.referral.own();
        let specialty = match (&query.sought, referral, moving) {
            (Sought::Specialty(specialty), ..) => specialty,
            (_, Some(referral), _) => &referral.specialty,
            (Sought::Entry(_), None, Some(entry)) => &entry.specialty,
            (_, None, _) => return None,
        };
        let only = referral.and_then(|referral| referral.resource);
        let case = Case::of(facts, &query.caller, facility.today(now), now)?;
        let end = end_of_window(facility, &query.caller, None, now)?.as_second();
        // Cells begin at whole seconds, and one that begins now has begun.
        let (asked, now) = (self.instant(facts)?.as_second(), now.as_second());
        let mut lines = Vec::new();
        for resource in reference.resources_of(facility.id, specialty) {
            let case = case.with(resource);
            if only.is_some_and(|named| named != resource.key) || may_offer(&case).is_err() {
                continue;
            }
            let before = Window::of(&case, now, asked.min(end), Order::LatestFirst);
            let from = Window::of(&case, now.max(asked - 1), end, Order::EarliestFirst);
            lines.extend(before.into_iter().chain(from).map(|window| (window, Line { nth, case, found: Vec::new() })));
        }
        Some(lines)
    }
}

/// Goes through the windows of all lines, and tells what each line found, with whose it is.
async fn look(tx: &Tx, lines: Vec<(Window, Line<'_>)>, searches: &[Search]) -> Result<Vec<(usize, Vec<FreeTime>)>> {
    let persons: Vec<_> = searches.iter().map(|search| search.query.person).collect();
    let now = searches.iter().map(|search| search.now.as_microsecond()).max().unwrap_or_default();
    let viewers = Viewers { persons: &persons, now };
    let mut shared: HashMap<_, (Window, Vec<Line<'_>>)> = HashMap::new();
    for (window, line) in lines {
        shared.entry(window.key()).or_insert_with(|| (window, Vec::new())).1.push(line);
    }
    let (before, from) = shared.into_values().partition(|(window, _)| window.order == Order::LatestFirst);
    let (before, from) = try_join(read(tx, before, viewers), read(tx, from, viewers)).await?;
    Ok(before.into_iter().chain(from).map(|line| (line.nth, line.found)).collect())
}

/// Reads windows of one order until each of their lines has enough.
async fn read<'a>(tx: &Tx, mut shared: Vec<(Window, Vec<Line<'a>>)>, viewers: Viewers<'_>) -> Result<Vec<Line<'a>>> {
    let mut page = PAGE;
    loop {
        let unread = shared.iter_mut().filter(|(window, lines)| !window.is_read && lines.iter().any(Line::wants_more));
        let (mut windows, mut lines): (Vec<_>, Vec<_>) = unread.map(|(window, lines)| (window, lines)).unzip();
        if windows.is_empty() {
            break;
        }
        open_cells::read(tx, &mut windows, page, viewers, |nth, slot, places| {
            lines[nth].iter_mut().for_each(|line| line.add(&slot, places));
        })
        .await?;
        page = page.saturating_mul(2);
    }
    Ok(shared.into_iter().flat_map(|(_, lines)| lines).collect())
}

impl Line<'_> {
    fn wants_more(&self) -> bool {
        self.found.len() < MOST_ALTERNATIVES
    }

    /// Adds a cell if it is a free time.
    fn add(&mut self, slot: &Slot, places: &Places) {
        if self.wants_more() {
            let cell = Cell::new(slot.clone(), places, self.case.patient.person.id, self.case.now);
            self.found.extend(free_time(&self.case, &cell));
        }
    }
}
