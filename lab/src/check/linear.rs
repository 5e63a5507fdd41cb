//! Linearizability of each claim key: the answers must be those of some order in which the requests could
//! have been handled one by one, each between its sending and its answer.
//!
//! What an answer says about a key follows from the order of the rules. `time-taken` says that the slot
//! was full, and that referral, specialty and time were free, since the rules about those come before.
//!
//! Nothing is given up in the scenes that this is about (`places` is about the others), so a key only fills.
//! That makes histories short: of all answers which say that it was full the one that ended first says
//! everything, and of all which say that there was room the one that began last. And a booking whose answer
//! was lost counts from its first sending to the first success that was told, or to the end.

use std::collections::HashMap;

use talon_testkit::{Outcome, Violation};
use todc_utils::{Action, History, Specification, WGLChecker};

use super::{entries::Entry, violation};
use crate::{
    history::Attempt,
    plan::{Plan, Request},
};

/// From when to when a visit is. Keys without a time have one and the same.
type Interval = (i64, i64);

const ALWAYS: Interval = (0, 1);

/// What only so many may have at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Key {
    Slot(u32),
    Referral(u32),
    /// A person's visit of a specialty.
    Specialty(u32, usize),
    /// A person's time.
    Time(u32),
}

/// What an answer says of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Said {
    /// The request has it now.
    Took,
    /// Others have all of it.
    Full,
    /// There was some left.
    Room,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    who: u32,
    said: Said,
    places: u16,
    interval: Interval,
    began: u64,
    ended: u64,
}

/// Sequentially: who has the key, and when their visits are.
struct Claim;

impl Specification for Claim {
    type State = Vec<(u32, Interval)>;
    type Operation = Told;

    fn init() -> Self::State {
        Vec::new()
    }

    fn apply(told: &Told, holders: &Self::State) -> (bool, Self::State) {
        let in_the_way = holders.iter().filter(|(_, held)| overlap(*held, told.interval)).count();
        let is_full = in_the_way >= usize::from(told.places);
        let mut after = holders.clone();
        match told.said {
            Said::Took => {
                after.push((told.who, told.interval));
                after.sort_unstable();
                (!is_full, after)
            }
            Said::Full => (is_full, after),
            Said::Room => (!is_full, after),
        }
    }
}

fn overlap(one: Interval, other: Interval) -> bool {
    one.0 < other.1 && other.0 < one.1
}

/// How many keys were checked, and those whose answers no order explains.
pub(super) fn check(plan: &Plan, history: &[Attempt], entries: &[Entry]) -> (usize, Vec<Violation>) {
    let mut booked = vec![false; plan.requests.len()];
    entries.iter().for_each(|entry| booked[entry.request as usize] = true);
    let fills = |attempt: &&Attempt| plan.requests[attempt.request as usize].journey.is_none();
    let mut order: Vec<&Attempt> = history.iter().filter(fills).collect();
    order.sort_by_key(|attempt| (plan.requests[attempt.request as usize].scene, attempt.request));
    let (mut keys, mut violations) = (0, Vec::new());
    // No key belongs to two scenes.
    for scene in order.chunk_by(|one, next| scene_of(plan, one) == scene_of(plan, next)) {
        let mut by_key: HashMap<Key, Vec<Told>> = HashMap::new();
        for attempts in scene.chunk_by(|one, next| one.request == next.request) {
            say(plan, attempts, booked[attempts[0].request as usize], &mut by_key);
        }
        keys += by_key.len();
        let mut by_key: Vec<_> = by_key.into_iter().collect();
        by_key.sort_unstable_by_key(|(key, _)| *key);
        violations.extend(by_key.into_iter().filter_map(|(key, told)| unexplained(key, &told)));
    }
    (keys, violations)
}

fn scene_of(plan: &Plan, attempt: &Attempt) -> u32 {
    plan.requests[attempt.request as usize].scene
}

/// Adds what the answers to one request say about keys.
fn say(plan: &Plan, attempts: &[&Attempt], is_booked: bool, by_key: &mut HashMap<Key, Vec<Told>>) {
    let who = attempts[0].request;
    let request = plan.requests[who as usize];
    let maybe = || attempts.iter().filter(|attempt| attempt.reason().is_none());
    let told_ok =
        maybe().filter(|attempt| matches!(attempt.outcome, Outcome::Ok { .. })).map(|attempt| attempt.ended).min();
    if let Some(began) = maybe().map(|attempt| attempt.began).min()
        && (is_booked || told_ok.is_some())
    {
        for (key, places, interval) in keys_of(plan, request) {
            let ended = told_ok.unwrap_or(u64::MAX);
            by_key.entry(key).or_default().push(Told { who, said: Said::Took, places, interval, began, ended });
        }
    }
    for attempt in attempts {
        let full = match attempt.reason() {
            Some("referral-used") => 0,
            Some("specialty-limit") => 1,
            Some("patient-overlap") => 2,
            Some("time-taken") => 3,
            _ => continue,
        };
        for (place, (key, places, interval)) in keys_of(plan, request).into_iter().enumerate().take(full + 1) {
            let said = if place == full { Said::Full } else { Said::Room };
            let (began, ended) = (attempt.began, attempt.ended);
            by_key.entry(key).or_default().push(Told { who, said, places, interval, began, ended });
        }
    }
}

/// The keys that a booking takes, in the order of the rules about them.
fn keys_of(plan: &Plan, request: Request) -> [(Key, u16, Interval); 4] {
    let (person, slot) = (plan.person_of(request), plan.slot_of(request));
    [
        (Key::Referral(request.referral), 1, ALWAYS),
        (Key::Specialty(person, slot.specialty), 1, ALWAYS),
        (Key::Time(person), 1, slot.interval()),
        (Key::Slot(request.slot), slot.places, ALWAYS),
    ]
}

/// The violation, if no order explains what was said of a key.
fn unexplained(key: Key, told: &[Told]) -> Option<Violation> {
    let took = || told.iter().filter(|told| told.said == Said::Took);
    let fail = |what: String| Some(violation("linearizability", format!("{key:?}: {what}")));
    // Since it never empties again, nobody who was told that others have it all can have it.
    if let Some(told) = told.iter().find(|told| told.said == Said::Full && took().any(|took| took.who == told.who)) {
        return fail(format!("request {} was refused and is booked", told.who));
    }
    let crowded = took().find(|one| {
        let in_the_way = took().filter(|other| other.who != one.who && overlap(other.interval, one.interval));
        in_the_way.count() >= usize::from(one.places)
    });
    if let Some(told) = crowded {
        return fail(format!("request {} is booked, and more beside it than there is room for", told.who));
    }
    let told = shortened(told);
    let mut moments = Vec::with_capacity(told.len() * 2);
    for (caller, told) in told.iter().enumerate() {
        moments.push((told.began, caller, Action::Call(*told)));
        moments.push((told.ended, caller, Action::Response(*told)));
    }
    // Stable: a call stays before its own response when the clock did not move between them.
    moments.sort_by_key(|(at, _, _)| *at);
    let actions = moments.into_iter().map(|(_, caller, action)| (caller, action)).collect();
    match WGLChecker::<Claim>::is_linearizable(History::from_actions(actions)) {
        true => None,
        false => fail(format!("no order explains {told:?}")),
    }
}

/// The answers that say everything that all of them say.
fn shortened(told: &[Told]) -> Vec<Told> {
    let mut kept: Vec<Told> = Vec::new();
    for told in told {
        let same = |kept: &&mut Told| kept.said == told.said && kept.interval == told.interval;
        match (told.said, kept.iter_mut().find(same)) {
            (Said::Full, Some(kept)) if told.ended < kept.ended => *kept = *told,
            (Said::Room, Some(kept)) if told.began > kept.began => *kept = *told,
            (Said::Full | Said::Room, Some(_)) => {}
            (Said::Took, _) | (_, None) => kept.push(*told),
        }
    }
    kept
}
