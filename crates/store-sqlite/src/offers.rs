//! Giving a free place to those who wait for it, in the transaction that frees it.

use jiff::Timestamp;
use talon_domain::{
    booking::{Cell, Hold, Places},
    facility::{FacilityName, LpuCode},
    ids::{ResourceKey, SlotKey, WaitingKey},
    slot::Slot,
    waiting::{Offer, WaitingState, may_be_offered},
};

use crate::{audit, claims, facts, failure::Result, holds, outbox, session::Session, slots, waiting};

/// Offers a place that nobody has any more to the first in line who may have it. Nobody may: it is free to all.
pub(crate) fn give(session: &Session<'_>, cell: SlotKey, place: u16, now: Timestamp) -> Result<()> {
    match slots::by_key(session.connection, cell)? {
        Some(slot) => give_in(session, &slot, place, now),
        None => Ok(()),
    }
}

/// Offers every place of new cells.
pub(crate) fn give_new(session: &Session<'_>, cells: &[&Slot], now: Timestamp) -> Result<()> {
    let waited_for = waiting::waited_for(session.connection, cells.iter().map(|slot| slot.key.facility))?;
    for slot in cells {
        let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
        let specialty = session.reference().resource(resource).map(|resource| resource.specialty.clone());
        if !specialty.is_some_and(|specialty| waited_for.contains(&(slot.key.facility, specialty))) {
            continue;
        }
        for place in 1..=slot.places {
            give_in(session, slot, place, now)?;
        }
    }
    Ok(())
}

fn give_in(session: &Session<'_>, slot: &Slot, place: u16, now: Timestamp) -> Result<()> {
    let (connection, reference) = (session.connection, session.reference());
    let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
    let (Some(resource), Some(facility)) = (reference.resource(resource), reference.facility(slot.key.facility)) else {
        return Ok(());
    };
    let line = waiting::line(connection, slot.key, &resource.specialty)?;
    if line.is_empty() || place > slot.places {
        return Ok(());
    }
    let Some(end) = session.offers.end(&facility.zone, slot.start, now) else { return Ok(()) };
    for next in line {
        let Some(caller) = next.caller(&reference) else { continue };
        let lpu = LpuCode { sent: String::new(), name: FacilityName::Id(facility.id) };
        let facts = facts::of_patient(connection, &reference, next.person, &lpu, next.referral, now)?;
        let cell = Cell::new(slot.clone(), &Places::default(), next.person, now);
        if may_be_offered(&next, &facts, &caller, (resource, &cell), now) {
            return keep(session, &Offer::new(&next, slot, place, end, now), now);
        }
    }
    Ok(())
}

fn keep(session: &Session<'_>, offer: &Offer, now: Timestamp) -> Result<()> {
    let connection = session.connection;
    waiting::change(connection, &offer.waiting)?;
    waiting::note_offered(connection, offer.hold.cell(), offer.waiting.key.waiting)?;
    claims::hold_place(connection, &offer.hold, now)?;
    holds::put(connection, &offer.hold)?;
    outbox::owe(session, &offer.message)?;
    audit::insert(connection, &offer.audit)?;
    Ok(())
}

/// The offer that a hold was has ended without a booking: who had it waits on.
pub(crate) fn take_back(session: &Session<'_>, hold: &Hold) -> Result<()> {
    let Some(id) = hold.waiting else { return Ok(()) };
    let key = WaitingKey { facility: hold.key.facility, waiting: id };
    match waiting::by_key(session.connection, key)? {
        Some(offered) if offered.state == WaitingState::Offered => {
            waiting::change(session.connection, &offered.changed_to(WaitingState::Waiting))
        }
        _ => Ok(()),
    }
}
