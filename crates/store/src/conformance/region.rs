//! The region that the suite runs in, and commands upon it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, date},
};
use talon_domain::{
    access::{Caller, Channel, Right, Rights},
    audit::Request,
    booking::{
        BookCommand, CancelCommand, ChurnTerms, HoldChange, HoldCommand, HoldTerms, MoveCommand, NewIds, Refusal,
    },
    facility::{Facility, LpuCode, Mkod, Serves},
    ids::{
        AuditId, CardId, EntryId, EntryKey, FacilityId, HoldKey, PersonId, ReferralId, ReferralKey, RequestId,
        ResourceId, ResourceKey, SlotId, SlotKey, WaitingId, WaitingKey,
    },
    person::{Card, Person, Policy, Sex},
    referral::{Referral, ReferralKind, ReferralState},
    resource::{Resource, ResourceKind, Specialty, SpecialtyCode},
    slot::{Ages, Slot},
    waiting::{ANY_TIME, WaitCommand, WithdrawCommand},
    zone::Zone,
};
use uuid::Uuid;

use crate::{Booked, Record, Removal, Store};

/// Adults' clinic in Moscow.
pub const ADULTS: u64 = 1;
/// Children's clinic in Moscow.
pub const CHILDREN: u64 = 2;
/// Clinic for all, two hours east.
pub const EAST: u64 = 3;

/// Specialties; every facility has one doctor of each, of the same number.
pub const SPECIALTIES: [(&str, &str, &str); 3] =
    [("therapy", "Терапия", "Т"), ("surgery", "Хирургия", "Х"), ("eyes", "Офтальмология", "О")];

/// Grown-up, on the dispensary register for therapy.
pub const ANNA: u64 = 1;
/// A child of ten.
pub const BORIS: u64 = 2;
/// Grown-up, barred from booking for herself.
pub const VERA: u64 = 3;
/// Grown-up without a card in [`ADULTS`].
pub const GLEB: u64 = 4;

/// Tuesday noon in Moscow.
#[must_use]
pub fn now() -> Timestamp {
    "2026-04-14T09:00:00Z".parse().unwrap()
}

/// The day after [`now`].
#[must_use]
pub fn tomorrow() -> Date {
    date(2026, 4, 15)
}

fn guid(kind: u8, number: u64) -> Uuid {
    Uuid::from_u128((u128::from(kind) << 120) | (0x4000_8000u128 << 64) | u128::from(number))
}

#[must_use]
pub fn facility(number: u64) -> FacilityId {
    FacilityId(guid(1, number))
}

#[must_use]
pub fn doctor(facility_number: u64, specialty: u64) -> ResourceKey {
    ResourceKey { facility: facility(facility_number), resource: ResourceId(guid(2, specialty)) }
}

#[must_use]
pub fn person(number: u64) -> PersonId {
    PersonId(guid(3, number))
}

/// Every person has a referral of [`ADULTS`] to each specialty, and others beyond.
#[must_use]
pub fn referral(owner: u64, number: u64) -> ReferralKey {
    ReferralKey { facility: facility(ADULTS), referral: ReferralId(guid(4, owner * 100 + number)) }
}

#[must_use]
pub fn slot_key(facility_number: u64, specialty: u64, number: u64) -> SlotKey {
    SlotKey { facility: facility(facility_number), slot: SlotId(guid(5, specialty * 1000 + number)) }
}

#[must_use]
pub fn code(specialty: u64) -> SpecialtyCode {
    SpecialtyCode(SPECIALTIES[usize::try_from(specialty).unwrap() % SPECIALTIES.len()].0.to_owned())
}

/// The facility's records: itself and its doctors.
#[must_use]
pub fn facility_records(number: u64) -> Vec<Record> {
    let (serves, zone) = match number {
        CHILDREN => (Serves::Children, "Europe/Moscow"),
        EAST => (Serves::All, "Asia/Yekaterinburg"),
        _ => (Serves::Adults, "Europe/Moscow"),
    };
    let mut records = vec![Record::Facility(Facility {
        id: facility(number),
        mkod: Mkod::parse(&format!("0{number}")).unwrap(),
        name: format!("Поликлиника № {number}"),
        serves,
        zone: Zone::parse(zone).unwrap(),
        schedule_days: 14,
        address: None,
        phone: Some("+7 000 000-00-00".to_owned()),
    })];
    records.extend((0..3).map(|specialty| {
        Record::Resource(Resource {
            key: doctor(number, specialty),
            kind: ResourceKind::Doctor,
            name: "Орлова Нина Петровна".to_owned(),
            specialty: code(specialty),
            room: Some("12".to_owned()),
            ages: Ages::default(),
        })
    }));
    records
}

/// A cell of twenty minutes with one place for everybody with a referral.
#[must_use]
pub fn slot(facility_number: u64, specialty: u64, number: u64, local: DateTime) -> Slot {
    let zone = Zone::parse(if facility_number == EAST { "Asia/Yekaterinburg" } else { "Europe/Moscow" }).unwrap();
    Slot {
        key: slot_key(facility_number, specialty, number),
        resource: doctor(facility_number, specialty).resource,
        start: zone.instant(local).unwrap(),
        minutes: 20,
        places: 1,
        rights: Rights::of(&[Right::Internet, Right::Doctor]),
        release: None,
        ages: Ages::default(),
        template: None,
        absent: false,
    }
}

/// The cell's local start: numbers run through a day's twenty-minute steps from eight o'clock of
/// tomorrow on, 24 a day.
#[must_use]
pub fn local_start(number: u64) -> DateTime {
    let day = i8::try_from(number / 24).unwrap();
    let minute = i8::try_from(number % 24 * 20 % 60).unwrap();
    let hour = 8 + i8::try_from(number % 24 / 3).unwrap();
    date(2026, 4, 15 + day).at(hour, minute, 0, 0)
}

/// A person with a card in every facility (but see [`GLEB`]), and referrals.
#[must_use]
pub fn person_records(number: u64) -> Vec<Record> {
    let birth_date = if number == BORIS { date(2016, 2, 29) } else { date(1980, 6, 1) };
    let mut records = vec![Record::Person(Person {
        id: person(number),
        family: "Смирнов".to_owned(),
        given: "Пётр".to_owned(),
        patronymic: None,
        birth_date,
        sex: Sex::Male,
        snils: None,
        policy: Policy { series: None, number: format!("77{number:014}") },
    })];
    for home in [ADULTS, CHILDREN, EAST] {
        if number == GLEB && home == ADULTS {
            continue;
        }
        records.push(Record::Card(Card {
            facility: facility(home),
            id: CardId(guid(6, number)),
            person: person(number),
            number: format!("К-{number}"),
            self_booking_barred: number == VERA,
            dispensary: if number == ANNA { vec![code(0)] } else { Vec::new() },
            email: None,
            phone: None,
        }));
    }
    records.extend((0..3).map(|specialty| Record::Referral(referral_to(number, specialty, specialty))));
    records
}

/// A consultation referral, valid for a month around [`now`].
#[must_use]
pub fn referral_to(owner: u64, number: u64, specialty: u64) -> Referral {
    Referral {
        key: referral(owner, number),
        number: format!("{owner}-{number}"),
        person: person(owner),
        kind: Some(ReferralKind::Consultation),
        specialty: code(specialty),
        to_facility: None,
        resource: None,
        issued: date(2026, 4, 1),
        valid_until: date(2026, 4, 30),
        state: ReferralState::Active,
    }
}

/// The whole region: three facilities, four persons, forty cells a doctor.
#[must_use]
pub fn records() -> Vec<Record> {
    let mut records: Vec<Record> = SPECIALTIES
        .iter()
        .map(|(code, name, letter)| {
            Record::Specialty(Specialty {
                code: SpecialtyCode((*code).to_owned()),
                name: (*name).to_owned(),
                letter: (*letter).to_owned(),
            })
        })
        .collect();
    let facilities = [ADULTS, CHILDREN, EAST];
    records.extend(facilities.into_iter().flat_map(facility_records));
    records.extend((1..=4).flat_map(person_records));
    for home in facilities {
        for specialty in 0..3 {
            records.extend((0..40).map(|number| Record::Slot(slot(home, specialty, number, local_start(number)))));
        }
    }
    records
}

/// Fills an empty store with the region, and with `more`.
pub async fn fill(store: &Arc<dyn Store>, more: Vec<Record>) {
    let mut all = records();
    all.extend(more);
    for page in all.chunks(500) {
        assert_eq!(store.import_page(page.to_vec(), now()).await, Ok(Vec::new()));
    }
}

static DRAWN: AtomicU64 = AtomicU64::new(1);

pub(super) fn drawn() -> Uuid {
    guid(9, DRAWN.fetch_add(1, Ordering::Relaxed))
}

/// A caller through the portal.
#[must_use]
pub fn portal() -> Caller {
    Caller { channel: Channel::Internet, client: None }
}

/// `who` books cell `number` of the doctor of `specialty` in a facility, under referral
/// `with_referral` of theirs.
#[must_use]
pub fn book(who: u64, facility_number: u64, specialty: u64, number: u64, with_referral: u64) -> BookCommand {
    let local = local_start(number);
    BookCommand {
        person: person(who),
        caller: portal(),
        lpu: LpuCode::parse(&format!("0{facility_number}")).unwrap(),
        referral: Some(referral(who, with_referral)),
        kind: None,
        resource: doctor(facility_number, specialty),
        cell: None,
        day: local.date(),
        time: local.time(),
        email: None,
        idempotency: None,
        request: Request::of(RequestId(drawn())),
        new_ids: NewIds { entry: EntryId(drawn()), audit: AuditId(drawn()) },
    }
}

/// Persons of these numbers, with cards and referrals.
#[must_use]
pub fn crowd(numbers: std::ops::Range<u64>) -> Vec<Record> {
    numbers.flat_map(person_records).collect()
}

/// Five minutes, twice as many more, two at once.
#[must_use]
pub fn terms() -> HoldTerms {
    HoldTerms { time: SignedDuration::from_mins(5), extensions: 2, per_person: 2 }
}

/// `who` holds what [`book`] would book.
#[must_use]
pub fn hold(who: u64, facility_number: u64, specialty: u64, number: u64, with_referral: u64) -> HoldCommand {
    HoldCommand { asked: book(who, facility_number, specialty, number, with_referral), terms: terms() }
}

/// `who` changes a hold.
#[must_use]
pub fn hold_change(who: u64, hold: HoldKey) -> HoldChange {
    HoldChange {
        person: person(who),
        caller: portal(),
        hold,
        request: Request::of(RequestId(drawn())),
        new_audit: AuditId(drawn()),
    }
}

/// `who` waits for a specialty in a facility, for any time, under their referral to it.
#[must_use]
pub fn wait(who: u64, facility_number: u64, specialty: u64) -> WaitCommand {
    WaitCommand {
        person: person(who),
        caller: portal(),
        lpu: LpuCode::parse(&format!("0{facility_number}")).unwrap(),
        specialty: code(specialty),
        resource: None,
        referral: Some(referral(who, specialty)),
        phone: None,
        from: None,
        until: None,
        times: ANY_TIME,
        deadline: None,
        request: Request::of(RequestId(drawn())),
        new_waiting: WaitingId(drawn()),
        new_audit: AuditId(drawn()),
    }
}

/// `who` leaves a waiting list.
#[must_use]
pub fn withdraw(who: u64, waiting: WaitingKey) -> WithdrawCommand {
    WithdrawCommand {
        person: person(who),
        caller: portal(),
        waiting,
        request: Request::of(RequestId(drawn())),
        new_audit: AuditId(drawn()),
    }
}

/// Books, and expects an answer.
pub async fn booked(store: &Arc<dyn Store>, command: BookCommand) -> Booked {
    store.book(command, now()).await.expect("the store answers").expect("booked")
}

/// Books, and expects a refusal.
pub async fn refused(store: &Arc<dyn Store>, command: BookCommand) -> Refusal {
    store.book(command, now()).await.expect("the store answers").expect_err("refused")
}

/// So often nobody gives anything up here.
#[must_use]
pub fn churn() -> ChurnTerms {
    ChurnTerms { most: 100, within: SignedDuration::from_hours(24) }
}

/// `who` cancels an entry.
#[must_use]
pub fn cancel(who: u64, entry: EntryKey) -> CancelCommand {
    CancelCommand {
        person: person(who),
        caller: portal(),
        entry,
        reason: None,
        cutoff: Duration::ZERO,
        churn: churn(),
        request: Request::of(RequestId(drawn())),
        new_audit: AuditId(drawn()),
    }
}

/// `who` moves an entry to cell `number`, of another doctor of its facility if one is named.
#[must_use]
pub fn move_to(who: u64, entry: EntryKey, resource: Option<ResourceKey>, number: u64) -> MoveCommand {
    let local = local_start(number);
    MoveCommand {
        person: person(who),
        caller: portal(),
        entry,
        resource,
        day: local.date(),
        time: local.time(),
        cutoff: Duration::ZERO,
        request: Request::of(RequestId(drawn())),
        new_audit: AuditId(drawn()),
    }
}

/// `who` is removed, or becomes the same person as another.
#[must_use]
pub fn removal(who: u64, into: Option<u64>) -> Removal {
    let request = Request::of(RequestId(drawn()));
    Removal { person: person(who), into: into.map(person), request, new_audit: AuditId(drawn()) }
}
