//! Moving one's own entry to another time.

use jiff::Timestamp;
use talon_domain::{
    booking::{Facts, MoveCommand, MoveDecision, MovePlan, decide_move},
    ids::{HoldKey, SlotKey},
};
use talon_store::{Booked, MoveReply, move_record};

use crate::{
    audit, claims, entry, facts, failure::Result, history, holds, offers, outbox, session::Session, slots, tickets,
};

/// Decides a move and writes what it leaves. The old place is given up in the transaction that takes the
/// new one, so that nobody ever sees the entry at none or at two.
pub(crate) fn move_entry(session: &mut Session<'_>, command: &MoveCommand, now: Timestamp) -> Result<MoveReply> {
    let connection = session.connection;
    let found = entry::find(connection, command.entry, command.person)?;
    let facts = match &found {
        Some(entry) => facts::of_booking(connection, &session.reference(), &command.booking(entry), now)?,
        None => Facts::default(),
    };
    let cell = slots::of_entry(connection, found.as_ref())?;
    let reply = match decide_move(command, found.as_ref(), cell.as_ref(), facts, now) {
        Err(refusal) => Err(refusal),
        Ok(MoveDecision::Repeat(entry)) => Ok(Booked { entry: entry.key, ticket: entry.ticket, repeated: true }),
        Ok(MoveDecision::Move(plan)) => Ok(keep(session, &plan, now)?),
    };
    let facility = found.as_ref().map(|entry| entry.key.facility);
    audit::insert(connection, &move_record(command, facility, &reply, now))?;
    Ok(reply)
}

fn keep(session: &Session<'_>, plan: &MovePlan, now: Timestamp) -> Result<Booked> {
    let connection = session.connection;
    let number = match plan.ticket_day() {
        Some(day) => Some(tickets::next(connection, plan.to().facility.id, day)?),
        None => None,
    };
    let moved = plan.outcome(number, now);
    claims::replace(connection, plan.from(), &moved.entry, now)?;
    entry::put(connection, &moved.entry)?;
    history::put_version(connection, &moved.before)?;
    if let Some(held) = plan.to().own_hold(moved.entry.person) {
        let hold = HoldKey { facility: moved.entry.key.facility, hold: held.hold };
        holds::end_by_booking(connection, hold, moved.entry.person)?;
    }
    outbox::owe(session, &moved.message)?;
    let left = SlotKey { facility: plan.from().key.facility, slot: plan.from().slot };
    offers::give(session, left, plan.from().place, now)?;
    Ok(Booked { entry: moved.entry.key, ticket: moved.entry.ticket, repeated: false })
}
