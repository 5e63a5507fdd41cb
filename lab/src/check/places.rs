//! Cells whose places are held, booked and given up: nobody was sold what others had, nor refused what nobody had.
//!
//! From the answer that a journey has a place to the request that gives it up the place is surely its own; from the first
//! request for it to the answer that it is given up it may be. A hold ends by time: surely it is there no longer than it
//! lasts from its request on, and it may keep others out for the grace after it lasted from its answer on. A request
//! whose answer was lost may be done at any time since, or never. So a cell is sold out of measure when more have it surely than it has places, and a refusal is false
//! when at no moment between its sending and its answer as many others may have had it. That is less than an order of all
//! answers (`linear` finds one where places only fill): looking for one takes longer than any run where the answers of
//! many were lost at once.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use talon_testkit::{Outcome, Violation};

use super::{journeys::by_journey, violation};
use crate::{
    history::Attempt,
    plan::{GRACE, HOLD, Kind, Plan, Request},
};

/// A moment that never comes.
const NEVER: u64 = u64::MAX;

/// A journey's place in a cell.
#[derive(Clone, Copy, Debug)]
struct Stay {
    who: u32,
    is_visit: bool,
    /// From when to when it may be there.
    may: (u64, u64),
    /// From when to when it surely is.
    sure: (u64, u64),
}

/// A refusal because a cell was full.
#[derive(Clone, Copy, Debug)]
struct Full {
    who: u32,
    began: u64,
    ended: u64,
}

/// What is said of a cell.
#[derive(Default)]
struct Told {
    stays: Vec<Stay>,
    full: Vec<Full>,
}

/// How many cells were checked, and what is wrong with them.
pub(super) fn check(plan: &Plan, history: &[Attempt]) -> (usize, Vec<Violation>) {
    let mut by_cell: BTreeMap<u32, Told> = BTreeMap::new();
    for steps in by_journey(plan, history) {
        say(plan, &steps, &mut by_cell);
    }
    let mut violations = Vec::new();
    for (cell, told) in &by_cell {
        let places = usize::from(plan.slots[*cell as usize].places);
        violations
            .extend(crowded(told, places).map(|at| violation("places", format!("cell {cell} of {places} at {at}"))));
        let refused = told.full.iter().filter(|full| !may_be_full(told, full, places));
        violations.extend(refused.map(|full| violation("places", format!("cell {cell} had room for {full:?}"))));
    }
    (by_cell.len(), violations)
}

/// The first moment at which more surely have a place than there are.
fn crowded(told: &Told, places: usize) -> Option<u64> {
    let mut moments = told.stays.iter().map(|stay| stay.sure.0);
    moments.find(|at| {
        let there = told.stays.iter().filter(|stay| stay.sure.0 <= *at && *at < stay.sure.1);
        there.map(|stay| stay.who).collect::<BTreeSet<_>>().len() > places
    })
}

/// Whether others may have had all of it at some moment. Their number grows only where one of them comes.
fn may_be_full(told: &Told, full: &Full, places: usize) -> bool {
    let others = || told.stays.iter().filter(|stay| stay.who != full.who);
    let coming = others().map(|stay| stay.may.0).filter(|from| (full.began..=full.ended).contains(from));
    [full.began].into_iter().chain(coming).any(|at| {
        let there = others().filter(|stay| stay.may.0 <= at && at <= stay.may.1);
        there.map(|stay| stay.who).collect::<BTreeSet<_>>().len() >= places
    })
}

/// Adds what the answers to one journey say of cells.
fn say(plan: &Plan, steps: &[&Attempt], by_cell: &mut BTreeMap<u32, Told>) {
    let mut journey = Journey { by_cell, lost: HashMap::new() };
    for step in steps {
        let request = plan.requests[step.request as usize];
        let since = journey.lost.get(&step.request).map(|(_, since)| *since);
        let began = since.unwrap_or(step.began);
        match &step.outcome {
            Outcome::Unknown(_) => {
                journey.lost.insert(step.request, (request, began));
                journey.may_be_done(request, began);
            }
            Outcome::Refused(reason) if reason == "time-taken" => {
                let who = request.journey.unwrap_or_default();
                journey.told(request.slot).full.push(Full { who, began: step.began, ended: step.ended });
            }
            // Of the cell that says nothing.
            Outcome::Refused(_) => {}
            Outcome::Ok { .. } => journey.is_done(request, began, step.ended),
        }
    }
}

/// One person's steps.
struct Journey<'a> {
    by_cell: &'a mut BTreeMap<u32, Told>,
    /// By their numbers, requests whose answer was lost, and when the first was sent.
    lost: HashMap<u32, (Request, u64)>,
}

impl Journey<'_> {
    fn told(&mut self, cell: u32) -> &mut Told {
        self.by_cell.entry(cell).or_default()
    }

    /// Where the journey surely is, or may be.
    fn stays(&mut self, who: u32) -> impl Iterator<Item = (u32, &mut Stay)> {
        let cells = self.by_cell.iter_mut();
        let stays = cells.flat_map(|(cell, told)| told.stays.iter_mut().map(|stay| (*cell, stay)));
        stays.filter(move |(_, stay)| stay.who == who)
    }

    /// An answer was lost: from then on it may be there, and is not surely where it was.
    fn may_be_done(&mut self, request: Request, began: u64) {
        let who = request.journey.unwrap_or_default();
        if let Some(is_visit) = takes(request.kind) {
            let stay = Stay { who, is_visit, may: (began, NEVER), sure: (NEVER, NEVER) };
            self.told(request.slot).stays.push(stay);
        }
        for (_, stay) in self.stays(who).filter(|(cell, stay)| is_left(request, *cell, stay)) {
            stay.sure.1 = stay.sure.1.min(began);
        }
    }

    fn is_done(&mut self, request: Request, began: u64, ended: u64) {
        let who = request.journey.unwrap_or_default();
        for (_, stay) in self.stays(who).filter(|(cell, stay)| is_left(request, *cell, stay)) {
            stay.sure.1 = stay.sure.1.min(began);
            // What may come late may come after this too.
            if stay.sure.0 != NEVER {
                stay.may.1 = stay.may.1.min(ended);
            }
        }
        let Some(is_visit) = takes(request.kind) else { return };
        let mut stay = Stay { who, is_visit, may: (began, NEVER), sure: (ended, NEVER) };
        if is_visit {
            // Who books what they hold has the same place, as a visit.
            let is_hold = |(cell, stay): &(u32, &mut Stay)| *cell == request.slot && !stay.is_visit;
            for (_, hold) in self.stays(who).filter(is_hold).filter(|(_, hold)| hold.sure.0 != NEVER) {
                (hold.sure.1, hold.may.1) = (hold.sure.1.min(ended), hold.may.1.min(ended));
            }
            if self.may_be_moved_from(request.slot) {
                stay.sure = (NEVER, NEVER);
            }
        } else {
            stay.sure.1 = began.saturating_add(nanoseconds(HOLD));
            stay.may.1 = ended.saturating_add(nanoseconds(HOLD + GRACE));
        }
        self.told(request.slot).stays.push(stay);
    }

    /// Whether a move whose answer was lost, and which was answered when it was asked again, may come late and take
    /// a visit away from this cell.
    fn may_be_moved_from(&self, cell: u32) -> bool {
        self.lost.values().any(|(lost, _)| lost.kind == Kind::Move && lost.slot != cell)
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(NEVER)
}

/// Whether a request takes a place, and for a visit.
fn takes(kind: Kind) -> Option<bool> {
    match kind {
        Kind::Hold => Some(false),
        Kind::Book | Kind::Move => Some(true),
        Kind::Release | Kind::Cancel => None,
    }
}

/// Whether a request of the journey gives up its place in this cell. A visit is in one cell at a time.
fn is_left(request: Request, cell: u32, stay: &Stay) -> bool {
    match request.kind {
        Kind::Hold | Kind::Book => false,
        Kind::Release => !stay.is_visit && cell == request.slot,
        Kind::Move => stay.is_visit && cell != request.slot,
        Kind::Cancel => stay.is_visit,
    }
}
