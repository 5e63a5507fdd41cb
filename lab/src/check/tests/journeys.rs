//! Journeys: two persons, two cells of one place.

use talon_testkit::{Outcome, Violation};

use super::{attempt, entry_id, plan, unknown};
use crate::{
    check::{
        entries::{Entry, State},
        journeys, places, records,
    },
    history::Attempt,
    plan::{
        GRACE, HOLD,
        Kind::{self, Book, Cancel, Hold, Move, Release},
        Plan, Request,
    },
};

/// The first person's steps have the numbers from 0 on, the other's those from 10 on.
fn journeys_through(first: &[(Kind, u32)], other: &[(Kind, u32)]) -> Plan {
    let steps = |who: u32, route: &[(Kind, u32)]| {
        let request = |(kind, slot): (Kind, u32)| Request { kind, referral: who, slot, scene: 0, journey: Some(who) };
        let mut steps: Vec<Request> = route.iter().copied().map(request).collect();
        steps.resize(10, Request { kind: Cancel, referral: who, slot: 0, scene: 0, journey: Some(who) });
        steps
    };
    Plan { requests: [steps(0, first), steps(1, other)].concat(), journeys: 2, ..plan() }
}

fn told(request: u32, times: (u64, u64), entry: &str) -> Attempt {
    let outcome = Outcome::Ok { entry: entry.to_owned(), ticket: "Т-1".to_owned() };
    attempt(request, times, outcome, Some(200))
}

fn taken(request: u32, times: (u64, u64)) -> Attempt {
    attempt(request, times, Outcome::Refused("time-taken".to_owned()), Some(400))
}

/// A visit, in the cell that this request asked for.
fn visit(request: u32, id: &str, state: State, version: u32) -> Entry {
    Entry { id: id.to_owned(), request, place: 1, ticket: "Т-1".to_owned(), state, version }
}

fn found(plan: &Plan, history: &[Attempt], entries: &[Entry]) -> Vec<Violation> {
    [journeys::broken(plan, history, entries), places::check(plan, history).1].concat()
}

fn checkers(plan: &Plan, history: &[Attempt], entries: &[Entry]) -> Vec<&'static str> {
    found(plan, history, entries).into_iter().map(|violation| violation.checker).collect()
}

#[test]
fn what_is_given_up_is_anothers() {
    let plan = journeys_through(&[(Hold, 0), (Book, 0), (Move, 1), (Cancel, 1)], &[(Book, 0), (Move, 1)]);
    let (one, other) = (entry_id(0), entry_id(1));
    let history = [
        told(0, (10, 20), "hold"),
        taken(10, (20, 30)),
        told(1, (30, 40), &one),
        told(2, (50, 60), &one),
        told(10, (55, 58), &other),
        taken(11, (60, 70)),
        told(3, (70, 80), ""),
        told(11, (75, 90), &other),
    ];
    let left = [visit(2, &one, State::Cancelled, 3), visit(11, &other, State::Booked, 2)];
    assert_eq!(found(&plan, &history, &left), []);
}

#[test]
fn a_time_refused_to_its_holder_is_found() {
    let plan = journeys_through(&[(Hold, 0), (Book, 0)], &[(Book, 0)]);
    let history = [told(0, (10, 20), "hold"), taken(1, (30, 40))];
    assert_eq!(checkers(&plan, &history, &[]), ["journey", "places"]);
    // It was, because another got it.
    let history = [told(0, (10, 20), "hold"), told(10, (25, 28), &entry_id(1)), taken(1, (30, 40))];
    let left = [visit(10, &entry_id(1), State::Booked, 1)];
    assert_eq!(checkers(&plan, &history, &left), ["journey", "places"]);
}

#[test]
fn a_time_that_two_hold_is_found() {
    let plan = journeys_through(&[(Hold, 0), (Release, 0)], &[(Hold, 0)]);
    let apart = [told(0, (10, 20), "one"), told(1, (30, 40), ""), told(10, (35, 50), "other")];
    assert_eq!(found(&plan, &apart, &[]), []);
    let together = [told(0, (10, 20), "one"), told(10, (22, 28), "other"), told(1, (30, 40), "")];
    assert_eq!(checkers(&plan, &together, &[]), ["places"]);
}

#[test]
fn a_hold_ends_by_time() {
    let [lasts, grace] = [HOLD, GRACE].map(|span| u64::try_from(span.as_nanos()).unwrap());
    let plan = journeys_through(&[(Hold, 0), (Book, 0)], &[(Book, 0)]);
    let one_after_another =
        |at: u64| [told(0, (10, 20), "hold"), told(10, (at, at + 10), &entry_id(1)), taken(1, (at + 20, at + 30))];
    let left = [visit(10, &entry_id(1), State::Booked, 1)];
    assert_eq!(found(&plan, &one_after_another(lasts), &left), []);
    assert_eq!(checkers(&plan, &one_after_another(lasts - 100), &left), ["journey", "places"]);
    // It may be in the way for the grace, and no longer.
    let in_the_way = |at: u64| [told(0, (10, 20), "hold"), taken(10, (at, at + 10))];
    assert_eq!(found(&plan, &in_the_way(lasts + grace + 20), &[]), []);
    assert_eq!(checkers(&plan, &in_the_way(lasts + grace + 21), &[]), ["places"]);
}

#[test]
fn a_move_that_comes_late_may_leave_a_place_to_another() {
    let plan = journeys_through(&[(Book, 0), (Move, 1), (Move, 0)], &[(Book, 0)]);
    let (one, other) = (entry_id(0), entry_id(1));
    let history = |lost: Option<Attempt>| -> Vec<Attempt> {
        let booked = [told(0, (10, 20), &one)].into_iter().chain(lost);
        booked.chain([told(1, (40, 50), &one), told(2, (60, 70), &one), told(10, (80, 90), &other)]).collect()
    };
    let left = |moved, version| [visit(moved, &one, State::Booked, version), visit(10, &other, State::Booked, 1)];
    assert_eq!(found(&plan, &history(Some(unknown(1, (30, 39)))), &left(1, 4)), []);
    assert_eq!(checkers(&plan, &history(None), &left(2, 3)), ["places"]);
}

#[test]
fn a_place_that_is_not_given_back_is_found() {
    let plan = journeys_through(&[(Book, 0), (Cancel, 0)], &[(Book, 0)]);
    let history = [told(0, (10, 20), &entry_id(0)), told(1, (30, 40), ""), taken(10, (50, 60))];
    let left = [visit(0, &entry_id(0), State::Cancelled, 2)];
    assert_eq!(checkers(&plan, &history, &left), ["places"]);
}

#[test]
fn a_visit_that_is_lost_or_becomes_two_is_found() {
    let plan = journeys_through(&[(Book, 0), (Move, 1)], &[]);
    let (one, other) = (entry_id(0), entry_id(1));
    let history = [told(0, (10, 20), &one), told(1, (30, 40), &one)];
    assert_eq!(found(&plan, &history, &[visit(1, &one, State::Booked, 2)]), []);
    // It was never moved, it is gone, or the move made another.
    assert_eq!(checkers(&plan, &history, &[visit(0, &one, State::Booked, 1)]), ["journey"]);
    assert_eq!(checkers(&plan, &history, &[]), ["journey"]);
    let both = [visit(0, &one, State::Booked, 1), visit(1, &other, State::Booked, 1)];
    assert!(checkers(&plan, &history, &both).contains(&"journey"));
    let another = [told(0, (10, 20), &one), told(1, (30, 40), &other)];
    assert!(checkers(&plan, &another, &both).contains(&"journey"));
}

#[test]
fn a_step_whose_answer_was_lost_was_done_at_any_later_time_or_never() {
    let plan = journeys_through(&[(Book, 0), (Cancel, 0)], &[(Book, 0)]);
    let one = entry_id(0);
    let history = [told(0, (10, 20), &one), unknown(1, (30, 40)), taken(10, (50, 60))];
    for left in [visit(0, &one, State::Booked, 1), visit(0, &one, State::Cancelled, 2)] {
        assert_eq!(found(&plan, &history, &[left]), []);
    }
    assert_eq!(checkers(&plan, &history, &[]), ["journey"], "it was booked for certain");
}

#[test]
fn each_change_of_a_visit_owes_its_message() {
    let messages = |entries: &[Entry]| records::Messages::default().missing(entries);
    let owed = messages(&[visit(0, "visit", State::Cancelled, 3)]);
    let text = owed.first().map(|violation| violation.what.as_str()).unwrap_or_default();
    assert!(text.contains(r#"(1, "booked"), (2, "moved"), (3, "cancelled")"#), "{text}");
}
