//! Per-slot linearizability: the answers must be those of some order in which the requests could
//! have been handled one by one, each between its sending and its answer.

use talon_testkit::Attempt;
use todc_utils::{Action, History, Specification, WGLChecker};

/// What a request to a slot was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Booked,
    Taken,
}

/// A slot with this many places; its state is how many are taken.
struct Slot<const PLACES: usize>;

impl<const PLACES: usize> Specification for Slot<PLACES> {
    type State = usize;
    type Operation = Told;

    fn init() -> usize {
        0
    }

    fn apply(told: &Told, taken: &usize) -> (bool, usize) {
        match told {
            Told::Booked => (*taken < PLACES, taken + 1),
            Told::Taken => (*taken == PLACES, *taken),
        }
    }
}

/// Whether the attempts at one slot, all booked or refused as taken, are linearizable.
pub(crate) fn is_linearizable<const PLACES: usize>(history: &[Attempt]) -> bool {
    let mut moments = Vec::with_capacity(history.len() * 2);
    for (caller, attempt) in history.iter().enumerate() {
        let told = if attempt.outcome.is_ok() { Told::Booked } else { Told::Taken };
        moments.push((attempt.began, caller, Action::Call(told)));
        moments.push((attempt.ended, caller, Action::Response(told)));
    }
    // Stable: a call stays before its own response when the clock did not move between them.
    moments.sort_by_key(|(at, _, _)| *at);
    let actions = moments.into_iter().map(|(_, caller, action)| (caller, action)).collect();
    WGLChecker::<Slot<PLACES>>::is_linearizable(History::from_actions(actions))
}

#[test]
fn an_answer_that_no_order_explains_is_found() {
    use Action::{Call, Response};
    // Told that it is taken before anyone had asked for it.
    let early =
        vec![(0, Call(Told::Taken)), (0, Response(Told::Taken)), (1, Call(Told::Booked)), (1, Response(Told::Booked))];
    assert!(!WGLChecker::<Slot<1>>::is_linearizable(History::from_actions(early)));
    // Booked twice.
    let twice = vec![
        (0, Call(Told::Booked)),
        (1, Call(Told::Booked)),
        (0, Response(Told::Booked)),
        (1, Response(Told::Booked)),
    ];
    assert!(!WGLChecker::<Slot<1>>::is_linearizable(History::from_actions(twice.clone())));
    assert!(WGLChecker::<Slot<2>>::is_linearizable(History::from_actions(twice)));
}
