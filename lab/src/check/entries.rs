//! Entries, and that no two of them hold what only one may have.

use std::{
    collections::HashMap,
    fmt::{Debug, Display},
    hash::Hash,
};

use serde::Deserialize;
use talon_testkit::Violation;

use super::violation;
use crate::plan::{Kind, Plan, Request, code};

/// A line of `entry`.
#[derive(Deserialize)]
pub(super) struct EntryLine {
    facility: String,
    guid: String,
    resource: String,
    slot: String,
    person: String,
    referral: Option<String>,
    ticket: String,
    state: State,
    place: u16,
    specialty: String,
    minutes: u16,
    version: u32,
}

/// What became of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Booked,
    Cancelled,
    Missed,
    Fulfilled,
}

/// An entry, by the plan's indices.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// As in `Entry_id`.
    pub(super) id: String,
    /// Which request it is of; of a journey, one that asked for the cell that it is in.
    pub(super) request: u32,
    pub(super) place: u16,
    pub(super) ticket: String,
    pub(super) state: State,
    /// How often it was changed, and one.
    pub(super) version: u32,
}

impl Entry {
    /// Whether it takes up its place.
    pub(super) fn is_live(&self) -> bool {
        self.state == State::Booked
    }

    /// Whether it uses up its referral.
    fn uses_referral(&self) -> bool {
        matches!(self.state, State::Booked | State::Fulfilled)
    }
}

/// The plan's objects by their ids.
pub(super) struct Known<'a> {
    referrals: HashMap<String, u32>,
    slots: HashMap<&'a str, u32>,
    requests: HashMap<(u32, u32), u32>,
}

impl<'a> Known<'a> {
    pub(super) fn of(plan: &'a Plan) -> Self {
        let takes = |request: &Request| matches!(request.kind, Kind::Book | Kind::Move);
        let requests = plan.requests.iter().zip(0..).filter(|(request, _)| takes(request));
        Self {
            referrals: plan.referrals.iter().zip(0..).map(|(known, index)| (known.referral.id(), index)).collect(),
            slots: plan.slots.iter().zip(0..).map(|(slot, index)| (slot.cell.guid.as_str(), index)).collect(),
            requests: requests.map(|(request, index)| ((request.referral, request.slot), index)).collect(),
        }
    }

    /// Finds the request that an entry is of; a text says why there is none.
    pub(super) fn entry(&self, plan: &Plan, line: EntryLine) -> Result<Entry, String> {
        let id = format!("{}{}", line.facility, line.guid);
        let referral = line.referral.as_ref().and_then(|referral| self.referrals.get(referral));
        let slot = self.slots.get(line.slot.as_str());
        let request = referral.zip(slot).and_then(|(referral, slot)| self.requests.get(&(*referral, *slot)));
        let Some(&request) = request else {
            return Err(format!("nobody asked for entry {id}, of referral {:?} in slot {}", line.referral, line.slot));
        };
        let asked = plan.requests[request as usize];
        let slot = plan.slot_of(asked);
        let agrees = line.person == plan.persons[plan.person_of(asked) as usize].guid
            && line.facility == slot.cell.facility
            && line.resource == slot.cell.resource
            && line.specialty == code(slot.specialty)
            && line.minutes == slot.minutes
            && (1..=slot.places).contains(&line.place);
        if !agrees {
            return Err(format!("entry {id} is not what was asked for: its person, its slot or its place is another"));
        }
        Ok(Entry { id, request, place: line.place, ticket: line.ticket, state: line.state, version: line.version })
    }
}

/// Entries that share what only one may have: a place, a referral, a person's specialty or time, a
/// facility's ticket number of a day.
pub(super) fn duplicates(plan: &Plan, entries: &[Entry]) -> Vec<Violation> {
    let mut violations = Vec::new();
    let live = || entries.iter().filter(|entry| entry.is_live());
    let request = |entry: &Entry| plan.requests[entry.request as usize];

    let places = live().map(|entry| ((request(entry).slot, entry.place), entry));
    shared("place", places, &mut violations);
    let referrals = entries.iter().filter(|entry| entry.uses_referral());
    shared("referral", referrals.map(|entry| (request(entry).referral, entry)), &mut violations);
    let specialties = live().map(|entry| {
        let request = request(entry);
        ((plan.person_of(request), plan.slot_of(request).specialty), entry)
    });
    shared("specialty", specialties, &mut violations);
    // The number alone: it runs over all specialties, so the letter does not make a ticket another.
    let tickets = entries.iter().map(|entry| {
        let cell = &plan.slot_of(request(entry)).cell;
        ((&cell.facility, cell.start.date(), entry.ticket.rsplit('-').next().unwrap_or_default()), entry)
    });
    shared("ticket", tickets, &mut violations);
    shared("id", entries.iter().map(|entry| (&entry.id, entry)), &mut violations);

    let mut by_person: HashMap<u32, Vec<&Entry>> = HashMap::new();
    live().for_each(|entry| by_person.entry(plan.person_of(request(entry))).or_default().push(entry));
    for entries in by_person.values_mut() {
        entries.sort_by_key(|entry| plan.slot_of(request(entry)).start);
        for pair in entries.windows(2) {
            let [(_, ends), (begins, _)] = [pair[0], pair[1]].map(|entry| plan.slot_of(request(entry)).interval());
            if begins < ends {
                violations.push(violation("duplicates", format!("a person's time: {} and {}", pair[0].id, pair[1].id)));
            }
        }
    }
    violations
}

/// Adds a violation for each key that a second entry has.
fn shared<'a, K: Eq + Hash + Debug>(
    what: impl Display,
    keyed: impl Iterator<Item = (K, &'a Entry)>,
    violations: &mut Vec<Violation>,
) {
    let mut first: HashMap<K, &Entry> = HashMap::new();
    for (key, entry) in keyed {
        if let Some(other) = first.get(&key) {
            violations.push(violation("duplicates", format!("{what} {key:?}: {} and {}", other.id, entry.id)));
        } else {
            first.insert(key, entry);
        }
    }
}
