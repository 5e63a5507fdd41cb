//! Answers against entries.

use std::collections::{HashMap, HashSet};

use talon_testkit::{Outcome, Violation};

use super::{entries::Entry, violation};
use crate::{history::Attempt, plan::Plan};

/// All that the bookings of a plan can be refused with; they are faultless but for each other.
const REASONS: [&str; 4] = ["time-taken", "referral-used", "specialty-limit", "patient-overlap"];

/// Answers that no request of a plan can deserve. Of the server's own errors, only "ask again" is one that
/// a fault may cause. What steps of a journey may be told is for `journeys` to say.
pub(super) fn unexpected(plan: &Plan, history: &[Attempt]) -> Vec<Violation> {
    let odd = history.iter().filter(|attempt| match &attempt.outcome {
        Outcome::Ok { .. } => attempt.trace.is_none(),
        Outcome::Refused(reason) => {
            attempt.trace.is_none() || is_alone(plan, attempt.request) && !REASONS.contains(&reason.as_str())
        }
        Outcome::Unknown(_) => !matches!(attempt.status, None | Some(503)),
    });
    odd.map(|attempt| violation("unexpected", format!("{:?} {:?}", attempt.status, attempt.outcome))).collect()
}

/// Successful answers to the same request that name different entries or tickets.
pub(super) fn repeats_differ(plan: &Plan, history: &[Attempt]) -> Vec<Violation> {
    let mut first: Vec<Option<&Outcome>> = vec![None; plan.requests.len()];
    let mut violations = Vec::new();
    for attempt in history {
        let Outcome::Ok { .. } = &attempt.outcome else { continue };
        let before = *first[attempt.request as usize].get_or_insert(&attempt.outcome);
        if *before != attempt.outcome {
            let what = format!("request {}: {before:?}, then {:?}", attempt.request, attempt.outcome);
            violations.push(violation("repeats_differ", what));
        }
    }
    violations
}

/// Bookings that were answered with success and are not in the store as answered.
pub(super) fn ok_but_missing(plan: &Plan, history: &[Attempt], entries: &[Entry]) -> Vec<Violation> {
    let by_id: HashMap<&str, &Entry> = entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
    let mut violations = Vec::new();
    for attempt in history.iter().filter(|attempt| is_alone(plan, attempt.request)) {
        let Outcome::Ok { entry, ticket } = &attempt.outcome else { continue };
        let kept = by_id.get(entry.as_str());
        let as_told =
            kept.is_some_and(|kept| kept.request == attempt.request && kept.ticket == *ticket && kept.is_live());
        if !as_told {
            let what = format!("request {}, entry {entry}, ticket {ticket}: {kept:?}", attempt.request);
            violations.push(violation("ok_but_missing", what));
        }
    }
    violations
}

/// Requests whose every attempt was refused, or that were never sent, and that are in the store all
/// the same.
pub(super) fn refused_but_present(plan: &Plan, history: &[Attempt], entries: &[Entry]) -> Vec<Violation> {
    let maybe: HashSet<u32> = history.iter().filter(|a| a.reason().is_none()).map(|a| a.request).collect();
    let unfounded = entries.iter().filter(|entry| !maybe.contains(&entry.request));
    unfounded
        .filter(|entry| is_alone(plan, entry.request))
        .map(|entry| violation("refused_but_present", format!("request {}, entry {}", entry.request, entry.id)))
        .collect()
}

/// Whether a request is a booking for itself, and no step of a journey.
fn is_alone(plan: &Plan, request: u32) -> bool {
    plan.requests[request as usize].journey.is_none()
}
