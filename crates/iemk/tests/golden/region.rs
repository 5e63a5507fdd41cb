//! The small region that the exchanges happen in. Their files name its ids, so what is here is
//! part of what they say.

mod later;
mod visits;

use jiff::{
    Timestamp,
    civil::{DateTime, date},
};
use talon_domain::{
    access::{Channel, Client, Function, Right, Rights, default_rights},
    facility::{Facility, Mkod, Serves},
    ids::{CardId, ClientId, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, ResourceKey, SlotId, SlotKey},
    person::{Card, Person, Policy, Sex},
    referral::{Referral, ReferralKind, ReferralState},
    resource::{Resource, ResourceKind, Specialty, SpecialtyCode},
    slot::{Ages, Slot},
    zone::Zone,
};
use talon_store::{ClientSecret, Record};
use uuid::Uuid;

/// Monday 13 April 2026, 09:00 in Moscow and 10:00 in Samara.
pub(crate) const NOW: &str = "2026-04-13T06:00:00Z";

/// Whose tokens the exchanges use. A stranger is not in the region.
pub(crate) const PERSONS: &[(&str, u16)] =
    &[("anna", 1), ("boris", 2), ("vera", 3), ("stranger", 8), ("nobody", 9), ("polina", 13), ("rita", 14)];

/// The portal's client application, with its secret made from these bytes.
pub(crate) const PORTAL: u16 = 1;
pub(crate) const PORTAL_SECRET: [u8; 32] = [7; 32];

/// A guid that shows what it is of: `kind` begins it, `number` ends it.
fn guid(kind: &str, number: u16) -> Uuid {
    Uuid::parse_str(&format!("{kind}-0000-4000-8000-{number:012}")).unwrap()
}

fn facility_id(number: u16) -> FacilityId {
    FacilityId(guid("fac00000", number))
}

pub(crate) fn person_id(number: u16) -> PersonId {
    PersonId(guid("9e450000", number))
}

pub(crate) fn client_id(number: u16) -> ClientId {
    ClientId(guid("c11e0000", number))
}

fn resource_key(facility: u16, number: u16) -> ResourceKey {
    ResourceKey { facility: facility_id(facility), resource: ResourceId(guid("d0c00000", number)) }
}

/// One of its cells, when the doctor is absent.
pub(crate) fn absent(guid: &str) -> Record {
    let cell = |record| match record {
        Record::Slot(slot) if slot.key.slot == SlotId::parse(guid).unwrap() => Some(slot),
        _ => None,
    };
    Record::Slot(Slot { absent: true, ..records().into_iter().find_map(cell).unwrap() })
}

/// Everything, as an import would bring it.
pub(crate) fn records() -> Vec<Record> {
    let mut records = Vec::new();
    records.extend(specialties().map(Record::Specialty));
    records.extend(facilities().map(Record::Facility));
    records.extend(resources().map(Record::Resource));
    records.push(Record::Client(portal()));
    let (_, hash) = talon_app::new_client_secret(PORTAL_SECRET);
    records.push(Record::ClientSecret(ClientSecret { client: client_id(PORTAL), hash }));
    records.extend(persons().map(Record::Person));
    records.extend(cards().map(Record::Card));
    records.extend(referrals().into_iter().map(Record::Referral));
    records.extend(slots().into_iter().map(Record::Slot));
    records.extend(visits::records());
    records.extend(later::records());
    records
}

fn code(text: &str) -> SpecialtyCode {
    SpecialtyCode(text.to_owned())
}

fn specialties() -> impl Iterator<Item = Specialty> {
    let rows = [("1", "Терапия", "Т"), ("2", "Кардиология", "К"), ("3", "Педиатрия", "П"), ("4", "УЗИ", "У")];
    rows.into_iter().map(|(id, name, letter)| Specialty { code: code(id), name: name.into(), letter: letter.into() })
}

fn facilities() -> impl Iterator<Item = Facility> {
    let rows = [
        (1, "0123456", "Городская поликлиника № 1", Serves::Adults, "Europe/Moscow"),
        (2, "0123457", "Детская поликлиника № 2", Serves::Children, "Europe/Moscow"),
        (3, "0634561", "Самарская поликлиника № 3", Serves::All, "Europe/Samara"),
    ];
    rows.into_iter().map(|(number, mkod, name, serves, zone)| Facility {
        id: facility_id(number),
        mkod: Mkod::parse(mkod).unwrap(),
        name: name.into(),
        serves,
        zone: Zone::parse(zone).unwrap(),
        schedule_days: 14,
        address: None,
        phone: None,
    })
}

fn resources() -> impl Iterator<Item = Resource> {
    use ResourceKind::{Doctor, Room};
    let rows = [
        (1, 1, Doctor, "Иванов Иван Иванович", "1", None),
        (1, 2, Doctor, "Петрова-Водкина Анна Сергеевна", "2", None),
        (1, 3, Doctor, "Старов Пётр Ильич", "1", Some(60)),
        (1, 4, Room, "Кабинет УЗИ № 12", "4", None),
        (2, 5, Doctor, "Детская Мария Олеговна", "3", None),
        (3, 6, Doctor, "Волгина Ольга Петровна", "1", None),
    ];
    rows.into_iter().map(|(facility, number, kind, name, specialty, min)| Resource {
        key: resource_key(facility, number),
        kind,
        name: name.into(),
        specialty: code(specialty),
        room: None,
        ages: Ages { min, max: None },
    })
}

fn portal() -> Client {
    let rights = |function| (function, default_rights(Channel::Internet, function));
    Client {
        id: client_id(PORTAL),
        name: "Портал".into(),
        channel: Channel::Internet,
        functions: Function::ALL.iter().copied().map(rights).collect(),
        schedule_days: 14,
    }
}

fn persons() -> impl Iterator<Item = Person> {
    let rows = [
        (1, "Смирнова", "Анна", date(1988, 3, 1), Sex::Female),
        (2, "Кузнецов", "Борис", date(1979, 11, 20), Sex::Male),
        (3, "Попова", "Вера", date(1995, 7, 7), Sex::Female),
        // Has no card anywhere.
        (9, "Новиков", "Никита", date(1990, 1, 1), Sex::Male),
    ];
    rows.into_iter().map(|(number, family, given, birth_date, sex)| Person {
        id: person_id(number),
        family: family.into(),
        given: given.into(),
        patronymic: None,
        birth_date,
        sex,
        snils: None,
        policy: Policy { series: None, number: format!("77000000000000{number:02}") },
    })
}

fn cards() -> impl Iterator<Item = Card> {
    let rows = [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1)];
    rows.into_iter().zip(1..).map(|((facility, person), number)| Card {
        facility: facility_id(facility),
        id: CardId(guid("ca4d0000", number)),
        person: person_id(person),
        number: format!("К-{number}"),
        self_booking_barred: person == 2,
        dispensary: Vec::new(),
        email: None,
        phone: None,
    })
}

fn referrals() -> Vec<Referral> {
    let to = |number, person, specialty: &str| Referral {
        key: ReferralKey { facility: facility_id(1), referral: ReferralId(guid("4ef00000", number)) },
        number: format!("Н-{number}"),
        person: person_id(person),
        kind: Some(ReferralKind::Consultation),
        specialty: code(specialty),
        to_facility: None,
        resource: None,
        issued: date(2026, 4, 1),
        valid_until: date(2026, 5, 31),
        state: ReferralState::Active,
    };
    vec![
        to(1, 1, "1"),
        to(2, 1, "1"),
        to(3, 1, "2"),
        Referral { kind: None, ..to(4, 1, "1") },
        Referral { state: ReferralState::Closed, ..to(5, 1, "1") },
        Referral { valid_until: date(2026, 4, 12), ..to(6, 1, "1") },
        Referral { to_facility: Some(facility_id(3)), ..to(7, 1, "1") },
        to(8, 1, "3"),
        to(9, 3, "1"),
        to(10, 2, "1"),
        Referral { kind: Some(ReferralKind::Duvisit), ..to(11, 1, "2") },
        Referral { kind: Some(ReferralKind::Diagnostic), ..to(12, 1, "4") },
    ]
}

fn slots() -> Vec<Slot> {
    let open = Rights::of(&[Right::Internet]);
    let desk = Rights::of(&[Right::Registry]);
    let rows = [
        (1, 1, date(2026, 4, 13).at(8, 40, 0, 0), open),
        (1, 1, date(2026, 4, 14).at(9, 0, 0, 0), open),
        (1, 1, date(2026, 4, 14).at(9, 20, 0, 0), open),
        (1, 1, date(2026, 4, 14).at(9, 40, 0, 0), open),
        (1, 1, date(2026, 4, 14).at(10, 0, 0, 0), desk),
        (1, 1, date(2026, 4, 27).at(9, 0, 0, 0), open),
        (1, 1, date(2026, 4, 28).at(9, 0, 0, 0), open),
        (1, 2, date(2026, 4, 14).at(9, 30, 0, 0), open),
        (1, 2, date(2026, 4, 15).at(9, 30, 0, 0), open),
        (1, 3, date(2026, 4, 14).at(9, 0, 0, 0), open),
        (1, 4, date(2026, 4, 16).at(12, 0, 0, 0), open),
        (2, 5, date(2026, 4, 14).at(9, 0, 0, 0), open),
        (3, 6, date(2026, 4, 15).at(11, 0, 0, 0), open),
    ];
    rows.into_iter().zip(1..).map(|(row, number)| slot(number, row)).collect()
}

fn slot(number: u16, (facility, resource, local, rights): (u16, u16, DateTime, Rights)) -> Slot {
    Slot {
        key: SlotKey { facility: facility_id(facility), slot: SlotId(guid("51070000", number)) },
        resource: resource_key(facility, resource).resource,
        start: instant(facility, local),
        minutes: 20,
        places: 1,
        rights,
        release: None,
        ages: Ages::default(),
        template: None,
        absent: false,
    }
}

fn instant(facility: u16, local: DateTime) -> Timestamp {
    let zone = if facility == 3 { "Europe/Samara" } else { "Europe/Moscow" };
    Zone::parse(zone).unwrap().instant(local).unwrap()
}
