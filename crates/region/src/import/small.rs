//! Reference data of the inputs, in memory, and the question whether something exists in them or
//! in the store.

use std::collections::{BTreeMap, HashMap};

use talon_domain::{
    facility::{Facility, Mkod},
    ids::{ClientId, FacilityId, ResourceKey},
    reference::Reference,
    resource::{Resource, Specialty, SpecialtyCode},
    zone::Zone,
};

use super::ledger::{Ledger, Seq};
use crate::{ClientLine, Line, LineFault};

/// The last good line of each object. What turns out to be faulty is taken out.
#[derive(Default)]
pub(super) struct Small {
    pub(super) specialties: BTreeMap<SpecialtyCode, (Seq, Specialty)>,
    pub(super) facilities: BTreeMap<FacilityId, (Seq, Facility)>,
    pub(super) resources: BTreeMap<ResourceKey, (Seq, Resource)>,
    pub(super) clients: BTreeMap<ClientId, (Seq, ClientLine)>,
}

impl Small {
    /// Keeps a line of reference data; gives any other back.
    pub(super) fn keep(&mut self, seq: Seq, line: Line, ledger: &mut Ledger) -> Option<Line> {
        let replaced = match line {
            Line::Specialty(one) => seq_of(self.specialties.insert(one.code.clone(), (seq, one))),
            Line::Facility(one) => seq_of(self.facilities.insert(one.id, (seq, one))),
            Line::Resource(one) => seq_of(self.resources.insert(one.key, (seq, one))),
            Line::Client(one) => seq_of(self.clients.insert(one.client.id, (seq, one))),
            other => return Some(other),
        };
        if let Some(replaced) = replaced {
            ledger.replace(replaced);
        }
        None
    }

    pub(super) fn len(&self) -> usize {
        self.specialties.len() + self.facilities.len() + self.resources.len() + self.clients.len()
    }

    /// Facilities that share a МКОД: of two the later line is faulty.
    pub(super) fn shared_mkods(&self) -> Vec<(Seq, Seq)> {
        let mut by_mkod: HashMap<&Mkod, Seq> = HashMap::new();
        let mut shared = Vec::new();
        let mut facilities: Vec<&(Seq, Facility)> = self.facilities.values().collect();
        facilities.sort_by_key(|(seq, _)| *seq);
        for (seq, facility) in facilities {
            match by_mkod.get(&facility.mkod) {
                Some(first) => shared.push((*seq, *first)),
                None => {
                    by_mkod.insert(&facility.mkod, *seq);
                }
            }
        }
        shared
    }

    /// Takes out what is faulty.
    pub(super) fn drop_faulty(&mut self, ledger: &Ledger) {
        self.specialties.retain(|_, (seq, _)| !ledger.is_out(*seq));
        self.facilities.retain(|_, (seq, _)| !ledger.is_out(*seq));
        self.resources.retain(|_, (seq, _)| !ledger.is_out(*seq));
        self.clients.retain(|_, (seq, _)| !ledger.is_out(*seq));
    }
}

fn seq_of<T>(replaced: Option<(Seq, T)>) -> Option<Seq> {
    replaced.map(|(seq, _)| seq)
}

/// Reference data of the inputs and, behind it, of the store.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) small: &'a Small,
    pub(super) stored: &'a Reference,
}

impl<'a> Known<'a> {
    fn has_specialty(self, code: &SpecialtyCode) -> bool {
        self.small.specialties.contains_key(code) || self.stored.specialty(code).is_some()
    }

    pub(super) fn has_facility(self, id: FacilityId) -> bool {
        self.small.facilities.contains_key(&id) || self.stored.facility(id).is_some()
    }

    fn has_client(self, id: ClientId) -> bool {
        self.small.clients.contains_key(&id) || self.stored.client(id).is_some()
    }

    pub(super) fn resource(self, key: ResourceKey) -> Option<&'a Resource> {
        let own = self.small.resources.get(&key).map(|(_, resource)| resource);
        own.or_else(|| self.stored.resource(key).map(AsRef::as_ref))
    }

    pub(super) fn zone(self, id: FacilityId) -> Option<&'a Zone> {
        let own = self.small.facilities.get(&id).map(|(_, facility)| facility);
        own.or_else(|| self.stored.facility(id).map(AsRef::as_ref)).map(|facility| &facility.zone)
    }

    /// The references of a line to reference data that lead nowhere.
    pub(super) fn missing(self, line: &Line) -> Vec<LineFault> {
        let mut missing = Missing { known: self, faults: Vec::new() };
        match line {
            Line::Resource(resource) => {
                missing.facility("facility", resource.key.facility);
                missing.specialty("specialty", &resource.specialty);
            }
            Line::Card(card) => {
                missing.facility("facility", card.facility);
                for (index, code) in card.dispensary.iter().enumerate() {
                    missing.specialty(&format!("dispensary[{index}]"), code);
                }
            }
            Line::Referral(referral) => {
                missing.facility("facility", referral.key.facility);
                missing.specialty("specialty", &referral.specialty);
                referral.to_facility.inspect(|id| missing.facility("to_facility", *id));
                referral.resource.inspect(|key| missing.resource(*key));
            }
            Line::Template(template) => {
                missing.facility("facility", template.resource.facility);
                missing.resource(template.resource);
            }
            Line::Slot(slot) => {
                return self.missing_resource(ResourceKey { facility: slot.key.facility, resource: slot.resource });
            }
            Line::Entry(entry) => {
                missing.facility("facility", entry.key.facility);
                missing.resource(ResourceKey { facility: entry.key.facility, resource: entry.resource });
                entry.specialty.as_ref().inspect(|code| missing.specialty("specialty", code));
                if entry.client.is_some_and(|client| !self.has_client(client)) {
                    missing.add("client", "client application");
                }
            }
            Line::EntryVersion(version) => {
                return self
                    .missing_resource(ResourceKey { facility: version.entry.facility, resource: version.resource });
            }
            Line::Waiting(waiting) => {
                let facility = waiting.key.facility;
                missing.facility("facility", facility);
                missing.specialty("specialty", &waiting.specialty);
                waiting.resource.inspect(|resource| missing.resource(ResourceKey { facility, resource: *resource }));
                if waiting.client.is_some_and(|client| !self.has_client(client)) {
                    missing.add("client", "client application");
                }
            }
            Line::Counter(counter) => missing.facility("facility", counter.facility),
            Line::Specialty(_)
            | Line::Facility(_)
            | Line::Client(_)
            | Line::Person(_)
            | Line::Cancellation(_)
            | Line::Message(_)
            | Line::Audit(_)
            | Line::Seal(_) => (),
        }
        missing.faults
    }

    /// The same of a line that refers to a resource and its facility.
    pub(super) fn missing_resource(self, key: ResourceKey) -> Vec<LineFault> {
        let mut missing = Missing { known: self, faults: Vec::new() };
        missing.facility("facility", key.facility);
        missing.resource(key);
        missing.faults
    }
}

struct Missing<'a> {
    known: Known<'a>,
    faults: Vec<LineFault>,
}

impl Missing<'_> {
    fn add(&mut self, key: &str, object: &str) {
        self.faults.push(no_such(key, object));
    }

    fn facility(&mut self, key: &str, id: FacilityId) {
        if !self.known.has_facility(id) {
            self.add(key, "facility");
        }
    }

    fn specialty(&mut self, key: &str, code: &SpecialtyCode) {
        if !self.known.has_specialty(code) {
            self.add(key, "specialty");
        }
    }

    fn resource(&mut self, key: ResourceKey) {
        if self.known.resource(key).is_none() {
            self.add("resource", "resource");
        }
    }
}

/// The fault of a reference that leads nowhere.
pub(super) fn no_such(key: &str, object: &str) -> LineFault {
    LineFault::new(key, format!("there is no such {object}, or its line is faulty"))
}
