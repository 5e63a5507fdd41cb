//! The schema, step by step.

use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior, params};
use sha2::{Digest, Sha256};
use talon_store::{Migration, pending};

use crate::failure::Result;

/// Every step, oldest first.
pub(crate) const MIGRATIONS: &[Migration] =
    &[Migration { version: 1, name: "initial", sql: include_str!("../migrations/0001_initial.sql") }];

/// Brings the schema up to date, in one transaction. `now` is kept beside each step.
pub(crate) fn migrate(connection: &mut Connection, now: Timestamp) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS migration (
           version    INTEGER NOT NULL PRIMARY KEY,
           name       TEXT NOT NULL,
           checksum   TEXT NOT NULL,
           applied_at INTEGER NOT NULL
         ) STRICT",
    )?;
    let applied = transaction
        .prepare("SELECT version, checksum FROM migration ORDER BY version")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(u32, String)>>>()?;
    for step in pending(MIGRATIONS, &applied, checksum)? {
        transaction.execute_batch(step.sql)?;
        transaction.execute(
            "INSERT INTO migration (version, name, checksum, applied_at) VALUES (?1, ?2, ?3, ?4)",
            params![step.version, step.name, checksum(step.sql), now.as_microsecond()],
        )?;
    }
    transaction.commit()?;
    Ok(())
}

fn checksum(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
