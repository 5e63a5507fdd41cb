//! Records of every kind, as wild as a store may hold them.

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday, date, time},
};
use proptest::{collection::vec, option::of, prelude::*, sample::select};
use talon_domain::{
    access::{Channel, Client, Function, Rights},
    email::Email,
    entry::{Entry, EntryState, Ticket, TicketCounter},
    facility::{Facility, Mkod, Serves},
    history::{CancelReason, Cancellation, EntryVersion},
    ids::{
        CardId, ClientId, EntryId, EntryKey, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, ResourceKey,
        SlotId, SlotKey, TemplateId, WaitingId, WaitingKey,
    },
    message::{Message, MessageKind},
    person::{Card, Person, Policy, Sex},
    referral::{Referral, ReferralKind, ReferralState},
    resource::{Resource, ResourceKind, Specialty, SpecialtyCode},
    schedule::{DayPart, DayRelease, Exception, Parity, Template},
    slot::{Ages, Release, Slot},
    waiting::{Waiting, WaitingState},
    zone::Zone,
};
use talon_store::Record;

use super::audit;

pub(super) fn any_record() -> BoxedStrategy<Record> {
    prop_oneof![
        specialty().prop_map(Record::Specialty),
        facility().prop_map(Record::Facility),
        resource().prop_map(Record::Resource),
        client().prop_map(Record::Client),
        person().prop_map(Record::Person),
        card().prop_map(Record::Card),
        referral().prop_map(Record::Referral),
        template().prop_map(Record::Template),
        slot().prop_map(Record::Slot),
        entry().prop_map(Record::Entry),
        entry_version().prop_map(Record::EntryVersion),
        cancellation().prop_map(Record::Cancellation),
        waiting().prop_map(Record::Waiting),
        counter().prop_map(Record::Counter),
        message().prop_map(Record::Message),
        audit::record().prop_map(Record::Audit),
        audit::seal().prop_map(Record::Seal),
    ]
    .boxed()
}

pub(super) fn specialty_named(name: String) -> Specialty {
    Specialty { code: SpecialtyCode("1".into()), name, letter: "Т".into() }
}

/// Any text of a line: not empty, no control characters.
pub(super) fn any_text() -> impl Strategy<Value = String> {
    let wild = any::<String>().prop_map(|text| text.chars().filter(|c| !c.is_control()).take(40).collect::<String>());
    prop_oneof![wild, "[а-яё\"\\\\/<>& ]{1,20}"].prop_filter("blank", |text| !text.chars().all(char::is_whitespace))
}

pub(super) fn bytes() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>()
}

pub(super) fn facility_id() -> impl Strategy<Value = FacilityId> {
    bytes().prop_map(FacilityId::from_bytes)
}

pub(super) fn person_id() -> impl Strategy<Value = PersonId> {
    bytes().prop_map(PersonId::from_bytes)
}

fn code() -> impl Strategy<Value = SpecialtyCode> {
    any_text().prop_map(SpecialtyCode)
}

fn resource_key() -> impl Strategy<Value = ResourceKey> {
    (facility_id(), bytes()).prop_map(|(facility, id)| ResourceKey { facility, resource: ResourceId::from_bytes(id) })
}

fn referral_key() -> impl Strategy<Value = ReferralKey> {
    (facility_id(), bytes()).prop_map(|(facility, id)| ReferralKey { facility, referral: ReferralId::from_bytes(id) })
}

fn entry_key() -> impl Strategy<Value = EntryKey> {
    (facility_id(), bytes()).prop_map(|(facility, id)| EntryKey { facility, entry: EntryId::from_bytes(id) })
}

fn rights() -> impl Strategy<Value = Rights> {
    any::<u8>().prop_map(Rights::from_bits)
}

fn ages() -> impl Strategy<Value = Ages> {
    (of(0u8..=150), of(0u8..=150)).prop_map(|(min, max)| match (min, max) {
        (Some(min), Some(max)) => Ages { min: Some(min.min(max)), max: Some(min.max(max)) },
        (min, max) => Ages { min, max },
    })
}

pub(super) fn day() -> impl Strategy<Value = Date> {
    (0i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

/// To the minute mostly, around a change of clocks often.
pub(super) fn any_instant() -> impl Strategy<Value = Timestamp> {
    let change = Timestamp::from_second(1_792_890_000).unwrap();
    prop_oneof![
        (0i64..60_000_000).prop_map(|minute| Timestamp::from_second(minute * 60).unwrap()),
        (-300i64..300).prop_map(move |minute| change + jiff::SignedDuration::from_mins(minute)),
        (-62_000_000_000i64..253_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap()),
    ]
}

pub(super) fn precise_instant() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000, prop_oneof![Just(0), 0i32..1_000_000_000])
        .prop_map(|(second, nano)| Timestamp::new(second, nano).unwrap())
}

fn specialty() -> impl Strategy<Value = Specialty> {
    (code(), any_text(), "[А-Я]{1,2}").prop_map(|(code, name, letter)| Specialty { code, name, letter })
}

fn facility() -> impl Strategy<Value = Facility> {
    let zone = select(vec!["Europe/Moscow", "Asia/Kathmandu", "Etc/UTC", "America/Argentina/Buenos_Aires"]);
    (
        (facility_id(), "[0-9]{1,20}", any_text(), select(Serves::ALL)),
        (zone, 0u16..=3660, of(any_text()), of(any_text())),
    )
        .prop_map(|((id, mkod, name, serves), (zone, schedule_days, address, phone))| Facility {
            id,
            mkod: Mkod::parse(&mkod).unwrap(),
            name,
            serves,
            zone: Zone::parse(zone).unwrap(),
            schedule_days,
            address,
            phone,
        })
}

fn resource() -> impl Strategy<Value = Resource> {
    (resource_key(), select(ResourceKind::ALL), any_text(), code(), of(any_text()), ages())
        .prop_map(|(key, kind, name, specialty, room, ages)| Resource { key, kind, name, specialty, room, ages })
}

fn client() -> impl Strategy<Value = Client> {
    let functions = (Just(Function::ALL.to_vec()).prop_shuffle(), vec(rights(), 0..=3));
    (bytes(), any_text(), select(Channel::ALL), functions, 0u16..=3660).prop_map(
        |(id, name, channel, (functions, rights), schedule_days)| Client {
            id: ClientId::from_bytes(id),
            name,
            channel,
            functions: functions.into_iter().zip(rights).collect(),
            schedule_days,
        },
    )
}

fn person() -> impl Strategy<Value = Person> {
    let policy = (of(any_text()), any_text());
    let snils = of(prop_oneof!["[0-9]{11}", "[0-9]{3}-[0-9]{3}-[0-9]{3} [0-9]{2}"]);
    (person_id(), (any_text(), any_text(), of(any_text())), day(), select(Sex::ALL), snils, policy).prop_map(
        |(id, (family, given, patronymic), birth_date, sex, snils, (series, number))| Person {
            id,
            family,
            given,
            patronymic,
            birth_date,
            sex,
            snils,
            policy: Policy { series, number },
        },
    )
}

fn card() -> impl Strategy<Value = Card> {
    let email = of("[a-z]{1,10}@[a-z]{1,10}\\.ru").prop_map(|email| email.map(|email| Email::parse(&email).unwrap()));
    let dispensary = vec(code(), 0..4).prop_map(|mut codes| {
        codes.sort();
        codes.dedup();
        codes
    });
    ((facility_id(), bytes(), person_id()), any_text(), any::<bool>(), dispensary, email, of(any_text())).prop_map(
        |((facility, id, person), number, self_booking_barred, dispensary, email, phone)| Card {
            facility,
            id: CardId::from_bytes(id),
            person,
            number,
            self_booking_barred,
            dispensary,
            email,
            phone,
        },
    )
}

fn referral() -> impl Strategy<Value = Referral> {
    let target = (code(), of(facility_id()), of(bytes()));
    let days = (day(), day()).prop_map(|(one, other)| (one.min(other), one.max(other)));
    let kind = of(select(ReferralKind::ALL));
    (referral_key(), any_text(), person_id(), kind, target, days, select(ReferralState::ALL)).prop_map(
        |(key, number, person, kind, (specialty, to_facility, resource), (issued, valid_until), state)| Referral {
            key,
            number,
            person,
            kind,
            specialty,
            to_facility,
            resource: resource.map(|id| ResourceKey {
                facility: to_facility.unwrap_or(key.facility),
                resource: ResourceId::from_bytes(id),
            }),
            issued,
            valid_until,
            state,
        },
    )
}

/// Parts that follow one another; the last may end at midnight.
fn parts(least: usize) -> impl Strategy<Value = Vec<DayPart>> {
    let release = of((1u16..=366, 0u8..24, rights()));
    vec((0u8..12, 1u16..=60, 1u16..=10_000, rights(), release), least..5).prop_map(|parts| {
        let mut hour = 0;
        let mut made = Vec::new();
        for (length, minutes, places, rights, release) in parts {
            let release = release.map(|(days_before, hour, rights)| DayRelease { days_before, at: at(hour), rights });
            let to = (hour + 1 + length).min(24);
            if to > hour {
                made.push(DayPart { from: at(hour), to: at(to), minutes, places, rights, release });
            }
            hour = to;
        }
        made
    })
}

fn at(hour: u8) -> Time {
    time(hour.cast_signed() % 24, 0, 0, 0)
}

fn template() -> impl Strategy<Value = Template> {
    let weekdays = (Just(Weekday::Monday.cycle_forward().take(7).collect::<Vec<_>>()).prop_shuffle(), 1usize..=7)
        .prop_map(|(days, count)| days[..count].to_vec());
    let breaks = vec((0u8..23, 1u8..=24), 0..3)
        .prop_map(|breaks| breaks.into_iter().map(|(from, to)| (at(from), at(to.max(from + 1)))).collect());
    let exceptions = vec((day(), 0i64..400, parts(0)), 0..3).prop_map(|exceptions| {
        let exception = |(from, days, parts): (Date, i64, Vec<DayPart>)| Exception {
            from,
            until: from.saturating_add(jiff::ToSpan::days(days)),
            parts,
        };
        exceptions.into_iter().map(exception).collect()
    });
    let days = (day(), of(day())).prop_map(|(from, until)| (from, until.map(|until| until.max(from))));
    ((resource_key(), bytes()), days, weekdays, select(Parity::ALL), parts(1), breaks, exceptions, ages()).prop_map(
        |((resource, id), (from, until), weekdays, parity, parts, breaks, exceptions, ages)| Template {
            resource,
            id: TemplateId::from_bytes(id),
            from,
            until,
            weekdays,
            parity,
            parts,
            breaks,
            exceptions,
            ages,
        },
    )
}

fn slot() -> impl Strategy<Value = Slot> {
    let release = of((any_instant(), rights()));
    let template = (of(bytes()), any::<bool>());
    (resource_key(), bytes(), any_instant(), 1u16..=1440, 1u16..=10_000, (rights(), release), ages(), template)
        .prop_map(|(resource, id, start, minutes, places, (rights, release), ages, (template, absent))| Slot {
            key: SlotKey { facility: resource.facility, slot: SlotId::from_bytes(id) },
            resource: resource.resource,
            start,
            minutes,
            places,
            rights,
            release: release.map(|(at, rights)| Release { at, rights }),
            ages,
            template: template.map(TemplateId::from_bytes),
            absent,
        })
}

fn entry() -> impl Strategy<Value = Entry> {
    let cell = (bytes(), bytes(), 0u16..=10_000, any_instant(), 1u16..=1440);
    let state = (select(EntryState::ALL), 1u32.., precise_instant(), of(bytes()), of(select(Channel::ALL)));
    (entry_key(), person_id(), of(referral_key()), cell, code(), any_text(), state).prop_map(
        |(key, person, referral, (resource, slot, place, start, minutes), specialty, ticket, state)| Entry {
            key,
            person,
            referral,
            resource: ResourceId::from_bytes(resource),
            slot: SlotId::from_bytes(slot),
            place,
            specialty,
            start,
            minutes,
            ticket: Ticket(ticket),
            state: state.0,
            version: state.1,
            booked_at: state.2,
            client: state.3.map(ClientId::from_bytes),
            channel: state.4,
        },
    )
}

fn entry_version() -> impl Strategy<Value = EntryVersion> {
    let cell = (bytes(), bytes(), 1u16..=10_000, any_instant(), 1u16..=1440);
    (entry_key(), 1u32.., cell, any_text(), precise_instant()).prop_map(
        |(entry, version, (resource, slot, place, start, minutes), ticket, until)| EntryVersion {
            entry,
            version,
            resource: ResourceId::from_bytes(resource),
            slot: SlotId::from_bytes(slot),
            place,
            start,
            minutes,
            ticket: Ticket(ticket),
            until,
        },
    )
}

fn cancellation() -> impl Strategy<Value = Cancellation> {
    let reason = prop_oneof![
        Just(None),
        (1u8..=5).prop_map(|code| CancelReason::new(code, None).ok()),
        any_text().prop_map(|text| CancelReason::new(CancelReason::OTHER, Some(text)).ok()),
    ];
    (entry_key(), reason, precise_instant()).prop_map(|(entry, reason, at)| Cancellation { entry, reason, at })
}

fn waiting() -> impl Strategy<Value = Waiting> {
    let states = vec![WaitingState::Waiting, WaitingState::Booked, WaitingState::Withdrawn, WaitingState::Over];
    let minute = || (0i8..24, 0i8..60).prop_map(|(hour, minute)| time(hour, minute, 0, 0));
    let who = (facility_id(), bytes(), person_id(), code(), of(bytes()), of(referral_key()), of(any_text()));
    let when = (day(), day(), minute(), minute(), of(day()), precise_instant());
    let rest = (any::<u16>(), select(states), 1u32.., of(bytes()), select(Channel::ALL));
    (who, when, rest).prop_map(|(who, when, rest)| {
        let (facility, waiting, person, specialty, resource, referral, phone) = who;
        let (one, other, time_from, time_until, due, since) = when;
        let (priority, state, version, client, channel) = rest;
        Waiting {
            key: WaitingKey { facility, waiting: WaitingId::from_bytes(waiting) },
            person,
            specialty,
            resource: resource.map(ResourceId::from_bytes),
            referral,
            phone,
            dates: (one.min(other), one.max(other)),
            times: (time_from, time_until),
            priority,
            due,
            since,
            state,
            version,
            client: client.map(ClientId::from_bytes),
            channel,
        }
    })
}

fn counter() -> impl Strategy<Value = TicketCounter> {
    (facility_id(), day(), 0u32..=999_999).prop_map(|(facility, day, last)| TicketCounter { facility, day, last })
}

fn message() -> impl Strategy<Value = Message> {
    (entry_key(), 1u32.., select(MessageKind::ALL), precise_instant())
        .prop_map(|(entry, version, kind, created)| Message { entry, version, kind, created })
}
