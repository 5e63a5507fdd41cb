//! Reference data of a page: little, and changed under the lock of its generation.

use std::collections::BTreeMap;

use talon_domain::{
    access::Client,
    facility::Facility,
    resource::{Resource, Specialty},
};
use talon_store::ClientSecret;

use crate::{
    columns::{column, guids},
    failure::Result,
    transaction::Tx,
};

pub(super) async fn put_specialties(tx: &Tx, specialties: &[&Specialty]) -> Result<()> {
    if specialties.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO specialty (code, name, letter) SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) \
         ON CONFLICT (code) DO UPDATE SET name = excluded.name, letter = excluded.letter",
        params![
            column(specialties, |specialty| specialty.code.0.as_str()),
            column(specialties, |specialty| specialty.name.as_str()),
            column(specialties, |specialty| specialty.letter.as_str()),
        ],
    )
    .await
}

pub(super) async fn put_facilities(tx: &Tx, facilities: &[&Facility]) -> Result<()> {
    if facilities.is_empty() {
        return Ok(());
    }
    // Two may exchange their МКОДs, which are unique at every moment. A guid is nobody's МКОД.
    tx.execute(
        "UPDATE facility f SET mkod = f.facility::text FROM unnest($1::uuid[], $2::text[]) AS q(facility, mkod) \
         WHERE f.facility = q.facility AND f.mkod <> q.mkod",
        params![guids(facilities, |facility| facility.id.0), column(facilities, |facility| facility.mkod.as_str()),],
    )
    .await?;
    tx.execute(
        "INSERT INTO facility (facility, mkod, name, serves, zone, schedule_days, address, phone) \
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[], \
         $8::text[]) \
         ON CONFLICT (facility) DO UPDATE SET mkod = excluded.mkod, name = excluded.name, serves = excluded.serves, \
         zone = excluded.zone, schedule_days = excluded.schedule_days, address = excluded.address, \
         phone = excluded.phone",
        params![
            guids(facilities, |facility| facility.id.0),
            column(facilities, |facility| facility.mkod.as_str()),
            column(facilities, |facility| facility.name.as_str()),
            column(facilities, |facility| facility.serves.code()),
            column(facilities, |facility| facility.zone.name()),
            column(facilities, |facility| i32::from(facility.schedule_days)),
            column(facilities, |facility| facility.address.as_deref()),
            column(facilities, |facility| facility.phone.as_deref()),
        ],
    )
    .await
}

pub(super) async fn put_resources(tx: &Tx, resources: &[&Resource]) -> Result<()> {
    if resources.is_empty() {
        return Ok(());
    }
    tx.execute(
        "INSERT INTO resource (facility, resource, kind, name, specialty, room, min_age, max_age) \
         SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], \
         $8::int[]) \
         ON CONFLICT (facility, resource) DO UPDATE SET kind = excluded.kind, name = excluded.name, \
         specialty = excluded.specialty, room = excluded.room, min_age = excluded.min_age, max_age = excluded.max_age",
        params![
            guids(resources, |resource| resource.key.facility.0),
            guids(resources, |resource| resource.key.resource.0),
            column(resources, |resource| resource.kind.code()),
            column(resources, |resource| resource.name.as_str()),
            column(resources, |resource| resource.specialty.0.as_str()),
            column(resources, |resource| resource.room.as_deref()),
            column(resources, |resource| resource.ages.min.map(i32::from)),
            column(resources, |resource| resource.ages.max.map(i32::from)),
        ],
    )
    .await
}

/// A client keeps its secret when it is defined again: a region file from elsewhere has none.
pub(super) async fn put_clients(tx: &Tx, clients: &[&Client]) -> Result<()> {
    if clients.is_empty() {
        return Ok(());
    }
    let ids = guids(clients, |client| client.id.0);
    tx.execute(
        "INSERT INTO client (client, name, channel, schedule_days) \
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[]) \
         ON CONFLICT (client) DO UPDATE SET name = excluded.name, channel = excluded.channel, \
         schedule_days = excluded.schedule_days",
        params![
            ids,
            column(clients, |client| client.name.as_str()),
            column(clients, |client| client.channel.code()),
            column(clients, |client| i32::from(client.schedule_days)),
        ],
    )
    .await?;
    tx.execute("DELETE FROM client_function WHERE client = ANY($1)", params![ids]).await?;
    let functions: BTreeMap<_, _> = clients
        .iter()
        .flat_map(|client| client.functions.iter().map(|(function, rights)| ((client.id, function.code()), *rights)))
        .collect();
    let functions: Vec<_> = functions.into_iter().collect();
    tx.execute(
        "INSERT INTO client_function (client, function, rights) \
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[])",
        params![
            guids(&functions, |((client, _), _)| client.0),
            column(&functions, |((_, function), _)| *function),
            column(&functions, |(_, rights)| i32::from(rights.bits())),
        ],
    )
    .await
}

pub(super) async fn put_secrets(tx: &Tx, secrets: &[&ClientSecret]) -> Result<()> {
    if secrets.is_empty() {
        return Ok(());
    }
    tx.execute(
        "UPDATE client c SET secret_hash = q.hash FROM unnest($1::uuid[], $2::text[]) AS q(client, hash) \
         WHERE c.client = q.client",
        params![guids(secrets, |secret| secret.client.0), column(secrets, |secret| secret.hash.as_str())],
    )
    .await
}
