//! Holding a time, holding it longer, giving it up, and the end of its time.

use jiff::Timestamp;
use talon_domain::{
    booking::{
        Hold, HoldChange, HoldCommand, HoldDecision, HoldFacts, HoldState, HoldTerms, decide_extension, decide_hold,
        decide_release,
    },
    ids::HoldKey,
    waiting::WaitingState,
};
use talon_store::{ExtendReply, HoldReply, KeptHold, ReleaseReply, Swept, extend_record, hold_record, release_record};

use crate::{audit, claims, facts, failure::Result, given_up, holds, offers, session::Session, waiting};

/// Decides a request to hold a time and writes what the decision leaves: of a refusal the audit record alone.
pub(crate) fn hold(session: &mut Session<'_>, command: &HoldCommand, now: Timestamp) -> Result<HoldReply> {
    let connection = session.connection;
    let reply = match decide_hold(command, &facts(session, command, now)?, now) {
        Err(refusal) => Err(refusal),
        Ok(HoldDecision::Repeat(hold)) => Ok(KeptHold { hold, repeated: true }),
        Ok(HoldDecision::Hold(plan)) => {
            claims::hold_place(connection, &plan.hold, now)?;
            claims::take_number(connection, &plan.hold, plan.number, now)?;
            holds::put(connection, &plan.hold)?;
            Ok(KeptHold { hold: plan.hold, repeated: false })
        }
    };
    let facility = session.reference().facility_named(&command.asked.lpu.name).map(|facility| facility.id);
    audit::insert(connection, &hold_record(command, facility, &reply, now))?;
    Ok(reply)
}

fn facts(session: &Session<'_>, command: &HoldCommand, now: Timestamp) -> Result<HoldFacts> {
    let connection = session.connection;
    let booking = facts::of_booking(connection, &session.reference(), &command.asked, now)?;
    let person = command.asked.person;
    let over = booking.cell.as_ref().and_then(|cell| Some((cell.slot.key.facility, cell.free?.over?)));
    let own = match over.filter(|(_, held)| held.person == person) {
        Some((facility, held)) => holds::find(connection, HoldKey { facility, hold: held.hold }, person)?,
        None => None,
    };
    Ok(HoldFacts { own, numbers: holds::numbers(connection, person)?, booking })
}

/// Decides an extension and writes it, with the claims that end with the hold.
pub(crate) fn extend(
    session: &mut Session<'_>,
    change: &HoldChange,
    terms: &HoldTerms,
    now: Timestamp,
) -> Result<ExtendReply> {
    let connection = session.connection;
    let found = holds::find(connection, change.hold, change.person)?;
    let reply = decide_extension(found.as_ref(), terms, now);
    if let Ok(extended) = &reply {
        claims::extend_place(connection, extended)?;
        claims::extend_number(connection, extended)?;
        holds::put(connection, extended)?;
    }
    audit::insert(connection, &extend_record(change, &reply, now))?;
    Ok(reply)
}

/// Gives the person's own hold up.
pub(crate) fn release(session: &mut Session<'_>, change: &HoldChange, now: Timestamp) -> Result<ReleaseReply> {
    let connection = session.connection;
    let found = holds::find(connection, change.hold, change.person)?;
    let reply = match decide_release(found.as_ref()) {
        Err(refusal) => Err(refusal),
        Ok(None) => Ok(()),
        Ok(Some(released)) => {
            end(session, &released, now)?;
            Ok(())
        }
    };
    audit::insert(connection, &release_record(change, &reply, now))?;
    Ok(reply)
}

/// Ends holds whose time is over, and places on waiting lists whose last day has passed.
pub(crate) fn sweep(session: &mut Session<'_>, now: Timestamp, limit: u32) -> Result<Swept> {
    let over = holds::run_out(session.connection, now, limit)?;
    for hold in &over {
        end(session, &Hold { state: HoldState::Lapsed, ..hold.clone() }, now)?;
    }
    holds::forget(session.connection, now)?;
    given_up::forget(session.connection, now)?;
    let places = waiting::over(session.connection, now, limit)?;
    for place in &places {
        waiting::change(session.connection, &place.changed_to(WaitingState::Over))?;
    }
    Ok(Swept { ended: (over.len() + places.len()) as u64 })
}

/// Writes the end of a hold. Its place, unless somebody has taken that over, goes to the next who waits for it.
pub(crate) fn end(session: &Session<'_>, ended: &Hold, now: Timestamp) -> Result<()> {
    let connection = session.connection;
    let freed = claims::free_place(connection, ended)?;
    claims::free_number(connection, ended.person, ended.key)?;
    holds::put(connection, ended)?;
    offers::take_back(session, ended)?;
    if freed { offers::give(session, ended.cell(), ended.place, now) } else { Ok(()) }
}
