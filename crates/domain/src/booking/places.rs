//! Whose the places of a cell are.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ids::{HoldId, PersonId};

/// The places of one cell that somebody has, by number from 1: booked, or held.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<u16, Option<Held>>);

/// Whose a place is that is held and not booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The hold, in the cell's facility.
    pub hold: HoldId,
    /// Who holds it.
    pub person: PersonId,
    /// From when on the next claimant may take it over.
    pub until: Timestamp,
}

/// A place that a person may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreePlace {
    /// Its number.
    pub place: u16,
    /// The hold that still stands there: the person's own, or one that has run out.
    pub over: Option<Held>,
}

impl Places {
    /// Notes that a place is booked, or held.
    pub fn add(&mut self, place: u16, held: Option<Held>) {
        self.0.insert(place, held);
    }

    /// Whether somebody has a place, or holds it.
    #[must_use]
    pub fn is_taken(&self, place: u16) -> bool {
        self.0.contains_key(&place)
    }

    /// The highest place that somebody has. A held place counts like a booked one, also after its time: whoever
    /// takes cells away does not know how late it is.
    #[must_use]
    pub fn highest(&self) -> Option<u16> {
        self.0.last_key_value().map(|(place, _)| *place)
    }

    /// How many of so many a person could have: those that nobody has, that are held no longer, or held by them.
    #[must_use]
    pub fn free_count(&self, person: PersonId, places: u16, now: Timestamp) -> u16 {
        let kept = |held: &Option<Held>| held.is_none_or(|held| held.person != person && held.until > now);
        let kept = self.0.range(..=places).filter(|(_, held)| kept(held)).count();
        places.saturating_sub(u16::try_from(kept).unwrap_or(u16::MAX))
    }

    /// The place that a person would get of so many: the one that they hold themselves, else the lowest that
    /// nobody has. Their own is theirs to book as long as it is nobody else's, also when its time is over.
    #[must_use]
    pub fn free_for(&self, person: PersonId, places: u16, now: Timestamp) -> Option<FreePlace> {
        let held = self.0.iter().filter_map(|(place, held)| held.map(|held| (*place, held)));
        let mut own = held.filter(|(_, held)| held.person == person);
        if let Some((place, held)) = own.find(|(place, _)| *place <= places) {
            return Some(FreePlace { place, over: Some(held) });
        }
        let lapsed = |held: &Held| held.until <= now;
        (1..=places).find_map(|place| match self.0.get(&place) {
            None => Some(FreePlace { place, over: None }),
            Some(Some(held)) if lapsed(held) => Some(FreePlace { place, over: Some(*held) }),
            Some(_) => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: PersonId = PersonId(uuid::Uuid::from_u128(1));
    const BORIS: PersonId = PersonId(uuid::Uuid::from_u128(2));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn held(person: PersonId, until: i64) -> Option<Held> {
        Some(Held { hold: HoldId::from_bytes([7; 16]), person, until: at(until) })
    }

    #[test]
    fn a_place_is_free_when_nobody_has_it_or_its_hold_has_run_out() {
        let mut places = Places::default();
        places.add(1, None);
        places.add(2, held(BORIS, 100));
        let free = |now, of| places.free_for(ANNA, of, at(now)).map(|free| (free.place, free.over.is_some()));
        assert_eq!(free(99, 2), None);
        assert_eq!(free(99, 3), Some((3, false)));
        assert_eq!(free(100, 3), Some((2, true)));
        assert_eq!(places.highest(), Some(2));
    }

    #[test]
    fn ones_own_held_place_comes_first() {
        let mut places = Places::default();
        places.add(2, held(ANNA, 100));
        let free = |person, now| places.free_for(person, 3, at(now)).map(|free| free.place);
        assert_eq!((free(ANNA, 99), free(ANNA, 101)), (Some(2), Some(2)));
        assert_eq!(free(BORIS, 99), Some(1));
        let count = |person, now| places.free_count(person, 3, at(now));
        assert_eq!((count(ANNA, 99), count(BORIS, 99), count(BORIS, 100)), (3, 2, 3));
    }
}
