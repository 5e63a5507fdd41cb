//! Step 5: rules about the patient, in the order of the document's table.

use crate::{
    booking::{Case, Refusal},
    facility::Serves,
    referral::ReferralKind,
};

/// From this age on a person is not booked in a children's facility.
const ADULT: u16 = 18;

/// Message 4005: 18 or older on the day of the appointment.
pub(super) fn is_a_child_in_a_childrens_facility(case: &Case<'_>) -> Result<(), Refusal> {
    if case.facility.serves == Serves::Children && case.age() >= ADULT {
        return Err(Refusal::ChildrenFacility);
    }
    Ok(())
}

/// Message 4007, first row: the card bars self-booking. Applies where patients book for
/// themselves, not at a desk or call centre (contract, section 9).
pub(super) fn may_book_at_a_distance(case: &Case<'_>) -> Result<(), Refusal> {
    if case.patient.card.self_booking_barred && case.caller.channel.is_self_service() {
        return Err(Refusal::SelfBookingBarred);
    }
    Ok(())
}

/// Message 4007, second row: a `duvisit` referral needs the patient on the dispensary register
/// with the resource's specialty (contract, section 8).
pub(super) fn is_on_the_dispensary_register(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(resource) = case.resource else { return Ok(()) };
    let needed = case.referral.is_some_and(|referral| referral.kind == Some(ReferralKind::Duvisit));
    if needed && !case.patient.card.dispensary.contains(&resource.specialty) {
        return Err(Refusal::DispensaryRequired);
    }
    Ok(())
}

/// Message 4008: one live appointment ahead per specialty, in any facility.
pub(super) fn has_no_other_visit_of_the_specialty(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(resource) = case.resource else { return Ok(()) };
    let ahead = case.visits.iter().filter(|visit| visit.entry.is_ahead(case.now));
    match ahead.filter(|visit| visit.entry.specialty == resource.specialty).min_by_key(|visit| visit.entry.start) {
        None => Ok(()),
        Some(visit) => Err(Refusal::SpecialtyLimit(visit.occupied())),
    }
}

/// Contract, section 4, `patient-overlap`: no other live appointment ahead at the same time.
pub(super) fn has_no_visit_at_the_time(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(cell) = case.cell else { return Ok(()) };
    let asked = cell.slot.interval();
    let ahead = case.visits.iter().filter(|visit| visit.entry.is_ahead(case.now));
    match ahead.filter(|visit| visit.interval().overlaps(&asked)).min_by_key(|visit| visit.entry.start) {
        None => Ok(()),
        Some(visit) => Err(Refusal::PatientOverlap(visit.occupied())),
    }
}

/// Message 4029: the resource's and the cell's limits of age, on the day of the appointment.
pub(super) fn is_of_the_age_group(case: &Case<'_>) -> Result<(), Refusal> {
    let limits = [case.resource.map(|resource| resource.ages), case.cell.map(|cell| cell.slot.ages)];
    if limits.into_iter().flatten().all(|ages| ages.admit(case.age())) {
        return Ok(());
    }
    Err(Refusal::AgeGroup)
}

/// Contract, section 4, `cancelled-too-often`: who gave up visits of the specialty again and again books the next one at
/// a desk, or later. The telephone is that of the facility they want to go to.
pub(super) fn has_not_given_up_too_often(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(resource) = case.resource.filter(|_| case.caller.channel.is_self_service()) else { return Ok(()) };
    match case.pauses.iter().find(|pause| pause.specialty == resource.specialty && pause.until > case.now) {
        None => Ok(()),
        Some(pause) => Err(Refusal::CancelledTooOften {
            until: case.facility.zone.local(pause.until),
            phone: case.facility.phone.clone(),
        }),
    }
}
