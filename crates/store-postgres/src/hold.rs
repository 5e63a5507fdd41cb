//! Holding a time, holding it longer, giving it up, and the end of its time.

use jiff::Timestamp;
use talon_domain::{
    booking::{
        Hold, HoldChange, HoldCommand, HoldDecision, HoldFacts, HoldPlan, HoldRefusal, HoldState, HoldTerms,
        decide_extension, decide_hold, decide_release,
    },
    ids::HoldKey,
    waiting::{Waiting, WaitingState},
};
use talon_store::{ExtendReply, HoldReply, KeptHold, ReleaseReply, extend_record, hold_record, release_record};

use crate::{
    audit,
    facts::{self, Asked},
    failure::{Failure, Result},
    holds, offers, people, referrals,
    session::Session,
    slots,
    transaction::Tx,
    waiting,
};

/// Decides a request to hold a time and writes what the decision leaves: of a refusal the audit record alone. Asked
/// once more after a commit in doubt, it finds its own hold.
pub(crate) async fn hold(session: &Session<'_>, command: &HoldCommand, now: Timestamp) -> Result<HoldReply> {
    let tx = session.tx;
    let facts = facts(session, command, now).await?;
    let reply = match decide_hold(command, &facts, now) {
        Err(refusal) => Err(refusal),
        Ok(HoldDecision::Repeat(hold)) => Ok(KeptHold { hold, repeated: true }),
        Ok(HoldDecision::Hold(plan)) => {
            keep(tx, &facts, command, &plan, now).await?;
            Ok(KeptHold { hold: plan.hold, repeated: false })
        }
    };
    let facility = session.reference.facility_named(&command.asked.lpu.name).map(|facility| facility.id);
    audit::insert(tx, &[&hold_record(command, facility, &reply, now)]).await?;
    Ok(reply)
}

async fn facts(session: &Session<'_>, command: &HoldCommand, now: Timestamp) -> Result<HoldFacts> {
    let (tx, reference, book) = (session.tx, &*session.reference, &command.asked);
    let asked = Asked { person: book.person, lpu: &book.lpu.name, referral: book.referral, now };
    let mut booking = facts::patients(tx, reference, &[asked]).await?.facts(reference, &asked)?;
    // The numbers before the places: the same request, committed by another node in between, is then found as
    // the person's own hold. The other way round it would be one too many.
    let numbers = holds::numbers(tx, book.person).await?;
    facts::cells(tx, reference, &[book]).await?.complete(&mut booking, reference, book, now);
    let over = booking.cell.as_ref().and_then(|cell| Some((cell.slot.key.facility, cell.free?.over?)));
    let own = match over.filter(|(_, held)| held.person == book.person) {
        Some((facility, held)) => {
            let found = holds::find(tx, HoldKey { facility, hold: held.hold }, book.person).await?;
            // It was given up since its place was read.
            Some(found.filter(|hold| hold.state == HoldState::Held).ok_or(Failure::ClaimLost)?)
        }
        None => None,
    };
    Ok(HoldFacts { booking, own, numbers })
}

/// Keeps the referral (or the card) the person's and the cell as it was read, like a booking, and takes the claims.
async fn keep(tx: &Tx, facts: &HoldFacts, command: &HoldCommand, plan: &HoldPlan, now: Timestamp) -> Result<()> {
    let kept = match command.asked.referral {
        Some(referral) => referrals::hold(tx, &[(referral, command.asked.person)]).await?,
        None => people::hold(tx, &[(plan.hold.key.facility, command.asked.person)]).await?,
    };
    if kept != 1 {
        return Err(Failure::ClaimLost);
    }
    let cell: Vec<_> = facts.booking.cell.iter().map(|cell| &cell.slot).collect();
    if slots::hold(tx, &cell).await? != 1 {
        return Err(Failure::ClaimLost);
    }
    holds::take(tx, &plan.hold, plan.number, now).await?;
    holds::insert(tx, &plan.hold).await
}

/// Decides an extension and writes it, with the claims that end with the hold.
pub(crate) async fn extend(tx: &Tx, change: &HoldChange, terms: &HoldTerms, now: Timestamp) -> Result<ExtendReply> {
    let found = holds::find(tx, change.hold, change.person).await?;
    let reply = decide_extension(found.as_ref(), terms, now);
    // After a commit in doubt this is asked once more, and must not extend once more. The record tells: whoever
    // writes it again waits for the first to be kept or not.
    if audit::insert(tx, &[&extend_record(change, &reply, now)]).await? == 0 {
        let kept = holds::find(tx, change.hold, change.person).await?;
        return Ok(kept.ok_or(HoldRefusal::NotFound));
    }
    if let Ok(extended) = &reply {
        holds::extend(tx, extended).await?;
    }
    Ok(reply)
}

/// Gives the person's own hold up.
pub(crate) async fn release(session: &Session<'_>, change: &HoldChange, now: Timestamp) -> Result<ReleaseReply> {
    let tx = session.tx;
    let found = holds::find(tx, change.hold, change.person).await?;
    let reply = match decide_release(found.as_ref()) {
        Err(refusal) => Err(refusal),
        Ok(None) => Ok(()),
        Ok(Some(released)) => {
            if !end(session, &released, now).await? {
                // It was extended, booked or ended by somebody else a moment ago.
                return Err(Failure::ClaimLost);
            }
            Ok(())
        }
    };
    audit::insert(tx, &[&release_record(change, &reply, now)]).await?;
    Ok(reply)
}

/// Ends a hold whose time is over, unless somebody else has by now.
pub(crate) async fn lapse(session: &Session<'_>, hold: &Hold, now: Timestamp) -> Result<bool> {
    end(session, &Hold { state: HoldState::Lapsed, ..hold.clone() }, now).await
}

/// Writes the end of a hold; false if it was extended, booked or ended since it was read. Its place, unless somebody
/// has taken that over, goes to the next who waits for it. The place comes first, as with whoever takes it: two who want
/// it wait there, and not in a circle.
async fn end(session: &Session<'_>, ended: &Hold, now: Timestamp) -> Result<bool> {
    let freed = holds::free_place(session.tx, ended).await?;
    end_freed(session, ended, freed, now).await
}

/// The same once its place is free.
pub(crate) async fn end_freed(session: &Session<'_>, ended: &Hold, freed: bool, now: Timestamp) -> Result<bool> {
    if !holds::end(session.tx, ended).await? {
        return Ok(false);
    }
    offers::take_back(session.tx, ended).await?;
    if freed {
        offers::give(session, ended.cell(), ended.place, now).await?;
    }
    Ok(true)
}

/// Ends a place on a waiting list whose last day has passed, unless somebody has changed it by now.
pub(crate) async fn give_up(tx: &Tx, place: &Waiting) -> Result<bool> {
    match waiting::by_key(tx, place.key).await? {
        Some(stored) if stored == *place => {
            waiting::change(tx, &stored.changed_to(WaitingState::Over)).await?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
