//! Holds: what was answered to those who hold a time, and to those who do not.

use std::collections::{HashMap, HashSet};

use super::{Identity, Violation, identity};
use crate::attempt::{Attempt, Booking};

/// Times that more are told that they hold than there are places. For holds of which none has ended.
#[must_use]
pub fn held_twice(held: &[Attempt], places: usize) -> Vec<Violation> {
    let mut holders: HashMap<(String, String, String), HashSet<&str>> = HashMap::new();
    for attempt in held.iter().filter(|attempt| attempt.outcome.is_ok()) {
        let time = time_of(&attempt.booking);
        holders.entry(time).or_default().insert(&attempt.booking.direction_id);
    }
    let crowded = holders.into_iter().filter(|(_, holders)| holders.len() > places);
    crowded.map(|(time, holders)| Violation { checker: "held_twice", what: format!("{time:?}: {holders:?}") }).collect()
}

/// Bookings that were answered as if there were no holds: refused to whoever holds the time, or granted to whoever does
/// not. For times each of whose places is held, and holds of which none has ended.
#[must_use]
pub fn hold_broken(held: &[Attempt], booked: &[Attempt]) -> Vec<Violation> {
    let holders: HashSet<Identity> =
        held.iter().filter(|attempt| attempt.outcome.is_ok()).map(|attempt| identity(&attempt.booking)).collect();
    let broken = booked.iter().filter(|attempt| match holders.contains(&identity(&attempt.booking)) {
        true => attempt.outcome.is_refused("time-taken"),
        false => attempt.outcome.is_ok(),
    });
    broken
        .map(|attempt| {
            let Booking { direction_id, day, time, .. } = &attempt.booking;
            let what = format!("{direction_id} at {day} {time}: {:?}", attempt.outcome);
            Violation { checker: "hold_broken", what }
        })
        .collect()
}

fn time_of(booking: &Booking) -> (String, String, String) {
    (booking.resource_id.clone(), booking.day.clone(), booking.time.clone())
}
