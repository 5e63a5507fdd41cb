//! Many callers at once, and what they were told.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    thread,
};

use talon_testkit::Chance;

use crate::{document::Operation, request::next, search::Search, wire::Wire, world::World};

/// Callers at once.
const CALLERS: usize = 16;

/// What came of requests.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) asked: usize,
    /// How many answers of each status.
    pub(crate) statuses: BTreeMap<u16, usize>,
    /// The operations that were done.
    pub(crate) done: BTreeSet<String>,
    /// The canaries that answers had.
    pub(crate) shown: BTreeSet<String>,
}

impl Tally {
    pub(crate) fn add(&mut self, other: Self) {
        self.asked += other.asked;
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
        self.done.extend(other.done);
        self.shown.extend(other.shown);
    }

    /// How many were answered.
    pub(crate) fn answered(&self) -> usize {
        self.statuses.values().sum()
    }
}

/// What is asked, and where.
pub(crate) struct Callers<'a> {
    pub(crate) world: &'a World,
    pub(crate) operations: &'a [Operation],
    pub(crate) search: &'a Search,
    pub(crate) address: SocketAddr,
}

impl Callers<'_> {
    /// Makes so many requests. The same seed makes the same, but for what earlier answers put into them.
    pub(crate) fn ask(&self, requests: usize, seed: u64) -> Tally {
        let mut tally = Tally::default();
        thread::scope(|scope| {
            let callers: Vec<_> = (0..CALLERS)
                .map(|nth| {
                    let share = requests / CALLERS + usize::from(nth < requests % CALLERS);
                    scope.spawn(move || self.one(share, Chance::new(seed.wrapping_add(nth as u64))))
                })
                .collect();
            callers.into_iter().for_each(|caller| tally.add(caller.join().expect("a caller comes to its end")));
        });
        tally
    }

    fn one(&self, requests: usize, mut chance: Chance) -> Tally {
        let mut tally = Tally { asked: requests, ..Tally::default() };
        let mut wire = Wire::new(self.address);
        for _ in 0..requests {
            let request = next(self.world, self.operations, &mut chance);
            let Some(answer) = wire.say(&request.bytes, request.then) else { continue };
            *tally.statuses.entry(answer.status).or_default() += 1;
            if answer.status == 200
                && let Some(operation) = request.operation
            {
                tally.done.insert(operation.name());
                request.choice.patient.note(&serde_json::from_slice(answer.body()).unwrap_or_default());
                tally.shown.extend(self.search.found(&answer.bytes).into_keys().map(ToOwned::to_owned));
            }
        }
        tally
    }
}
