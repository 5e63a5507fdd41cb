//! Everything that is kept of a person: reading it, removing it, giving it to another.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use talon_domain::{
    entry::Entry,
    ids::{PersonId, SlotKey},
    message::{Message, MessageKind},
};
use talon_store::{Record, Removal, RemoveReply, StoreError, against, merged, removal_record};

use crate::{
    audit, claims,
    columns::{code, micros},
    entry::{self, entry_columns},
    facts::{self, referral_columns},
    failure::Result,
    history::{self, cancellation_columns, version_columns},
    holds, import, offers, people,
    session::Session,
    waiting,
};

/// What goes with a person's visits and places in line. Whoever takes those over keeps it: it is known by the visit or the place, and
/// what was sent or offered once is not to be sent or offered again.
const OF_VISITS: [&str; 9] = [
    "DELETE FROM outbox WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM claim_sending WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM delivery WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM webhook_outbox WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM claim_webhook WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM webhook_delivery WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM entry_version WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM cancellation WHERE (facility, entry) IN (SELECT facility, entry FROM entry WHERE person = ?1)",
    "DELETE FROM offered WHERE (facility, waiting) IN (SELECT facility, waiting FROM waiting WHERE person = ?1)",
];

/// What goes with a person in any case: first what hangs on their holds.
const OF_PERSON: [&str; 19] = [
    "DELETE FROM outbox WHERE (facility, entry) IN (SELECT facility, hold FROM hold WHERE person = ?1)",
    "DELETE FROM claim_sending WHERE (facility, entry) IN (SELECT facility, hold FROM hold WHERE person = ?1)",
    "DELETE FROM delivery WHERE (facility, entry) IN (SELECT facility, hold FROM hold WHERE person = ?1)",
    "DELETE FROM webhook_outbox WHERE (facility, entry) IN (SELECT facility, hold FROM hold WHERE person = ?1)",
    "DELETE FROM claim_webhook WHERE (facility, entry) IN (SELECT facility, hold FROM hold WHERE person = ?1)",
    "DELETE FROM webhook_delivery WHERE (facility, entry) IN (SELECT facility, hold FROM hold WHERE person = ?1)",
    "DELETE FROM entry WHERE person = ?1",
    "DELETE FROM hold WHERE person = ?1",
    "DELETE FROM waiting WHERE person = ?1",
    "DELETE FROM claim_specialty WHERE person = ?1",
    "DELETE FROM claim_time WHERE person = ?1",
    "DELETE FROM claim_day WHERE person = ?1",
    "DELETE FROM claim_hold WHERE person = ?1",
    "DELETE FROM claim_waiting WHERE person = ?1",
    "DELETE FROM given_up WHERE person = ?1",
    "DELETE FROM idempotency WHERE person = ?1",
    "DELETE FROM referral WHERE person = ?1",
    "DELETE FROM card WHERE person = ?1",
    "DELETE FROM person WHERE person = ?1",
];

/// Everything that is kept of a person, one state of it.
pub(crate) fn about(connection: &Connection, person: PersonId) -> Result<Vec<Record>> {
    let _transaction = connection.unchecked_transaction()?;
    read(connection, person)
}

fn read(connection: &Connection, person: PersonId) -> Result<Vec<Record>> {
    let mut records: Vec<_> = people::person(connection, person)?.map(Record::Person).into_iter().collect();
    records.extend(people::cards(connection, person)?.into_iter().map(Record::Card));
    let mut referrals = connection.prepare_cached(concat!(
        "SELECT ",
        referral_columns!(),
        " FROM referral WHERE person = ?1 ORDER BY facility, referral"
    ))?;
    for referral in referrals.query_map([person.bytes()], facts::read_referral)? {
        records.push(Record::Referral(referral?));
    }
    let entries = entries(connection, person)?;
    let (mut versions, mut cancellations, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &entries {
        of_entry(connection, entry, &mut versions, &mut cancellations, &mut messages)?;
    }
    records.extend(entries.into_iter().map(Record::Entry));
    records.append(&mut versions);
    records.append(&mut cancellations);
    records.extend(waiting::of_person(connection, person, u32::MAX)?.into_iter().map(Record::Waiting));
    records.append(&mut messages);
    Ok(records)
}

fn entries(connection: &Connection, person: PersonId) -> Result<Vec<Entry>> {
    connection
        .prepare_cached(concat!(
            "SELECT ",
            entry_columns!(),
            " FROM entry e WHERE e.person = ?1 ORDER BY e.facility, e.entry"
        ))?
        .query_map([person.bytes()], entry::read)?
        .map(|stored| entry::verified(stored?))
        .collect()
}

fn of_entry(
    connection: &Connection,
    entry: &Entry,
    versions: &mut Vec<Record>,
    cancellations: &mut Vec<Record>,
    messages: &mut Vec<Record>,
) -> Result<()> {
    let key = params![entry.key.facility.bytes(), entry.key.entry.bytes()];
    let mut select = connection.prepare_cached(concat!(
        "SELECT ",
        version_columns!(),
        " FROM entry_version WHERE facility = ?1 AND entry = ?2 ORDER BY version"
    ))?;
    for version in select.query_map(key, history::read_version)? {
        versions.push(Record::EntryVersion(version?));
    }
    let cancellation = connection
        .prepare_cached(concat!(
            "SELECT ",
            cancellation_columns!(),
            " FROM cancellation WHERE facility = ?1 AND entry = ?2"
        ))?
        .query_row(key, history::read_cancellation)
        .optional()?;
    cancellations.extend(cancellation.map(Record::Cancellation));
    let mut select = connection.prepare_cached(
        "SELECT version, kind, created FROM outbox WHERE facility = ?1 AND entry = ?2 ORDER BY version, kind",
    )?;
    let rows = select.query_map(key, |row| {
        Ok(Message {
            entry: entry.key,
            version: row.get(0)?,
            kind: code(row, 1, MessageKind::from_code)?,
            created: micros(row, 2)?,
        })
    })?;
    for message in rows {
        messages.push(Record::Message(message?));
    }
    Ok(())
}

/// Removes a person, or gives what is theirs to another.
pub(crate) fn remove(session: &mut Session<'_>, removal: &Removal, now: Timestamp) -> Result<RemoveReply> {
    let connection = session.connection;
    let reply = match against_it(connection, removal)? {
        faults if faults.is_empty() => {
            let records = read(connection, removal.person)?;
            let mut freed = free_holds(session, removal.person)?;
            // A place in line whose offer was just taken back is not what it was.
            let page = page(connection, removal, &read(connection, removal.person)?)?;
            if page.is_none() {
                run(connection, &OF_VISITS, removal.person)?;
            }
            let visits = go(connection, removal.person)?;
            match page {
                // The entries take their places again.
                Some(page) => drop(import::page(session, &page, now)?),
                None => freed.extend(visits),
            }
            for (cell, place) in freed {
                offers::give(session, cell, place, now)?;
            }
            Ok(records)
        }
        faults => Err(faults),
    };
    audit::insert(connection, &removal_record(removal, &reply, now))?;
    Ok(reply)
}

/// What the other person is given; `None` when there is no other.
fn page(connection: &Connection, removal: &Removal, records: &[Record]) -> Result<Option<Vec<Record>>> {
    let Some(into) = removal.into else { return Ok(None) };
    Ok(Some(merged(records, into, &people::cards(connection, into)?)))
}

fn against_it(connection: &Connection, removal: &Removal) -> Result<Vec<String>> {
    match removal.into {
        Some(into) if people::person(connection, into)?.is_none() => {
            return Ok(vec![format!("there is no person {into}")]);
        }
        Some(into) if into == removal.person => return Ok(vec!["both are the same person already".to_owned()]),
        _ => {}
    }
    let page = page(connection, removal, &read(connection, removal.person)?)?.unwrap_or_default();
    Ok(against(&page, &import::check_without(connection, &page, removal.person)?))
}

/// Gives up what a person holds, and says which places are free by that. A place in line that had an offer waits again.
fn free_holds(session: &Session<'_>, person: PersonId) -> Result<Vec<(SlotKey, u16)>> {
    let mut freed = Vec::new();
    for hold in holds::of_person(session.connection, person)? {
        if claims::free_place(session.connection, &hold)? {
            freed.push((hold.cell(), hold.place));
        }
        claims::free_number(session.connection, person, hold.key)?;
        offers::take_back(session, &hold)?;
    }
    Ok(freed)
}

/// Removes what is a person's alone, and says which places their visits had.
fn go(connection: &Connection, person: PersonId) -> Result<Vec<(SlotKey, u16)>> {
    let mut freed = Vec::new();
    for entry in entries(connection, person)? {
        claims::release(connection, &entry)?;
        if entry.state.is_live() {
            freed.push((SlotKey { facility: entry.key.facility, slot: entry.slot }, entry.place));
        }
    }
    run(connection, &OF_PERSON, person)?;
    Ok(freed)
}

fn run(connection: &Connection, statements: &[&str], person: PersonId) -> Result<()> {
    for sql in statements {
        connection.prepare_cached(sql)?.execute([person.bytes()])?;
    }
    Ok(())
}

/// How long whoever is in the way of emptying the log is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Between two tries.
pub(crate) const A_MOMENT: Duration = Duration::from_millis(20);

/// Moves the whole log into the file and cuts it to nothing, unless somebody is in the way. Readers are waited for by SQLite;
/// for another who moves the log, as the housekeeping of each process does ten times a second, it does not wait.
pub(crate) fn empty_the_log(connection: &Connection) -> Result<bool> {
    Ok(!connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))?)
}

/// What to say when somebody stayed in the way.
pub(crate) fn remains() -> StoreError {
    let what = "it is removed, and remains of it may lie in the store's log, which somebody reads (a backup, an export); do \
                the same once more when that is over";
    StoreError::Unavailable(what.to_owned())
}
