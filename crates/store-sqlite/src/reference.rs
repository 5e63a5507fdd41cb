//! Reference data out of its tables.

use rusqlite::{Connection, Result, Row};
use talon_domain::{
    access::{Channel, Client, Function, Rights},
    facility::{Facility, Mkod, Serves},
    ids::{ClientId, FacilityId, ResourceId, ResourceKey},
    reference::Reference,
    resource::{Resource, ResourceKind, Specialty, SpecialtyCode},
    zone::Zone,
};

use crate::columns::{ages, code, guid};

/// The number that grows with every change of the reference data.
pub(crate) fn generation(connection: &Connection) -> Result<i64> {
    connection
        .prepare_cached("SELECT value FROM installation WHERE key = 'generation'")?
        .query_row([], |row| row.get(0))
}

/// Notes that the reference data changed.
pub(crate) fn touch(connection: &Connection) -> Result<()> {
    connection
        .prepare_cached("UPDATE installation SET value = value + 1 WHERE key = 'generation'")?
        .execute([])
        .map(drop)
}

/// The number and the data of one state: an import may commit between two reads.
pub(crate) fn generation_and_data(connection: &Connection) -> Result<(i64, Reference)> {
    let snapshot = connection.unchecked_transaction()?;
    Ok((generation(&snapshot)?, load(&snapshot)?))
}

/// All of it.
pub(crate) fn load(connection: &Connection) -> Result<Reference> {
    let facilities = all(connection, FACILITIES, facility)?;
    let specialties = all(connection, SPECIALTIES, specialty)?;
    let resources = all(connection, RESOURCES, resource)?;
    let mut clients = all(connection, CLIENTS, client)?;
    for client in &mut clients {
        client.functions = functions(connection, client.id)?;
    }
    Ok(Reference::new(facilities, specialties, resources, clients))
}

fn all<T>(connection: &Connection, sql: &str, row: fn(&Row<'_>) -> Result<T>) -> Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map([], row)?.collect()
}

pub(crate) const FACILITIES: &str =
    "SELECT facility, mkod, name, serves, zone, schedule_days, address, phone FROM facility ORDER BY facility";

pub(crate) fn facility(row: &Row<'_>) -> Result<Facility> {
    Ok(Facility {
        id: guid!(row, 0, FacilityId)?,
        mkod: code(row, 1, |text| Mkod::parse(text).ok())?,
        name: row.get(2)?,
        serves: code(row, 3, Serves::from_code)?,
        zone: code(row, 4, |text| Zone::parse(text).ok())?,
        schedule_days: row.get(5)?,
        address: row.get(6)?,
        phone: row.get(7)?,
    })
}

pub(crate) const SPECIALTIES: &str = "SELECT code, name, letter FROM specialty ORDER BY code";

pub(crate) fn specialty(row: &Row<'_>) -> Result<Specialty> {
    Ok(Specialty { code: SpecialtyCode(row.get(0)?), name: row.get(1)?, letter: row.get(2)? })
}

pub(crate) const RESOURCES: &str = "SELECT facility, resource, kind, name, specialty, room, min_age, max_age FROM resource ORDER BY facility, resource";

pub(crate) fn resource(row: &Row<'_>) -> Result<Resource> {
    Ok(Resource {
        key: ResourceKey { facility: guid!(row, 0, FacilityId)?, resource: guid!(row, 1, ResourceId)? },
        kind: code(row, 2, ResourceKind::from_code)?,
        name: row.get(3)?,
        specialty: SpecialtyCode(row.get(4)?),
        room: row.get(5)?,
        ages: ages(row, 6)?,
    })
}

pub(crate) const CLIENTS: &str = "SELECT client, name, channel, schedule_days FROM client ORDER BY client";

pub(crate) fn client(row: &Row<'_>) -> Result<Client> {
    Ok(Client {
        id: guid!(row, 0, ClientId)?,
        name: row.get(1)?,
        channel: code(row, 2, Channel::from_code)?,
        functions: Vec::new(),
        schedule_days: row.get(3)?,
    })
}

/// What a client application may do.
pub(crate) fn functions(connection: &Connection, client: ClientId) -> Result<Vec<(Function, Rights)>> {
    connection
        .prepare_cached("SELECT function, rights FROM client_function WHERE client = ?1 ORDER BY function")?
        .query_map([client.bytes()], |row| Ok((code(row, 0, Function::from_code)?, Rights::from_bits(row.get(1)?))))?
        .collect()
}
