//! Places on waiting lists: a person has one on each.

use talon_domain::{
    ids::{WaitingId, WaitingKey},
    waiting::{Waiting, WaitingState},
};

use super::{Found, PageFacts, given::Given};
use crate::Record;

impl PageFacts {
    pub(super) fn of_waiting(&self, waiting: &Waiting, index: usize, given: &Given<'_>) -> Found {
        if let Some(stored) = self.waiting.get(&waiting.key).filter(|stored| stored.person != waiting.person) {
            return Some(("person", format!("the place is known as one of person {}", stored.person), Vec::new()));
        }
        if !waiting.state.is_live() {
            return None;
        }
        let list = (waiting.person, waiting.key.facility, waiting.specialty.clone());
        let facility = waiting.key.facility;
        let in_page = |other: &WaitingId| given.waiting.contains_key(&WaitingKey { facility, waiting: *other });
        let stored = self.waits.get(&list).filter(|other| !in_page(other));
        let earlier = given.waiters.get(&list).filter(|(first, _)| *first < index).map(|(_, other)| other);
        let other = *stored.or(earlier).filter(|other| **other != waiting.key.waiting)?;
        Some(("person", format!("waits there already as {other}"), Vec::new()))
    }

    /// The places of a page that are to be written, in the order of their keys: those that are not there as they
    /// are given.
    #[must_use]
    pub fn waiting_changed(&self, records: &[Record]) -> Vec<Waiting> {
        let given = Given::of(records);
        let mut changed: Vec<_> = given
            .waiting
            .values()
            .filter_map(|(_, given)| Self::changed(self.waiting.get(&given.key), given))
            .collect();
        changed.sort_by_key(|waiting| waiting.key);
        changed
    }

    /// A place as it is to be stored. An offer is the store's own: one who has it keeps it and goes on waiting,
    /// and one who does not is not given it by a file.
    fn changed(stored: Option<&Waiting>, given: &Waiting) -> Option<Waiting> {
        let state = match (stored.map(|stored| stored.state), given.state) {
            (Some(WaitingState::Offered), WaitingState::Waiting | WaitingState::Offered) => WaitingState::Offered,
            (_, WaitingState::Offered) => WaitingState::Waiting,
            (_, state) => state,
        };
        let Some(stored) = stored else { return Some(Waiting { state, ..given.clone() }) };
        let same = Waiting { state, version: stored.version, ..given.clone() };
        if same == *stored {
            return None;
        }
        Some(Waiting { version: given.version.max(stored.version + 1), ..same })
    }
}
