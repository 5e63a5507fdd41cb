//! Contacts are sealed before they are written and opened when they are read.

use std::sync::Arc;

use talon_domain::ids::{FacilityId, PersonId, WaitingId};
use talon_store::{Resealed, StoreError};
use talon_vault::{Place, Vault, VaultError};
use uuid::Uuid;

use crate::{
    columns::{column, get, guids},
    failure::Result,
    transaction::Tx,
};

/// Rows in a page of sealing anew: the LIMIT below.
const PAGE: usize = 1_000;

/// How a column is sealed anew: its name in seals, a page of its rows, and the new values of some. The first two columns
/// of a page are the key of the row.
struct Column {
    name: &'static str,
    select: &'static str,
    update: &'static str,
}

const COLUMNS: [Column; 3] = [
    Column {
        name: "card.email",
        select: "SELECT facility, person, email FROM card WHERE (facility, person) > ($1, $2) ORDER BY facility, person \
                 LIMIT 1000",
        update: "UPDATE card c SET email = q.new FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) \
                 AS q(facility, person, old, new) WHERE c.facility = q.facility AND c.person = q.person \
                 AND c.email = q.old RETURNING 1",
    },
    Column {
        name: "card.phone",
        select: "SELECT facility, person, phone FROM card WHERE (facility, person) > ($1, $2) ORDER BY facility, person \
                 LIMIT 1000",
        update: "UPDATE card c SET phone = q.new FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) \
                 AS q(facility, person, old, new) WHERE c.facility = q.facility AND c.person = q.person \
                 AND c.phone = q.old RETURNING 1",
    },
    Column {
        name: "waiting.phone",
        select: "SELECT facility, waiting, phone FROM waiting WHERE (facility, waiting) > ($1, $2) \
                 ORDER BY facility, waiting LIMIT 1000",
        update: "UPDATE waiting w SET phone = q.new FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) \
                 AS q(facility, waiting, old, new) WHERE w.facility = q.facility AND w.waiting = q.waiting \
                 AND w.phone = q.old RETURNING 1",
    },
];

/// The keys; without them contacts lie in the database as they are.
#[derive(Clone, Default)]
pub(crate) struct Contacts(pub(crate) Option<Arc<Vault>>);

impl Contacts {
    /// What is written for an e-mail of a card.
    pub(crate) fn email(&self, facility: FacilityId, person: PersonId, text: &str) -> Result<String> {
        self.sealed("card.email", facility.0, person.0, text)
    }

    /// What is written for the telephone of a card.
    pub(crate) fn phone(&self, facility: FacilityId, person: PersonId, text: &str) -> Result<String> {
        self.sealed("card.phone", facility.0, person.0, text)
    }

    /// What is written for the telephone of one who waits.
    pub(crate) fn waiting_phone(&self, facility: FacilityId, waiting: WaitingId, text: &str) -> Result<String> {
        self.sealed("waiting.phone", facility.0, waiting.0, text)
    }

    fn sealed(&self, column: &str, first: Uuid, second: Uuid, text: &str) -> Result<String> {
        let Some(keys) = &self.0 else { return Ok(text.to_owned()) };
        let place = Place { column, row: [first.as_bytes(), second.as_bytes()] };
        Ok(keys.seal(&place, text).map_err(damaged)?)
    }

    /// What a column holds, if it holds anything.
    pub(crate) fn opened(
        &self,
        column: &str,
        first: Uuid,
        second: Uuid,
        stored: Option<String>,
    ) -> Result<Option<String>> {
        let (Some(keys), Some(stored)) = (&self.0, &stored) else { return Ok(stored) };
        let place = Place { column, row: [first.as_bytes(), second.as_bytes()] };
        Ok(Some(keys.open(&place, stored).map_err(damaged)?))
    }
}

fn damaged(error: VaultError) -> StoreError {
    StoreError::Damaged(error.to_string())
}

/// Refuses a database whose contacts are sealed by a key that is not there. A node with a file of keys of its own would
/// otherwise take bookings and fail at the first card.
pub(crate) async fn check_keys(tx: &Tx) -> Result<()> {
    let ids = tx.contacts().0.as_ref().map(|keys| keys.ids()).unwrap_or_default();
    for row in &tx.query("SELECT id FROM contact_key ORDER BY id", &[]).await? {
        let used: String = get(row, 0)?;
        if ids.iter().any(|id| id.as_str() == used) {
            continue;
        }
        let wanted = match &tx.contacts().0 {
            Some(keys) => format!("it is not in {}: every node needs the same file", keys.path().display()),
            None => "the setting contact_keys names no file: name the one that the other nodes have".to_owned(),
        };
        return Err(StoreError::Open(format!("contacts are sealed by key {used}, and {wanted}")).into());
    }
    Ok(())
}

/// Notes the key that seals from now on. A program that knows of no seals would take them for damage: from the first on it
/// is kept out.
pub(crate) async fn note_key(tx: &Tx) -> Result<()> {
    let Some(current) = tx.contacts().0.as_ref().and_then(|keys| keys.ids().into_iter().next()) else { return Ok(()) };
    let sql = "INSERT INTO contact_key (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING 1";
    if tx.count(sql, params![current.as_str()]).await? > 0 {
        tx.execute("UPDATE migration SET oldest = version WHERE name = 'contacts'", &[]).await?;
    }
    Ok(())
}

/// Notes that nothing is sealed by a key any more.
pub(crate) async fn forget_key(tx: &Tx, id: &str) -> Result<()> {
    tx.execute("DELETE FROM contact_key WHERE id = $1", params![id]).await
}

/// Seals anew a page of what is not sealed by the key that seals now. A value that somebody replaces meanwhile is left to
/// them. A cursor is the column's number and the key of the last row.
pub(crate) async fn reseal(tx: &Tx, after: Option<&[u8]>) -> Result<Resealed> {
    note_key(tx).await?;
    let (nth, from) = match after.and_then(|after| after.split_first()) {
        Some((nth, from)) => (*nth, from),
        None => (0, &[0; 32][..]),
    };
    let (Some(column), Some(keys)) = (COLUMNS.get(usize::from(nth)), &tx.contacts().0) else {
        return Ok(Resealed::default());
    };
    let cursor = |bytes: &[u8]| Uuid::from_slice(bytes).map_err(|_| StoreError::Bug("not a cursor".to_owned()));
    let (first, second) = from.split_at_checked(16).unwrap_or_default();
    let rows = tx.query(column.select, params![cursor(first)?, cursor(second)?]).await?;
    let mut stale = Vec::new();
    for row in &rows {
        let (first, second): (Uuid, Uuid) = (get(row, 0)?, get(row, 1)?);
        let Some(old) = get::<Option<String>>(row, 2)?.filter(|old| !keys.is_current(old)) else { continue };
        if let Some(text) = tx.contacts().opened(column.name, first, second, Some(old.clone()))? {
            stale.push((first, second, old, tx.contacts().sealed(column.name, first, second, &text)?));
        }
    }
    let sealed = if stale.is_empty() { 0 } else { put(tx, column.update, &stale).await? };
    let next = match rows.last() {
        Some(last) if rows.len() == PAGE => {
            let (first, second): (Uuid, Uuid) = (get(last, 0)?, get(last, 1)?);
            Some([&[nth][..], first.as_bytes(), second.as_bytes()].concat())
        }
        _ => (usize::from(nth) + 1 < COLUMNS.len()).then(|| [&[nth + 1][..], &[0; 32]].concat()),
    };
    Ok(Resealed { seen: rows.len() as u64, sealed, next })
}

async fn put(tx: &Tx, sql: &str, stale: &[(Uuid, Uuid, String, String)]) -> Result<u64> {
    tx.count(
        sql,
        params![
            guids(stale, |(first, ..)| *first),
            guids(stale, |(_, second, ..)| *second),
            column(stale, |(_, _, old, _)| old.as_str()),
            column(stale, |(.., new)| new.as_str()),
        ],
    )
    .await
}
