//! Booking: facts, decision, rows, in the batch's transaction.

use jiff::Timestamp;
use rusqlite::{Connection, params};
use talon_domain::{
    booking::{BookCommand, Decision, Plan, Refusal, decide},
    ids::HoldKey,
    reference::Reference,
};
use talon_store::{BookReply, Booked, booking_record};

use crate::{
    audit, claims, entry, facts,
    failure::Result,
    holds,
    idempotency::{self, Kept},
    outbox,
    planted::{Bug, planted},
    session::Session,
    tickets,
};

/// Decides a command and writes what the decision leaves: of a refusal the audit record alone.
pub(crate) fn book(session: &mut Session<'_>, command: &BookCommand, now: Timestamp) -> Result<BookReply> {
    if let Some(reply) = replay(session, command, now)? {
        return audited(session, command, reply, now);
    }
    let facts = facts::of_booking(session.connection, &session.reference(), command, now)?;
    let reply = match decide(command, &facts, now) {
        Err(refusal) => Err(refusal),
        Ok(Decision::Repeat(visit)) => {
            Ok(Booked { entry: visit.key(), ticket: visit.ticket().clone(), repeated: true })
        }
        Ok(Decision::Book(plan)) => Ok(keep(session, command, &plan, now)?),
    };
    if let (Ok(booked), Some(key)) = (&reply, &command.idempotency) {
        idempotency::keep(session.connection, command.person, key, booked, now)?;
    }
    audited(session, command, reply, now)
}

/// Whether the caller has exactly this already.
pub(crate) fn is_repetition(connection: &Connection, reference: &Reference, command: &BookCommand) -> Result<bool> {
    let Some(facility) = reference.facility_named(&command.lpu.name) else { return Ok(false) };
    let Some(start) = facility.zone.instant(command.day.to_datetime(command.time)) else { return Ok(false) };
    let visit = match command.referral {
        Some(referral) => facts::referral_use(connection, reference, referral, command.person)?,
        None => facts::visit_at(connection, reference, command.person, start)?,
    };
    Ok(visit.is_some_and(|visit| visit.is(command.referral, command.resource, start)))
}

/// The answer that is kept under the command's `Idempotency-Key`, if any.
fn replay(session: &Session<'_>, command: &BookCommand, now: Timestamp) -> Result<Option<BookReply>> {
    let Some(key) = &command.idempotency else { return Ok(None) };
    Ok(idempotency::find(session.connection, command.person, key, now)?.map(|kept| match kept {
        Kept::Same(booked) => Ok(booked),
        Kept::Other => Err(Refusal::IdempotencyMismatch),
    }))
}

/// Writes the entry, its claims, its message and the patient's new e-mail.
fn keep(session: &mut Session<'_>, command: &BookCommand, plan: &Plan, now: Timestamp) -> Result<Booked> {
    let connection = session.connection;
    let days = claims::day_versions(connection, command.person, plan.slot.interval())?;
    let number = tickets::next(connection, plan.facility.id, plan.ticket_day())?;
    let outcome = plan.outcome(command, number, now);
    claims::take(connection, &outcome.entry, &outcome.claims, &days, now)?;
    entry::put(connection, &outcome.entry)?;
    if let Some(held) = plan.own_hold(command.person) {
        holds::end_by_booking(connection, HoldKey { facility: plan.facility.id, hold: held.hold }, command.person)?;
    }
    if planted(Bug::OutboxOutside) {
        session.held_back.push(outcome.message);
    } else {
        outbox::owe(session, &outcome.message)?;
    }
    if let Some(email) = &command.email {
        connection
            .prepare_cached(
                "UPDATE card SET email = sealed(?3, 'card.email', ?2, ?1) \
                 WHERE person = ?1 AND facility = ?2 AND email IS NOT sealed(?3, 'card.email', ?2, ?1)",
            )?
            .execute(params![command.person.bytes(), plan.facility.id.bytes(), email.as_str()])?;
    }
    Ok(Booked { entry: outcome.entry.key, ticket: outcome.entry.ticket, repeated: false })
}

fn audited(session: &Session<'_>, command: &BookCommand, reply: BookReply, now: Timestamp) -> Result<BookReply> {
    let facility = session.reference().facility_named(&command.lpu.name).map(|facility| facility.id);
    let record = booking_record(command, facility, &reply, now);
    audit::insert(session.connection, &record)?;
    Ok(reply)
}
