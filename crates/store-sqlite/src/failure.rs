//! What a command inside the store fails with, and what SQLite's errors mean.

use rusqlite::ErrorCode;
use talon_store::{Fault, StoreError};

use crate::contacts;

/// Why a command came to nothing. The writer undoes what it wrote.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another entry holds the claim: decide again on fresh facts.
    ClaimLost,
    /// Records of an import page cannot be taken.
    Page(Vec<Fault>),
    /// Anything else.
    Store(StoreError),
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<rusqlite::Error> for Failure {
    /// The one place where a constraint's name becomes a meaning: the keys of the `claim_` tables
    /// are promises, and whoever violates one has lost it to somebody.
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::SqliteFailure(code, Some(message)) = &error
            && code.code == ErrorCode::ConstraintViolation
            && message.contains(": claim_")
        {
            return Self::ClaimLost;
        }
        Self::Store(store_error(&error))
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::ClaimLost => Self::Bug("a claim was lost although nothing else was writing".to_owned()),
            Failure::Page(faults) => Self::Bug(format!("{} faults outside an import", faults.len())),
        }
    }
}

/// What an error of SQLite means to callers.
pub(crate) fn store_error(error: &rusqlite::Error) -> StoreError {
    let Some(code) = error.sqlite_error_code() else {
        return match error {
            // A column that does not hold what we write there was not written by us.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..) => StoreError::Damaged(error.to_string()),
            _ => StoreError::Bug(error.to_string()),
        };
    };
    if let rusqlite::Error::SqliteFailure(_, Some(message)) = error
        && let Some(what) = message.strip_prefix(contacts::FAILED)
    {
        return StoreError::Damaged(what.to_owned());
    }
    match code {
        ErrorCode::DiskFull => {
            StoreError::Unavailable("the disk that holds the store is full; free some space, then repeat".to_owned())
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::Unavailable(
            "the store is locked by another process; wait for it or stop it, then repeat".to_owned(),
        ),
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => StoreError::Damaged(format!(
            "{error}; stop the server, keep a copy of the file and restore the newest backup"
        )),
        ErrorCode::SystemIoFailure => StoreError::Unavailable(format!(
            "the disk that holds the store fails ({error}); look at the system's log before starting again"
        )),
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen => StoreError::Unavailable(format!(
            "the store cannot be written ({error}); check the rights on file and folder"
        )),
        _ => StoreError::Bug(error.to_string()),
    }
}
