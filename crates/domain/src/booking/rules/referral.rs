//! Step 4: which referral. A visit that needs none passes.

use jiff::civil::Date;

use crate::{
    booking::{Case, Refusal, Visit},
    referral::{Referral, ReferralState},
};

/// Message 4033: a referral recorded without its kind cannot be used.
pub(super) fn kind_is_recorded(case: &Case<'_>) -> Result<(), Refusal> {
    case.referral.map_or(Ok(()), has_a_kind)
}

/// Contract, section 4: withdrawn or closed by the issuer.
pub(super) fn is_not_closed(case: &Case<'_>) -> Result<(), Refusal> {
    case.referral.map_or(Ok(()), is_in_force)
}

/// Contract, section 9: valid while `issued` ≤ today ≤ `valid_until`, today local to the facility
/// of the appointment. The appointment itself may be later.
pub(super) fn is_valid_today(case: &Case<'_>) -> Result<(), Refusal> {
    case.referral.map_or(Ok(()), |referral| is_valid_on(referral, case.today()))
}

/// Contract, section 9: a referral admits one appointment; a cancelled or missed one gives it back.
pub(super) fn is_not_used(case: &Case<'_>) -> Result<(), Refusal> {
    has_no_visit(case.referral_use)
}

/// Whether the referral by itself admits an appointment: what the rules say of it whoever asks and for
/// what. A visit under it comes first, so that the patient is told of it also when the referral has run
/// out or was closed since.
pub(in crate::booking) fn admits_a_visit(
    referral: &Referral,
    used_by: Option<&Visit>,
    today: Date,
) -> Result<(), Refusal> {
    has_no_visit(used_by)?;
    has_a_kind(referral)?;
    is_in_force(referral)?;
    is_valid_on(referral, today)
}

fn has_a_kind(referral: &Referral) -> Result<(), Refusal> {
    referral.kind.map(|_| ()).ok_or(Refusal::ReferralPairIncomplete)
}

fn is_in_force(referral: &Referral) -> Result<(), Refusal> {
    match referral.state {
        ReferralState::Active => Ok(()),
        ReferralState::Closed => Err(Refusal::ReferralClosed),
    }
}

fn is_valid_on(referral: &Referral, day: Date) -> Result<(), Refusal> {
    if day > referral.valid_until {
        return Err(Refusal::ReferralExpired { until: referral.valid_until });
    }
    if day < referral.issued {
        return Err(Refusal::ReferralNotYetValid { from: referral.issued });
    }
    Ok(())
}

fn has_no_visit(used_by: Option<&Visit>) -> Result<(), Refusal> {
    used_by.map_or(Ok(()), |visit| Err(Refusal::ReferralUsed(visit.occupied())))
}

/// Contract, section 4: its specialty, target facility or resource is the one asked for, and its kind the
/// one that the request gives it.
pub(super) fn matches_what_is_asked(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(referral) = case.referral else { return Ok(()) };
    let other_facility = referral.to_facility.is_some_and(|facility| facility != case.facility.id);
    let other_specialty = case.resource.is_some_and(|resource| resource.specialty != referral.specialty);
    let other_resource = match (referral.resource, case.resource_key()) {
        (Some(named), Some(asked)) => named != asked,
        _ => false,
    };
    let other_kind = case.named_kind.is_some_and(|kind| referral.kind != Some(kind));
    if other_facility || other_specialty || other_resource || other_kind {
        return Err(Refusal::ReferralMismatch);
    }
    Ok(())
}
