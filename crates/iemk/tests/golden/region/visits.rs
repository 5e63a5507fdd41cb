//! A clinic with a telephone, and a patient who has appointments there: one ahead, one that has begun,
//! one that took place.

use jiff::civil::{DateTime, date};
use talon_domain::{
    access::Channel,
    entry::{Entry, EntryState, Ticket},
    facility::{Facility, Mkod, Serves},
    ids::{EntryId, EntryKey},
    person::{Card, Person, Policy, Sex},
    referral::{Referral, ReferralKind, ReferralState},
    resource::{Resource, ResourceKind},
    slot::Slot,
};
use talon_store::Record;

use super::{
    Ages, CardId, ReferralId, ReferralKey, Right, Rights, Zone, code, facility_id, guid, instant, person_id,
    resource_key, slot,
};

/// The clinic, and the patient.
const CLINIC: u16 = 4;
const POLINA: u16 = 13;

pub(super) fn records() -> Vec<Record> {
    let mut records = vec![Record::Facility(clinic())];
    records.extend(doctors().map(Record::Resource));
    records.push(Record::Person(patient()));
    records.push(Record::Card(card()));
    records.extend([referral(41, "1"), referral(42, "2")].map(Record::Referral));
    records.extend(slots().map(Record::Slot));
    records.extend(entries().map(Record::Entry));
    records
}

fn clinic() -> Facility {
    Facility {
        id: facility_id(CLINIC),
        mkod: Mkod::parse("0123458").unwrap(),
        name: "Поликлиника № 4".into(),
        serves: Serves::All,
        zone: Zone::parse("Europe/Moscow").unwrap(),
        schedule_days: 14,
        address: Some("г. Тверь, ул. Садовая, д. 4".into()),
        phone: Some("+7 4822 00-00-04".into()),
    }
}

fn doctors() -> impl Iterator<Item = Resource> {
    let rows = [(13, "Лапин Олег Ильич", "1"), (14, "Рогова Инна Львовна", "1"), (15, "Сомов Глеб Юрьевич", "2")];
    rows.into_iter().map(|(number, name, specialty)| Resource {
        key: resource_key(CLINIC, number),
        kind: ResourceKind::Doctor,
        name: name.into(),
        specialty: code(specialty),
        room: None,
        ages: Ages::default(),
    })
}

fn patient() -> Person {
    Person {
        id: person_id(POLINA),
        family: "Ежова".into(),
        given: "Полина".into(),
        patronymic: None,
        birth_date: date(1991, 5, 5),
        sex: Sex::Female,
        snils: None,
        policy: Policy { series: None, number: "7700000000000013".into() },
    }
}

fn card() -> Card {
    Card {
        facility: facility_id(CLINIC),
        id: CardId(guid("ca4d0000", POLINA)),
        person: person_id(POLINA),
        number: "К-13".into(),
        self_booking_barred: false,
        dispensary: Vec::new(),
        email: None,
        phone: None,
    }
}

fn referral(number: u16, specialty: &str) -> Referral {
    Referral {
        key: ReferralKey { facility: facility_id(CLINIC), referral: ReferralId(guid("4ef00000", number)) },
        number: format!("Н-{number}"),
        person: person_id(POLINA),
        kind: Some(ReferralKind::Consultation),
        specialty: code(specialty),
        to_facility: None,
        resource: None,
        issued: date(2026, 4, 1),
        valid_until: date(2026, 5, 31),
        state: ReferralState::Active,
    }
}

/// Number, doctor and start of each cell.
const CELLS: [(u16, u16, DateTime); 8] = [
    (40, 13, date(2026, 4, 10).at(9, 0, 0, 0)),
    (41, 13, date(2026, 4, 13).at(8, 40, 0, 0)),
    (42, 13, date(2026, 4, 14).at(9, 0, 0, 0)),
    (43, 13, date(2026, 4, 14).at(9, 20, 0, 0)),
    (44, 13, date(2026, 4, 15).at(9, 0, 0, 0)),
    (45, 14, date(2026, 4, 14).at(9, 0, 0, 0)),
    (46, 15, date(2026, 4, 14).at(9, 10, 0, 0)),
    (47, 15, date(2026, 4, 16).at(9, 0, 0, 0)),
];

fn slots() -> impl Iterator<Item = Slot> {
    let open = Rights::of(&[Right::Internet]);
    CELLS.into_iter().map(move |(number, doctor, start)| slot(number, (CLINIC, doctor, start, open)))
}

fn entries() -> impl Iterator<Item = Entry> {
    let rows = [
        (1, 40, None, "Т-003", EntryState::Fulfilled),
        (2, 41, None, "Т-001", EntryState::Booked),
        (3, 42, Some(41), "Т-007", EntryState::Booked),
    ];
    rows.into_iter().map(|(number, cell, under, ticket, state)| {
        let (_, doctor, start) = CELLS.into_iter().find(|(known, ..)| *known == cell).unwrap();
        Entry {
            key: EntryKey { facility: facility_id(CLINIC), entry: EntryId(guid("e4740000", number)) },
            person: person_id(POLINA),
            referral: under.map(|number| referral(number, "1").key),
            resource: resource_key(CLINIC, doctor).resource,
            slot: slot(cell, (CLINIC, doctor, start, Rights::default())).key.slot,
            place: 1,
            specialty: code("1"),
            start: instant(CLINIC, start),
            minutes: 20,
            ticket: Ticket(ticket.into()),
            state,
            version: 1,
            booked_at: "2026-04-08T07:00:00Z".parse().unwrap(),
            client: None,
            channel: Some(Channel::Internet),
        }
    })
}
