//! What a message is about, and whether it is still true, in the transaction that claims it.

use jiff::{Timestamp, civil::Date};
use rusqlite::{Connection, params};
use talon_domain::{
    email::Email,
    entry::Entry,
    ids::PersonId,
    message::{Message, MessageKind, MessageState, Standing, first_of_day},
    zone::Zone,
};
use talon_store::About;

use crate::{
    entry::{self, entry_columns},
    failure::Result,
    history, holds, outbox, people,
    session::Session,
    slots,
};

/// What a claim finds.
pub(crate) enum Found {
    /// It is to be sent.
    Due { to: Email, about: About },
    /// It is not to be sent.
    Settled(MessageState),
}

/// Reads what a message is about.
pub(crate) fn of(session: &Session<'_>, message: &Message, now: Timestamp) -> Result<Found> {
    let connection = session.connection;
    let (person, about) = if message.kind == MessageKind::Offered {
        let hold = holds::by_key(connection, message.hold())?;
        let cell = match &hold {
            Some(hold) => slots::by_key(connection, hold.cell())?,
            None => None,
        };
        let holds = message.holds(Standing::Offer(hold.as_ref(), cell.as_ref()), now);
        let Some(hold) = hold.filter(|_| holds) else { return Ok(Found::Settled(MessageState::Superseded)) };
        (hold.person, About::Offer(Box::new(hold)))
    } else {
        let visit = entry::by_key(connection, message.entry)?;
        let cell = slots::of_entry(connection, visit.as_ref())?;
        let holds = message.holds(Standing::Visit(visit.as_ref(), cell.as_ref()), now);
        let Some(visit) = visit else { return Ok(Found::Settled(MessageState::Superseded)) };
        let same_day = visits_of_day(session, message, visit.person)?;
        if !holds {
            pass_on(connection, message, &same_day)?;
            return Ok(Found::Settled(MessageState::Superseded));
        }
        let before = match message.kind {
            MessageKind::Moved => history::version(connection, visit.key, visit.version.saturating_sub(1))?,
            _ => None,
        };
        let others = same_day.into_iter().filter(|other| other.key != visit.key && other.state.is_live()).collect();
        (visit.person, About::Visit { entry: Box::new(visit), before: before.map(Box::new), others })
    };
    let card = people::card(connection, message.entry.facility, person)?;
    Ok(match card.and_then(|card| card.email) {
        Some(to) => Found::Due { to, about },
        None => Found::Settled(MessageState::NoContact),
    })
}

/// A reminder that stood on a visit which is no more passes to the person's next visit of that day.
fn pass_on(connection: &Connection, message: &Message, same_day: &[Entry]) -> Result<()> {
    match first_of_day(same_day) {
        Some(next) => Ok(outbox::insert(connection, &Message { entry: next.key, version: next.version, ..*message })?),
        None => Ok(()),
    }
}

/// A person's visits in the facility on the day that a reminder is about, in their order; none for another message. One
/// where nobody will be is not among them.
fn visits_of_day(session: &Session<'_>, message: &Message, person: PersonId) -> Result<Vec<Entry>> {
    let facility = message.entry.facility;
    let reference = session.reference();
    let Some(zone) = reference.facility(facility).map(|facility| &facility.zone) else { return Ok(Vec::new()) };
    let Some((from, to)) = message.reminds_of(zone).and_then(|day| bounds(zone, day)) else { return Ok(Vec::new()) };
    let mut select = session.connection.prepare_cached(concat!(
        "SELECT ",
        entry_columns!(),
        " FROM entry e WHERE e.person = ?1 AND e.start >= ?2 AND e.start < ?3 AND e.facility = ?4 \
         AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.facility = e.facility AND s.slot = e.slot AND s.absent) \
         ORDER BY e.start, e.entry"
    ))?;
    let rows =
        select.query_map(params![person.bytes(), from.as_second(), to.as_second(), facility.bytes()], entry::read)?;
    rows.map(|row| entry::verified(row?)).collect()
}

fn bounds(zone: &Zone, day: Date) -> Option<(Timestamp, Timestamp)> {
    let midnight = |day: Date| zone.nearest_instant(day.to_datetime(jiff::civil::Time::midnight()));
    Some((midnight(day)?, midnight(day.tomorrow().ok()?)?))
}
