//! Joining a waiting list, looking at one's places, leaving.

use jiff::Timestamp;
use talon_domain::{
    booking::{Hold, HoldState},
    ids::PersonId,
    waiting::{WaitCommand, WaitFacts, Waiting, WaitingState, WithdrawCommand, decide_wait, decide_withdrawal},
};
use talon_store::{PlaceInLine, WaitReply, WithdrawReply, wait_record, withdraw_record};

use crate::{
    audit,
    facts::{self, Asked},
    failure::{Failure, Result},
    hold, holds, people,
    session::Session,
    transaction::Tx,
    waiting,
};

/// A person is shown as many of their places.
const MOST_SHOWN: u32 = 100;

/// Decides a request to join and writes what the decision leaves: of a refusal the audit record alone. Asked once more
/// after a commit in doubt, it finds the place that it made.
pub(crate) async fn join(session: &Session<'_>, command: &WaitCommand, now: Timestamp) -> Result<WaitReply> {
    let tx = session.tx;
    let facts = facts(session, command, now).await?;
    let made = facts.existing.as_ref().filter(|existing| existing.key.waiting == command.new_waiting);
    let reply = match (made, decide_wait(command, &facts, now)) {
        (Some(made), _) => Ok(in_line(tx, made.clone(), now).await?),
        (None, Err(refusal)) => Err(refusal),
        (None, Ok(joined)) => {
            if people::hold(tx, &[(joined.key.facility, joined.person)]).await? != 1 {
                // The person was removed since their card was read.
                return Err(Failure::ClaimLost);
            }
            waiting::claim(tx, &joined).await?;
            waiting::put(tx, &[&joined]).await?;
            Ok(in_line(tx, joined, now).await?)
        }
    };
    let facility = facts.booking.facility.as_ref().map(|facility| facility.id);
    audit::insert(tx, &[&wait_record(command, facility, &reply, now)]).await?;
    Ok(reply)
}

async fn facts(session: &Session<'_>, command: &WaitCommand, now: Timestamp) -> Result<WaitFacts> {
    let (tx, reference) = (session.tx, &*session.reference);
    let asked = Asked { person: command.person, lpu: &command.lpu.name, referral: command.referral, now };
    let booking = facts::patients(tx, reference, &[asked]).await?.facts(reference, &asked)?;
    let Some(facility) = booking.facility.as_ref().map(|facility| facility.id) else { return Ok(WaitFacts::default()) };
    Ok(WaitFacts {
        resources: reference.resources_of(facility, &command.specialty).to_vec(),
        existing: waiting::claimed(tx, command.person, facility, &command.specialty).await?,
        booking,
    })
}

/// A person's places.
pub(crate) async fn of_person(tx: &Tx, person: PersonId, now: Timestamp) -> Result<Vec<PlaceInLine>> {
    let mut places = Vec::new();
    for waiting in waiting::of_person(tx, person, MOST_SHOWN).await? {
        places.push(in_line(tx, waiting, now).await?);
    }
    Ok(places)
}

async fn in_line(tx: &Tx, waiting: Waiting, now: Timestamp) -> Result<PlaceInLine> {
    let position = match waiting.state.is_live() {
        true => Some(waiting::ahead(tx, &waiting).await? + 1),
        false => None,
    };
    let offer = match waiting.state {
        WaitingState::Offered => holds::offer_to(tx, &waiting).await?.filter(|hold| hold.is_live(now)),
        _ => None,
    };
    Ok(PlaceInLine { waiting, position, offer })
}

/// Leaves a list. A time that was offered goes to the next. The offer is ended first, its place before all: whoever
/// ends or books it at the same time comes by there too.
pub(crate) async fn withdraw(
    session: &Session<'_>,
    command: &WithdrawCommand,
    now: Timestamp,
) -> Result<WithdrawReply> {
    let tx = session.tx;
    let found = waiting::find(tx, command.waiting, command.person).await?;
    let reply = match decide_withdrawal(found.as_ref()) {
        Err(refusal) => Err(refusal),
        Ok(None) => Ok(()),
        Ok(Some(withdrawn)) => {
            let offer = match found.as_ref().map(|waiting| waiting.state) {
                Some(WaitingState::Offered) => holds::offer_to(tx, &withdrawn).await?,
                _ => None,
            };
            leave(session, &withdrawn, offer, now).await?;
            Ok(())
        }
    };
    audit::insert(tx, &[&withdraw_record(command, &reply, now)]).await?;
    Ok(reply)
}

async fn leave(session: &Session<'_>, withdrawn: &Waiting, offer: Option<Hold>, now: Timestamp) -> Result<()> {
    match offer {
        None => waiting::change(session.tx, withdrawn).await,
        Some(offer) => {
            let freed = holds::free_place(session.tx, &offer).await?;
            waiting::change(session.tx, withdrawn).await?;
            let ended = Hold { state: HoldState::Released, ..offer };
            if !hold::end_freed(session, &ended, freed, now).await? {
                return Err(Failure::ClaimLost);
            }
            Ok(())
        }
    }
}
