//! The store of a region: a PostgreSQL database that several nodes share.
//!
//! The files are those of the embedded store, in the same order, so that a diff shows the dialect; what
//! is different is that bookings are committed in batches (`committer.rs`, `book.rs`), that one place
//! opens transactions and runs them again (`transaction.rs`), and that somebody else may take a claim at
//! any moment.

/// Values as `tokio-postgres` wants its parameters.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$(&$value as &(dyn tokio_postgres::types::ToSql + Sync)),*][..]
    };
}

mod audit;
mod backend;
mod book;
mod cancel;
mod claims;
mod columns;
mod committer;
mod connect;
mod contacts;
mod entry;
mod export;
mod facts;
mod failure;
mod free_times;
mod given_up;
mod history;
mod hold;
mod holds;
mod housekeeping;
mod idempotency;
mod import;
mod list;
mod locks;
mod message_facts;
mod message_log;
mod messages;
mod migrate;
mod moving;
mod offers;
mod open;
mod open_cells;
mod outbox;
mod people;
mod planted;
mod posting;
mod publish;
mod reading;
mod reference;
mod referrals;
mod reminders;
mod removal;
mod schedule;
mod schema;
mod sealing;
mod searcher;
mod session;
mod slots;
mod snapshot;
mod store;
mod sweep;
mod template;
mod threads;
mod tickets;
mod trail;
mod transaction;
mod url;
mod verify;
mod wait;
mod waiting;
mod webhook_log;
mod webhooks;

pub use backend::PostgresStore;
pub use open::OpenOptions;
pub use schema::{DISTRIBUTE_CITUS, SCHEMA, rights_of};
pub use url::PostgresUrl;
