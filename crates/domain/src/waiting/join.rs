//! Joining a waiting list.

use std::sync::Arc;

use jiff::{
    Timestamp, ToSpan,
    civil::{Date, Time},
};

use crate::{
    access::Caller,
    audit::Request,
    booking::{Facts, Refusal, case_of, may_offer},
    facility::LpuCode,
    ids::{AuditId, PersonId, ReferralKey, ResourceId, WaitingId, WaitingKey},
    resource::{Resource, SpecialtyCode},
    waiting::{USUAL_PRIORITY, Waiting, WaitingState},
};

/// For so many days one waits who names no last day.
pub const DEFAULT_DAYS: i32 = 30;

/// A request to join a waiting list.
#[derive(Clone)]
pub struct WaitCommand {
    /// Who will wait: the token's person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The facility.
    pub lpu: LpuCode,
    /// The specialty.
    pub specialty: SpecialtyCode,
    /// A resource of the facility, where only that one will do.
    pub resource: Option<ResourceId>,
    /// The referral under which the time will be booked.
    pub referral: Option<ReferralKey>,
    /// Telephone.
    pub phone: Option<String>,
    /// First day that will do; today when absent.
    pub from: Option<Date>,
    /// Last day that will do; [`DEFAULT_DAYS`] after the first when absent.
    pub until: Option<Date>,
    /// First and last beginning that will do.
    pub times: (Time, Time),
    /// Within how many days the installation promises an offer.
    pub deadline: Option<u16>,
    /// The request's id.
    pub request: Request,
    /// Id for the place on the list.
    pub new_waiting: WaitingId,
    /// Id for the audit record.
    pub new_audit: AuditId,
}

impl std::fmt::Debug for WaitCommand {
    /// Ids only: a telephone must not reach a log by way of `{:?}`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WaitCommand({} of {})", self.new_waiting, self.person)
    }
}

/// What a decision about joining needs to know.
#[derive(Clone, Debug, Default)]
pub struct WaitFacts {
    /// The facts about the person in the facility, without a resource or a cell.
    pub booking: Facts,
    /// The facility's resources of the specialty.
    pub resources: Vec<Arc<Resource>>,
    /// The person's live place on this very list.
    pub existing: Option<Waiting>,
}

/// Decides a request to join: the place on the list. Whom the rules would let book none of the times that are waited
/// for, they do not let wait either.
///
/// # Errors
///
/// The refusal that booking would get, or that the person waits already.
pub fn decide_wait(command: &WaitCommand, facts: &WaitFacts, now: Timestamp) -> Result<Waiting, Refusal> {
    let unknown = || Refusal::FacilityUnknown { lpu: command.lpu.clone() };
    let facility = facts.booking.facility.as_deref().ok_or_else(unknown)?;
    let today = facility.today(now);
    let case = case_of(&facts.booking, command.person, &command.lpu, &command.caller, today, now)?;
    let wanted = |resource: &&Arc<Resource>| command.resource.is_none_or(|only| only == resource.key.resource);
    let mut judged = facts.resources.iter().filter(wanted).map(|resource| may_offer(&case.with(resource)));
    let first = judged.next().unwrap_or(Err(Refusal::ResourceUnknown));
    first.or_else(|refusal| if judged.any(|other| other.is_ok()) { Ok(()) } else { Err(refusal) })?;
    let from = command.from.unwrap_or(today).max(today);
    let until = command.until.unwrap_or_else(|| from.saturating_add(DEFAULT_DAYS.days()));
    if until < from {
        return Err(Refusal::TimePast);
    }
    if facts.existing.is_some() {
        return Err(Refusal::WaitingAlready);
    }
    Ok(Waiting {
        key: WaitingKey { facility: facility.id, waiting: command.new_waiting },
        person: command.person,
        specialty: command.specialty.clone(),
        resource: command.resource,
        referral: command.referral,
        phone: command.phone.clone(),
        dates: (from, until),
        times: command.times,
        priority: USUAL_PRIORITY,
        due: command.deadline.map(|days| today.saturating_add(i32::from(days).days())),
        since: now,
        state: WaitingState::Waiting,
        version: 1,
        client: command.caller.client.as_ref().map(|client| client.id),
        channel: command.caller.channel,
    })
}
