//! Contacts are sealed and opened where a statement writes or reads them: `sealed(TEXT, COLUMN, GUID, GUID)` and
//! `opened(…)` are functions of each connection. Column and guids are the place that a value is bound to.

use std::{fmt::Display, sync::Arc};

use rusqlite::{
    Connection, Error, Result,
    functions::{Context, FunctionFlags},
    params,
};
use talon_store::{Resealed, StoreError};
use talon_vault::{Place, Vault, VaultError};

use crate::failure;

/// How the message of a failed function begins.
pub(crate) const FAILED: &str = "contacts: ";

/// Rows in a page of sealing anew.
const PAGE: usize = 1_000;

/// The statements by which a column is sealed anew: the keys of a page, and the page. Keys are in the order of the
/// table's own.
const COLUMNS: [[&str; 2]; 3] = [
    [
        "SELECT person, facility FROM card WHERE (person, facility) > (?1, ?2) ORDER BY person, facility LIMIT 1000",
        "UPDATE card SET email = sealed(opened(email, 'card.email', facility, person), 'card.email', facility, person) \
         WHERE (person, facility) > (?1, ?2) AND (person, facility) <= (?3, ?4) AND NOT sealed_now(email)",
    ],
    [
        "SELECT person, facility FROM card WHERE (person, facility) > (?1, ?2) ORDER BY person, facility LIMIT 1000",
        "UPDATE card SET phone = sealed(opened(phone, 'card.phone', facility, person), 'card.phone', facility, person) \
         WHERE (person, facility) > (?1, ?2) AND (person, facility) <= (?3, ?4) AND NOT sealed_now(phone)",
    ],
    [
        "SELECT facility, waiting FROM waiting WHERE (facility, waiting) > (?1, ?2) ORDER BY facility, waiting LIMIT 1000",
        "UPDATE waiting \
         SET phone = sealed(opened(phone, 'waiting.phone', facility, waiting), 'waiting.phone', facility, waiting) \
         WHERE (facility, waiting) > (?1, ?2) AND (facility, waiting) <= (?3, ?4) AND NOT sealed_now(phone)",
    ],
];

/// Makes the functions of a connection. Without keys they give back what they are given.
pub(crate) fn functions(connection: &Connection, keys: Option<&Arc<Vault>>) -> Result<()> {
    type Turn = fn(&Vault, &Place<'_>, &str) -> std::result::Result<String, VaultError>;
    for (name, turn) in [("sealed", Vault::seal as Turn), ("opened", Vault::open as Turn)] {
        let keys = keys.cloned();
        connection.create_scalar_function(name, 4, FunctionFlags::SQLITE_UTF8, move |call| {
            let Some(text) = call.get::<Option<String>>(0)? else { return Ok(None) };
            match &keys {
                Some(keys) => turn(keys, &place(call)?, &text).map(Some).map_err(|error| failed(&error)),
                None => Ok(Some(text)),
            }
        })?;
    }
    let keys = keys.cloned();
    connection.create_scalar_function("sealed_now", 1, FunctionFlags::SQLITE_UTF8, move |call| {
        let text = call.get::<Option<String>>(0)?;
        Ok(text.is_none_or(|text| keys.as_ref().is_none_or(|keys| keys.is_current(&text))))
    })
}

fn place<'a>(call: &'a Context<'_>) -> Result<Place<'a>> {
    let guid = |at: usize| {
        let bytes = call.get_raw(at).as_blob().ok().and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| failed(&"the key of a row is two guids"))
    };
    let column = call.get_raw(1).as_str().map_err(|_| failed(&"a column is named by a text"))?;
    Ok(Place { column, row: [guid(2)?, guid(3)?] })
}

fn failed(what: &dyn Display) -> Error {
    Error::UserFunctionError(format!("{FAILED}{what}").into())
}

/// Refuses a store whose contacts are sealed by a key that is not there, and notes the key that seals from now on. A
/// restored store beside a new file of keys would otherwise take bookings and fail at the first card.
pub(crate) fn check_keys(connection: &Connection, keys: Option<&Arc<Vault>>) -> failure::Result<()> {
    let ids = keys.map(|keys| keys.ids()).unwrap_or_default();
    let mut select = connection.prepare_cached("SELECT id FROM contact_key ORDER BY id")?;
    for used in select.query_map([], |row| row.get::<_, String>(0))? {
        let used = used?;
        if ids.iter().any(|id| id.as_str() == used) {
            continue;
        }
        let wanted = match keys {
            Some(keys) => format!("it is not in {}: put the file back that it is in", keys.path().display()),
            None => "the setting contact_keys names no file: name the one that it is in".to_owned(),
        };
        return Err(StoreError::Open(format!("contacts are sealed by key {used}, and {wanted}")).into());
    }
    note_key(connection, keys)
}

/// A program that knows of no seals would take them for damage: from the first on it is kept out.
fn note_key(connection: &Connection, keys: Option<&Arc<Vault>>) -> failure::Result<()> {
    let Some(current) = keys.and_then(|keys| keys.ids().into_iter().next()) else { return Ok(()) };
    let noted = connection
        .prepare_cached("INSERT INTO contact_key (id) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([current.as_str()])?;
    if noted > 0 {
        connection.prepare_cached("UPDATE migration SET oldest = version WHERE name = 'contacts'")?.execute([])?;
    }
    Ok(())
}

/// Notes that nothing is sealed by a key any more.
pub(crate) fn forget_key(connection: &Connection, id: &str) -> failure::Result<()> {
    connection.prepare_cached("DELETE FROM contact_key WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Seals anew a page of what is not sealed by the key that seals now. A cursor is the column's number and the key of the
/// last row.
pub(crate) fn reseal(
    connection: &Connection,
    keys: Option<&Arc<Vault>>,
    after: Option<&[u8]>,
) -> failure::Result<Resealed> {
    note_key(connection, keys)?;
    let (column, from) = match after.and_then(|after| after.split_first()) {
        Some((column, from)) => (*column, from),
        None => (0, &[0; 32][..]),
    };
    let Some([select, update]) = COLUMNS.get(usize::from(column)) else { return Ok(Resealed::default()) };
    let (first, second) = from.split_at_checked(16).ok_or_else(|| StoreError::Bug("not a cursor".to_owned()))?;
    let mut rows: Vec<([u8; 16], [u8; 16])> = connection
        .prepare_cached(select)?
        .query_map(params![first, second], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_>>()?;
    let seen = rows.len();
    let mut done = Resealed { seen: seen as u64, sealed: 0, next: None };
    if let Some(last) = rows.pop() {
        done.sealed = connection.prepare_cached(update)?.execute(params![first, second, last.0, last.1])? as u64;
        if seen == PAGE {
            done.next = Some([&[column][..], &last.0, &last.1].concat());
            return Ok(done);
        }
    }
    done.next = (usize::from(column) + 1 < COLUMNS.len()).then(|| [&[column + 1][..], &[0; 32]].concat());
    Ok(done)
}
