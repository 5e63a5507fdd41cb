//! Region files, written by hand: none of the product's own writer, so that a mistake there is not
//! repeated here.

use jiff::civil::{Date, DateTime};
use serde_json::{Value, json};

use crate::clock;

/// A facility of the file.
#[derive(Clone, Debug)]
pub struct FacilityRef {
    /// Guid.
    pub guid: String,
    /// МКОД.
    pub mkod: String,
}

/// A resource of a facility.
#[derive(Clone, Debug)]
pub struct ResourceRef {
    /// The facility's guid.
    pub facility: String,
    /// Guid.
    pub guid: String,
}

/// A cell of a resource.
#[derive(Clone, Debug)]
pub struct SlotRef {
    /// The facility's guid.
    pub facility: String,
    /// The resource's guid.
    pub resource: String,
    /// Guid.
    pub guid: String,
    /// When it begins, local to the facility.
    pub start: DateTime,
}

/// A person.
#[derive(Clone, Debug)]
pub struct PersonRef {
    /// Guid, the `sub` of tokens.
    pub guid: String,
}

/// A card.
#[derive(Clone, Debug)]
pub struct CardRef {
    /// Guid.
    pub guid: String,
}

/// A referral.
#[derive(Clone, Debug)]
pub struct ReferralRef {
    /// The issuing facility's guid.
    pub facility: String,
    /// Guid.
    pub guid: String,
}

impl ReferralRef {
    /// The composite id, as in `direction_id`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}{}", self.facility, self.guid)
    }
}

/// Builds a region file line by line. Guids are drawn in order, so that the same calls give the
/// same file.
#[derive(Default)]
pub struct RegionBuilder {
    lines: Vec<Value>,
    drawn: u64,
}

impl RegionBuilder {
    /// An empty file.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A specialty.
    pub fn specialty(&mut self, code: &str, name: &str, letter: &str) {
        self.line(json!({"type": "specialty", "code": code, "name": name, "letter": letter}));
    }

    /// A facility for everybody, whose schedule is open for 300 days.
    pub fn facility(&mut self, name: &str, zone: &str) -> FacilityRef {
        let guid = self.draw("fac");
        let mkod = format!("{:06}", self.drawn);
        self.line(json!({
            "type": "facility", "guid": guid, "mkod": mkod, "name": name, "serves": "all", "zone": zone,
            "schedule_days": 300,
        }));
        FacilityRef { guid, mkod }
    }

    /// A doctor.
    pub fn doctor(&mut self, facility: &FacilityRef, specialty: &str) -> ResourceRef {
        let guid = self.draw("d0c");
        self.line(json!({
            "type": "resource", "facility": facility.guid, "guid": guid, "kind": "doctor",
            "name": "Соколова Анна Петровна", "specialty": specialty,
        }));
        ResourceRef { facility: facility.guid.clone(), guid }
    }

    /// A cell of ten minutes that any referral opens.
    pub fn slot(&mut self, resource: &ResourceRef, start: DateTime, places: u16) -> SlotRef {
        let guid = self.draw("510");
        self.line(json!({
            "type": "slot", "facility": resource.facility, "resource": resource.guid, "guid": guid,
            "start": start.strftime("%Y-%m-%dT%H:%M").to_string(), "minutes": 10, "places": places,
            "rights": ["Internet", "Doctor", "DoctorOtherLpu"],
        }));
        SlotRef { facility: resource.facility.clone(), resource: resource.guid.clone(), guid, start }
    }

    /// This many cells one after another, from 8:00 to 18:00, day after day from this one.
    pub fn slots(&mut self, resource: &ResourceRef, from: Date, count: usize, places: u16) -> Vec<SlotRef> {
        let starts = std::iter::successors(Some(from), |day| day.tomorrow().ok())
            .flat_map(|day| (8..18).flat_map(move |hour| (0..6).map(move |tens| day.at(hour, tens * 10, 0, 0))));
        starts.take(count).map(|start| self.slot(resource, start, places)).collect()
    }

    /// An adult.
    pub fn person(&mut self) -> PersonRef {
        let guid = self.draw("9e5");
        self.line(json!({
            "type": "person", "guid": guid, "family": "Кузнецова", "given": "Мария", "patronymic": "Ивановна",
            "birth_date": "1984-05-17", "sex": "female", "policy": {"number": format!("{:016}", self.drawn)},
        }));
        PersonRef { guid }
    }

    /// A person's card in a facility.
    pub fn card(&mut self, facility: &FacilityRef, person: &PersonRef) -> CardRef {
        let guid = self.draw("ca4d");
        self.line(json!({
            "type": "card", "facility": facility.guid, "guid": guid, "person": person.guid,
            "number": format!("К-{}", self.drawn),
        }));
        CardRef { guid }
    }

    /// A referral to a consultation with any doctor of a specialty in any facility, valid now and
    /// for a year.
    pub fn referral(&mut self, issuer: &FacilityRef, person: &PersonRef, specialty: &str) -> ReferralRef {
        let guid = self.draw("4ef");
        self.line(json!({
            "type": "referral", "facility": issuer.guid, "guid": guid, "number": format!("Н-{}", self.drawn),
            "person": person.guid, "kind": "consultation", "specialty": specialty,
            "issued": clock::day_ahead(-2).to_string(), "valid_until": clock::day_ahead(365).to_string(),
            "state": "active",
        }));
        ReferralRef { facility: issuer.guid.clone(), guid }
    }

    /// A person with a card and a referral in one facility.
    pub fn patient(&mut self, facility: &FacilityRef, specialty: &str) -> (PersonRef, ReferralRef) {
        let person = self.person();
        self.card(facility, &person);
        let referral = self.referral(facility, &person, specialty);
        (person, referral)
    }

    /// Any line.
    pub fn line(&mut self, line: Value) {
        self.lines.push(line);
    }

    /// Sets a key of the line written last.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub fn set(&mut self, key: &str, value: Value) {
        self.lines.last_mut().expect("a line was written")[key] = value;
    }

    /// The file.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }

    /// What was written since it was last taken, so that a large file need not be held as a whole.
    /// What is written next refers to it as before.
    #[must_use]
    pub fn take_text(&mut self) -> String {
        let text = self.text();
        self.lines.clear();
        text
    }

    /// A guid whose beginning shows in a failing test what it is of.
    fn draw(&mut self, kind: &str) -> String {
        self.drawn += 1;
        format!("{kind:0<8}-0000-4000-8000-{:012x}", self.drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_run_from_eight_to_six_day_after_day() {
        let mut region = RegionBuilder::new();
        let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
        let doctor = region.doctor(&facility, "1");
        let slots = region.slots(&doctor, "2026-03-31".parse().unwrap(), 61, 1);
        assert_eq!(slots[59].start.to_string(), "2026-03-31T17:50:00");
        assert_eq!(slots[60].start.to_string(), "2026-04-01T08:00:00");
    }

    #[test]
    fn guids_are_guids_and_never_repeat() {
        let mut region = RegionBuilder::new();
        let (first, second) = (region.person(), region.person());
        assert_ne!(first.guid, second.guid);
        assert_eq!(first.guid.len(), 36);
        assert!(first.guid.chars().all(|c| c == '-' || c.is_ascii_hexdigit()));
    }
}
