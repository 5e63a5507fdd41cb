//! The decision: the contract's order of checks, steps 3 to 6.

use std::sync::Arc;

use jiff::Timestamp;

use crate::booking::{BookCommand, Case, Facts, Plan, RULES, Refusal, SLOT_RULES, Visit};

/// What is to be done about an allowed command.
#[derive(Clone, Debug)]
pub enum Decision {
    /// The caller already has exactly this; the stored answer is given again (contract, section 9).
    Repeat(Visit),
    /// Book it.
    Book(Plan),
}

/// Decides a command on its facts.
///
/// # Errors
///
/// The first refusal in the contract's order, so that a request with several faults always gets
/// the same answer.
pub fn decide(command: &BookCommand, facts: &Facts, now: Timestamp) -> Result<Decision, Refusal> {
    let facility = facts.facility.as_ref().ok_or_else(|| Refusal::FacilityUnknown { lpu: command.lpu.clone() })?;
    if facts.patient.is_none() {
        return Err(Refusal::CardNotFound { person: command.person, lpu: command.lpu.clone() });
    }
    let Some(case) = Case::of(facts, &command.caller, command.day, now) else {
        return Err(Refusal::ReferralNotFound);
    };
    if let Some(visit) = repetition(command, facts) {
        return Ok(Decision::Repeat(visit.clone()));
    }
    for rule in RULES.iter().chain(SLOT_RULES) {
        rule(&case)?;
    }
    // The slot rules have just found both; asking again costs nothing and needs no `expect`.
    let resource = case.resource.ok_or(Refusal::ResourceUnknown)?;
    let cell = case.cell.ok_or(Refusal::TimeAbsent)?;
    let place = cell.free_place.ok_or(Refusal::TimeTaken)?;
    Ok(Decision::Book(Plan::new(
        Arc::clone(facility),
        cell.slot.clone(),
        place,
        &resource.specialty,
        facts.specialty.as_deref(),
    )))
}

/// The visit that the command asks for once more, if it does: same person, referral, resource and
/// start, still live. Valid whatever the rules would now say and, under a referral, also after the start.
fn repetition<'a>(command: &BookCommand, facts: &'a Facts) -> Option<&'a Visit> {
    let zone = &facts.facility.as_ref()?.zone;
    let start = zone.instant(command.day.to_datetime(command.time))?;
    let same =
        |visit: &&Visit| visit.entry.person == command.person && visit.is(command.referral, command.resource, start);
    match command.referral {
        Some(_) => facts.referral_use.as_ref().filter(same),
        None => facts.visits.iter().find(same),
    }
}
