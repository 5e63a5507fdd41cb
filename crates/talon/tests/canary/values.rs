//! What a request says under each name when it is right.

use serde_json::{Value, json};
use talon_testkit::{Chance, ReferralRef, SlotRef};

use crate::{
    canaries::{BIRTH_DATE, OTHER_EMAIL, PHONE, REASON},
    world::{Made, Patient, SPECIALTIES, World},
};

/// What fits together: a patient, and a specialty with a referral and a cell.
pub(crate) struct Choice<'a> {
    pub(crate) world: &'a World,
    pub(crate) patient: &'a Patient,
    specialty: &'static str,
    referral: &'a ReferralRef,
    slot: &'a SlotRef,
    made: Made,
    /// Whether `id` is of a place on a waiting list; otherwise it is of a hold.
    is_waiting: bool,
}

impl<'a> Choice<'a> {
    pub(crate) fn new(world: &'a World, path: &str, chance: &mut Chance) -> Self {
        // The first asks so often that limits refuse it.
        let patient = if chance.below(4) == 0 { &world.patients[0] } else { pick(&world.patients, chance) };
        let specialty = chance.below(SPECIALTIES.len() as u64) as usize;
        Self {
            world,
            patient,
            specialty: SPECIALTIES[specialty],
            referral: &patient.referrals[specialty],
            slot: pick(&world.slots[specialty], chance),
            made: patient.made(),
            is_waiting: path.contains("waitinglist"),
        }
    }

    /// The value of a name; `None` for one that means nothing here.
    pub(crate) fn of(&self, name: &str) -> Option<Value> {
        let SlotRef { facility, resource, guid, start } = self.slot;
        let newest = |ids: &[String]| ids.last().cloned();
        let text = match name {
            "direction_id" | "directionID" => self.referral.id(),
            "DirectionGuid" => self.referral.guid.clone(),
            "directionType" | "DirectionType" => "consultation".to_owned(),
            "lpu_code" | "lpuCode" | "lpu" => self.world.facility.mkod.clone(),
            "lpuGuid" | "LpuFromGuid" => facility.clone(),
            "resource_id" => format!("{facility}{resource}"),
            "resource" | "docGuid" | "doctorGuid" => resource.clone(),
            "timeTable" => guid.clone(),
            "day" | "date" | "from" | "to" => start.date().to_string(),
            "time" => start.strftime("%H:%M").to_string(),
            "dateTime" => start.strftime("%Y-%m-%dT%H:%M").to_string(),
            "specialityCode" | "departmentId" => self.specialty.to_owned(),
            "email" => OTHER_EMAIL.to_owned(),
            "phone" => PHONE.to_owned(),
            "Birthday" => BIRTH_DATE.to_owned(),
            "n_pol" => self.patient.policy.clone(),
            "Reason" => REASON.to_owned(),
            "ReasonCode" => return Some(json!(6)),
            "isAgree" | "email_confirm_agree" => return Some(json!(true)),
            "visitId" | "entry" => newest(&self.made.entries)?,
            "id" if self.is_waiting => newest(&self.made.waiting)?,
            "id" => newest(&self.made.holds)?,
            "link" => self.world.link(self.made.entries.last()?)?,
            _ => return None,
        };
        Some(json!(text))
    }
}

/// One of them.
pub(crate) fn pick<'a, T>(of: &'a [T], chance: &mut Chance) -> &'a T {
    &of[chance.below(of.len() as u64) as usize]
}
