//! Which of the things that records refer to exist.

use rusqlite::{Connection, Result, ToSql};
use talon_store::KnownKey;

/// For each key, whether there is such a thing.
pub(crate) fn known(connection: &Connection, keys: &[KnownKey]) -> Result<Vec<bool>> {
    keys.iter().map(|key| exists(connection, key)).collect()
}

fn exists(connection: &Connection, key: &KnownKey) -> Result<bool> {
    let (sql, params): (&str, Vec<&dyn ToSql>) = match key {
        KnownKey::Specialty(code) => ("SELECT 1 FROM specialty WHERE code = ?1", vec![&code.0]),
        KnownKey::Facility(id) => ("SELECT 1 FROM facility WHERE facility = ?1", vec![id.bytes()]),
        KnownKey::Client(id) => ("SELECT 1 FROM client WHERE client = ?1", vec![id.bytes()]),
        KnownKey::Person(id) => ("SELECT 1 FROM person WHERE person = ?1", vec![id.bytes()]),
        KnownKey::Resource(key) => (
            "SELECT 1 FROM resource WHERE facility = ?1 AND resource = ?2",
            vec![key.facility.bytes(), key.resource.bytes()],
        ),
        KnownKey::Referral(key) => (
            "SELECT 1 FROM referral WHERE facility = ?1 AND referral = ?2",
            vec![key.facility.bytes(), key.referral.bytes()],
        ),
        KnownKey::Slot(key) => {
            ("SELECT 1 FROM slot WHERE facility = ?1 AND slot = ?2", vec![key.facility.bytes(), key.slot.bytes()])
        }
    };
    connection.prepare_cached(sql)?.exists(&params[..])
}
