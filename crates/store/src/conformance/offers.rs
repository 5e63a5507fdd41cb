//! A simulation of waiting lists: a sequential model in virtual time, and the store driven beside it. Who is offered
//! what, and when, is the model's; so the order is one, nobody who may have a time is skipped, and none is lost.
//!
//! The model knows nothing of claims, holds or the domain's own choice: it is a list of people and a list of times.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use proptest::{
    collection::vec,
    prelude::{Strategy, prop_oneof},
    test_runner::{Config, TestCaseError, TestRunner},
};
use talon_domain::{
    booking::{Hold, Refusal},
    ids::{EntryKey, WaitingKey},
    waiting::{OfferTerms, WaitCommand},
    zone::Zone,
};

use super::{
    model::Opened,
    region::{ADULTS, book, cancel, crowd, fill, hold_change, local_start, now, person, slot_key, wait, withdraw},
    tally::assert_exclusive,
};
use crate::Store;

/// Persons and cells of a history. All cells are of one doctor, on one morning.
const PERSONS: std::ops::Range<u64> = 100..106;
const CELLS: u64 = 5;

/// Histories of this length, this many.
const STEPS: usize = 30;
const HISTORIES: u32 = 24;

#[derive(Clone, Debug)]
enum Step {
    /// Waits for one of the cells from the first to the last.
    Join {
        who: u64,
        cells: (u64, u64),
    },
    Withdraw {
        who: u64,
    },
    Book {
        who: u64,
        cell: u64,
    },
    Cancel {
        who: u64,
    },
    Decline {
        who: u64,
    },
    /// Lets minutes pass, and sweeps.
    Pass {
        minutes: i64,
    },
}

/// Runs histories on the model and on a store at once.
pub fn agrees<K: Send + 'static>(open: &dyn Fn() -> Opened<K>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: HISTORIES, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&vec(step(), 1..STEPS), |history| runtime.block_on(run(open(), history)));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (PERSONS, 0..CELLS, 0..CELLS).prop_map(|(who, one, other)| Step::Join {
            who,
            cells: (one.min(other), one.max(other)),
        }),
        1 => PERSONS.prop_map(|who| Step::Withdraw { who }),
        5 => (PERSONS, 0..CELLS).prop_map(|(who, cell)| Step::Book { who, cell }),
        4 => PERSONS.prop_map(|who| Step::Cancel { who }),
        2 => PERSONS.prop_map(|who| Step::Decline { who }),
        2 => (5i64..200).prop_map(|minutes| Step::Pass { minutes }),
    ]
}

/// Somebody in line, in the order of joining.
struct InLine {
    who: u64,
    cells: (u64, u64),
    had: BTreeSet<u64>,
}

#[derive(Default)]
struct Model {
    line: Vec<InLine>,
    visits: BTreeMap<u64, u64>,
    /// By cell, to whom it is offered and until when.
    offers: BTreeMap<u64, (u64, Timestamp)>,
}

impl Model {
    fn visit_of(&self, who: u64) -> Option<u64> {
        self.visits.iter().find(|(_, booked)| **booked == who).map(|(cell, _)| *cell)
    }

    fn offer_to(&self, who: u64) -> Option<u64> {
        self.offers.iter().find(|(_, (offered, _))| *offered == who).map(|(cell, _)| *cell)
    }

    fn waits(&self, who: u64) -> bool {
        self.line.iter().any(|it| it.who == who)
    }

    /// A cell is nobody's any more: the first in line who may have it is offered it.
    fn free(&mut self, cell: u64, time: Timestamp) {
        let Some(end) = end(cell, time) else { return };
        let next = (0..self.line.len()).find(|index| {
            let it = &self.line[*index];
            let fits = (it.cells.0..=it.cells.1).contains(&cell) && !it.had.contains(&cell);
            fits && self.offer_to(it.who).is_none() && self.visit_of(it.who).is_none()
        });
        if let Some(index) = next {
            let it = &mut self.line[index];
            it.had.insert(cell);
            self.offers.insert(cell, (it.who, end));
        }
    }

    /// What a step changes; whether the store is to do it.
    fn step(&mut self, step: &Step, time: Timestamp) -> bool {
        match *step {
            Step::Join { who, cells } => {
                let may = !self.waits(who) && self.visit_of(who).is_none();
                if may {
                    self.line.push(InLine { who, cells, had: BTreeSet::new() });
                }
                may
            }
            Step::Withdraw { who } => {
                let may = self.waits(who);
                self.line.retain(|it| it.who != who);
                if let Some(cell) = self.offer_to(who) {
                    self.offers.remove(&cell);
                    self.free(cell, time);
                }
                may
            }
            Step::Book { who, cell } => {
                if self.visits.get(&cell) == Some(&who) {
                    return true;
                }
                let own = self.offers.get(&cell).is_some_and(|(offered, _)| *offered == who);
                let taken = self.visits.contains_key(&cell) || (self.offers.contains_key(&cell) && !own);
                let may = self.visit_of(who).is_none() && !taken;
                if may {
                    self.visits.insert(cell, who);
                    if own {
                        self.offers.remove(&cell);
                        self.line.retain(|it| it.who != who);
                    }
                }
                may
            }
            Step::Cancel { who } => match self.visit_of(who) {
                Some(cell) => {
                    self.visits.remove(&cell);
                    self.free(cell, time);
                    true
                }
                None => false,
            },
            Step::Decline { who } => match self.offer_to(who) {
                Some(cell) => {
                    self.offers.remove(&cell);
                    self.free(cell, time);
                    true
                }
                None => false,
            },
            Step::Pass { .. } => {
                self.lapse(time);
                true
            }
        }
    }

    /// Offers whose time is over, the longest over first.
    fn lapse(&mut self, time: Timestamp) {
        let mut over: Vec<_> = self.offers.iter().map(|(cell, (_, until))| (*until, *cell)).collect();
        over.retain(|(until, _)| *until <= time);
        over.sort_unstable();
        for (_, cell) in over {
            self.offers.remove(&cell);
            self.free(cell, time);
        }
    }
}

fn start(cell: u64) -> Timestamp {
    Zone::parse("Europe/Moscow").unwrap().instant(local_start(cell)).unwrap()
}

fn end(cell: u64, time: Timestamp) -> Option<Timestamp> {
    OfferTerms::default().end(&Zone::parse("Europe/Moscow").unwrap(), start(cell), time)
}

async fn run<K>(opened: Opened<K>, history: Vec<Step>) -> Result<(), TestCaseError> {
    let (store, _kept) = opened.await;
    fill(&store, crowd(PERSONS)).await;
    let (mut model, mut time, mut entries) = (Model::default(), now(), BTreeMap::new());
    for step in history {
        if let Step::Pass { minutes } = step {
            // All visits stay ahead.
            time = (time + SignedDuration::from_mins(minutes)).min(start(0) - SignedDuration::from_mins(1));
        }
        let expected = model.step(&step, time);
        let done = perform(&store, &step, time, &mut entries).await;
        if done != expected {
            return Err(TestCaseError::fail(format!("{step:?}: the model says {expected}, the store {done}")));
        }
        for who in PERSONS {
            let told = offered(&store, who, time).await.map(|hold| (hold.slot, hold.expires));
            let meant = model.offer_to(who).map(|cell| (slot_key(ADULTS, 0, cell).slot, model.offers[&cell].1));
            if told != meant {
                return Err(TestCaseError::fail(format!("{step:?}: {who} is to have {meant:?} and has {told:?}")));
            }
        }
    }
    // No time is lost: what is neither booked nor offered anybody may have.
    for cell in 0..CELLS {
        let outsider = store.book(book(ANYBODY, ADULTS, 0, cell, 0), time).await.unwrap();
        let free = !model.visits.contains_key(&cell) && !model.offers.contains_key(&cell);
        assert_eq!(outsider.is_ok(), free, "cell {cell}: {outsider:?}");
        if let Ok(kept) = outsider {
            // Those who wait are not to be in the way of the next cell.
            let _ = store.cancel(cancel(ANYBODY, kept.entry), time).await.unwrap();
            model.free(cell, time);
        }
    }
    assert_exclusive(&store).await;
    store.close().await;
    Ok(())
}

/// One who does not wait.
const ANYBODY: u64 = super::region::ANNA;

async fn offered(store: &Arc<dyn Store>, who: u64, time: Timestamp) -> Option<Hold> {
    store.waiting(person(who), time).await.unwrap().into_iter().find_map(|place| place.offer)
}

/// Does a step; whether something came of it.
async fn perform(store: &Arc<dyn Store>, step: &Step, time: Timestamp, entries: &mut BTreeMap<u64, EntryKey>) -> bool {
    match *step {
        Step::Join { who, cells } => {
            let times = (local_start(cells.0).time(), local_start(cells.1).time());
            let joined = store.wait(WaitCommand { times, ..wait(who, ADULTS, 0) }, time).await.unwrap();
            assert!(!matches!(joined, Err(Refusal::CardNotFound { .. })));
            joined.is_ok()
        }
        Step::Withdraw { who } => match live(store, who, time).await {
            Some(key) => store.withdraw(withdraw(who, key), time).await.unwrap().is_ok(),
            None => false,
        },
        Step::Book { who, cell } => {
            let booked = store.book(book(who, ADULTS, 0, cell, 0), time).await.unwrap();
            booked.map(|booked| entries.insert(who, booked.entry)).is_ok()
        }
        Step::Cancel { who } => match entries.remove(&who) {
            Some(entry) => store.cancel(cancel(who, entry), time).await.unwrap().is_ok(),
            None => false,
        },
        Step::Decline { who } => match offered(store, who, time).await {
            Some(hold) => store.release_hold(hold_change(who, hold.key), time).await.unwrap().is_ok(),
            None => false,
        },
        Step::Pass { .. } => store.sweep(time, 100).await.is_ok(),
    }
}

async fn live(store: &Arc<dyn Store>, who: u64, time: Timestamp) -> Option<WaitingKey> {
    let places = store.waiting(person(who), time).await.unwrap();
    places.into_iter().map(|place| place.waiting).find(|place| place.state.is_live()).map(|place| place.key)
}
