//! The decision: the contract's order of checks, steps 3 to 6.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};

use crate::{
    access::Caller,
    booking::{BookCommand, Case, Facts, FreePlace, Plan, RULES, Refusal, SLOT_RULES, Visit},
    facility::LpuCode,
    ids::PersonId,
    slot::Slot,
};

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
    let case = case(command, facts, now)?;
    if let Some(visit) = repetition(command, facts) {
        return Ok(Decision::Repeat(visit.clone()));
    }
    plan(&case, facts).map(Decision::Book)
}

/// The booking of a case, if every rule allows it.
pub(super) fn plan(case: &Case<'_>, facts: &Facts) -> Result<Plan, Refusal> {
    let (slot, free) = passed(case)?;
    // The rules have just found both; asking again costs nothing and needs no `expect`.
    let (facility, resource) = facts.facility.as_ref().zip(facts.resource.as_ref()).ok_or(Refusal::ResourceUnknown)?;
    Ok(Plan::new(Arc::clone(facility), slot.clone(), free, &resource.specialty, facts.specialty.as_deref()))
}

/// The cell that a command asks for and the place in it, if the rules admit it and leave aside that the caller may
/// have exactly this already.
pub(super) fn admitted<'a>(
    command: &'a BookCommand,
    facts: &'a Facts,
    now: Timestamp,
) -> Result<(&'a Slot, FreePlace), Refusal> {
    passed(&case(command, facts, now)?)
}

/// Steps 3 and 4: who, and which referral.
pub(super) fn case<'a>(command: &'a BookCommand, facts: &'a Facts, now: Timestamp) -> Result<Case<'a>, Refusal> {
    let case = case_of(facts, command.person, &command.lpu, &command.caller, command.day, now)?;
    Ok(Case { named_kind: command.kind, named_cell: command.cell, ..case })
}

/// The same of whatever asks.
pub(crate) fn case_of<'a>(
    facts: &'a Facts,
    person: PersonId,
    lpu: &LpuCode,
    caller: &'a Caller,
    day: Date,
    now: Timestamp,
) -> Result<Case<'a>, Refusal> {
    if facts.facility.is_none() {
        return Err(Refusal::FacilityUnknown { lpu: lpu.clone() });
    }
    if facts.patient.is_none() {
        return Err(Refusal::CardNotFound { person, lpu: lpu.clone() });
    }
    Case::of(facts, caller, day, now).ok_or(Refusal::ReferralNotFound)
}

/// The cell of a case and the place in it, if every rule allows it.
fn passed<'a>(case: &Case<'a>) -> Result<(&'a Slot, FreePlace), Refusal> {
    for rule in RULES.iter().chain(SLOT_RULES) {
        rule(case)?;
    }
    // The slot rules have just found both; asking again costs nothing and needs no `expect`.
    let cell = case.cell.ok_or(Refusal::TimeAbsent)?;
    Ok((&cell.slot, cell.free.ok_or(Refusal::TimeTaken)?))
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
