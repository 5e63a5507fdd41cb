//! The schema, step by step.

use jiff::Timestamp;
use talon_store::{Applied, Migration, migration_checksum, pending};

use crate::{
    columns::{counter, get},
    failure::{Failure, Result},
    transaction::{Transactions, Tx},
};

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

/// The steps that the schema still needs.
///
/// Asks first whether there is a table of steps: a role that may only serve must not need the right
/// to make one.
pub(crate) async fn missing(tx: &Tx) -> Result<&'static [Migration]> {
    let there = tx.query("SELECT to_regclass('migration') IS NOT NULL", &[]).await?;
    let there = there.first().map(|row| get::<bool>(row, 0)).transpose()?.unwrap_or(false);
    let mut applied = Vec::new();
    if there {
        for row in tx.query("SELECT version, checksum, oldest FROM migration ORDER BY version", &[]).await? {
            applied.push(Applied { version: counter(&row, 0)?, checksum: get(&row, 1)?, oldest: counter(&row, 2)? });
        }
    }
    Ok(pending(MIGRATIONS, &applied)?)
}

/// Brings the schema up to date, each step in a transaction of its own. `now` is kept beside each.
///
/// Two nodes may try at once: the step's row is written first, so that the second waits there, and
/// then finds it done.
pub(crate) async fn migrate(transactions: &Transactions, now: Timestamp) -> Result<()> {
    while let Some(step) = transactions.run(|tx| async move { Ok(missing(&tx).await?.first()) }).await? {
        let taken = transactions.run(|tx| async move { take(&tx, step, now).await }).await;
        match taken {
            // Either another node was faster, or the next look says what is wrong.
            Err(Failure::ClaimLost | Failure::Unknown(_)) => {}
            taken => taken?,
        }
    }
    Ok(())
}

async fn take(tx: &Tx, step: &Migration, now: Timestamp) -> Result<()> {
    tx.batch(
        "CREATE TABLE IF NOT EXISTS migration (
           version    bigint NOT NULL PRIMARY KEY,
           name       text NOT NULL,
           checksum   text NOT NULL,
           oldest     bigint NOT NULL,
           applied_at bigint NOT NULL
         )",
    )
    .await?;
    let noted = tx
        .count(
            "INSERT INTO migration (version, name, checksum, oldest, applied_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT DO NOTHING RETURNING 1",
            &[
                &i64::from(step.version),
                &step.name,
                &migration_checksum(step.sql),
                &i64::from(step.oldest),
                &now.as_microsecond(),
            ],
        )
        .await?;
    if noted == 0 { Ok(()) } else { tx.batch(step.sql).await }
}
