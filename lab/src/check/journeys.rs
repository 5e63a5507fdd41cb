//! Journeys: whether each step was told what it must be after the one before, and whether the store has what the last
//! one left.

use std::collections::HashMap;

use talon_testkit::{Outcome, Violation};

use super::{
    entries::{Entry, State},
    violation,
};
use crate::{
    history::Attempt,
    plan::{HOLD, Kind, Plan},
};

/// What a late request may have left, which was sent before an answer was lost, and which came to its end when others
/// had been answered already.
const AFTER_A_LOST_ANSWER: [&str; 4] = ["referral-used", "specialty-limit", "patient-overlap", "hold-limit"];

/// The steps of each journey, in the order in which they were asked.
pub(super) fn by_journey<'a>(plan: &Plan, history: &'a [Attempt]) -> Vec<Vec<&'a Attempt>> {
    let mut journeys: Vec<Vec<&Attempt>> = vec![Vec::new(); plan.journeys as usize];
    for attempt in history {
        if let Some(journey) = plan.requests[attempt.request as usize].journey {
            journeys[journey as usize].push(attempt);
        }
    }
    journeys.iter_mut().for_each(|steps| steps.sort_by_key(|attempt| attempt.began));
    journeys
}

/// Journeys on which a hold did not hold, a visit was lost or became another, or what is left is not what was told.
pub(super) fn broken(plan: &Plan, history: &[Attempt], entries: &[Entry]) -> Vec<Violation> {
    let mut left: Vec<Vec<&Entry>> = vec![Vec::new(); plan.journeys as usize];
    for entry in entries {
        if let Some(journey) = plan.requests[entry.request as usize].journey {
            left[journey as usize].push(entry);
        }
    }
    let mut violations = Vec::new();
    for (journey, steps) in by_journey(plan, history).iter().enumerate() {
        let mut told = Told::of(plan);
        let mut found: Vec<String> = steps.iter().filter_map(|step| told.hear(step)).collect();
        found.extend(told.compare(&left[journey]));
        violations.extend(found.into_iter().map(|what| violation("journey", format!("journey {journey}: {what}"))));
    }
    violations
}

/// What a person knows on a journey.
struct Told<'a> {
    plan: &'a Plan,
    /// Whether an answer was lost: what came of that request may have happened at any time since.
    is_unsure: bool,
    /// The request that was sent last, and when it was sent first.
    asked: (u32, u64),
    /// The slot that is held, and until when at least.
    held: Option<(u32, u64)>,
    /// The visits, by id.
    visits: HashMap<String, Visit>,
}

/// A visit as its owner knows it.
struct Visit {
    ticket: String,
    slot: u32,
    state: State,
    version: u32,
}

impl<'a> Told<'a> {
    /// Before the first step.
    fn of(plan: &'a Plan) -> Self {
        Self { plan, is_unsure: false, asked: (u32::MAX, 0), held: None, visits: HashMap::new() }
    }

    /// Takes note of an answer; a text says what is wrong with it.
    fn hear(&mut self, step: &Attempt) -> Option<String> {
        let request = self.plan.requests[step.request as usize];
        if self.asked.0 != step.request {
            self.asked = (step.request, step.began);
        }
        match (&step.outcome, request.kind) {
            (Outcome::Unknown(_), _) => {
                self.is_unsure = true;
                None
            }
            (Outcome::Refused(reason), kind) => self.hear_no(reason, kind, request.slot, step.ended),
            (Outcome::Ok { .. }, Kind::Hold) => {
                let lasts = u64::try_from(HOLD.as_nanos()).unwrap_or(u64::MAX);
                self.held = Some((request.slot, self.asked.1.saturating_add(lasts)));
                None
            }
            (Outcome::Ok { .. }, Kind::Release) => {
                self.held = None;
                None
            }
            (Outcome::Ok { entry, ticket }, Kind::Book) => {
                self.held = self.held.filter(|(slot, _)| *slot != request.slot);
                let visit = Visit { ticket: ticket.clone(), slot: request.slot, state: State::Booked, version: 1 };
                let before = self.visits.insert(entry.clone(), visit);
                before.map(|_| format!("the new visit {entry} is one that there was already"))
            }
            (Outcome::Ok { entry, ticket }, Kind::Move) => match self.live() {
                Some((known, visit)) if known == entry => {
                    visit.version += u32::from(visit.slot != request.slot);
                    visit.slot = request.slot;
                    ticket.clone_into(&mut visit.ticket);
                    None
                }
                _ => Some(format!("a move made the visit {entry}")),
            },
            (Outcome::Ok { .. }, Kind::Cancel) => {
                if let Some((_, visit)) = self.live() {
                    (visit.state, visit.version) = (State::Cancelled, visit.version + 1);
                }
                None
            }
        }
    }

    fn hear_no(&self, reason: &str, kind: Kind, slot: u32, at: u64) -> Option<String> {
        let takes = matches!(kind, Kind::Hold | Kind::Book | Kind::Move);
        if takes && reason == "time-taken" {
            let held = kind == Kind::Book && self.held.is_some_and(|(held, until)| held == slot && at < until);
            return held.then(|| "a time that is held was refused to its holder".to_owned());
        }
        let may_be = takes && self.is_unsure && AFTER_A_LOST_ANSWER.contains(&reason);
        (!may_be).then(|| format!("{} was refused: {reason}", kind.action()))
    }

    fn live(&mut self) -> Option<(&String, &mut Visit)> {
        self.visits.iter_mut().find(|(_, visit)| visit.state == State::Booked)
    }

    /// What the store does not have as it was told, or has besides.
    fn compare(&self, left: &[&Entry]) -> Vec<String> {
        let mut found = Vec::new();
        for (id, visit) in &self.visits {
            let Some(entry) = left.iter().find(|entry| entry.id == *id) else {
                found.push(format!("the visit {id} is gone"));
                continue;
            };
            let slot = self.plan.requests[entry.request as usize].slot;
            let is = (slot, entry.state, entry.version, &entry.ticket);
            let should_be = (visit.slot, visit.state, visit.version, &visit.ticket);
            if !self.is_unsure && is != should_be {
                found.push(format!("the visit {id} should be {should_be:?} and is {is:?}"));
            }
        }
        let strange = left.iter().filter(|entry| !self.is_unsure && !self.visits.contains_key(&entry.id));
        found.extend(strange.map(|entry| format!("nobody was told of the visit {}", entry.id)));
        found
    }
}
