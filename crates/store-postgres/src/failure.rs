//! What a command inside the store fails with, and what PostgreSQL's errors mean.

use talon_store::{Fault, StoreError};
use tokio_postgres::error::{DbError, Severity, SqlState};

/// Why a command came to nothing.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another entry holds the claim: decide again on fresh facts.
    ClaimLost,
    /// The server undid the transaction so that another could go on: run it again.
    Again(String),
    /// The connection is gone, and nothing was committed.
    Lost(String),
    /// The connection is gone, or the answer doubtful, after COMMIT was sent.
    Unknown(String),
    /// Records of an import page cannot be taken.
    Page(Vec<Fault>),
    /// Anything else.
    Store(StoreError),
}

pub(crate) type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    /// Whether it is nothing about what was asked: the next that is asked would fare no better.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_) | Self::Unknown(_) | Self::Store(StoreError::Closed))
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<tokio_postgres::Error> for Failure {
    /// The one place where an SQLSTATE becomes a meaning.
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(answer) = error.as_db_error() else {
            // Without an answer of the server it is the connection that failed, whether closed, cut or unreadable.
            return Self::Lost(words(&error));
        };
        let what = described(answer);
        match answer.code() {
            &SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED => Self::Again(what),
            // A standby that was a primary a moment ago: the next connection finds the new primary.
            &SqlState::READ_ONLY_SQL_TRANSACTION => Self::Lost(what),
            _ if ends_the_connection(answer) => Self::Lost(what),
            code => Self::Store(meaning(code, what)),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => error,
            Failure::Unknown(what) => Self::Unknown(what),
            Failure::Lost(what) => Self::Unavailable(format!("the database cannot be reached ({what})")),
            Failure::Again(what) => Self::Unavailable(format!("the database is too contended ({what})")),
            Failure::ClaimLost => Self::Unavailable("others kept taking what was free a moment before".to_owned()),
            Failure::Page(faults) => Self::Bug(format!("{} faults outside an import", faults.len())),
        }
    }
}

/// Whether the server closes the connection with this answer (57P01 to 57P03, class 08, anything
/// FATAL).
fn ends_the_connection(answer: &DbError) -> bool {
    let fatal = matches!(answer.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    let code = answer.code().code();
    fatal || code.starts_with("08") || ["57P01", "57P02", "57P03"].contains(&code)
}

/// What an error that belongs to the statement means to callers.
fn meaning(code: &SqlState, what: String) -> StoreError {
    match code.code() {
        "53100" => StoreError::Unavailable(
            "the disk of the database server is full; free some space there, then repeat".to_owned(),
        ),
        "55P03" | "57014" => StoreError::Unavailable(format!("the database took too long ({what})")),
        "42501" => StoreError::Unavailable(format!(
            "the database role lacks a right ({what}); docs/operations/postgresql.md lists what it needs"
        )),
        "42P01" | "42703" | "3F000" => StoreError::Unavailable(format!(
            "the database's schema is not the one that this program knows ({what}); run `talon migrate`"
        )),
        "XX001" | "XX002" => StoreError::Damaged(format!(
            "{what}; stop the server, keep a copy of the database and restore the newest backup"
        )),
        code if code.starts_with("53") || code.starts_with("58") => {
            StoreError::Unavailable(format!("the database server is short of something ({what})"))
        }
        _ => StoreError::Bug(what),
    }
}

/// The server's message without its detail, which quotes the row.
fn described(answer: &DbError) -> String {
    format!("{}: {}", answer.code().code(), answer.message())
}

/// An error of the connection with its cause.
pub(crate) fn words(error: &tokio_postgres::Error) -> String {
    if let Some(answer) = error.as_db_error() {
        return described(answer);
    }
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
