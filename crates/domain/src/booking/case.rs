//! What a rule sees.

use jiff::{Timestamp, civil::Date};

use crate::{
    access::{Caller, Function, Rights},
    booking::{Cell, Facts, KnownPatient, NamedReferral, Pause, Visit, rules::last_day_of_window},
    facility::Facility,
    ids::{ResourceKey, SlotId},
    person::age_on,
    referral::{Referral, ReferralKind},
    resource::Resource,
};

/// A patient, a referral and a time, brought together: what every rule is about. The booking has
/// one; a search for free times has one for each time that it considers.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Who is asking.
    pub caller: &'a Caller,
    /// The facility of the appointment.
    pub facility: &'a Facility,
    /// The patient.
    pub patient: &'a KnownPatient,
    /// The referral; `None` for a visit that needs none.
    pub referral: Option<&'a Referral>,
    /// The kind that the request says the referral is of, where it does.
    pub named_kind: Option<ReferralKind>,
    /// The visit that uses the referral up.
    pub referral_use: Option<&'a Visit>,
    /// The patient's live visits ahead.
    pub visits: &'a [Visit],
    /// The specialties that the patient does not book by themselves for a while.
    pub pauses: &'a [Pause],
    /// The resource; a rule that needs it passes over when it is unknown.
    pub resource: Option<&'a Resource>,
    /// The cell; a rule that needs it passes over when it is unknown.
    pub cell: Option<&'a Cell>,
    /// The cell that the request names, where it does.
    pub named_cell: Option<SlotId>,
    /// The day of the appointment, local to the facility.
    pub day: Date,
    /// The present.
    pub now: Timestamp,
    /// Today, local to the facility of the appointment; worked out once for all the cells of a search.
    pub(super) today: Date,
    /// The last day that is open to the caller there; likewise.
    pub(super) last_day: Date,
}

impl<'a> Case<'a> {
    /// The case of facts that have a facility, a patient and the referral that is named; `None` otherwise.
    #[must_use]
    pub fn of(facts: &'a Facts, caller: &'a Caller, day: Date, now: Timestamp) -> Option<Self> {
        if matches!(facts.referral, NamedReferral::Absent) {
            return None;
        }
        let facility = facts.facility.as_deref()?;
        let today = facility.today(now);
        Some(Self {
            caller,
            facility,
            patient: facts.patient.as_ref()?,
            referral: facts.referral.own(),
            named_kind: None,
            referral_use: facts.referral_use.as_ref(),
            visits: &facts.visits,
            pauses: &facts.pauses,
            resource: facts.resource.as_deref(),
            cell: facts.cell.as_ref(),
            named_cell: None,
            day,
            now,
            today,
            last_day: last_day_of_window(caller, facility, today),
        })
    }

    /// The same about a resource, whatever the cell.
    #[must_use]
    pub fn with(self, resource: &'a Resource) -> Self {
        Self { resource: Some(resource), cell: None, ..self }
    }

    /// Today, local to the facility of the appointment.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// The patient's age on the day of the appointment, in whole years.
    #[must_use]
    pub fn age(&self) -> u16 {
        age_on(self.patient.person.birth_date, self.day)
    }

    /// The rights that the caller may use: a referral opens cells that plain self-booking cannot see
    /// (contract, section 7).
    #[must_use]
    pub fn rights(&self) -> Rights {
        let function = match self.referral {
            None => Function::VisitDoctor,
            Some(referral) if referral.key.facility == self.facility.id => Function::VisitDirection,
            Some(_) => Function::VisitDirectionOtherLpu,
        };
        self.caller.rights(function)
    }

    /// The key of the resource, when it is known.
    #[must_use]
    pub fn resource_key(&self) -> Option<ResourceKey> {
        self.resource.map(|resource| resource.key)
    }
}
