//! Giving a free place to those who wait for it, in the transaction that frees it.

use jiff::Timestamp;
use talon_domain::{
    booking::{Cell, Hold, Places},
    facility::FacilityName,
    ids::{ResourceKey, SlotKey, WaitingKey},
    reference::Reference,
    resource::Resource,
    slot::Slot,
    waiting::{Offer, Waiting, WaitingState, may_be_offered},
};

use crate::{
    audit,
    facts::{self, Asked},
    failure::Result,
    holds, outbox,
    session::Session,
    slots,
    transaction::Tx,
    waiting,
};

/// Persons whose facts are read at a time: nearly always one of the first few may have the place.
const AT_ONCE: usize = 16;

/// Offers a place that nobody has any more to the first in line who may have it. Nobody may: it is free to all.
///
/// Between the old claim and the offer's there is no moment in which anybody else could take the place: they
/// change hands in one transaction, and whoever wants it meanwhile waits for that.
pub(crate) async fn give(session: &Session<'_>, cell: SlotKey, place: u16, now: Timestamp) -> Result<()> {
    match slots::by_key(session.tx, cell).await? {
        Some(slot) => give_in(session, &slot, place, now).await,
        None => Ok(()),
    }
}

/// Offers every place of new cells.
pub(crate) async fn give_new(session: &Session<'_>, cells: &[&Slot], now: Timestamp) -> Result<()> {
    let waited_for = waiting::waited_for(session.tx, cells.iter().map(|slot| slot.key.facility)).await?;
    for slot in cells {
        let resource = ResourceKey { facility: slot.key.facility, resource: slot.resource };
        let specialty = session.reference.resource(resource).map(|resource| resource.specialty.clone());
        if !specialty.is_some_and(|specialty| waited_for.contains(&(slot.key.facility, specialty))) {
            continue;
        }
        for place in 1..=slot.places {
            // One that was left out, because its guid is somewhere else, is not there or not this one.
            if slots::by_key(session.tx, slot.key).await?.as_ref() == Some(slot) {
                give_in(session, slot, place, now).await?;
            }
        }
    }
    Ok(())
}

async fn give_in(session: &Session<'_>, slot: &Slot, place: u16, now: Timestamp) -> Result<()> {
    let (tx, reference) = (session.tx, &*session.reference);
    let key = ResourceKey { facility: slot.key.facility, resource: slot.resource };
    let (Some(resource), Some(facility)) = (reference.resource(key), reference.facility(key.facility)) else {
        return Ok(());
    };
    let Some(end) = session.offers.end(&facility.zone, slot.start, now) else { return Ok(()) };
    if place > slot.places {
        return Ok(());
    }
    // Where many leave a line at once, who was first when it was read has often left by now. Nothing is written of an
    // offer to them, so the line is read again: losing the whole transaction each time could take longer than it is given.
    loop {
        let line = waiting::line(tx, slot.key, &resource.specialty).await?;
        let Some(next) = first_of(tx, reference, &line, (resource, slot), now).await? else { return Ok(()) };
        if keep(session, &Offer::new(next, slot, place, end, now), now).await? {
            return Ok(());
        }
    }
}

/// The first in line who may have the cell.
async fn first_of<'w>(
    tx: &Tx,
    reference: &Reference,
    line: &'w [Waiting],
    asked: (&Resource, &Slot),
    now: Timestamp,
) -> Result<Option<&'w Waiting>> {
    for some in line.chunks(AT_ONCE) {
        if let Some(next) = first(tx, reference, some, asked, now).await? {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

/// The first of these who may have the cell.
async fn first<'w>(
    tx: &Tx,
    reference: &Reference,
    line: &'w [Waiting],
    (resource, slot): (&Resource, &Slot),
    now: Timestamp,
) -> Result<Option<&'w Waiting>> {
    let lpu = FacilityName::Id(slot.key.facility);
    let asked: Vec<_> =
        line.iter().map(|it| Asked { person: it.person, lpu: &lpu, referral: it.referral, now }).collect();
    let patients = facts::patients(tx, reference, &asked).await?;
    for (next, asked) in line.iter().zip(&asked) {
        let Some(caller) = next.caller(reference) else { continue };
        let facts = patients.facts(reference, asked)?;
        let cell = Cell::new(slot.clone(), &Places::default(), next.person, now);
        if may_be_offered(next, &facts, &caller, (resource, &cell), now) {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

/// Writes an offer; false, and nothing written, when its place on the list has changed since it was read.
async fn keep(session: &Session<'_>, offer: &Offer, now: Timestamp) -> Result<bool> {
    let tx = session.tx;
    if !waiting::change_unchanged(tx, &offer.waiting).await? {
        return Ok(false);
    }
    waiting::note_offered(tx, offer.hold.cell(), offer.waiting.key.waiting).await?;
    holds::take_place(tx, &offer.hold, now).await?;
    holds::insert(tx, &offer.hold).await?;
    outbox::owe(tx, &session.hooks, &[&offer.message]).await?;
    audit::insert(tx, &[&offer.audit]).await?;
    Ok(true)
}

/// The offer that a hold was has ended without a booking: who had it waits on.
pub(crate) async fn take_back(tx: &Tx, hold: &Hold) -> Result<()> {
    let Some(id) = hold.waiting else { return Ok(()) };
    let key = WaitingKey { facility: hold.key.facility, waiting: id };
    match waiting::by_key(tx, key).await? {
        Some(offered) if offered.state == WaitingState::Offered => {
            waiting::change(tx, &offered.changed_to(WaitingState::Waiting)).await
        }
        _ => Ok(()),
    }
}
