//! What must stand beside entries: a message for each change of one, and a record of every request.

use std::collections::HashMap;

use serde::Deserialize;
use talon_testkit::{Outcome, Violation};
use uuid::Uuid;

use super::{
    entries::{Entry, State},
    export::MessageLine,
    violation,
};
use crate::{
    history::Attempt,
    plan::{Kind, Plan},
};

/// The messages that were seen of each entry. For stores from which nothing was sent yet: there is no
/// relay, so each is still in the outbox.
#[derive(Default)]
pub(super) struct Messages {
    seen: HashMap<usize, Vec<(u32, String)>>,
}

impl Messages {
    /// One more, with the index of its entry.
    pub(super) fn add(&mut self, line: MessageLine, entry: Option<usize>) -> Option<Violation> {
        let Some(entry) = entry else {
            return Some(violation("outbox", format!("a message about no entry: {}{}", line.facility, line.entry)));
        };
        self.seen.entry(entry).or_default().push((line.version, line.kind));
        None
    }

    /// Entries that do not have exactly the messages that they owe.
    pub(super) fn missing(mut self, entries: &[Entry]) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            let mut seen = self.seen.remove(&index).unwrap_or_default();
            seen.sort();
            let owed: Vec<(u32, String)> = (1..=entry.version)
                .map(|version| match version {
                    1 => (version, "booked".to_owned()),
                    last if last == entry.version && entry.state == State::Cancelled => (last, "cancelled".to_owned()),
                    _ => (version, "moved".to_owned()),
                })
                .collect();
            if seen != owed {
                violations.push(violation("outbox", format!("{} owes {owed:?} and has {seen:?}", entry.id)));
            }
        }
        violations
    }
}

/// A line of `audit`.
#[derive(Deserialize)]
pub(super) struct AuditLine {
    request: Uuid,
    action: String,
    object: Option<String>,
    outcome: String,
}

/// The audit against what was answered.
pub(super) struct Records<'a> {
    plan: &'a Plan,
    history: &'a [Attempt],
    /// The attempt of each request that was answered, and whether its record was seen.
    answered: HashMap<Uuid, (u32, bool)>,
    /// Attempts without an answer: each may have left a record.
    unanswered: u64,
    /// Records of requests that were never answered.
    strangers: u64,
    /// Records of a new booking, by the index of its entry.
    booked: HashMap<usize, u32>,
}

impl<'a> Records<'a> {
    pub(super) fn expecting(plan: &'a Plan, history: &'a [Attempt]) -> Self {
        let answered = history.iter().zip(0..).filter_map(|(attempt, index)| Some((attempt.trace?, (index, false))));
        Self {
            answered: answered.collect(),
            unanswered: history.iter().filter(|attempt| attempt.trace.is_none()).count() as u64,
            plan,
            history,
            strangers: 0,
            booked: HashMap::new(),
        }
    }

    /// One more record.
    pub(super) fn add(&mut self, line: &AuditLine, entries: &HashMap<String, usize>) -> Vec<Violation> {
        let mut violations = Vec::new();
        if line.outcome == "ok" && line.action == "book" {
            match line.object.as_ref().and_then(|object| entries.get(object)) {
                Some(entry) => *self.booked.entry(*entry).or_default() += 1,
                None => violations.push(violation("audit", format!("a booking of no entry: {:?}", line.object))),
            }
        }
        let Some((attempt, seen)) = self.answered.get_mut(&line.request) else {
            self.strangers += 1;
            return violations;
        };
        let attempt = &self.history[*attempt as usize];
        if *seen {
            violations.push(violation("audit", format!("request {} has two records", line.request)));
        }
        *seen = true;
        let request = self.plan.requests[attempt.request as usize];
        let referral = || self.plan.referrals[request.referral as usize].referral.id();
        // What is changed was named by the request, and what was to be had is named by the answer.
        let names = matches!(request.kind, Kind::Book | Kind::Hold);
        let agrees = match &attempt.outcome {
            Outcome::Ok { entry, .. } => {
                ["ok", "repeated"].contains(&line.outcome.as_str()) && (!names || line.object.as_ref() == Some(entry))
            }
            Outcome::Refused(reason) => line.outcome == *reason && (!names || line.object == Some(referral())),
            Outcome::Unknown(_) => true,
        };
        if line.action != request.kind.action() || !agrees {
            let what =
                format!("request {} was told {:?}, its record says {:?}", line.request, attempt.outcome, line.outcome);
            violations.push(violation("audit", what));
        }
        violations
    }

    /// Answers without a record, entries without exactly one of their booking, and records that nobody's
    /// request can have left.
    pub(super) fn missing(self, entries: &[Entry]) -> Vec<Violation> {
        let mut violations = Vec::new();
        for (request, (attempt, seen)) in &self.answered {
            let attempt = &self.history[*attempt as usize];
            if !seen && !attempt.is_unknown() {
                violations.push(violation("audit", format!("request {request} has no record: {:?}", attempt.outcome)));
            }
        }
        for (index, entry) in entries.iter().enumerate() {
            let records = self.booked.get(&index).copied().unwrap_or(0);
            if records != 1 {
                violations.push(violation("audit", format!("{} has {records} records of its booking", entry.id)));
            }
        }
        if self.strangers > self.unanswered {
            let what =
                format!("{} records of unanswered requests, of which there were {}", self.strangers, self.unanswered);
            violations.push(violation("audit", what));
        }
        violations
    }
}
