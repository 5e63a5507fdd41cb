//! Every reason that a request to book can be refused for.

use std::collections::BTreeSet;

use serde_json::json;
use talon_testkit::{
    AUDIENCE, Booking, ISSUER, Installation, Outcome, RegionBuilder, ResourceRef, Rows, Server, SlotRef, TestKey, clock,
};

use crate::installation;

/// A request with the reason it must be refused for.
struct Case {
    reason: &'static str,
    booking: Booking,
}

/// The reasons of steps 2 to 6 of the contract's order of checks.
const RECORDED: [&str; 23] = [
    "validation",
    "time-or-resource-empty",
    "facility-unknown",
    "card-not-found",
    "referral-not-found",
    "referral-pair-incomplete",
    "referral-closed",
    "referral-expired",
    "referral-not-yet-valid",
    "referral-used",
    "referral-mismatch",
    "children-facility",
    "self-booking-barred",
    "dispensary-required",
    "specialty-limit",
    "patient-overlap",
    "age-group",
    "resource-unknown",
    "time-absent",
    "time-past",
    "time-beyond-window",
    "time-not-open",
    "time-taken",
];

#[tokio::test(flavor = "multi_thread")]
async fn leave_one_audit_record_and_nothing_else() {
    let installation = installation();
    let (first, cases) = region(&installation);
    let server = Server::start(&installation);
    let mut client = server.client();
    for booking in first {
        assert!(client.book(&booking).await.outcome.is_ok(), "what the refusals are about can be booked");
    }
    let mut met = BTreeSet::new();
    let mut before = Rows::read(installation.store());
    for Case { reason, booking } in cases {
        let outcome = client.book(&booking).await.outcome;
        assert_eq!(outcome, Outcome::Refused(reason.to_owned()));
        let after = Rows::read(installation.store());
        let changes = before.changes(&after);
        let recorded = |line: &String| line.starts_with("audit + ") && line.contains(&format!(" outcome={reason} "));
        assert!(changes.len() == 1 && changes.iter().all(recorded), "{reason} changed {changes:#?}");
        before = after;
        met.insert(reason);
    }
    assert_eq!(met, BTreeSet::from(RECORDED), "every recorded reason is met");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_body_under_a_used_idempotency_key_leaves_its_record_only() {
    let installation = installation();
    let (first, _) = region(&installation);
    let server = Server::start(&installation);
    let mut client = server.client();
    let key = [("Idempotency-Key", "5f0c")];
    assert!(client.ask_with(&first[0], &key).await.unwrap().outcome().is_ok());
    let before = Rows::read(installation.store());
    let other = client.ask_with(&first[0].with_email("other@example.org"), &key).await.unwrap();
    assert_eq!((other.status.as_u16(), other.outcome()), (422, Outcome::Refused("idempotency-mismatch".into())));
    let changes = before.changes(&Rows::read(installation.store()));
    assert!(changes.len() == 1 && changes[0].starts_with("audit + "), "{changes:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_valid_token_nothing_is_left() {
    let installation = installation();
    let (first, _) = region(&installation);
    let server = Server::start(&installation);
    let mut client = server.client();
    let before = Rows::read(installation.store());
    let person = "9e500000-0000-4000-8000-000000000001";
    let claims = |age: i64| {
        let expires = clock::now().as_second() + age;
        json!({"iss": ISSUER, "aud": AUDIENCE, "sub": person, "exp": expires})
    };
    let tokens = [
        ("bearer-missing", String::new()),
        ("token-malformed", "abc".to_owned()),
        ("signature-invalid", TestKey::generate("portal-1").sign(&claims(3600))),
        ("token-expired", installation.key().sign(&claims(-3600))),
    ];
    for (reason, token) in tokens {
        let outcome = client.book(&Booking { token, ..first[0].clone() }).await.outcome;
        assert_eq!(outcome, Outcome::Refused(reason.to_owned()));
    }
    let changes = before.changes(&Rows::read(installation.store()));
    assert!(changes.is_empty(), "{changes:#?}");
}

/// A region with a case for every reason: what is booked first, then what is refused.
fn region(installation: &Installation) -> (Vec<Booking>, Vec<Case>) {
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    region.specialty("2", "Хирургия", "Х");
    let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
    let children = region.facility("Детская поликлиника № 2", "Europe/Moscow");
    region.set("serves", json!("children"));
    let doctor = region.doctor(&facility, "1");
    let slots = region.slots(&doctor, clock::day_ahead(2), 8, 1);
    let surgeon = region.doctor(&facility, "2");
    let same_time = region.slot(&surgeon, slots[0].start, 1);
    let childrens_doctor = region.doctor(&children, "1");
    let childrens_slot = region.slot(&childrens_doctor, slots[0].start, 1);
    let past = region.slot(&doctor, clock::day_ahead(-2).at(9, 0, 0, 0), 1);
    let too_far = region.slot(&doctor, clock::day_ahead(310).at(9, 0, 0, 0), 1);
    let closed_slot = region.slot(&doctor, clock::day_ahead(3).at(9, 0, 0, 0), 1);
    region.set("rights", json!(["Registry"]));
    let for_the_young = region.slot(&doctor, clock::day_ahead(3).at(9, 10, 0, 0), 1);
    region.set("max_age", json!(17));

    let (ann, ann_first) = region.patient(&facility, "1");
    let ann_second = region.referral(&facility, &ann, "1");
    let ann_surgery = region.referral(&facility, &ann, "2");
    let (ben, ben_any) = region.patient(&facility, "1");
    region.card(&children, &ben);
    let ben_unkind = region.referral(&facility, &ben, "1");
    region.set("kind", json!(null));
    let ben_closed = region.referral(&facility, &ben, "1");
    region.set("state", json!("closed"));
    let ben_expired = region.referral(&facility, &ben, "1");
    region.set("issued", json!("2020-01-01"));
    region.set("valid_until", json!("2020-02-01"));
    let ben_early = region.referral(&facility, &ben, "1");
    region.set("issued", json!("2098-01-01"));
    region.set("valid_until", json!("2098-02-01"));
    let ben_dispensary = region.referral(&facility, &ben, "1");
    region.set("kind", json!("duvisit"));
    let barred = region.person();
    region.card(&facility, &barred);
    region.set("self_booking_barred", json!(true));
    let barred_referral = region.referral(&facility, &barred, "1");
    let cardless = region.person();
    let cardless_referral = region.referral(&facility, &cardless, "1");
    installation.import(&region);

    let ann_asks = |referral, slot: &SlotRef| installation.booking(&ann, referral, slot);
    let ben_asks = |slot: &SlotRef| installation.booking(&ben, &ben_any, slot);
    let free = &slots[1];
    let nobody = ResourceRef { facility: facility.guid.clone(), guid: ann.guid.clone() };
    let nowhere = SlotRef { resource: nobody.guid, ..free.clone() };
    let never = SlotRef { start: clock::day_ahead(2).at(3, 33, 0, 0), ..free.clone() };
    let unknown_facility = Booking { lpu_code: "99999999".into(), ..ben_asks(free) };
    let broken = Booking { day: "2026-13-45".into(), ..ben_asks(free) };
    let absent = Booking { direction_id: format!("{}{}", facility.guid, ann.guid), ..ben_asks(free) };
    let cases = [
        ("validation", broken),
        ("time-or-resource-empty", Booking { time: String::new(), ..ben_asks(free) }),
        ("facility-unknown", unknown_facility),
        ("card-not-found", installation.booking(&cardless, &cardless_referral, free)),
        ("referral-not-found", absent),
        ("referral-not-found", installation.booking(&ben, &ann_second, free)),
        ("referral-pair-incomplete", installation.booking(&ben, &ben_unkind, free)),
        ("referral-closed", installation.booking(&ben, &ben_closed, free)),
        ("referral-expired", installation.booking(&ben, &ben_expired, free)),
        ("referral-not-yet-valid", installation.booking(&ben, &ben_early, free)),
        ("referral-used", ann_asks(&ann_first, free)),
        ("referral-mismatch", ben_asks(&same_time)),
        ("children-facility", ben_asks(&childrens_slot)),
        ("self-booking-barred", installation.booking(&barred, &barred_referral, free)),
        ("dispensary-required", installation.booking(&ben, &ben_dispensary, free)),
        ("specialty-limit", ann_asks(&ann_second, free)),
        ("patient-overlap", ann_asks(&ann_surgery, &same_time)),
        ("age-group", ben_asks(&for_the_young)),
        ("resource-unknown", ben_asks(&nowhere)),
        ("time-absent", ben_asks(&never)),
        ("time-past", ben_asks(&past)),
        ("time-beyond-window", ben_asks(&too_far)),
        ("time-not-open", ben_asks(&closed_slot)),
        ("time-taken", ben_asks(&slots[0])),
    ];
    let cases = cases.into_iter().map(|(reason, booking)| Case { reason, booking }).collect();
    (vec![ann_asks(&ann_first, &slots[0])], cases)
}
