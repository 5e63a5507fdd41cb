//! What clients were told.

use std::io::Write;

use serde_json::json;
use talon_testkit::Outcome;
use uuid::Uuid;

use crate::plan::Plan;

/// One request that was sent, and what came of it as the client saw it.
pub(crate) struct Attempt {
    /// Index of the request in the plan.
    pub(crate) request: u32,
    /// Number of the client.
    pub(crate) client: u16,
    /// Number of the node.
    pub(crate) node: u8,
    /// Just before it was sent, in nanoseconds since the run began.
    pub(crate) began: u64,
    /// Just after the answer was read or given up, likewise.
    pub(crate) ended: u64,
    pub(crate) outcome: Outcome,
    /// HTTP status, if there was an answer.
    pub(crate) status: Option<u16>,
    /// The request's id in the answer, if there was one.
    pub(crate) trace: Option<Uuid>,
}

impl Attempt {
    /// The reason, if it was refused.
    pub(crate) fn reason(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Refused(reason) => Some(reason),
            Outcome::Ok { .. } | Outcome::Unknown(_) => None,
        }
    }

    /// Whether its outcome is not known.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown(_))
    }
}

/// Writes attempts as lines of JSON, in the order in which they began.
///
/// # Errors
///
/// They cannot be written.
pub(crate) fn write(plan: &Plan, history: &[Attempt], out: &mut dyn Write) -> anyhow::Result<()> {
    let mut order: Vec<&Attempt> = history.iter().collect();
    order.sort_by_key(|attempt| attempt.began);
    for attempt in order {
        let request = plan.requests[attempt.request as usize];
        let slot = plan.slot_of(request);
        let (outcome, detail) = match &attempt.outcome {
            Outcome::Ok { entry, ticket } => ("ok", format!("{entry} {ticket}")),
            Outcome::Refused(reason) => ("refused", reason.clone()),
            Outcome::Unknown(why) => ("unknown", why.clone()),
        };
        let line = json!({
            "began_us": attempt.began / 1_000, "ended_us": attempt.ended / 1_000,
            "client": attempt.client, "node": attempt.node, "scene": request.scene,
            "person": plan.persons[plan.person_of(request) as usize].guid,
            "referral": plan.referrals[request.referral as usize].referral.id(),
            "slot": slot.cell.guid, "places": slot.places, "start": slot.cell.start.to_string(),
            "asked": request.kind.action(), "outcome": outcome, "detail": detail, "status": attempt.status,
            "request": attempt.trace,
        });
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}
