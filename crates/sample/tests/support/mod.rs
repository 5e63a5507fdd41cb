//! A region held in maps, which answers bookings as a store would: it loads facts and asks the
//! domain.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::{HashMap, HashSet};

use jiff::{
    Timestamp,
    civil::{Date, Time},
};
use talon_domain::{
    access::{Caller, Channel},
    audit::Request,
    booking::{BookCommand, Cell, Decision, Facts, KnownPatient, NamedReferral, NewIds, Places, Visit, decide},
    entry::Entry,
    facility::LpuCode,
    ids::{AuditId, EntryId, EntryKey, FacilityId, PersonId, ReferralKey, RequestId, ResourceKey, SlotKey},
    person::{Card, Person},
    reference::Reference,
    referral::Referral,
    resource::SpecialtyCode,
    slot::Slot,
};
use talon_store::Record;

pub(crate) struct World {
    pub(crate) reference: Reference,
    pub(crate) persons: HashMap<PersonId, Person>,
    pub(crate) cards: HashMap<(FacilityId, PersonId), Card>,
    pub(crate) referrals: HashMap<ReferralKey, Referral>,
    pub(crate) slots: HashMap<(ResourceKey, Timestamp), Slot>,
    pub(crate) entries: Vec<Entry>,
}

/// What a booking asks for.
pub(crate) struct Ask<'a> {
    pub(crate) person: PersonId,
    pub(crate) referral: ReferralKey,
    pub(crate) lpu_code: &'a str,
    pub(crate) resource: ResourceKey,
    pub(crate) day: Date,
    pub(crate) time: Time,
}

impl World {
    pub(crate) fn of(records: impl IntoIterator<Item = Record>) -> Self {
        let (mut facilities, mut specialties, mut resources) = (vec![], vec![], vec![]);
        let (mut persons, mut cards, mut referrals) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (mut slots, mut entries) = (HashMap::new(), vec![]);
        for record in records {
            match record {
                Record::Facility(facility) => facilities.push(facility),
                Record::Specialty(specialty) => specialties.push(specialty),
                Record::Resource(resource) => resources.push(resource),
                Record::Person(person) => _ = persons.insert(person.id, person),
                Record::Card(card) => _ = cards.insert((card.facility, card.person), card),
                Record::Referral(referral) => _ = referrals.insert(referral.key, referral),
                Record::Slot(slot) => _ = slots.insert((resource_of(&slot), slot.start), slot),
                Record::Entry(entry) => entries.push(entry),
                _ => {}
            }
        }
        let reference = Reference::new(facilities, specialties, resources, vec![]);
        Self { reference, persons, cards, referrals, slots, entries }
    }

    /// `ok`, `repeated`, or the slug of the refusal, on the channel Internet.
    pub(crate) fn answer(&self, ask: &Ask<'_>, now: Timestamp) -> &'static str {
        let command = command(ask);
        match decide(&command, &self.facts(&command, now), now) {
            Ok(Decision::Book(_)) => "ok",
            Ok(Decision::Repeat(_)) => "repeated",
            Err(refusal) => refusal.slug(),
        }
    }

    /// Keeps a booking, so that later ones meet it.
    pub(crate) fn book(&mut self, ask: &Ask<'_>, now: Timestamp, number: u32) -> &'static str {
        let command = command(ask);
        match decide(&command, &self.facts(&command, now), now) {
            Ok(Decision::Book(plan)) => {
                self.entries.push(plan.outcome(&command, number, now).entry);
                "ok"
            }
            Ok(Decision::Repeat(_)) => "repeated",
            Err(refusal) => refusal.slug(),
        }
    }

    fn facts(&self, command: &BookCommand, now: Timestamp) -> Facts {
        let Some(facility) = self.reference.facility_named(&command.lpu.name) else { return Facts::default() };
        let person = self.persons.get(&command.person);
        let card = self.cards.get(&(facility.id, command.person));
        let own = command
            .referral
            .and_then(|key| self.referrals.get(&key))
            .filter(|referral| referral.person == command.person);
        let used = self.entries.iter().find(|e| e.referral == command.referral && e.state.uses_referral());
        let ahead = self.entries.iter().filter(|entry| entry.person == command.person && entry.is_ahead(now));
        let resource = self.reference.resource(command.resource).filter(|known| known.key.facility == facility.id);
        let start = facility.zone.instant(command.day.to_datetime(command.time));
        let slot = start.and_then(|start| self.slots.get(&(command.resource, start)));
        Facts {
            facility: Some(facility.clone()),
            patient: person.zip(card).map(|(person, card)| KnownPatient { person: person.clone(), card: card.clone() }),
            referral: own.cloned().map_or(NamedReferral::Absent, NamedReferral::Own),
            referral_use: own.and(used).map(|entry| self.visit(entry)),
            visits: ahead.map(|entry| self.visit(entry)).collect(),
            pauses: Vec::new(),
            resource: resource.cloned(),
            specialty: resource.and_then(|resource| self.reference.specialty(&resource.specialty)).cloned(),
            cell: slot.map(|slot| Cell::new(slot.clone(), &self.places(slot), command.person, now)),
        }
    }

    fn places(&self, slot: &Slot) -> Places {
        let here = |entry: &&Entry| entry.key.facility == slot.key.facility && entry.slot == slot.key.slot;
        let mut places = Places::default();
        for entry in self.entries.iter().filter(here).filter(|entry| entry.state.is_live()) {
            places.add(entry.place, None);
        }
        places
    }

    pub(crate) fn has_room(&self, slot: &Slot) -> bool {
        self.places(slot).free_for(PersonId::from_bytes([0; 16]), slot.places, Timestamp::MIN).is_some()
    }

    fn visit(&self, entry: &Entry) -> Visit {
        let key = ResourceKey { facility: entry.key.facility, resource: entry.resource };
        let zone = &self.reference.facility(key.facility).unwrap().zone;
        let who = self.reference.resource(key).unwrap().short_name();
        Visit { entry: entry.clone(), who, local_start: zone.local(entry.start) }
    }

    /// That no two cells of one resource overlap, and that each is local to whole minutes.
    pub(crate) fn check_cells(&self) {
        let mut by_resource: HashMap<ResourceKey, Vec<&Slot>> = HashMap::new();
        for slot in self.slots.values() {
            by_resource.entry(resource_of(slot)).or_default().push(slot);
        }
        for slots in by_resource.values_mut() {
            slots.sort_by_key(|slot| slot.start);
            for pair in slots.windows(2) {
                assert!(!pair[0].interval().overlaps(&pair[1].interval()), "{:?} {:?}", pair[0], pair[1]);
            }
        }
    }
}

pub(crate) fn resource_of(slot: &Slot) -> ResourceKey {
    ResourceKey { facility: slot.key.facility, resource: slot.resource }
}

fn command(ask: &Ask<'_>) -> BookCommand {
    let nil = [0; 16];
    BookCommand {
        person: ask.person,
        caller: Caller { channel: Channel::Internet, client: None },
        lpu: LpuCode::parse(ask.lpu_code).unwrap(),
        referral: Some(ask.referral),
        kind: None,
        resource: ask.resource,
        cell: None,
        day: ask.day,
        time: ask.time,
        email: None,
        idempotency: None,
        request: Request::of(RequestId::from_bytes(nil)),
        new_ids: NewIds { entry: EntryId::from_bytes(nil), audit: AuditId::from_bytes(nil) },
    }
}

/// That each record refers only to earlier ones, and that none has the key of another.
pub(crate) fn check_references(records: impl IntoIterator<Item = Record>) {
    let mut seen = Seen::default();
    for record in records {
        seen.check(&record);
    }
}

#[derive(Default)]
struct Seen {
    specialties: HashSet<SpecialtyCode>,
    facilities: HashSet<FacilityId>,
    codes: HashSet<String>,
    resources: HashSet<ResourceKey>,
    persons: HashSet<PersonId>,
    policies: HashSet<(Option<String>, String)>,
    cards: HashSet<(FacilityId, PersonId)>,
    referrals: HashSet<ReferralKey>,
    slots: HashSet<SlotKey>,
    templates: HashSet<[u8; 16]>,
    entries: HashSet<EntryKey>,
}

impl Seen {
    fn check(&mut self, record: &Record) {
        match record {
            Record::Specialty(specialty) => assert!(self.specialties.insert(specialty.code.clone())),
            Record::Facility(facility) => {
                assert!(self.facilities.insert(facility.id));
                assert!(self.codes.insert(facility.mkod.to_string()));
            }
            Record::Resource(resource) => {
                assert!(self.facilities.contains(&resource.key.facility));
                assert!(self.specialties.contains(&resource.specialty));
                assert!(self.resources.insert(resource.key));
            }
            Record::Person(person) => {
                assert!(self.persons.insert(person.id));
                assert!(self.policies.insert((person.policy.series.clone(), person.policy.number.clone())));
            }
            Record::Card(card) => {
                assert!(self.facilities.contains(&card.facility));
                assert!(self.persons.contains(&card.person));
                assert!(card.dispensary.iter().all(|code| self.specialties.contains(code)));
                assert!(self.cards.insert((card.facility, card.person)));
            }
            Record::Referral(referral) => {
                assert!(self.facilities.contains(&referral.key.facility));
                assert!(self.persons.contains(&referral.person));
                assert!(self.specialties.contains(&referral.specialty));
                assert!(referral.to_facility.is_none_or(|facility| self.facilities.contains(&facility)));
                assert!(referral.resource.is_none_or(|resource| self.resources.contains(&resource)));
                assert!(self.referrals.insert(referral.key));
            }
            Record::Template(template) => {
                assert!(self.resources.contains(&template.resource));
                assert!(self.templates.insert(*template.id.bytes()));
            }
            Record::Slot(slot) => {
                assert!(self.resources.contains(&resource_of(slot)));
                assert!(slot.template.is_none_or(|id| self.templates.contains(id.bytes())));
                assert!(slot.places > 0);
                assert!(self.slots.insert(slot.key));
            }
            Record::Entry(entry) => {
                let facility = entry.key.facility;
                assert!(self.persons.contains(&entry.person));
                assert!(self.cards.contains(&(facility, entry.person)));
                assert!(self.resources.contains(&ResourceKey { facility, resource: entry.resource }));
                assert!(self.slots.contains(&SlotKey { facility, slot: entry.slot }));
                assert!(entry.referral.is_none_or(|referral| self.referrals.contains(&referral)));
                assert!(self.entries.insert(entry.key));
            }
            Record::Counter(counter) => assert!(self.facilities.contains(&counter.facility)),
            other => panic!("unexpected {other:?}"),
        }
    }
}
