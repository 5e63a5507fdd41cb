//! The schema, step by step.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use talon_store::{Applied, Migration, migration_checksum, pending};

use crate::failure::Result;

/// Every step, oldest first.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration { version: 1, name: "initial", oldest: 1, sql: include_str!("../migrations/0001_initial.sql") },
    Migration { version: 2, name: "journey", oldest: 1, sql: include_str!("../migrations/0002_journey.sql") },
    Migration { version: 3, name: "contacts", oldest: 1, sql: include_str!("../migrations/0003_contacts.sql") },
    Migration { version: 4, name: "messages", oldest: 1, sql: include_str!("../migrations/0004_messages.sql") },
    Migration { version: 5, name: "audit", oldest: 1, sql: include_str!("../migrations/0005_audit.sql") },
    Migration { version: 6, name: "webhooks", oldest: 1, sql: include_str!("../migrations/0006_webhooks.sql") },
    Migration { version: 7, name: "absence", oldest: 1, sql: include_str!("../migrations/0007_absence.sql") },
];

/// Brings the schema up to date, in one transaction. `now` is kept beside each step.
pub(crate) fn migrate(connection: &mut Connection, now: Timestamp) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    apply(&transaction, now)?;
    transaction.commit()?;
    Ok(())
}

/// The same within a transaction that the caller keeps or undoes.
pub(crate) fn apply(transaction: &Transaction<'_>, now: Timestamp) -> Result<()> {
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (
           version    INTEGER NOT NULL PRIMARY KEY,
           name       TEXT NOT NULL,
           checksum   TEXT NOT NULL,
           oldest     INTEGER NOT NULL,
           applied_at INTEGER NOT NULL
         ) STRICT",
    )?;
    let applied = transaction
        .prepare("SELECT version, checksum, oldest FROM migration ORDER BY version")?
        .query_map([], |row| Ok(Applied { version: row.get(0)?, checksum: row.get(1)?, oldest: row.get(2)? }))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for step in pending(MIGRATIONS, &applied)? {
        transaction.execute_batch(step.sql)?;
        transaction.execute(
            "INSERT INTO migration (version, name, checksum, oldest, applied_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![step.version, step.name, migration_checksum(step.sql), step.oldest, now.as_microsecond()],
        )?;
    }
    Ok(())
}
