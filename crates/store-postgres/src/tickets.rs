//! Ticket numbers: per facility and day, never the same twice, not even after a cancellation.

use std::collections::BTreeMap;

use jiff::civil::Date;
use talon_domain::{entry::TicketCounter, ids::FacilityId};
use talon_store::StoreError;

use crate::{
    columns::{column, counter, day, guid, guids},
    failure::Result,
    transaction::Tx,
};

/// The numbers that a transaction has drawn, to be handed out one by one.
#[derive(Debug, Default)]
pub(crate) struct Numbers(BTreeMap<(FacilityId, Date), u32>);

impl Numbers {
    /// The next number of a facility's day.
    pub(crate) fn next(&mut self, facility: FacilityId, day: Date) -> Result<u32> {
        let next = self.0.get_mut(&(facility, day));
        let next = next.ok_or_else(|| StoreError::Bug("a ticket number that was not drawn".to_owned()))?;
        *next += 1;
        Ok(*next)
    }
}

/// Draws as many numbers as there are facilities and days, one for each. A transaction that is undone
/// gives them back with everything else; until it ends, others wait for its facility and day.
pub(crate) async fn draw(tx: &Tx, wanted: &[(FacilityId, Date)]) -> Result<Numbers> {
    let mut counts: BTreeMap<_, i64> = BTreeMap::new();
    for day in wanted {
        *counts.entry(*day).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(Numbers::default());
    }
    let rows: Vec<_> = counts.iter().collect();
    let drawn = tx
        .query(
            "INSERT INTO ticket_counter (facility, day, last) \
             SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[]) \
             ON CONFLICT (facility, day) DO UPDATE SET last = ticket_counter.last + excluded.last \
             RETURNING facility, day, last",
            &[
                &guids(&rows, |((facility, _), _)| facility.0),
                &column(&rows, |((_, day), _)| day.to_string()),
                &column(&rows, |(_, count)| **count),
            ],
        )
        .await?;
    let mut before = BTreeMap::new();
    for row in &drawn {
        let key = (guid!(row, 0, FacilityId)?, day(row, 1)?);
        let count = counts.get(&key).copied().unwrap_or_default();
        before.insert(key, counter(row, 2)?.saturating_sub(u32::try_from(count).unwrap_or(u32::MAX)));
    }
    Ok(Numbers(before))
}

/// Makes sure that no number up to these is drawn any more.
pub(crate) async fn raise(tx: &Tx, counters: &[TicketCounter]) -> Result<()> {
    if counters.is_empty() {
        return Ok(());
    }
    // One statement must not meet the same row twice.
    let mut highest: BTreeMap<_, i64> = BTreeMap::new();
    for counter in counters {
        let last = highest.entry((counter.facility, counter.day)).or_default();
        *last = (*last).max(i64::from(counter.last));
    }
    let rows: Vec<_> = highest.iter().collect();
    tx.execute(
        "INSERT INTO ticket_counter (facility, day, last) \
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::bigint[]) \
         ON CONFLICT (facility, day) DO UPDATE SET last = greatest(ticket_counter.last, excluded.last)",
        &[
            &guids(&rows, |((facility, _), _)| facility.0),
            &column(&rows, |((_, day), _)| day.to_string()),
            &column(&rows, |(_, last)| **last),
        ],
    )
    .await
}
