//! Beginning, committing and undoing a transaction, and what it means when that fails.

use rusqlite::{Connection, ErrorCode};
use talon_store::StoreError;

use crate::failure::store_error;

type Outcome<T> = std::result::Result<T, StoreError>;

/// Begins one that writes. It waits for another process's.
pub(crate) fn begin(connection: &Connection) -> Outcome<()> {
    execute(connection, "BEGIN IMMEDIATE")
}

/// Runs a statement without parameters, which is asked for again and again.
pub(crate) fn execute(connection: &Connection, sql: &str) -> Outcome<()> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .map(drop)
        .map_err(|error| store_error(&error))
}

/// Commits. Nothing is kept after an error, unless it is [`StoreError::Unknown`]: then nobody can tell.
pub(crate) fn commit(connection: &Connection) -> Outcome<()> {
    let Err(error) = connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])) else {
        return Ok(());
    };
    roll_back(connection);
    Err(match error.sqlite_error_code() {
        // The log may or may not hold the commit: it was written, and could not be flushed.
        Some(ErrorCode::SystemIoFailure) => StoreError::Unknown(error.to_string()),
        _ => store_error(&error),
    })
}

/// Undoes what is open, if anything is.
pub(crate) fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a failed transaction could not be rolled back");
    }
}

/// Fails when SQLite has given the whole transaction up by itself, as it does on a full disk or a failing one.
pub(crate) fn still_open(connection: &Connection) -> Outcome<()> {
    if connection.is_autocommit() {
        return Err(StoreError::Unavailable(
            "the transaction was given up: the disk that holds the store is full or fails".to_owned(),
        ));
    }
    Ok(())
}
