use jiff::{SignedDuration, civil::date};
use uuid::Uuid;

use super::*;
use crate::{
    entry::{Entry, EntryState, Ticket},
    facility::{Mkod, Serves},
    ids::{EntryId, EntryKey, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, SlotId},
    referral::{ReferralKind, ReferralState},
    resource::SpecialtyCode,
    zone::Zone,
};

const HERE: FacilityId = FacilityId(Uuid::nil());

/// Noon in Moscow, and already the next day in Kamchatka.
fn now() -> Timestamp {
    "2026-04-14T12:30:00Z".parse().unwrap()
}

fn facility(zone: &str) -> Facility {
    Facility {
        id: HERE,
        mkod: Mkod::parse("1").unwrap(),
        name: String::new(),
        serves: Serves::All,
        zone: Zone::parse(zone).unwrap(),
        schedule_days: 14,
        address: None,
        phone: None,
    }
}

fn referral() -> Referral {
    Referral {
        key: ReferralKey { facility: HERE, referral: ReferralId(Uuid::nil()) },
        number: "1".into(),
        person: PersonId(Uuid::nil()),
        kind: Some(ReferralKind::Consultation),
        specialty: SpecialtyCode("1".into()),
        to_facility: None,
        resource: None,
        issued: date(2026, 4, 1),
        valid_until: date(2026, 4, 14),
        state: ReferralState::Active,
    }
}

fn visit(state: EntryState, start: Timestamp) -> Visit {
    let entry = Entry {
        key: EntryKey { facility: HERE, entry: EntryId(Uuid::nil()) },
        person: PersonId(Uuid::nil()),
        referral: Some(referral().key),
        resource: ResourceId(Uuid::nil()),
        slot: SlotId(Uuid::nil()),
        place: 1,
        specialty: SpecialtyCode("1".into()),
        start,
        minutes: 20,
        ticket: Ticket("Т-001".into()),
        state,
        version: 1,
        booked_at: now(),
        client: None,
        channel: None,
    };
    Visit { entry, who: "Орлова Н. П.".into(), local_start: facility("Europe/Moscow").zone.local(start) }
}

fn told(referral: &Referral, used_by: Option<&Visit>, zone: &str) -> (&'static str, Option<&'static str>) {
    let (standing, refusal) = standing(referral, used_by, &facility(zone), now());
    (standing.code(), refusal.map(|refusal| refusal.slug()))
}

#[test]
fn today_is_that_of_the_facility_of_the_appointment() {
    assert_eq!(told(&referral(), None, "Europe/Moscow"), ("available", None));
    assert_eq!(
        told(&referral(), None, "Asia/Kamchatka"),
        ("expired", Some("referral-expired")),
        "it is the 15th there"
    );
    let not_yet = Referral { issued: date(2026, 4, 15), valid_until: date(2026, 4, 30), ..referral() };
    assert_eq!(told(&not_yet, None, "Europe/Moscow"), ("expired", Some("referral-not-yet-valid")));
    assert_eq!(told(&not_yet, None, "Asia/Kamchatka"), ("available", None));
}

#[test]
fn nothing_is_booked_under_a_closed_one_or_one_without_its_kind() {
    let closed = Referral { state: ReferralState::Closed, ..referral() };
    assert_eq!(told(&closed, None, "Europe/Moscow"), ("closed", Some("referral-closed")));
    let without_kind = Referral { kind: None, ..referral() };
    assert_eq!(told(&without_kind, None, "Europe/Moscow"), ("closed", Some("referral-pair-incomplete")));
}

#[test]
fn a_visit_is_told_of_first_whatever_became_of_the_referral() {
    let (ahead, begun) = (now() + SignedDuration::from_secs(1), now());
    let gone = Referral { valid_until: date(2026, 4, 10), state: ReferralState::Closed, ..referral() };
    for referral in [referral(), gone] {
        for (used_by, expected) in [
            (visit(EntryState::Booked, ahead), "booked"),
            (visit(EntryState::Booked, begun), "used"),
            (visit(EntryState::Fulfilled, begun), "used"),
        ] {
            assert_eq!(told(&referral, Some(&used_by), "Europe/Moscow"), (expected, Some("referral-used")));
        }
    }
}
