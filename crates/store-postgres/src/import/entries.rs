//! Entries of a page: their claims, and the numbers on their tickets.

use jiff::Timestamp;
use talon_domain::{
    entry::{Entry, TicketCounter},
    event::Event,
    facility::Facility,
    ids::{FacilityId, SlotKey},
    zone::Zone,
};
use talon_store::{PageFacts, Record};

use crate::{
    claims, entry,
    failure::{Failure, Result},
    locks::Locks,
    session::Session,
    tickets, webhooks,
};

/// More appointments than a facility has in a day.
const MOST_TICKETS: u32 = 999_999;

/// Adds what an entry of the page needs locked.
pub(super) fn lock(entry: &Entry, locks: &mut Locks) {
    locks.entries.insert(entry.key);
    locks.referrals.extend(entry.referral);
    if entry.state.is_live() {
        locks.slots.insert(SlotKey { facility: entry.key.facility, slot: entry.slot });
    }
}

/// Writes the entries of a page with their claims, keeps their ticket numbers from being drawn again, and owes the events
/// that their changes are. `facilities` are those that the page gives itself.
pub(super) async fn put(
    session: &Session<'_>,
    records: &[Record],
    facts: &PageFacts,
    facilities: &[&Facility],
    now: Timestamp,
) -> Result<()> {
    let placed = facts.placed(records).map_err(Failure::Page)?;
    if placed.is_empty() {
        return Ok(());
    }
    let after: Vec<_> = placed.iter().collect();
    let before: Vec<_> = facts.entries.values().collect();
    claims::rebuild(session.tx, &before, &after).await?;
    entry::put(session.tx, &after).await?;
    let zone = |facility: FacilityId| {
        let given = facilities.iter().copied().find(|given| given.id == facility);
        given.or_else(|| session.reference.facility(facility).map(|found| &**found)).map(|facility| &facility.zone)
    };
    let counters: Vec<_> = after.iter().filter_map(|entry| ticket_number(entry, zone(entry.key.facility)?)).collect();
    tickets::raise(session.tx, &counters).await?;
    let changed = |entry: &&Entry| Event::between(facts.entries.get(&entry.key)?, entry, now);
    let events: Vec<_> = after.iter().filter_map(changed).collect();
    webhooks::owe(session.tx, &session.hooks, &events).await
}

/// The number in an entry's ticket, if it has the form of ours.
fn ticket_number(entry: &Entry, zone: &Zone) -> Option<TicketCounter> {
    let (_, digits) = entry.ticket.0.rsplit_once('-')?;
    // A longer number is a date or another system's own.
    let last = digits.parse().ok().filter(|number| *number <= MOST_TICKETS)?;
    Some(TicketCounter { facility: entry.key.facility, day: zone.day(entry.start), last })
}
