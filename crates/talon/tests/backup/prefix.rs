//! What it means that a state of a store is a prefix of its history.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Instant,
};

use talon_testkit::{Attempt, Ledger, Outcome};

/// An entry as its callers know it: when it was first asked for and first answered.
struct Known {
    asked: Instant,
    answered: Instant,
}

/// Everything that keeps the state from being one that the store was in between the two instants.
pub(crate) fn not_a_prefix(history: &[Attempt], ledger: &Ledger, (began, ended): (Instant, Instant)) -> Vec<String> {
    let known = known(history);
    let held: BTreeSet<&str> = ledger.entries.iter().map(|entry| entry.id.as_str()).collect();
    let mut found = Vec::new();
    let in_it = || known.iter().filter(|(id, _)| held.contains(*id));
    let not_in_it = || known.iter().filter(|(id, _)| !held.contains(*id));

    let lost = not_in_it().filter(|(_, entry)| entry.answered < began);
    found.extend(lost.map(|(id, _)| format!("{id} was answered before, and is not in it")));
    let early = in_it().filter(|(_, entry)| entry.asked > ended);
    found.extend(early.map(|(id, _)| format!("{id} is in it, and was asked for later")));
    // Whoever asks after an answer comes after it: the state cannot have the later one alone.
    if let Some(last_asked) = in_it().map(|(_, entry)| entry.asked).max() {
        let skipped = not_in_it().filter(|(_, entry)| entry.answered < last_asked);
        found.extend(skipped.map(|(id, _)| format!("{id} is not in it, and a later one is")));
    }
    // A facility's numbers of a day are drawn one after the other, each in its booking's transaction.
    let mut numbers: BTreeMap<(&str, String), BTreeSet<usize>> = BTreeMap::new();
    for entry in &ledger.entries {
        let number: Option<usize> = entry.ticket.rsplit('-').next().and_then(|number| number.parse().ok());
        let day = entry.local_start.date().to_string();
        numbers.entry((&entry.facility, day)).or_default().extend(number);
    }
    let gaps = numbers.iter().filter(|(_, drawn)| !drawn.iter().copied().eq(1..=drawn.len()));
    found.extend(gaps.map(|(day, drawn)| format!("tickets of {day:?} have gaps: {drawn:?}")));
    found
}

fn known(history: &[Attempt]) -> HashMap<&str, Known> {
    let mut known: HashMap<&str, Known> = HashMap::new();
    for attempt in history {
        let Outcome::Ok { entry, .. } = &attempt.outcome else { continue };
        let (asked, answered) = (attempt.began, attempt.ended);
        let first = known.entry(entry).or_insert(Known { asked, answered });
        first.asked = first.asked.min(asked);
        first.answered = first.answered.min(answered);
    }
    known
}
