//! Many patients who want appointments.

use crate::{
    attempt::Booking,
    clock,
    installation::Installation,
    region::{FacilityRef, PersonRef, ReferralRef, RegionBuilder, SlotRef},
};

/// How many slots one doctor has: ten days of sixty.
const SLOTS_OF_A_DOCTOR: usize = 600;

/// A patient with what they want.
#[derive(Clone, Debug)]
pub struct Patient {
    /// Who.
    pub person: PersonRef,
    /// Their referral.
    pub referral: ReferralRef,
    /// The slot they ask for.
    pub slot: SlotRef,
}

/// A region of two facilities, seven time zones apart, and patients who each ask for a slot.
pub struct Crowd {
    /// The region, to be imported.
    pub region: RegionBuilder,
    /// The patients.
    pub patients: Vec<Patient>,
}

impl Crowd {
    /// This many slots of `places` places each, and `rivals` patients for every slot. Rivals stand
    /// next to each other.
    #[must_use]
    pub fn new(slots: usize, places: u16, rivals: usize) -> Self {
        let mut region = RegionBuilder::new();
        region.specialty("1", "Терапия", "Т");
        let west = region.facility("Поликлиника № 1", "Europe/Moscow");
        let east = region.facility("Поликлиника № 2", "Asia/Vladivostok");
        let mut patients = Vec::with_capacity(slots * rivals);
        let mut left = slots;
        for facility in [&west, &east].into_iter().cycle() {
            if left == 0 {
                break;
            }
            let doctor = region.doctor(facility, "1");
            let wanted = region.slots(&doctor, clock::day_ahead(2), left.min(SLOTS_OF_A_DOCTOR), places);
            left -= wanted.len();
            for slot in wanted {
                patients.extend((0..rivals).map(|_| patient(&mut region, facility, slot.clone())));
            }
        }
        Self { region, patients }
    }

    /// Their requests, in order.
    #[must_use]
    pub fn bookings(&self, installation: &Installation) -> Vec<Booking> {
        let patients = self.patients.iter();
        patients.map(|patient| installation.booking(&patient.person, &patient.referral, &patient.slot)).collect()
    }
}

fn patient(region: &mut RegionBuilder, facility: &FacilityRef, slot: SlotRef) -> Patient {
    let (person, referral) = region.patient(facility, "1");
    Patient { person, referral, slot }
}
