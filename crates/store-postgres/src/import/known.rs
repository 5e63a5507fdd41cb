//! Which of the things that records refer to exist.

use std::collections::HashSet;

use talon_domain::ids::{
    ClientId, FacilityId, PersonId, ReferralId, ReferralKey, ResourceId, ResourceKey, SlotId, SlotKey,
};
use talon_domain::resource::SpecialtyCode;
use talon_store::KnownKey;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    columns::{get, guid, guids},
    failure::Result,
    transaction::Tx,
};

/// For each key, whether there is such a thing.
pub(crate) async fn known(tx: &Tx, keys: &[KnownKey]) -> Result<Vec<bool>> {
    let asked = Asked::of(keys);
    let mut found = HashSet::new();
    let mut add = |rows: Vec<Row>, read: fn(&Row) -> Result<KnownKey>| -> Result<()> {
        for row in &rows {
            found.insert(read(row)?);
        }
        Ok(())
    };
    if !asked.specialties.is_empty() {
        let rows = tx.query("SELECT code FROM specialty WHERE code = ANY($1)", params![asked.specialties]).await?;
        add(rows, |row| Ok(KnownKey::Specialty(SpecialtyCode(get(row, 0)?))))?;
    }
    if !asked.facilities.is_empty() {
        let rows =
            tx.query("SELECT facility FROM facility WHERE facility = ANY($1)", params![asked.facilities]).await?;
        add(rows, |row| guid!(row, 0, FacilityId).map(KnownKey::Facility))?;
    }
    if !asked.clients.is_empty() {
        let rows = tx.query("SELECT client FROM client WHERE client = ANY($1)", params![asked.clients]).await?;
        add(rows, |row| guid!(row, 0, ClientId).map(KnownKey::Client))?;
    }
    if !asked.persons.is_empty() {
        let rows = tx.query("SELECT person FROM person WHERE person = ANY($1)", params![asked.persons]).await?;
        add(rows, |row| guid!(row, 0, PersonId).map(KnownKey::Person))?;
    }
    let sql = "SELECT r.facility, r.resource FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, resource) \
               JOIN resource r ON r.facility = q.facility AND r.resource = q.resource";
    add(pairs(tx, sql, &asked.resources).await?, |row| {
        let key = ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 1, ResourceId)? };
        Ok(KnownKey::Resource(key))
    })?;
    let sql = "SELECT r.facility, r.referral FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, referral) \
               JOIN referral r ON r.facility = q.facility AND r.referral = q.referral";
    add(pairs(tx, sql, &asked.referrals).await?, |row| {
        let key = ReferralKey { facility: guid!(row, 0, FacilityId)?, referral: guid!(row, 1, ReferralId)? };
        Ok(KnownKey::Referral(key))
    })?;
    let sql = "SELECT s.facility, s.slot FROM unnest($1::uuid[], $2::uuid[]) AS q(facility, slot) \
               JOIN slot s ON s.facility = q.facility AND s.slot = q.slot";
    add(pairs(tx, sql, &asked.slots).await?, |row| {
        Ok(KnownKey::Slot(SlotKey { facility: guid!(row, 0, FacilityId)?, slot: guid!(row, 1, SlotId)? }))
    })?;
    Ok(keys.iter().map(|key| found.contains(key)).collect())
}

async fn pairs(tx: &Tx, sql: &str, keys: &[(Uuid, Uuid)]) -> Result<Vec<Row>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    tx.query(sql, params![guids(keys, |(facility, _)| *facility), guids(keys, |(_, id)| *id)]).await
}

/// Keys by their kind.
#[derive(Default)]
struct Asked<'a> {
    specialties: Vec<&'a str>,
    facilities: Vec<Uuid>,
    clients: Vec<Uuid>,
    persons: Vec<Uuid>,
    resources: Vec<(Uuid, Uuid)>,
    referrals: Vec<(Uuid, Uuid)>,
    slots: Vec<(Uuid, Uuid)>,
}

impl<'a> Asked<'a> {
    fn of(keys: &'a [KnownKey]) -> Self {
        let mut asked = Self::default();
        for key in keys {
            match key {
                KnownKey::Specialty(code) => asked.specialties.push(&code.0),
                KnownKey::Facility(id) => asked.facilities.push(id.0),
                KnownKey::Client(id) => asked.clients.push(id.0),
                KnownKey::Person(id) => asked.persons.push(id.0),
                KnownKey::Resource(key) => asked.resources.push((key.facility.0, key.resource.0)),
                KnownKey::Referral(key) => asked.referrals.push((key.facility.0, key.referral.0)),
                KnownKey::Slot(key) => asked.slots.push((key.facility.0, key.slot.0)),
            }
        }
        asked
    }
}
