//! Linearizability of cells whose places are held, booked and given up: the answers must be those of some order in
//! which the steps of all journeys could have been handled one by one, each between its sending and its answer.
//!
//! A step whose answer was lost may have been done at any time since, or never: it is open to the end, and goes
//! through wherever it is put, without effect where it could not have any.

use std::collections::{BTreeMap, HashMap};

use talon_testkit::{Outcome, Violation};
use todc_utils::{Action, History, Specification, WGLChecker};

use super::{entries::Entry, journeys::by_journey, violation};
use crate::{
    history::Attempt,
    plan::{Kind, Plan},
};

/// What a journey has of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Has {
    Hold,
    Visit,
}

/// What a step says of a cell.
#[derive(Clone, Debug)]
enum Said {
    /// It has this of it now.
    Took(Has),
    /// It has not any more.
    Left(Has),
    /// Others have all of it.
    Full,
    /// These and no others have visits in it: what the store says in the end.
    Visits(Vec<u32>),
}

#[derive(Clone, Debug)]
struct Told {
    /// The journey.
    who: u32,
    said: Said,
    /// Whether that was answered.
    is_sure: bool,
    places: u16,
    began: u64,
    ended: u64,
}

/// Sequentially: who has what of the cell.
struct Cell;

impl Specification for Cell {
    type State = Vec<(u32, Has)>;
    type Operation = Told;

    fn init() -> Self::State {
        Vec::new()
    }

    fn apply(told: &Told, holders: &Self::State) -> (bool, Self::State) {
        let others = holders.iter().filter(|(who, _)| *who != told.who).count();
        let has_room = others < usize::from(told.places);
        let mut after = holders.clone();
        let is_possible = match &told.said {
            Said::Took(has) => {
                // Who books what they hold holds it no longer.
                after.retain(|(who, _)| *who != told.who);
                after.push((told.who, *has));
                after.sort_unstable();
                has_room
            }
            Said::Left(has) => {
                after.retain(|holder| *holder != (told.who, *has));
                true
            }
            Said::Full => !has_room,
            Said::Visits(visits) => {
                let there = holders.iter().filter(|(_, has)| *has == Has::Visit).map(|(who, _)| who);
                visits.iter().eq(there)
            }
        };
        match (is_possible, told.is_sure) {
            (true, _) => (true, after),
            (false, true) => (false, holders.clone()),
            (false, false) => (true, holders.clone()),
        }
    }
}

/// How many cells were checked, and those whose answers no order explains.
pub(super) fn check(plan: &Plan, history: &[Attempt], entries: &[Entry]) -> (usize, Vec<Violation>) {
    let mut by_cell: BTreeMap<u32, Vec<Told>> = BTreeMap::new();
    for steps in by_journey(plan, history) {
        say(plan, &steps, &mut by_cell);
    }
    let mut visits: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in entries.iter().filter(|entry| entry.is_live()) {
        let request = plan.requests[entry.request as usize];
        if let Some(journey) = request.journey {
            visits.entry(request.slot).or_default().push(journey);
        }
    }
    let mut violations = Vec::new();
    for (cell, told) in &mut by_cell {
        let mut visits = visits.remove(cell).unwrap_or_default();
        visits.sort_unstable();
        // No journey has this number, and it is asked after everything that was answered.
        let (who, began, ended) = (u32::MAX, u64::MAX - 2, u64::MAX - 1);
        told.push(Told { who, said: Said::Visits(visits), is_sure: true, places: 0, began, ended });
        violations.extend(crowded(*cell, told).or_else(|| unexplained(*cell, told)));
    }
    (by_cell.len(), violations)
}

/// Adds what a journey's steps say of cells. A visit is in one cell at a time, so whoever is told that it is in one
/// is told that it is in no other.
fn say(plan: &Plan, steps: &[&Attempt], by_cell: &mut BTreeMap<u32, Vec<Told>>) {
    let Some(first) = steps.first() else { return };
    let who = plan.requests[first.request as usize].journey.unwrap_or_default();
    let mut cells: Vec<u32> = steps.iter().map(|step| plan.requests[step.request as usize].slot).collect();
    cells.sort_unstable();
    cells.dedup();
    for step in steps {
        let request = plan.requests[step.request as usize];
        let is_sure = !step.is_unknown();
        let mut tell = |cell: u32, said: Said| {
            let places = plan.slots[cell as usize].places;
            let ended = if is_sure { step.ended } else { u64::MAX };
            by_cell.entry(cell).or_default().push(Told { who, said, is_sure, places, began: step.began, ended });
        };
        let others = cells.iter().copied().filter(|cell| *cell != request.slot);
        match (&step.outcome, request.kind) {
            (Outcome::Refused(reason), _) if reason == "time-taken" => tell(request.slot, Said::Full),
            // Of the cell that says nothing.
            (Outcome::Refused(_), _) => {}
            (_, Kind::Hold) => tell(request.slot, Said::Took(Has::Hold)),
            (_, Kind::Release) => tell(request.slot, Said::Left(Has::Hold)),
            (_, Kind::Book) => tell(request.slot, Said::Took(Has::Visit)),
            (_, Kind::Move) => {
                tell(request.slot, Said::Took(Has::Visit));
                others.for_each(|cell| tell(cell, Said::Left(Has::Visit)));
            }
            (_, Kind::Cancel) => cells.iter().for_each(|cell| tell(*cell, Said::Left(Has::Visit))),
        }
    }
}

/// The violation, if at some moment more journeys surely had something of a cell than there are places. What a journey
/// was told to have it has until it asks for something else that may take it away.
///
/// No order explains that either, but a search through all of them would first try each: hours, where many are at it.
fn crowded(cell: u32, told: &[Told]) -> Option<Violation> {
    let mut steps: Vec<&Told> = told.iter().filter(|told| told.who != u32::MAX).collect();
    steps.sort_by_key(|told| (told.who, told.began));
    let mut moments = Vec::new();
    for journey in steps.chunk_by(|one, next| one.who == next.who) {
        let mut since = None;
        for step in journey {
            match step.said {
                Said::Took(_) if step.is_sure => since = since.or(Some(step.ended)),
                Said::Left(_) => moments.extend(since.take().map(|since| (since, step.began))),
                _ => {}
            }
        }
        moments.extend(since.map(|since| (since, u64::MAX)));
    }
    let places = steps.first().map_or(0, |step| usize::from(step.places));
    let at_once = |at: u64| moments.iter().filter(|(since, until)| *since <= at && at < *until).count();
    let at = moments.iter().map(|(since, _)| *since).find(|at| at_once(*at) > places)?;
    Some(violation(
        "linearizability",
        format!("cell {cell}: {} journeys had one of {places} places at {at}", at_once(at)),
    ))
}

/// The violation, if no order explains what was said of a cell.
fn unexplained(cell: u32, told: &[Told]) -> Option<Violation> {
    let mut moments = Vec::with_capacity(told.len() * 2);
    for (caller, told) in told.iter().enumerate() {
        moments.push((told.began, caller, Action::Call(told.clone())));
        moments.push((told.ended, caller, Action::Response(told.clone())));
    }
    // Stable: a call stays before its own response when the clock did not move between them.
    moments.sort_by_key(|(at, _, _)| *at);
    let actions = moments.into_iter().map(|(_, caller, action)| (caller, action)).collect();
    match WGLChecker::<Cell>::is_linearizable(History::from_actions(actions)) {
        true => None,
        false => Some(violation("linearizability", format!("cell {cell}: no order explains {told:?}"))),
    }
}
