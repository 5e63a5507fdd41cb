//! A sequential model of the rules, and the store driven beside it: which refusal wins is part of
//! the model.
//!
//! The model knows nothing of claims, transactions or the domain's own decision: it is the
//! contract's section 3 over a list of visits, written again in the plainest way.

use std::{future::Future, pin::Pin, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use proptest::{
    collection::vec,
    prelude::{Strategy, prop_oneof},
    test_runner::{Config, TestCaseError, TestRunner},
};
use talon_domain::entry::EntryState;

use super::{
    region::{ADULTS, BORIS, CHILDREN, EAST, GLEB, VERA, book, cancel, doctor, fill, local_start, move_to, now},
    tally::{assert_exclusive, entries},
};
use crate::{Record, Store};

/// An empty store, with what keeps it alive.
pub type Opened<K> = Pin<Box<dyn Future<Output = (Arc<dyn Store>, K)> + Send>>;

/// A step of a history.
#[derive(Clone, Debug)]
enum Step {
    Book {
        who: u64,
        home: u64,
        doctor: u64,
        cell: u64,
        under: u64,
    },
    /// Cancels the visit of this index, as whoever.
    Cancel {
        who: u64,
        index: usize,
    },
    /// Moves the visit of this index, as whoever.
    Move {
        who: u64,
        index: usize,
        doctor: u64,
        cell: u64,
    },
    /// Lets hours pass.
    Wait {
        hours: i64,
    },
}

/// A visit as the model keeps it.
struct Visit {
    who: u64,
    home: u64,
    doctor: u64,
    cell: u64,
    under: u64,
    state: EntryState,
    ticket: u64,
}

#[derive(Debug, PartialEq)]
enum Answer {
    Booked { visit: usize, ticket: String },
    Refused(&'static str),
    Cancelled,
}

#[derive(Default)]
struct Model {
    visits: Vec<Visit>,
}

/// Histories of this length, this many.
const STEPS: usize = 40;
const HISTORIES: u32 = 48;

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
    let book = (1u64..=4, 1u64..=3, 0u64..3, 0u64..6, 0u64..3)
        .prop_map(|(who, home, doctor, cell, under)| Step::Book { who, home, doctor, cell, under });
    // Mostly the referral of the doctor's specialty, so that bookings succeed often enough.
    let fitting = (1u64..=4, 1u64..=3, 0u64..3, 0u64..6).prop_map(|(who, home, doctor, cell)| Step::Book {
        who,
        home,
        doctor,
        cell,
        under: doctor,
    });
    let cancel = (1u64..=4, 0usize..8).prop_map(|(who, index)| Step::Cancel { who, index });
    let relocate = (1u64..=4, 0usize..8, 0u64..3, 0u64..6).prop_map(|(who, index, doctor, cell)| Step::Move {
        who,
        index,
        doctor,
        cell,
    });
    prop_oneof![
        2 => book,
        6 => fitting,
        3 => cancel,
        4 => relocate,
        1 => (1i64..8).prop_map(|hours| Step::Wait { hours }),
    ]
}

async fn run<K>(opened: Opened<K>, history: Vec<Step>) -> Result<(), TestCaseError> {
    let (store, _kept) = opened.await;
    // Of the crowd only the four; each referral is one of ADULTS.
    fill(&store, Vec::<Record>::new()).await;
    let (mut model, mut keys, mut time) = (Model::default(), Vec::new(), now());
    for step in history {
        let expected = model.answer(&step, time);
        let got = match &step {
            Step::Wait { hours } => {
                time += SignedDuration::from_hours(*hours);
                continue;
            }
            Step::Book { who, home, doctor, cell, under } => {
                match store.book(book(*who, *home, *doctor, *cell, *under), time).await.unwrap() {
                    Err(refusal) => Answer::Refused(refusal.slug()),
                    Ok(reply) => {
                        if !keys.contains(&reply.entry) {
                            keys.push(reply.entry);
                        }
                        let visit = keys.iter().position(|key| *key == reply.entry).unwrap();
                        Answer::Booked { visit, ticket: reply.ticket.to_string() }
                    }
                }
            }
            Step::Move { who, index, doctor: to, cell } => {
                let Some(key) = keys.get(*index) else { continue };
                let home = model.visits[*index].home;
                match store.move_entry(move_to(*who, *key, Some(doctor(home, *to)), *cell), time).await.unwrap() {
                    Ok(reply) => Answer::Booked { visit: *index, ticket: reply.ticket.to_string() },
                    Err(refusal) => Answer::Refused(refusal.slug()),
                }
            }
            Step::Cancel { who, index } => {
                let Some(key) = keys.get(*index) else { continue };
                match store.cancel(cancel(*who, *key), time).await.unwrap() {
                    Ok(()) => Answer::Cancelled,
                    Err(refusal) => Answer::Refused(refusal.slug()),
                }
            }
        };
        if got != expected {
            return Err(TestCaseError::fail(format!("{step:?}: the model says {expected:?}, the store {got:?}")));
        }
    }
    assert_exclusive(&store).await;
    let live = model.visits.iter().filter(|visit| visit.state == EntryState::Booked).count();
    assert_eq!(entries(&store).await.iter().filter(|entry| entry.state.is_live()).count(), live);
    store.close().await;
    Ok(())
}

impl Model {
    fn answer(&mut self, step: &Step, time: Timestamp) -> Answer {
        match *step {
            Step::Wait { .. } => Answer::Cancelled,
            Step::Cancel { who, index } => self.cancel(who, index, time),
            Step::Move { who, index, doctor, cell } => self.relocate(who, index, doctor, cell, time),
            Step::Book { who, home, doctor, cell, under } => self.book(who, home, doctor, cell, under, time),
        }
    }

    fn cancel(&mut self, who: u64, index: usize, time: Timestamp) -> Answer {
        let Some(visit) = self.visits.get_mut(index) else { return Answer::Cancelled };
        if visit.who != who {
            return Answer::Refused("entry-not-found");
        }
        if visit.state == EntryState::Cancelled {
            return Answer::Cancelled;
        }
        if starts(visit.home, visit.cell) <= time {
            return Answer::Refused("entry-begun");
        }
        visit.state = EntryState::Cancelled;
        Answer::Cancelled
    }

    fn relocate(&mut self, who: u64, index: usize, doctor: u64, cell: u64, time: Timestamp) -> Answer {
        let Some(visit) = self.visits.get(index) else { return Answer::Cancelled };
        if visit.who != who {
            return Answer::Refused("entry-not-found");
        }
        if visit.state == EntryState::Cancelled {
            return Answer::Refused("entry-cancelled");
        }
        let same = Answer::Booked { visit: index, ticket: ticket(visit.doctor, visit.ticket) };
        if (visit.doctor, visit.cell) == (doctor, cell) {
            return same;
        }
        if starts(visit.home, visit.cell) <= time {
            return Answer::Refused("entry-begun");
        }
        let (home, under) = (visit.home, visit.under);
        // Out of the way while the rules look.
        self.visits[index].state = EntryState::Cancelled;
        let refusal = self.refusal(who, home, doctor, cell, under, time);
        self.visits[index].state = EntryState::Booked;
        match refusal {
            Some(reason) => Answer::Refused(reason),
            // A referral is to one specialty and all cells lie on one day, so the ticket stays.
            None => {
                self.visits[index].cell = cell;
                same
            }
        }
    }

    fn book(&mut self, who: u64, home: u64, doctor: u64, cell: u64, under: u64, time: Timestamp) -> Answer {
        if who == GLEB && home == ADULTS {
            return Answer::Refused("card-not-found");
        }
        let booked = || self.visits.iter().enumerate().filter(|(_, visit)| visit.state == EntryState::Booked);
        if let Some((index, visit)) = booked().find(|(_, visit)| visit.who == who && visit.under == under) {
            if (visit.home, visit.doctor, visit.cell) == (home, doctor, cell) {
                return Answer::Booked { visit: index, ticket: ticket(visit.doctor, visit.ticket) };
            }
            return Answer::Refused("referral-used");
        }
        if let Some(reason) = self.refusal(who, home, doctor, cell, under, time) {
            return Answer::Refused(reason);
        }
        let number = 1 + self.visits.iter().filter(|visit| visit.home == home).count() as u64;
        self.visits.push(Visit { who, home, doctor, cell, under, state: EntryState::Booked, ticket: number });
        Answer::Booked { visit: self.visits.len() - 1, ticket: ticket(doctor, number) }
    }

    /// What stands against a visit, once its referral is found and free.
    fn refusal(
        &self,
        who: u64,
        home: u64,
        doctor: u64,
        cell: u64,
        under: u64,
        time: Timestamp,
    ) -> Option<&'static str> {
        let start = starts(home, cell);
        let booked = || self.visits.iter().filter(|visit| visit.state == EntryState::Booked);
        if under != doctor {
            return Some("referral-mismatch");
        }
        if home == CHILDREN && who != BORIS {
            return Some("children-facility");
        }
        if who == VERA {
            return Some("self-booking-barred");
        }
        let ahead = || booked().filter(|visit| visit.who == who && starts(visit.home, visit.cell) > time);
        if ahead().any(|visit| visit.doctor == doctor) {
            return Some("specialty-limit");
        }
        if ahead().any(|visit| (starts(visit.home, visit.cell) - start).abs() < SignedDuration::from_mins(20)) {
            return Some("patient-overlap");
        }
        if start <= time {
            return Some("time-past");
        }
        if booked().any(|visit| (visit.home, visit.doctor, visit.cell) == (home, doctor, cell)) {
            return Some("time-taken");
        }
        None
    }
}

fn ticket(doctor: u64, number: u64) -> String {
    format!("{}-{number:03}", ["Т", "Х", "О"][usize::try_from(doctor).unwrap()])
}

/// Cells of the model lie on one day, twenty minutes apart, in the facility's own zone.
fn starts(home: u64, cell: u64) -> Timestamp {
    let hours_ahead_of_utc = if home == EAST { 5 } else { 3 };
    let local = local_start(cell);
    let utc = jiff::tz::TimeZone::UTC.to_timestamp(local).unwrap();
    utc - SignedDuration::from_hours(hours_ahead_of_utc)
}
