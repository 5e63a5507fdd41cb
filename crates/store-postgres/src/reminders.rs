//! Reminders of a facility's day, planned in one transaction.

use std::collections::HashSet;

use jiff::Timestamp;
use talon_domain::message::Message;
use talon_store::ReminderPass;

use crate::{
    entry::{self, entry_columns},
    failure::Result,
    outbox,
    transaction::Tx,
};

/// Whether the pass was made before.
pub(crate) async fn is_made(tx: &Tx, pass: &ReminderPass) -> Result<bool> {
    let rows = tx
        .query(
            "SELECT 1 FROM reminded WHERE facility = $1 AND day = $2 AND kind = $3",
            params![pass.facility.0, pass.day.to_string(), pass.kind.code()],
        )
        .await?;
    Ok(!rows.is_empty())
}

/// Owes every person with visits on the day one message, about the first of these. How many, or nothing if somebody
/// was faster.
pub(crate) async fn plan(tx: &Tx, pass: &ReminderPass, now: Timestamp) -> Result<Option<u64>> {
    let made = tx
        .count(
            "INSERT INTO reminded (facility, day, kind) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1",
            params![pass.facility.0, pass.day.to_string(), pass.kind.code()],
        )
        .await?;
    if made == 0 {
        return Ok(None);
    }
    // From the cells of the day: entries have no index by their start, which every booking would pay for.
    let rows = tx
        .query(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM resource r JOIN slot s ON s.facility = r.facility AND s.resource = r.resource \
                 AND s.start >= $2 AND s.start < $3 \
                 JOIN claim_place c ON c.facility = s.facility AND c.slot = s.slot \
                 JOIN entry e ON e.facility = c.facility AND e.entry = c.entry \
                 WHERE s.facility = $1 AND NOT s.absent AND e.state = 'booked' AND e.booked_at < $4 ORDER BY e.start, e.entry"
            ),
            params![pass.facility.0, pass.from.as_second(), pass.to.as_second(), pass.booked_before.as_microsecond()],
        )
        .await?;
    let (mut told, mut owed) = (HashSet::new(), Vec::new());
    for row in &rows {
        let visit = entry::read(row)?;
        if told.insert(visit.person) {
            owed.push(Message { entry: visit.key, version: visit.version, kind: pass.kind, created: now });
        }
    }
    outbox::insert(tx, &owed.iter().collect::<Vec<_>>()).await?;
    Ok(Some(owed.len() as u64))
}
