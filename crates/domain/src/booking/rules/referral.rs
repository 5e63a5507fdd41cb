//! Step 4: which referral. A visit that needs none passes.

use crate::{
    booking::{Case, Refusal},
    referral::ReferralState,
};

/// Message 4033: a referral recorded without its kind cannot be used.
pub(super) fn kind_is_recorded(case: &Case<'_>) -> Result<(), Refusal> {
    match case.referral {
        Some(referral) if referral.kind.is_none() => Err(Refusal::ReferralPairIncomplete),
        _ => Ok(()),
    }
}

/// Contract, section 4: withdrawn or closed by the issuer.
pub(super) fn is_not_closed(case: &Case<'_>) -> Result<(), Refusal> {
    match case.referral {
        Some(referral) if referral.state == ReferralState::Closed => Err(Refusal::ReferralClosed),
        _ => Ok(()),
    }
}

/// Contract, section 9: valid while `issued` ≤ today ≤ `valid_until`, today local to the facility
/// of the appointment. The appointment itself may be later. A referral that is not valid *yet* has
/// no reason of its own in the catalogue and answers like one that is valid no longer.
pub(super) fn is_valid_today(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(referral) = case.referral else { return Ok(()) };
    if (referral.issued..=referral.valid_until).contains(&case.today()) {
        return Ok(());
    }
    Err(Refusal::ReferralExpired { until: referral.valid_until })
}

/// Contract, section 9: a referral admits one appointment; a cancelled or missed one gives it back.
pub(super) fn is_not_used(case: &Case<'_>) -> Result<(), Refusal> {
    match case.referral_use {
        None => Ok(()),
        Some(visit) => Err(Refusal::ReferralUsed(visit.occupied())),
    }
}

/// Contract, section 4: its specialty, target facility or resource is the one asked for.
pub(super) fn matches_what_is_asked(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(referral) = case.referral else { return Ok(()) };
    let other_facility = referral.to_facility.is_some_and(|facility| facility != case.facility.id);
    let other_specialty = case.resource.is_some_and(|resource| resource.specialty != referral.specialty);
    let other_resource = match (referral.resource, case.resource_key()) {
        (Some(named), Some(asked)) => named != asked,
        _ => false,
    };
    if other_facility || other_specialty || other_resource {
        return Err(Refusal::ReferralMismatch);
    }
    Ok(())
}
