//! Joining a waiting list, looking at one's places, leaving.

use jiff::Timestamp;
use rusqlite::Connection;
use talon_domain::{
    booking::{Hold, HoldState},
    ids::PersonId,
    waiting::{WaitCommand, WaitFacts, Waiting, WaitingState, WithdrawCommand, decide_wait, decide_withdrawal},
};
use talon_store::{PlaceInLine, WaitReply, WithdrawReply, wait_record, withdraw_record};

use crate::{audit, facts, failure::Result, hold, holds, session::Session, waiting};

/// A person is shown as many of their places.
const MOST_SHOWN: u32 = 100;

/// Decides a request to join and writes what the decision leaves: of a refusal the audit record alone.
pub(crate) fn join(session: &mut Session<'_>, command: &WaitCommand, now: Timestamp) -> Result<WaitReply> {
    let connection = session.connection;
    let facts = facts(session, command, now)?;
    let reply = match decide_wait(command, &facts, now) {
        Err(refusal) => Err(refusal),
        Ok(joined) => {
            waiting::claim(connection, &joined)?;
            waiting::put(connection, &joined)?;
            Ok(in_line(connection, joined, now)?)
        }
    };
    let facility = facts.booking.facility.as_ref().map(|facility| facility.id);
    audit::insert(connection, &wait_record(command, facility, &reply, now))?;
    Ok(reply)
}

fn facts(session: &Session<'_>, command: &WaitCommand, now: Timestamp) -> Result<WaitFacts> {
    let (connection, reference) = (session.connection, session.reference());
    let booking = facts::of_patient(connection, &reference, command.person, &command.lpu, command.referral, now)?;
    let Some(facility) = booking.facility.as_ref().map(|facility| facility.id) else { return Ok(WaitFacts::default()) };
    Ok(WaitFacts {
        resources: reference.resources_of(facility, &command.specialty).to_vec(),
        existing: waiting::claimed(connection, command.person, facility, &command.specialty)?,
        booking,
    })
}

/// A person's places.
pub(crate) fn of_person(connection: &Connection, person: PersonId, now: Timestamp) -> Result<Vec<PlaceInLine>> {
    // One state of the store for all of them.
    let _transaction = connection.unchecked_transaction()?;
    let places = waiting::of_person(connection, person, MOST_SHOWN)?;
    places.into_iter().map(|waiting| in_line(connection, waiting, now)).collect()
}

fn in_line(connection: &Connection, waiting: Waiting, now: Timestamp) -> Result<PlaceInLine> {
    let position = match waiting.state.is_live() {
        true => Some(waiting::ahead(connection, &waiting)? + 1),
        false => None,
    };
    let offer = match waiting.state {
        WaitingState::Offered => holds::offer_to(connection, &waiting)?.filter(|hold| hold.is_live(now)),
        _ => None,
    };
    Ok(PlaceInLine { waiting, position, offer })
}

/// Leaves a list. A time that was offered goes to the next.
pub(crate) fn withdraw(session: &mut Session<'_>, command: &WithdrawCommand, now: Timestamp) -> Result<WithdrawReply> {
    let connection = session.connection;
    let found = waiting::find(connection, command.waiting, command.person)?;
    let reply = match decide_withdrawal(found.as_ref()) {
        Err(refusal) => Err(refusal),
        Ok(None) => Ok(()),
        Ok(Some(withdrawn)) => {
            waiting::change(connection, &withdrawn)?;
            if let Some(offer) = holds::offer_to(connection, &withdrawn)? {
                hold::end(session, &Hold { state: HoldState::Released, ..offer }, now)?;
            }
            Ok(())
        }
    };
    audit::insert(connection, &withdraw_record(command, &reply, now))?;
    Ok(reply)
}
