//! Taking records in: what stands against a page, and writing it.

mod absence;
mod apply;
mod cells;
mod entries;
mod freed;
mod known;
mod patients;
mod reference;
mod stored;
mod waiting;

pub(crate) use known::known;

use jiff::Timestamp;
use talon_domain::ids::PersonId;
use talon_store::{Fault, PageFacts, Record};

use crate::{
    failure::{Failure, Result},
    locks::Locks,
    session::Session,
    transaction::Tx,
    webhooks,
};

/// Every fault of a page, in its order.
pub(crate) async fn check(tx: &Tx, records: &[Record]) -> Result<Vec<Fault>> {
    Ok(stored::read(tx, records).await?.faults(records))
}

/// Every fault of a page of what one person is to have of another who will be gone.
pub(crate) async fn check_without(tx: &Tx, records: &[Record], person: PersonId) -> Result<Vec<Fault>> {
    Ok(stored::read(tx, records).await?.without(person).faults(records))
}

/// Takes a page whole. Its faults come as [`Failure::Page`], so that nothing of it is kept.
pub(crate) async fn page(session: &Session<'_>, records: &[Record], now: Timestamp) -> Result<Vec<Fault>> {
    if apply::has_reference(records) {
        // First, so that of two who give one МКОД to two facilities the second sees what the first did.
        crate::reference::touch(session.tx).await?;
    }
    let facts = lock_and_read(session.tx, records).await?;
    let faults = facts.faults(records);
    if !faults.is_empty() {
        return Err(Failure::Page(faults));
    }
    apply::apply(session, records, &facts, now).await?;
    absence::tell(session, records, &facts, now).await?;
    freed::offer(session, records, &facts, now).await?;
    webhooks::owe_schedule(session, &facts.schedules_changed(records), now).await?;
    Ok(faults)
}

/// What a page is decided on. What it changes was locked before it was read; what already is as the page
/// says is neither locked nor written, so an import of what is there keeps nobody waiting.
async fn lock_and_read(tx: &Tx, records: &[Record]) -> Result<PageFacts> {
    let mut locks = Locks::default();
    loop {
        let facts = stored::read(tx, records).await?;
        // Somebody may have changed something before it was locked: then there is more to lock.
        if !locks.add(tx, changed(records, &facts)).await? {
            return Ok(facts);
        }
    }
}

/// What the records change, and what must stay as it is meanwhile.
fn changed(records: &[Record], facts: &PageFacts) -> Locks {
    let mut locks = Locks::default();
    for record in records {
        match record {
            Record::Referral(referral) => patients::lock(referral, facts, &mut locks),
            Record::Slot(slot) => cells::lock(slot, facts, &mut locks),
            Record::Entry(entry) => entries::lock(entry, &mut locks),
            Record::Waiting(place) => waiting::lock(place, facts, &mut locks),
            _ => {}
        }
    }
    locks
}
