//! What is stored of the things that a page gives or names: a few questions for the whole page.

use std::collections::{BTreeMap, HashMap, HashSet};

use talon_domain::{
    entry::Entry,
    facility::Mkod,
    ids::{
        EntryId, EntryKey, FacilityId, PersonId, ReferralId, ReferralKey, ResourceKey, SlotId, SlotKey, WaitingId,
        WaitingKey,
    },
    person::Card,
    referral::Referral,
    resource::SpecialtyCode,
    slot::Slot,
    waiting::Waiting,
};
use talon_store::{LONGEST_CELL, PageFacts, Record, Use};

use crate::{
    columns::{code, column, get, guid, guids, number},
    entry::{self, entry_columns},
    facts::{read_referral, referral_columns},
    failure::Result,
    people::{card_columns, read_card},
    slots::{self, slot_columns},
    transaction::Tx,
    waiting::{self, waiting_columns},
};

/// Reads it.
pub(crate) async fn read(tx: &Tx, records: &[Record]) -> Result<PageFacts> {
    let asked = Asked::of(records);
    let mut facts = PageFacts {
        mkods: mkods(tx, &asked.mkods).await?,
        cards: cards(tx, &asked.cards).await?,
        referrals: referrals(tx, &asked).await?,
        slots: slots(tx, &asked).await?,
        entries: entries(tx, &asked.entries).await?,
        ..PageFacts::default()
    };
    let new_owner = |referral: &&&Referral| {
        facts.referrals.get(&referral.key).is_none_or(|stored| stored.person != referral.person)
    };
    let given = asked.referrals.iter().filter(new_owner).map(|referral| referral.key);
    let used = asked.entries.iter().filter_map(|entry| entry.referral);
    let referrals: HashSet<_> = given.chain(used).collect();
    let differing: Vec<_> =
        asked.slots.iter().copied().filter(|slot| facts.slots.get(&slot.key) != Some(*slot)).collect();
    let stored = differing.iter().map(|slot| slot.key).filter(|key| facts.slots.contains_key(key));
    let keys: HashSet<_> = stored.chain(asked.cells()).collect();
    facts.uses = uses(tx, referrals).await?;
    facts.places = places(tx, keys).await?;
    facts.around = around(tx, &differing).await?;
    (facts.waiting, facts.waits) = waiting(tx, &asked.waiting).await?;
    Ok(facts)
}

/// The records of a page about which there is something to ask.
#[derive(Default)]
struct Asked<'a> {
    mkods: Vec<&'a str>,
    cards: Vec<&'a Card>,
    referrals: Vec<&'a Referral>,
    slots: Vec<&'a Slot>,
    entries: Vec<&'a Entry>,
    waiting: Vec<&'a Waiting>,
}

impl<'a> Asked<'a> {
    fn of(records: &'a [Record]) -> Self {
        let mut asked = Self::default();
        for record in records {
            match record {
                Record::Facility(facility) => asked.mkods.push(facility.mkod.as_str()),
                Record::Card(card) => asked.cards.push(card),
                Record::Referral(referral) => asked.referrals.push(referral),
                Record::Slot(slot) => asked.slots.push(slot),
                Record::Entry(entry) => asked.entries.push(entry),
                Record::Waiting(place) => asked.waiting.push(place),
                _ => {}
            }
        }
        asked
    }

    /// The cells of live entries.
    fn cells(&self) -> impl Iterator<Item = SlotKey> {
        let live = self.entries.iter().filter(|entry| entry.state.is_live());
        live.map(|entry| SlotKey { facility: entry.key.facility, slot: entry.slot })
    }
}

/// Places on waiting lists by their keys, and those that claims on the same lists lead to.
async fn waiting(tx: &Tx, asked: &[&Waiting]) -> Result<(HashMap<WaitingKey, Waiting>, Waits)> {
    if asked.is_empty() {
        return Ok(Default::default());
    }
    let facilities = guids(asked, |it| it.key.facility.0);
    let found = tx
        .query(
            concat!(
                "SELECT ",
                waiting_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, waiting) \
                 JOIN waiting w ON w.facility = q.facility AND w.waiting = q.waiting"
            ),
            params![facilities, guids(asked, |it| it.key.waiting.0)],
        )
        .await?;
    let claims = tx
        .query(
            "SELECT c.person, c.facility, c.specialty, c.waiting \
             FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS q(person, facility, specialty) \
             JOIN claim_waiting c ON c.person = q.person AND c.facility = q.facility AND c.specialty = q.specialty",
            params![guids(asked, |it| it.person.0), facilities, column(asked, |it| it.specialty.0.as_str())],
        )
        .await?;
    let mut waits = HashMap::new();
    for row in &claims {
        let list = (guid!(row, 0, PersonId)?, guid!(row, 1, FacilityId)?, SpecialtyCode(get(row, 2)?));
        waits.insert(list, guid!(row, 3, WaitingId)?);
    }
    let found =
        found.iter().map(|row| waiting::read(tx.contacts(), row)).map(|place| place.map(|place| (place.key, place)));
    Ok((found.collect::<Result<_>>()?, waits))
}

/// The place that a person has on a list.
type Waits = HashMap<(PersonId, FacilityId, SpecialtyCode), WaitingId>;

async fn mkods(tx: &Tx, mkods: &[&str]) -> Result<HashMap<Mkod, FacilityId>> {
    if mkods.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx.query("SELECT mkod, facility FROM facility WHERE mkod = ANY($1)", params![mkods]).await?;
    rows.iter().map(|row| Ok((code(row, 0, |text| Mkod::parse(text).ok())?, guid!(row, 1, FacilityId)?))).collect()
}

async fn cards(tx: &Tx, cards: &[&Card]) -> Result<HashMap<(FacilityId, PersonId), Card>> {
    if cards.is_empty() {
        return Ok(HashMap::new());
    }
    let facilities = guids(cards, |card| card.facility.0);
    let by_guid = tx
        .query(
            concat!(
                "SELECT ",
                card_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, card) \
                 JOIN card c ON c.facility = q.facility AND c.card = q.card"
            ),
            params![facilities, guids(cards, |card| card.id.0)],
        )
        .await?;
    let by_person = tx
        .query(
            concat!(
                "SELECT ",
                card_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, person) \
                 JOIN card c ON c.facility = q.facility AND c.person = q.person"
            ),
            params![facilities, guids(cards, |card| card.person.0)],
        )
        .await?;
    let found = by_guid.iter().chain(&by_person).map(|row| read_card(tx.contacts(), row));
    found.map(|card| card.map(|card| ((card.facility, card.person), card))).collect()
}

async fn referrals(tx: &Tx, asked: &Asked<'_>) -> Result<HashMap<ReferralKey, Referral>> {
    let given = asked.referrals.iter().map(|referral| referral.key);
    let named = asked.entries.iter().filter_map(|entry| entry.referral);
    let keys: HashSet<_> = given.chain(named).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<_> = keys.into_iter().collect();
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                referral_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, referral) \
                 JOIN referral r ON r.facility = q.facility AND r.referral = q.referral"
            ),
            params![guids(&keys, |key| key.facility.0), guids(&keys, |key| key.referral.0)],
        )
        .await?;
    rows.iter().map(read_referral).map(|referral| referral.map(|referral| (referral.key, referral))).collect()
}

/// Who uses referrals up. Entries lie with their own facilities, so they are asked for apart.
async fn uses(tx: &Tx, keys: HashSet<ReferralKey>) -> Result<HashMap<ReferralKey, Use>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<_> = keys.into_iter().collect();
    let claims = tx
        .query(
            "SELECT c.facility, c.referral, c.entry_facility, c.entry \
             FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, referral) \
             JOIN claim_referral c ON c.facility = q.facility AND c.referral = q.referral",
            params![guids(&keys, |key| key.facility.0), guids(&keys, |key| key.referral.0)],
        )
        .await?;
    let mut uses = HashMap::new();
    for row in &claims {
        let key = ReferralKey { facility: guid!(row, 0, FacilityId)?, referral: guid!(row, 1, ReferralId)? };
        let entry = EntryKey { facility: guid!(row, 2, FacilityId)?, entry: guid!(row, 3, EntryId)? };
        uses.insert(key, Use { entry, person: None });
    }
    if uses.is_empty() {
        return Ok(uses);
    }
    let users: Vec<_> = uses.values().map(|user| user.entry).collect();
    let persons = tx
        .query(
            "SELECT e.facility, e.entry, e.person FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, entry) \
             JOIN entry e ON e.facility = q.facility AND e.entry = q.entry",
            params![guids(&users, |key| key.facility.0), guids(&users, |key| key.entry.0)],
        )
        .await?;
    let mut owners = HashMap::new();
    for row in &persons {
        let entry = EntryKey { facility: guid!(row, 0, FacilityId)?, entry: guid!(row, 1, EntryId)? };
        owners.insert(entry, guid!(row, 2, PersonId)?);
    }
    for user in uses.values_mut() {
        user.person = owners.get(&user.entry).copied();
    }
    Ok(uses)
}

async fn slots(tx: &Tx, asked: &Asked<'_>) -> Result<HashMap<SlotKey, Slot>> {
    let keys: HashSet<_> = asked.slots.iter().map(|slot| slot.key).chain(asked.cells()).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<_> = keys.into_iter().collect();
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                slot_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, slot) \
                 JOIN slot s ON s.facility = q.facility AND s.slot = q.slot"
            ),
            params![guids(&keys, |key| key.facility.0), guids(&keys, |key| key.slot.0)],
        )
        .await?;
    rows.iter().map(slots::read).map(|slot| slot.map(|slot| (slot.key, slot))).collect()
}

/// Whose the places of cells are.
async fn places(tx: &Tx, keys: HashSet<SlotKey>) -> Result<HashMap<SlotKey, BTreeMap<u16, EntryId>>> {
    let mut places: HashMap<_, BTreeMap<_, _>> = HashMap::new();
    if keys.is_empty() {
        return Ok(places);
    }
    let keys: Vec<_> = keys.into_iter().collect();
    let rows = tx
        .query(
            "SELECT c.facility, c.slot, c.place, c.entry FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, slot) \
             JOIN claim_place c ON c.facility = q.facility AND c.slot = q.slot",
            params![guids(&keys, |key| key.facility.0), guids(&keys, |key| key.slot.0)],
        )
        .await?;
    for row in &rows {
        let key = SlotKey { facility: guid!(row, 0, FacilityId)?, slot: guid!(row, 1, SlotId)? };
        places.entry(key).or_default().insert(number(row, 2)?, guid!(row, 3, EntryId)?);
    }
    Ok(places)
}

/// The cells of the same resources from the first to the last of these. A page comes sorted by resource
/// and start, so there is little between.
async fn around(tx: &Tx, slots: &[&Slot]) -> Result<Vec<Slot>> {
    let mut stretches: HashMap<ResourceKey, (i64, i64)> = HashMap::new();
    for slot in slots {
        let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
        let (first, end) = (slot.start.as_second() - LONGEST_CELL.as_secs(), slot.interval().end.as_second());
        let stretch = stretches.entry(resource).or_insert((first, end));
        *stretch = (stretch.0.min(first), stretch.1.max(end));
    }
    if stretches.is_empty() {
        return Ok(Vec::new());
    }
    let stretches: Vec<_> = stretches.into_iter().collect();
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                slot_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) AS q(facility, resource, first, until) \
                 JOIN slot s ON s.facility = q.facility AND s.resource = q.resource \
                 AND s.start >= q.first AND s.start <= q.until"
            ),
            params![
                guids(&stretches, |(key, _)| key.facility.0),
                guids(&stretches, |(key, _)| key.resource.0),
                column(&stretches, |(_, (first, _))| *first),
                column(&stretches, |(_, (_, until))| *until),
            ],
        )
        .await?;
    rows.iter().map(slots::read).collect()
}

async fn entries(tx: &Tx, entries: &[&Entry]) -> Result<HashMap<EntryKey, Entry>> {
    if entries.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, entry) \
                 JOIN entry e ON e.facility = q.facility AND e.entry = q.entry"
            ),
            params![guids(entries, |entry| entry.key.facility.0), guids(entries, |entry| entry.key.entry.0)],
        )
        .await?;
    rows.iter().map(entry::read).map(|entry| entry.map(|entry| (entry.key, entry))).collect()
}
