//! What scenes are played on: facilities in several zones, and an hour of their cells for each scene.

use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::json;
use talon_testkit::{FacilityRef, RegionBuilder, ResourceRef, clock};

use super::Slot;

/// The facilities' zones, none with changes of the clock: a cell's instant must follow from its row.
const ZONES: [&str; 6] = [
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Asia/Yekaterinburg",
    "Asia/Novosibirsk",
    "Asia/Vladivostok",
    "Asia/Kamchatka",
];

/// How many facilities there are.
pub(super) const FACILITIES: usize = ZONES.len();

/// How many specialties each of them has.
pub(super) const SPECIALTIES: usize = 4;

/// Cells that one resource has in an hour.
pub(super) const CELLS: usize = 3;

/// Minutes of a cell.
const MINUTES: u16 = 20;

/// Hours that one doctor works: sixty days, night and day, so that visits cross midnight too.
const HOURS: i64 = 60 * 24;

/// The region. An hour belongs to one scene alone, so that no scene's answers depend on another's.
pub(super) struct Stage {
    pub(super) region: RegionBuilder,
    facilities: Vec<(FacilityRef, TimeZone)>,
    /// A doctor of each specialty in each facility.
    doctors: Vec<ResourceRef>,
    first: Timestamp,
    hour: i64,
}

impl Stage {
    pub(super) fn new() -> anyhow::Result<Self> {
        let mut region = RegionBuilder::new();
        for specialty in 0..SPECIALTIES {
            region.specialty(&code(specialty), &format!("Специальность {specialty}"), "Т");
        }
        let mut facilities = Vec::new();
        for (number, zone) in ZONES.iter().enumerate() {
            facilities.push((region.facility(&format!("Поликлиника № {number}"), zone), TimeZone::get(zone)?));
        }
        // Ahead in every zone, for as long as any run takes.
        let first = TimeZone::UTC.to_timestamp(clock::day_ahead(2).at(0, 0, 0, 0))?;
        Ok(Self { region, facilities, doctors: Vec::new(), first, hour: HOURS })
    }

    /// Goes on to an hour that nobody has used.
    pub(super) fn next_hour(&mut self) {
        self.hour += 1;
        if self.hour >= HOURS {
            self.hour = 0;
            let region = &mut self.region;
            let doctors =
                self.facilities.iter().flat_map(|facility| (0..SPECIALTIES).map(move |code| (facility, code)));
            self.doctors =
                doctors.map(|((facility, _), specialty)| region.doctor(facility, &code(specialty))).collect();
        }
    }

    pub(super) fn facility(&self, number: usize) -> &FacilityRef {
        &self.facilities[number].0
    }

    /// The `nth` cell of this hour of a facility's doctor. Those of every other doctor begin ten
    /// minutes later, so that visits overlap by a half as well as wholly.
    pub(super) fn slot(&mut self, facility: usize, specialty: usize, nth: usize, places: u16) -> anyhow::Result<Slot> {
        let later = if (facility + specialty).is_multiple_of(2) { 0 } else { 10 };
        let minutes = later + i64::from(MINUTES) * i64::try_from(nth)?;
        let start = self.first.checked_add(self.hour.hours().minutes(minutes))?;
        let doctor = &self.doctors[facility * SPECIALTIES + specialty];
        let local = self.facilities[facility].1.to_datetime(start);
        let cell = self.region.slot(doctor, local, places);
        self.region.set("minutes", json!(MINUTES));
        Ok(Slot { cell, start: start.as_second(), minutes: MINUTES, places, specialty })
    }
}

/// A specialty's code in the region file.
pub(crate) fn code(specialty: usize) -> String {
    specialty.to_string()
}
