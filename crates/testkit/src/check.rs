//! The checkers: what callers were told against what the store holds. Each gives the violations
//! that it finds, so that the same function can be shown to find a planted bug.

mod holds;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fmt,
    hash::Hash,
};

use crate::{
    attempt::{Attempt, Booking, Outcome},
    ledger::{EntryRow, Ledger, claims_of},
};

pub use holds::{held_twice, hold_broken};

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which checker found it.
    pub checker: &'static str,
    /// What it found.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.checker, self.what)
    }
}

/// Ends the test when there are any.
///
/// # Panics
///
/// With the first twenty of them and how many there are.
#[track_caller]
pub fn expect_none(violations: &[Violation]) {
    let shown: Vec<String> = violations.iter().take(20).map(ToString::to_string).collect();
    assert!(violations.is_empty(), "{} violations:\n{}", violations.len(), shown.join("\n"));
}

/// All the checkers.
#[must_use]
pub fn check_all(history: &[Attempt], ledger: &Ledger) -> Vec<Violation> {
    [
        duplicates_per_key(ledger),
        claims_astray(ledger),
        ok_but_missing(history, ledger),
        refused_but_present(history, ledger),
        repeats_differ(history),
        message_missing(ledger),
        record_missing(ledger),
    ]
    .concat()
}

/// Entries that share what only one may have: a place, a referral, a person's specialty or time, a
/// facility's ticket number of a day; and slots with more live entries than places. For stores
/// whose live entries all lie ahead.
#[must_use]
pub fn duplicates_per_key(ledger: &Ledger) -> Vec<Violation> {
    let found = |what: String| Violation { checker: "duplicates_per_key", what };
    let live = || ledger.entries.iter().filter(|entry| entry.is_live());
    let mut violations = Vec::new();

    let using = ledger.entries.iter().filter(|entry| entry.uses_referral());
    let referrals = using.filter_map(|entry| Some((entry.referral.clone()?, entry)));
    violations.extend(shared(referrals).map(|(key, entries)| found(format!("referral {key}: {entries}"))));
    let specialties = live().map(|entry| ((entry.person.clone(), entry.specialty.clone()), entry));
    violations.extend(shared(specialties).map(|(key, entries)| found(format!("specialty {key:?}: {entries}"))));
    let places = live().map(|entry| ((entry.slot.clone(), entry.place), entry));
    violations.extend(shared(places).map(|(key, entries)| found(format!("place {key:?}: {entries}"))));
    // The number alone: it runs over all specialties, so the letter does not make a ticket another.
    let tickets = ledger.entries.iter().map(|entry| {
        let number = entry.ticket.rsplit('-').next().unwrap_or_default().to_owned();
        ((entry.facility.clone(), entry.local_start.date(), number), entry)
    });
    violations.extend(shared(tickets).map(|(key, entries)| found(format!("ticket {key:?}: {entries}"))));

    let mut taken: BTreeMap<String, i64> = BTreeMap::new();
    live().for_each(|entry| *taken.entry(entry.facility.clone() + &entry.slot).or_default() += 1);
    for (slot, count) in taken {
        let places = ledger.places.get(&slot).copied().unwrap_or(0);
        if count > places {
            violations.push(found(format!("slot {slot} of {places} places has {count} live entries")));
        }
    }
    let mut by_person: HashMap<&str, Vec<&EntryRow>> = HashMap::new();
    live().for_each(|entry| by_person.entry(&entry.person).or_default().push(entry));
    for entries in by_person.values_mut() {
        entries.sort_by_key(|entry| entry.start);
        for pair in entries.windows(2).filter(|pair| pair[0].start + pair[0].minutes * 60 > pair[1].start) {
            violations.push(found(format!("a person's time: {} and {}", pair[0].id, pair[1].id)));
        }
    }
    violations
}

/// Claims that are not exactly those of the entries: missing, left over, or of another entry.
#[must_use]
pub fn claims_astray(ledger: &Ledger) -> Vec<Violation> {
    let expected: BTreeSet<String> = ledger.entries.iter().flat_map(claims_of).collect();
    let missing = expected.difference(&ledger.claims).map(|claim| format!("missing {claim}"));
    let left_over = ledger.claims.difference(&expected).map(|claim| format!("left over {claim}"));
    missing.chain(left_over).map(|what| Violation { checker: "claims_astray", what }).collect()
}

/// Bookings that were answered with success and are not in the store as answered.
#[must_use]
pub fn ok_but_missing(history: &[Attempt], ledger: &Ledger) -> Vec<Violation> {
    let by_id: HashMap<&str, &EntryRow> = ledger.entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
    let mut violations = Vec::new();
    for attempt in history {
        let Outcome::Ok { entry, ticket } = &attempt.outcome else { continue };
        let kept = by_id.get(entry.as_str()).is_some_and(|row| row.ticket == *ticket && is_of(row, &attempt.booking));
        if !kept {
            let what = format!("{entry} with ticket {ticket}: {:?}", by_id.get(entry.as_str()));
            violations.push(Violation { checker: "ok_but_missing", what });
        }
    }
    violations
}

/// Bookings whose every attempt was refused, and that are in the store all the same.
#[must_use]
pub fn refused_but_present(history: &[Attempt], ledger: &Ledger) -> Vec<Violation> {
    let not_refused: HashSet<Identity> = history
        .iter()
        .filter(|attempt| !matches!(attempt.outcome, Outcome::Refused(_)))
        .map(|attempt| identity(&attempt.booking))
        .collect();
    let mut violations = Vec::new();
    let live: HashMap<&str, &EntryRow> = ledger
        .entries
        .iter()
        .filter(|entry| entry.is_live())
        .filter_map(|entry| Some((entry.referral.as_deref()?, entry)))
        .collect();
    for attempt in history.iter().filter(|attempt| !not_refused.contains(&identity(&attempt.booking))) {
        if let Some(entry) = live.get(attempt.booking.direction_id.as_str())
            && is_of(entry, &attempt.booking)
        {
            let what = format!("{} though {:?}", entry.id, attempt.outcome);
            violations.push(Violation { checker: "refused_but_present", what });
        }
    }
    violations
}

/// Successful answers to the same request that name different entries. For histories in which
/// nothing is cancelled.
#[must_use]
pub fn repeats_differ(history: &[Attempt]) -> Vec<Violation> {
    let mut first: HashMap<Identity, &Outcome> = HashMap::new();
    let mut violations = Vec::new();
    for attempt in history.iter().filter(|attempt| attempt.outcome.is_ok()) {
        let before = *first.entry(identity(&attempt.booking)).or_insert(&attempt.outcome);
        if *before != attempt.outcome {
            let what = format!("{before:?}, then {:?}", attempt.outcome);
            violations.push(Violation { checker: "repeats_differ", what });
        }
    }
    violations
}

/// Entries without their confirmation in the outbox, and messages about entries that are not
/// there. For stores from which nothing was sent yet.
#[must_use]
pub fn message_missing(ledger: &Ledger) -> Vec<Violation> {
    let entries: BTreeSet<&str> = ledger.entries.iter().map(|entry| entry.id.as_str()).collect();
    let confirmed: BTreeSet<&str> =
        ledger.messages.iter().filter(|m| m.kind == "booked" && m.version == 1).map(|m| m.entry.as_str()).collect();
    let told: BTreeSet<&str> = ledger.messages.iter().map(|message| message.entry.as_str()).collect();
    let missing = entries.difference(&confirmed).map(|entry| format!("no confirmation of {entry}"));
    let unfounded = told.difference(&entries).map(|entry| format!("a message about no entry {entry}"));
    missing.chain(unfounded).map(|what| Violation { checker: "message_missing", what }).collect()
}

/// Entries without exactly one audit record of their booking, and such records about no entry.
#[must_use]
pub fn record_missing(ledger: &Ledger) -> Vec<Violation> {
    let mut balance: BTreeMap<&str, i64> = BTreeMap::new();
    ledger.entries.iter().for_each(|entry| *balance.entry(&entry.id).or_default() += 1);
    let kept = ledger.records.iter().filter(|record| record.action == "book" && record.outcome == "ok");
    kept.filter_map(|record| record.object.as_deref()).for_each(|object| *balance.entry(object).or_default() -= 1);
    balance
        .into_iter()
        .filter(|(_, balance)| *balance != 0)
        .map(|(entry, balance)| {
            let what = format!("{entry}: it has {} audit records of its booking", 1 - balance);
            Violation { checker: "record_missing", what }
        })
        .collect()
}

/// What makes two requests the same (contract, section 9); the referral stands for its person.
type Identity = (String, String, String, String);

fn identity(booking: &Booking) -> Identity {
    (booking.direction_id.clone(), booking.resource_id.clone(), booking.day.clone(), booking.time.clone())
}

fn is_of(entry: &EntryRow, booking: &Booking) -> bool {
    entry.referral.as_deref() == Some(booking.direction_id.as_str())
        && format!("{}{}", entry.facility, entry.resource) == booking.resource_id
        && entry.local_start.date().to_string() == booking.day
        && entry.local_start.strftime("%H:%M").to_string() == booking.time
}

/// The keys that more than one entry has, with the entries' ids.
fn shared<'a, K: Eq + Hash>(keyed: impl Iterator<Item = (K, &'a EntryRow)>) -> impl Iterator<Item = (K, String)> {
    let mut by_key: HashMap<K, Vec<&str>> = HashMap::new();
    keyed.for_each(|(key, entry)| by_key.entry(key).or_default().push(&entry.id));
    by_key.into_iter().filter(|(_, ids)| ids.len() > 1).map(|(key, ids)| (key, ids.join(", ")))
}

#[cfg(test)]
mod tests;
