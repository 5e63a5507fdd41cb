//! Moving one's own entry to another time.

use futures_util::future::{try_join, try_join4};
use jiff::Timestamp;
use talon_domain::{
    booking::{Facts, MoveCommand, MoveDecision, MovePlan, MoveRefusal, decide_move},
    entry::Entry,
    ids::{HoldKey, SlotKey},
};
use talon_store::{Booked, MoveReply, move_record};

use crate::{
    audit,
    claims::{self, DayVersions},
    entry,
    facts::{self, Asked, Patients},
    failure::{Failure, Result},
    given_up, history,
    holds::{self, Void},
    offers, outbox, referrals,
    session::Session,
    slots, tickets,
};

/// Decides a move and writes what it leaves. The old place is given up in the transaction that takes the
/// new one, so that nobody ever sees the entry at none or at two.
pub(crate) async fn move_entry(session: &Session<'_>, command: &MoveCommand, now: Timestamp) -> Result<MoveReply> {
    let tx = session.tx;
    let (found, kept) = try_join(
        entry::find(tx, command.entry, command.person),
        audit::outcome(tx, command.request.id, command.new_audit),
    )
    .await?;
    if let (Some("ok"), Some(entry)) = (kept.as_deref(), &found) {
        // It was made, and the answer to the commit was lost. The entry may be elsewhere again by now: making
        // the move a second time would undo what its owner did since.
        return Ok(Ok(Booked { entry: entry.key, ticket: entry.ticket.clone(), repeated: true }));
    }
    let (facts, patients) = match &found {
        Some(entry) => read(session, command, entry, now).await?,
        None => (Facts::default(), Patients::default()),
    };
    let cell = slots::of_entry(tx, found.as_ref()).await?;
    let reply = match decide_move(command, found.as_ref(), cell.as_ref(), facts, now) {
        Err(refusal) => Err(refusal),
        Ok(MoveDecision::Repeat(entry)) => Ok(Booked { entry: entry.key, ticket: entry.ticket, repeated: true }),
        Ok(MoveDecision::Move(_)) if kept.is_some() => {
            // The record that is kept says otherwise, and there is one for each request.
            return Err(Failure::Unknown("it was refused, and that answer was lost".to_owned()));
        }
        Ok(MoveDecision::Move(plan)) => Ok(keep(session, command, &plan, patients.days(), now).await?),
    };
    if let Err(MoveRefusal::Time(refusal)) = &reply
        && refusal.rests_on_a_claim()
        && entry::find(tx, command.entry, command.person).await? != found
    {
        // The same request was committed by another node after the entry was read here and before the new
        // place was: what holds the place is the entry itself.
        return Err(Failure::ClaimLost);
    }
    let facility = found.as_ref().map(|entry| entry.key.facility);
    audit::insert(tx, &[&move_record(command, facility, &reply, now)]).await?;
    Ok(reply)
}

/// The facts of the booking that the move would be.
async fn read(
    session: &Session<'_>,
    command: &MoveCommand,
    entry: &Entry,
    now: Timestamp,
) -> Result<(Facts, Patients)> {
    let (tx, reference) = (session.tx, &session.reference);
    let booking = command.booking(entry);
    let asked = Asked { person: booking.person, lpu: &booking.lpu.name, referral: booking.referral, now };
    let (asked_for, commands) = (&[asked], &[&booking]);
    let (patients, cells) =
        try_join(facts::patients(tx, reference, asked_for), facts::cells(tx, reference, commands)).await?;
    let mut facts = patients.facts(reference, &asked)?;
    cells.complete(&mut facts, reference, &booking, now);
    Ok((facts, patients))
}

/// Writes the moved entry. Rows are locked in the order of [`crate::locks::Locks`]; the entry is compared
/// with what was read, so that of a move and a cancellation, or of two moves, the second decides again.
async fn keep(
    session: &Session<'_>,
    command: &MoveCommand,
    plan: &MovePlan,
    versions: &DayVersions,
    now: Timestamp,
) -> Result<Booked> {
    let (tx, from) = (session.tx, plan.from());
    let by_themselves = command.caller.channel.is_self_service();
    let referral: Vec<_> = from.referral.map(|referral| (referral, from.person)).into_iter().collect();
    let (theirs, held) = try_join(referrals::hold(tx, &referral), slots::hold(tx, &[&plan.to().slot])).await?;
    let unchanged = entry::lock(tx, from.key, from.person).await?.as_ref() == Some(from);
    if !unchanged || (theirs, held) != (referral.len() as u64, 1) {
        return Err(Failure::ClaimLost);
    }
    if let Some(held) = plan.to().free.over {
        // As for a booking: a hold's claim goes before the entry's comes, and after what everybody locks first.
        let (slot, place) = (plan.to().slot.key, plan.to().free.place);
        holds::void(tx, &[Void { slot, place, hold: held.hold, person: from.person, now }]).await?;
    }
    // The claims do not depend on the number.
    let draft = plan.outcome(None, now);
    claims::replace(tx, from, &draft.entry, versions, now).await?;
    let number = match plan.ticket_day() {
        Some(day) => {
            let facility = plan.to().facility.id;
            Some(tickets::draw(tx, &[(facility, day)]).await?.next(facility, day)?)
        }
        None => None,
    };
    let moved = plan.outcome(number, now);
    if let Some(held) = plan.to().own_hold(from.person) {
        let hold = HoldKey { facility: from.key.facility, hold: held.hold };
        holds::end_by_booking(tx, &[(from.person, hold)]).await?;
    }
    let is_new = by_themselves && from.specialty != moved.entry.specialty;
    let visit = is_new.then_some((from.person, &moved.entry.specialty, now));
    try_join4(
        entry::put(tx, &[&moved.entry]),
        history::put_versions(tx, &[&moved.before]),
        outbox::owe(tx, &session.hooks, &[&moved.message]),
        given_up::confirm(tx, visit.as_slice()),
    )
    .await?;
    offers::give(session, SlotKey { facility: from.key.facility, slot: from.slot }, from.place, now).await?;
    Ok(Booked { entry: moved.entry.key, ticket: moved.entry.ticket, repeated: false })
}
