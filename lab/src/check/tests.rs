//! Each check finds what it is for, in histories and exports written by hand.

use talon_testkit::{Outcome, PersonRef, ReferralRef, SlotRef, Violation};
use uuid::Uuid;

use super::{answers, entries, export, linear};
use crate::{
    history::Attempt,
    plan::{Kind, Plan, Referral, Request, Slot},
};

const FACILITY: &str = "fac00000-0000-4000-8000-000000000001";

/// Two persons want the one place of slot 0 (requests 0 and 1). The first one's referral is also asked
/// for in slot 1 (request 2), at the same time with another doctor.
fn plan() -> Plan {
    let slot = |number: u32| Slot {
        cell: SlotRef {
            facility: FACILITY.into(),
            resource: format!("d0c00000-0000-4000-8000-00000000000{number}"),
            guid: format!("51000000-0000-4000-8000-00000000000{number}"),
            start: "2026-11-25T08:00:00".parse().unwrap(),
        },
        start: 1_795_590_000,
        minutes: 20,
        places: 1,
        specialty: 0,
    };
    let referral = |person: u32| Referral {
        referral: ReferralRef {
            facility: FACILITY.into(),
            guid: format!("4ef00000-0000-4000-8000-00000000000{person}"),
        },
        person,
    };
    let person = |number: u32| PersonRef { guid: format!("9e500000-0000-4000-8000-00000000000{number}") };
    let request = |referral, slot| Request { kind: Kind::Book, referral, slot, scene: 0, journey: None };
    Plan {
        persons: vec![person(0), person(1)],
        referrals: vec![referral(0), referral(1)],
        slots: vec![slot(0), slot(1)],
        requests: vec![request(0, 0), request(1, 0), request(0, 1)],
        scenes: 1,
        ..Plan::default()
    }
}

/// The id of the entry of a request.
fn entry_id(request: u32) -> String {
    format!("{FACILITY}e0000000-0000-4000-8000-00000000000{request}")
}

fn trace(number: u64) -> Uuid {
    Uuid::from_u64_pair(1, number)
}

fn attempt(request: u32, (began, ended): (u64, u64), outcome: Outcome, status: Option<u16>) -> Attempt {
    let trace = status.map(|_| trace(began));
    Attempt { request, client: 0, node: 0, began, ended, outcome, status, trace }
}

fn ok(request: u32, times: (u64, u64)) -> Attempt {
    let outcome = Outcome::Ok { entry: entry_id(request), ticket: format!("Т-{request}") };
    attempt(request, times, outcome, Some(200))
}

fn refused(request: u32, times: (u64, u64), reason: &str) -> Attempt {
    attempt(request, times, Outcome::Refused(reason.into()), Some(400))
}

fn unknown(request: u32, times: (u64, u64)) -> Attempt {
    attempt(request, times, Outcome::Unknown("cut".into()), None)
}

/// The lines that a booking of a request leaves in an export: entry, message, audit.
fn lines(plan: &Plan, request: u32, record: Uuid) -> [String; 3] {
    let asked = plan.requests[request as usize];
    let (slot, referral) = (plan.slot_of(asked), plan.referrals[asked.referral as usize].referral.id());
    let (guid, person) = (&entry_id(request)[36..], &plan.persons[plan.person_of(asked) as usize].guid);
    let SlotRef { resource, guid: cell, .. } = &slot.cell;
    [
        format!(
            r#"{{"type":"entry","facility":"{FACILITY}","guid":"{guid}","resource":"{resource}","slot":"{cell}","person":"{person}","referral":"{referral}","ticket":"Т-{request}","state":"booked","version":1,"place":1,"specialty":"0","minutes":20}}"#
        ),
        format!(
            r#"{{"type":"message","facility":"{FACILITY}","entry":"{guid}","version":1,"kind":"booked","created":"2026-11-23T00:00:00Z"}}"#
        ),
        format!(
            r#"{{"type":"audit","request":"{record}","action":"book","object":"{}","outcome":"ok"}}"#,
            entry_id(request)
        ),
    ]
}

/// Everything that the checks of an export, of answers and of their order find.
fn found(history: &[Attempt], export: &[String]) -> Vec<Violation> {
    let plan = plan();
    let export = export.join("\n");
    let read = export::read(&plan, history, export.as_bytes()).unwrap();
    let (_, unexplained) = linear::check(&plan, history, &read.entries);
    [
        answers::unexpected(&plan, history),
        answers::repeats_differ(&plan, history),
        read.violations,
        entries::duplicates(&plan, &read.entries),
        answers::ok_but_missing(&plan, history, &read.entries),
        answers::refused_but_present(&plan, history, &read.entries),
        unexplained,
    ]
    .concat()
}

/// Which checks found something.
fn checkers(history: &[Attempt], export: &[String]) -> Vec<&'static str> {
    let mut checkers: Vec<_> = found(history, export).into_iter().map(|violation| violation.checker).collect();
    checkers.sort_unstable();
    checkers.dedup();
    checkers
}

fn refusal_record(at: u64, person: u32, reason: &str) -> String {
    let referral = plan().referrals[person as usize].referral.id();
    format!(
        r#"{{"type":"audit","request":"{}","action":"book","object":"{referral}","outcome":"{reason}"}}"#,
        trace(at)
    )
}

mod journeys;

#[test]
fn a_history_in_order_has_no_violation() {
    let mut export = lines(&plan(), 0, trace(10)).to_vec();
    export.push(refusal_record(15, 1, "time-taken"));
    export.push(refusal_record(40, 0, "referral-used"));
    let history = [ok(0, (10, 20)), refused(1, (15, 30), "time-taken"), refused(2, (40, 50), "referral-used")];
    assert_eq!(found(&history, &export), []);
}

#[test]
fn a_lost_answer_may_have_booked_at_any_later_time_or_never() {
    let history = [unknown(0, (10, 20))];
    assert_eq!(found(&history, &lines(&plan(), 0, trace(99))), []);
    assert_eq!(found(&history, &[]), []);
}

#[test]
fn a_place_sold_twice_is_found() {
    let export = [lines(&plan(), 0, trace(10)), lines(&plan(), 1, trace(12))].concat();
    assert_eq!(checkers(&[ok(0, (10, 20)), ok(1, (12, 22))], &export), ["duplicates", "linearizability"]);
}

#[test]
fn an_answered_booking_that_is_gone_is_found() {
    assert_eq!(checkers(&[ok(0, (10, 20))], &[]), ["audit", "ok_but_missing"]);
}

#[test]
fn a_refused_booking_that_is_there_is_found() {
    let mut export = lines(&plan(), 0, trace(99)).to_vec();
    export.push(refusal_record(10, 0, "time-taken"));
    let history = [refused(0, (10, 20), "time-taken"), unknown(1, (10, 20))];
    assert_eq!(checkers(&history, &export), ["linearizability", "refused_but_present"]);
}

#[test]
fn a_refusal_before_anyone_asked_for_the_place_is_found() {
    let mut export = lines(&plan(), 0, trace(30)).to_vec();
    export.push(refusal_record(10, 1, "time-taken"));
    let history = [refused(1, (10, 20), "time-taken"), ok(0, (30, 40))];
    assert_eq!(checkers(&history, &export), ["linearizability"]);
}

#[test]
fn a_refusal_of_what_one_has_is_found() {
    let mut export = lines(&plan(), 0, trace(10)).to_vec();
    export.push(refusal_record(30, 0, "time-taken"));
    let history = [ok(0, (10, 20)), refused(0, (30, 40), "time-taken")];
    assert_eq!(checkers(&history, &export), ["linearizability"]);
}

#[test]
fn a_refusal_for_a_later_rule_than_the_one_that_was_broken_is_found() {
    let mut export = lines(&plan(), 0, trace(10)).to_vec();
    export.push(refusal_record(30, 0, "time-taken"));
    // The referral was used by then, and that rule comes first.
    let history = [ok(0, (10, 20)), refused(2, (30, 40), "time-taken")];
    assert_eq!(checkers(&history, &export), ["linearizability"]);
}

#[test]
fn repeats_with_different_entries_are_found() {
    let mut second = ok(0, (30, 40));
    second.outcome = Outcome::Ok { entry: entry_id(0), ticket: "Т-9".into() };
    let violations = found(&[ok(0, (10, 20)), second], &lines(&plan(), 0, trace(10)));
    assert!(violations.iter().any(|violation| violation.checker == "repeats_differ"), "{violations:?}");
}

#[test]
fn an_entry_without_its_message_or_its_record_is_found() {
    let [entry, message, record] = lines(&plan(), 0, trace(10));
    let history = [ok(0, (10, 20))];
    assert_eq!(checkers(&history, &[entry.clone(), record.clone()]), ["outbox"]);
    assert_eq!(checkers(&history, &[entry.clone(), message.clone()]), ["audit"]);
    let twice = [entry, message.clone(), message, record.clone(), record];
    assert_eq!(checkers(&history, &twice), ["audit", "outbox"]);
}

#[test]
fn an_entry_that_nobody_asked_for_is_found() {
    let mut export = lines(&plan(), 0, trace(10));
    export[0] = export[0].replace("9e500000-0000-4000-8000-000000000000", "9e500000-0000-4000-8000-000000000001");
    assert!(checkers(&[ok(0, (10, 20))], &export).contains(&"stranger"));
}

#[test]
fn a_record_that_says_something_else_is_found() {
    let history = [refused(1, (15, 30), "time-taken"), unknown(0, (1, 2))];
    let mut export = lines(&plan(), 0, trace(99)).to_vec();
    export.push(refusal_record(15, 1, "referral-used"));
    assert_eq!(checkers(&history, &export), ["audit"]);
}

#[test]
fn an_internal_error_and_a_refusal_without_reason_are_found() {
    let internal = attempt(0, (10, 20), Outcome::Unknown("500".into()), Some(500));
    let odd = attempt(1, (11, 20), Outcome::Refused("validation".into()), Some(400));
    assert_eq!(answers::unexpected(&plan(), &[internal, odd, unknown(0, (12, 20))]).len(), 2);
}
