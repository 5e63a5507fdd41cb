//! What a message is about, and whether it is still true, in the transaction that claims it.

use jiff::{Timestamp, civil::Date};
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
pub(crate) async fn of(session: &Session<'_>, message: &Message, now: Timestamp) -> Result<Found> {
    let tx = session.tx;
    let (person, about) = if message.kind == MessageKind::Offered {
        let hold = holds::by_key(tx, message.hold()).await?;
        let cell = match &hold {
            Some(hold) => slots::by_key(tx, hold.cell()).await?,
            None => None,
        };
        let holds = message.holds(Standing::Offer(hold.as_ref(), cell.as_ref()), now);
        let Some(hold) = hold.filter(|_| holds) else { return Ok(Found::Settled(MessageState::Superseded)) };
        (hold.person, About::Offer(Box::new(hold)))
    } else {
        let visit = entry::rows(tx, &[message.entry]).await?.first().map(entry::read).transpose()?;
        let cell = slots::of_entry(tx, visit.as_ref()).await?;
        let holds = message.holds(Standing::Visit(visit.as_ref(), cell.as_ref()), now);
        let Some(visit) = visit else { return Ok(Found::Settled(MessageState::Superseded)) };
        let same_day = visits_of_day(session, message, visit.person).await?;
        if !holds {
            pass_on(session, message, &same_day).await?;
            return Ok(Found::Settled(MessageState::Superseded));
        }
        let before = match message.kind {
            MessageKind::Moved => history::version(tx, visit.key, visit.version.saturating_sub(1)).await?,
            _ => None,
        };
        let others = same_day.into_iter().filter(|other| other.key != visit.key && other.state.is_live()).collect();
        (visit.person, About::Visit { entry: Box::new(visit), before: before.map(Box::new), others })
    };
    let card = people::card(tx, message.entry.facility, person).await?;
    Ok(match card.and_then(|card| card.email) {
        Some(to) => Found::Due { to, about },
        None => Found::Settled(MessageState::NoContact),
    })
}

/// A reminder that stood on a visit which is no more passes to the person's next visit of that day.
async fn pass_on(session: &Session<'_>, message: &Message, same_day: &[Entry]) -> Result<()> {
    let Some(next) = first_of_day(same_day) else { return Ok(()) };
    outbox::insert(session.tx, &[&Message { entry: next.key, version: next.version, ..*message }]).await
}

/// A person's visits in the facility on the day that a reminder is about, in their order; none for another message. One
/// where nobody will be is not among them.
async fn visits_of_day(session: &Session<'_>, message: &Message, person: PersonId) -> Result<Vec<Entry>> {
    let facility = message.entry.facility;
    let Some(zone) = session.reference.facility(facility).map(|facility| &facility.zone) else {
        return Ok(Vec::new());
    };
    let Some((from, to)) = message.reminds_of(zone).and_then(|day| bounds(zone, day)) else { return Ok(Vec::new()) };
    let rows = session
        .tx
        .query(
            concat!(
                "SELECT ",
                entry_columns!(),
                " FROM entry e WHERE e.person = $1 AND e.start >= $2 AND e.start < $3 AND e.facility = $4 \
                 AND NOT EXISTS (SELECT 1 FROM slot s WHERE s.facility = e.facility AND s.slot = e.slot AND s.absent) \
                 ORDER BY e.start, e.entry"
            ),
            params![person.0, from.as_second(), to.as_second(), facility.0],
        )
        .await?;
    rows.iter().map(entry::read).collect()
}

fn bounds(zone: &Zone, day: Date) -> Option<(Timestamp, Timestamp)> {
    let midnight = |day: Date| zone.nearest_instant(day.to_datetime(jiff::civil::Time::midnight()));
    Some((midnight(day)?, midnight(day.tomorrow().ok()?)?))
}
