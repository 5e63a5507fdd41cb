//! A patient of the clinic whose referral is valid from next week on.

use jiff::civil::date;
use talon_domain::{
    person::{Card, Person, Policy, Sex},
    referral::{Referral, ReferralKind, ReferralState},
};
use talon_store::Record;

use super::{CardId, ReferralId, ReferralKey, code, facility_id, guid, person_id};

/// Where, and who.
const CLINIC: u16 = 4;
const RITA: u16 = 14;

pub(super) fn records() -> Vec<Record> {
    vec![Record::Person(patient()), Record::Card(card()), Record::Referral(referral())]
}

fn patient() -> Person {
    Person {
        id: person_id(RITA),
        family: "Зимина".into(),
        given: "Рита".into(),
        patronymic: None,
        birth_date: date(1970, 2, 2),
        sex: Sex::Female,
        snils: None,
        policy: Policy { series: None, number: "7700000000000014".into() },
    }
}

fn card() -> Card {
    Card {
        facility: facility_id(CLINIC),
        id: CardId(guid("ca4d0000", RITA)),
        person: person_id(RITA),
        number: "К-14".into(),
        self_booking_barred: false,
        dispensary: Vec::new(),
        email: None,
        phone: None,
    }
}

fn referral() -> Referral {
    Referral {
        key: ReferralKey { facility: facility_id(CLINIC), referral: ReferralId(guid("4ef00000", 51)) },
        number: "Н-51".into(),
        person: person_id(RITA),
        kind: Some(ReferralKind::Consultation),
        specialty: code("1"),
        to_facility: None,
        resource: None,
        issued: date(2026, 4, 20),
        valid_until: date(2026, 5, 31),
        state: ReferralState::Active,
    }
}
