//! Messages owed, written with the change that owes them.

use rusqlite::{Connection, Result, params};
use talon_domain::{
    event::Event,
    message::{Message, MessageState},
};

use crate::{session::Session, webhooks};

/// Owes what a change tells the patient, and integrators the event that it is.
pub(crate) fn owe(session: &Session<'_>, message: &Message) -> Result<()> {
    insert(session.connection, message)?;
    match Event::of(message) {
        Some(event) => webhooks::owe(session.connection, &session.hooks, &event),
        None => Ok(()),
    }
}

/// Adds a message. Its key is its dedupe key: one that is there already stays as it is.
pub(crate) fn insert(connection: &Connection, message: &Message) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO outbox (facility, entry, version, kind, created) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            message.entry.facility.bytes(),
            message.entry.entry.bytes(),
            message.version,
            message.kind.code(),
            message.created.as_microsecond(),
        ])
        .map(drop)
}

/// Adds a message that may have been owed before and was not true by the time it was to be sent, so that nobody has it yet.
pub(crate) fn owe_again(connection: &Connection, message: &Message) -> Result<()> {
    insert(connection, message)?;
    connection
        .prepare_cached(
            "DELETE FROM delivery WHERE facility = ?1 AND entry = ?2 AND version = ?3 AND kind = ?4 AND state = ?5",
        )?
        .execute(params![
            message.entry.facility.bytes(),
            message.entry.entry.bytes(),
            message.version,
            message.kind.code(),
            MessageState::Superseded.code(),
        ])
        .map(drop)
}

/// Takes a message out: it is settled.
pub(crate) fn remove(connection: &Connection, message: &Message) -> Result<()> {
    connection
        .prepare_cached("DELETE FROM outbox WHERE facility = ?1 AND entry = ?2 AND version = ?3 AND kind = ?4")?
        .execute(params![
            message.entry.facility.bytes(),
            message.entry.entry.bytes(),
            message.version,
            message.kind.code(),
        ])
        .map(drop)
}
