//! Reference data out of its tables.

use std::{collections::HashMap, sync::Arc};

use futures_util::future::try_join4;
use talon_domain::{
    access::{Channel, Client, Function, Rights},
    facility::{Facility, Mkod, Serves},
    ids::{ClientId, FacilityId, ResourceId, ResourceKey},
    reference::Reference,
    resource::{Resource, ResourceKind, Specialty, SpecialtyCode},
    zone::Zone,
};
use talon_store::StoreError;
use tokio_postgres::Row;

use crate::{
    columns::{ages, code, get, guid, number},
    failure::Result,
    session::Published,
    transaction::Tx,
};

/// The number that grows with every change of the reference data.
pub(crate) async fn generation(tx: &Tx) -> Result<i64> {
    let rows = tx.query("SELECT value FROM installation WHERE key = 'generation'", &[]).await?;
    match rows.first() {
        Some(row) => get(row, 0),
        None => Err(StoreError::Damaged("the table installation is empty".to_owned()).into()),
    }
}

/// Notes that the reference data changed. Whoever changes it next waits here for this transaction.
pub(crate) async fn touch(tx: &Tx) -> Result<()> {
    tx.execute("UPDATE installation SET value = value + 1 WHERE key = 'generation'", &[]).await
}

/// The reference data that this transaction sees: the published one when it is as new.
pub(crate) async fn current(tx: &Tx, published: &Published) -> Result<Arc<Reference>> {
    let (known, data) = published.get();
    // Read before the data: a change in between makes the data newer than its number, and the next
    // comparison reads it once more.
    let generation = generation(tx).await?;
    if generation == known {
        return Ok(data);
    }
    let data = Arc::new(load(tx).await?);
    published.set(generation, Arc::clone(&data));
    Ok(data)
}

/// All of it, as the transaction sees it.
pub(crate) async fn load(tx: &Tx) -> Result<Reference> {
    let (facilities, specialties, resources, clients) = try_join4(
        all(tx, FACILITIES, facility),
        all(tx, SPECIALTIES, specialty),
        all(tx, RESOURCES, resource),
        clients(tx),
    )
    .await?;
    Ok(Reference::new(facilities, specialties, resources, clients))
}

async fn all<T>(tx: &Tx, sql: &str, read: fn(&Row) -> Result<T>) -> Result<Vec<T>> {
    tx.query(sql, &[]).await?.iter().map(read).collect()
}

async fn clients(tx: &Tx) -> Result<Vec<Client>> {
    let mut clients = all(tx, CLIENTS, client).await?;
    let mut functions: HashMap<ClientId, Vec<_>> = HashMap::new();
    for (client, function) in all(tx, FUNCTIONS, function).await? {
        functions.entry(client).or_default().push(function);
    }
    for client in &mut clients {
        client.functions = functions.remove(&client.id).unwrap_or_default();
    }
    Ok(clients)
}

pub(crate) const FACILITIES: &str =
    "SELECT facility, mkod, name, serves, zone, schedule_days, address, phone FROM facility ORDER BY facility";

pub(crate) fn facility(row: &Row) -> Result<Facility> {
    Ok(Facility {
        id: guid!(row, 0, FacilityId)?,
        mkod: code(row, 1, |text| Mkod::parse(text).ok())?,
        name: get(row, 2)?,
        serves: code(row, 3, Serves::from_code)?,
        zone: code(row, 4, |text| Zone::parse(text).ok())?,
        schedule_days: number(row, 5)?,
        address: get(row, 6)?,
        phone: get(row, 7)?,
    })
}

pub(crate) const SPECIALTIES: &str = "SELECT code, name, letter FROM specialty ORDER BY code";

pub(crate) fn specialty(row: &Row) -> Result<Specialty> {
    Ok(Specialty { code: SpecialtyCode(get(row, 0)?), name: get(row, 1)?, letter: get(row, 2)? })
}

pub(crate) const RESOURCES: &str = "SELECT facility, resource, kind, name, specialty, room, min_age, max_age FROM resource ORDER BY facility, resource";

pub(crate) fn resource(row: &Row) -> Result<Resource> {
    Ok(Resource {
        key: ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 1, ResourceId)? },
        kind: code(row, 2, ResourceKind::from_code)?,
        name: get(row, 3)?,
        specialty: SpecialtyCode(get(row, 4)?),
        room: get(row, 5)?,
        ages: ages(row, 6)?,
    })
}

pub(crate) const CLIENTS: &str = "SELECT client, name, channel, schedule_days FROM client ORDER BY client";

pub(crate) fn client(row: &Row) -> Result<Client> {
    Ok(Client {
        id: guid!(row, 0, ClientId)?,
        name: get(row, 1)?,
        channel: code(row, 2, Channel::from_code)?,
        functions: Vec::new(),
        schedule_days: number(row, 3)?,
    })
}

pub(crate) const FUNCTIONS: &str = "SELECT client, function, rights FROM client_function ORDER BY client, function";

/// What a client application may do.
pub(crate) fn function(row: &Row) -> Result<(ClientId, (Function, Rights))> {
    let function = code(row, 1, Function::from_code)?;
    Ok((guid!(row, 0, ClientId)?, (function, Rights::from_bits(number(row, 2)?))))
}
