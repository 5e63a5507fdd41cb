//! Backups: one state of a store in one file, made while a server writes, and put back.

mod copy;
mod files;
mod restore;
mod seal;

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};
use talon_store::{Result, StoreError};

use crate::{columns::micros, failure, migrate, verify::verify};
use copy::Source;
use files::Scratch;

pub use restore::{Restored, restore};

/// What a backup holds, for whoever has to choose one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Facilities.
    pub facilities: u32,
    /// Persons.
    pub persons: u32,
    /// Entries, whatever their state.
    pub entries: u32,
    /// When the newest of them was booked.
    pub newest: Option<Timestamp>,
}

/// What a backup or a restore is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Bytes that are copied, of so many.
    Copying {
        /// So far.
        done: u64,
        /// In all.
        total: u64,
    },
    /// Reading the copy from end to end.
    Checking,
}

/// What to do when the backup's file is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfPresent {
    /// Leave it, and fail.
    Refuse,
    /// Replace it, once the new backup is complete.
    Replace,
}

/// Copies the store at `store` into `file`, also while others read and write it. Blocks.
///
/// The copy is the store's state at one moment after the call: every booking that was answered before
/// is in it. It is made in a folder of its own beside `file`, read from end to end, sealed, flushed,
/// and only then given its name, so that a file of this name is a whole backup. Only its owner may
/// read it.
///
/// # Errors
///
/// [`StoreError::Open`] when there is no store, or `file` cannot be used; [`StoreError::Damaged`]
/// when what was copied contradicts itself; [`StoreError::Unavailable`] when a disk is full or fails.
/// Nothing is left of the attempt, and what was at `file` is still there.
pub fn backup(store: &Path, file: &Path, if_present: IfPresent, progress: &mut dyn FnMut(Step)) -> Result<Contents> {
    files::refuse_target(store, file, if_present)?;
    let source = Source::open(store)?;
    let scratch = Scratch::beside(file)?;
    copy::copy(&source, scratch.copy(), progress).map_err(|error| copy::error(store, file, &error))?;
    let copied = open_copy(scratch.copy()).and_then(|mut copied| source.take_in(&mut copied).map(|()| copied));
    let copied = copied.map_err(|error| copy::error(store, file, &error))?;
    // From here on the store's log can begin anew.
    drop(source);
    progress(Step::Checking);
    let contents = check(copied, store)?;
    seal::put(scratch.copy()).map_err(|error| files::failed(file, &error))?;
    scratch.keep_as(file)?;
    Ok(contents)
}

/// Opens a copy. A backup is one file: it has no log beside it.
fn open_copy(copy: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(copy, copy::FLAGS)?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    Ok(connection)
}

/// Reads a copy from end to end, and says what it holds. `of` is what messages call it.
fn check(mut copy: Connection, of: &Path) -> Result<Contents> {
    let named = |error| files::named(of, error);
    let (contradictions, contents) = look(&mut copy).map_err(|failure| named(failure.into()))?;
    if contradictions.is_empty() {
        return Ok(contents);
    }
    Err(named(StoreError::Damaged(contradictions.join("; "))))
}

/// A copy of an older schema is brought up to date for the look only: the transaction is undone.
fn look(connection: &mut Connection) -> failure::Result<(Vec<String>, Contents)> {
    let transaction = connection.transaction()?;
    migrate::apply(&transaction, Timestamp::UNIX_EPOCH)?;
    let contradictions = verify(&transaction)?;
    let count = |sql| transaction.query_row(sql, [], |row| row.get(0));
    let newest = "SELECT booked_at FROM entry ORDER BY booked_at DESC LIMIT 1";
    let contents = Contents {
        facilities: count("SELECT count(*) FROM facility")?,
        persons: count("SELECT count(*) FROM person")?,
        entries: count("SELECT count(*) FROM entry")?,
        newest: transaction.query_row(newest, [], |row| micros(row, 0)).optional()?,
    };
    Ok((contradictions, contents))
}
