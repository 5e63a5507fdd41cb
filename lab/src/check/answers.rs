//! Answers against entries.

use std::collections::{HashMap, HashSet};

use talon_testkit::{Outcome, Violation};

use super::{entries::Entry, violation};
use crate::{history::Attempt, plan::Plan};

/// All that the requests of a plan can be refused with; they are faultless but for each other.
const REASONS: [&str; 4] = ["time-taken", "referral-used", "specialty-limit", "patient-overlap"];

/// Answers that no request of a plan can deserve. Of the server's own errors, only "ask again" is one that
/// a fault may cause.
pub(super) fn unexpected(history: &[Attempt]) -> Vec<Violation> {
    let odd = history.iter().filter(|attempt| match &attempt.outcome {
        Outcome::Ok { .. } => attempt.trace.is_none(),
        Outcome::Refused(reason) => !REASONS.contains(&reason.as_str()) || attempt.trace.is_none(),
        Outcome::Unknown(_) => !matches!(attempt.status, None | Some(503)),
    });
    odd.map(|attempt| violation("unexpected", format!("{:?} {:?}", attempt.status, attempt.outcome))).collect()
}

/// Successful answers to the same request that name different entries or tickets. For histories in
/// which nothing is cancelled.
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
pub(super) fn ok_but_missing(history: &[Attempt], entries: &[Entry]) -> Vec<Violation> {
    let by_id: HashMap<&str, &Entry> = entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
    let mut violations = Vec::new();
    for attempt in history {
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
pub(super) fn refused_but_present(history: &[Attempt], entries: &[Entry]) -> Vec<Violation> {
    let maybe: HashSet<u32> = history.iter().filter(|a| a.reason().is_none()).map(|a| a.request).collect();
    let unfounded = entries.iter().filter(|entry| !maybe.contains(&entry.request));
    unfounded
        .map(|entry| violation("refused_but_present", format!("request {}, entry {}", entry.request, entry.id)))
        .collect()
}
