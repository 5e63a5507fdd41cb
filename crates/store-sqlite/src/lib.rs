//! The embedded store: SQLite behind one writer thread with group commit.
//!
//! All writing goes through the writer: it takes what has queued up, runs it inside one
//! `BEGIN IMMEDIATE` so that a command that fails is undone alone, commits once and only then
//! answers. Reading goes through a few `query_only` connections, and keeps its audit records in a file and with a writer of
//! their own.

mod audit;
mod backup;
mod book;
mod cancel;
mod claims;
mod columns;
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
mod intake;
mod list;
mod message_facts;
mod message_log;
mod messages;
mod migrate;
mod moving;
mod offers;
mod open;
mod outbox;
mod people;
mod planted;
mod publish;
mod queue;
mod readers;
mod reading;
mod reference;
mod reminders;
mod removal;
mod schedule;
mod sealing;
mod session;
mod slots;
mod snapshot;
mod store;
mod template;
mod tickets;
mod trail;
mod transaction;
mod verify;
mod wait;
mod waiting;
mod webhook_log;
mod webhooks;
mod writer;

pub use backup::{Contents, IfPresent, Restored, Step, backup, restore};
pub use open::{OpenOptions, SCHEMA_VERSION};
pub use store::SqliteStore;
