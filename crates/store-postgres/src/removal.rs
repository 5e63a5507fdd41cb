//! Everything that is kept of a person: reading it, removing it, giving it to another.

use jiff::Timestamp;
use talon_domain::{
    booking::Hold,
    entry::Entry,
    ids::{EntryKey, FacilityId, HoldId, PersonId, SlotKey},
    message::{Message, MessageKind},
};
use talon_store::{Record, Removal, RemoveReply, against, merged, removal_record};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::{
    audit, claims,
    columns::{code, counter, guid, guids, micros},
    entry::{self, entry_columns},
    facts::{self, referral_columns},
    failure::{Failure, Result},
    history::{self, cancellation_columns, version_columns},
    holds, import,
    locks::Locks,
    offers, people,
    session::Session,
    transaction::Tx,
    waiting,
};

/// More places on waiting lists than anybody has.
const MOST_PLACES: u32 = i32::MAX as u32;

/// What goes with a person once nothing hangs on it any more.
const OF_PERSON: [&str; 13] = [
    "DELETE FROM entry WHERE person = $1",
    "DELETE FROM hold WHERE person = $1",
    "DELETE FROM waiting WHERE person = $1",
    "DELETE FROM claim_specialty WHERE person = $1",
    "DELETE FROM claim_time WHERE person = $1",
    "DELETE FROM claim_day WHERE person = $1",
    "DELETE FROM claim_hold WHERE person = $1",
    "DELETE FROM claim_waiting WHERE person = $1",
    "DELETE FROM given_up WHERE person = $1",
    "DELETE FROM idempotency WHERE person = $1",
    "DELETE FROM referral WHERE person = $1",
    "DELETE FROM card WHERE person = $1",
    "DELETE FROM person WHERE person = $1",
];

/// Everything that is kept of a person.
pub(crate) async fn about(tx: &Tx, person: PersonId) -> Result<Vec<Record>> {
    let (mut records, cards) = match people::personal(tx, person).await? {
        Some(found) => (vec![Record::Person(found.person)], found.cards),
        None => (Vec::new(), people::cards(tx, person).await?),
    };
    records.extend(cards.into_iter().map(Record::Card));
    let referrals =
        concat!("SELECT ", referral_columns!(), " FROM referral r WHERE r.person = $1 ORDER BY r.facility, r.referral");
    for row in &tx.query(referrals, params![person.0]).await? {
        records.push(Record::Referral(facts::read_referral(row)?));
    }
    let entries = entries(tx, person).await?;
    let (mut versions, mut cancellations, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for entry in &entries {
        for row in &of_entry(tx, VERSIONS, entry.key).await? {
            versions.push(Record::EntryVersion(history::read_version(row)?));
        }
        for row in &of_entry(tx, CANCELLATION, entry.key).await? {
            cancellations.push(Record::Cancellation(history::read_cancellation(row)?));
        }
        for row in &of_entry(tx, MESSAGES, entry.key).await? {
            messages.push(Record::Message(Message {
                entry: entry.key,
                version: counter(row, 0)?,
                kind: code(row, 1, MessageKind::from_code)?,
                created: micros(row, 2)?,
            }));
        }
    }
    records.extend(entries.into_iter().map(Record::Entry));
    records.append(&mut versions);
    records.append(&mut cancellations);
    records.extend(waiting::of_person(tx, person, MOST_PLACES).await?.into_iter().map(Record::Waiting));
    records.append(&mut messages);
    Ok(records)
}

const VERSIONS: &str = concat!(
    "SELECT ",
    version_columns!(),
    " FROM entry_version v WHERE v.facility = $1 AND v.entry = $2 ORDER BY v.version"
);

const CANCELLATION: &str =
    concat!("SELECT ", cancellation_columns!(), " FROM cancellation c WHERE c.facility = $1 AND c.entry = $2");

const MESSAGES: &str =
    "SELECT version, kind, created FROM outbox WHERE facility = $1 AND entry = $2 ORDER BY version, kind";

async fn of_entry(tx: &Tx, sql: &str, key: EntryKey) -> Result<Vec<Row>> {
    tx.query(sql, params![key.facility.0, key.entry.0]).await
}

async fn entries(tx: &Tx, person: PersonId) -> Result<Vec<Entry>> {
    let sql = concat!("SELECT ", entry_columns!(), " FROM entry e WHERE e.person = $1 ORDER BY e.facility, e.entry");
    tx.query(sql, params![person.0]).await?.iter().map(entry::read).collect()
}

/// Removes a person, or gives what is theirs to another.
pub(crate) async fn remove(session: &Session<'_>, removal: &Removal, now: Timestamp) -> Result<RemoveReply> {
    let tx = session.tx;
    let (records, holds) = lock_and_read(tx, removal.person).await?;
    let reply = match against_it(tx, removal, &records).await? {
        faults if faults.is_empty() => {
            let mut freed = free_holds(tx, &holds).await?;
            // A place in line whose offer was just taken back is not what it was.
            let page = page(tx, removal, &about(tx, removal.person).await?).await?;
            if page.is_none() {
                go_of_visits(tx, removal.person).await?;
            }
            let visits = go(tx, removal.person).await?;
            match page {
                // The entries take their places again.
                Some(page) => give(session, &page, now).await?,
                None => freed.extend(visits),
            }
            for (cell, place) in freed {
                offers::give(session, cell, place, now).await?;
            }
            Ok(records)
        }
        faults => Err(faults),
    };
    audit::insert(tx, &[&removal_record(removal, &reply, now)]).await?;
    Ok(reply)
}

/// What a removal is decided on, with everything locked that others might change meanwhile, their referrals and cards
/// among it: a booking holds its referral or, without one, its card (`people::hold`), and so either comes before this and
/// is read here, or finds neither and is decided again.
async fn lock_and_read(tx: &Tx, person: PersonId) -> Result<(Vec<Record>, Vec<Hold>)> {
    let mut locks = Locks::default();
    loop {
        let (records, holds) = (about(tx, person).await?, holds::of_person(tx, person).await?);
        if !locks.add(tx, touched(&records, &holds)).await? {
            return Ok((records, holds));
        }
    }
}

fn touched(records: &[Record], holds: &[Hold]) -> Locks {
    let mut locks = Locks::default();
    locks.slots.extend(holds.iter().map(Hold::cell));
    for record in records {
        match record {
            Record::Card(card) => drop(locks.cards.insert((card.facility, card.person))),
            Record::Referral(referral) => drop(locks.referrals.insert(referral.key)),
            Record::Entry(entry) => {
                locks.entries.insert(entry.key);
                if entry.state.is_live() {
                    locks.slots.insert(SlotKey { facility: entry.key.facility, slot: entry.slot });
                }
            }
            Record::Waiting(place) => drop(locks.waiting.insert(place.key)),
            _ => {}
        }
    }
    locks
}

async fn against_it(tx: &Tx, removal: &Removal, records: &[Record]) -> Result<Vec<String>> {
    match removal.into {
        Some(into) if into == removal.person => return Ok(vec!["both are the same person already".to_owned()]),
        Some(into) if people::personal(tx, into).await?.is_none() => {
            return Ok(vec![format!("there is no person {into}")]);
        }
        _ => {}
    }
    let page = page(tx, removal, records).await?.unwrap_or_default();
    Ok(against(&page, &import::check_without(tx, &page, removal.person).await?))
}

/// What the other person is given; `None` when there is no other.
async fn page(tx: &Tx, removal: &Removal, records: &[Record]) -> Result<Option<Vec<Record>>> {
    let Some(into) = removal.into else { return Ok(None) };
    Ok(Some(merged(records, into, &people::cards(tx, into).await?)))
}

async fn give(session: &Session<'_>, page: &[Record], now: Timestamp) -> Result<()> {
    match import::page(session, page, now).await {
        // Somebody came in between the check and this.
        Err(Failure::Page(_)) => Err(Failure::ClaimLost),
        given => given.map(drop),
    }
}

/// Gives up what a person holds, and says which places are free by that. A place in line that had an offer waits again.
async fn free_holds(tx: &Tx, held: &[Hold]) -> Result<Vec<(SlotKey, u16)>> {
    let mut freed = Vec::new();
    for hold in held {
        if holds::free_place(tx, hold).await? {
            freed.push((hold.cell(), hold.place));
        }
        offers::take_back(tx, hold).await?;
    }
    Ok(freed)
}

/// Statements that delete what hangs on entries, or on the holds whose guids stand in their place.
macro_rules! of_entries {
    ($table:literal) => {
        concat!(
            "DELETE FROM ",
            $table,
            " t USING unnest($1::uuid[], $2::uuid[]) AS q(facility, entry) \
             WHERE t.facility = q.facility AND t.entry = q.entry"
        )
    };
}

/// Messages and events, and what became of them.
const MESSAGES_OF: [&str; 6] = [
    of_entries!("outbox"),
    of_entries!("claim_sending"),
    of_entries!("delivery"),
    of_entries!("webhook_outbox"),
    of_entries!("claim_webhook"),
    of_entries!("webhook_delivery"),
];

/// Removes what goes with a person's visits and places in line. Whoever takes those over keeps it: it is known by the visit or
/// the place, and what was sent or offered once is not to be sent or offered again.
async fn go_of_visits(tx: &Tx, person: PersonId) -> Result<()> {
    let visits: Vec<_> =
        entries(tx, person).await?.iter().map(|visit| (visit.key.facility, visit.key.entry.0)).collect();
    for sql in MESSAGES_OF.iter().chain(&[of_entries!("entry_version"), of_entries!("cancellation")]) {
        delete(tx, sql, &visits).await?;
    }
    let places = waiting::of_person(tx, person, MOST_PLACES).await?;
    let places: Vec<_> = places.iter().map(|place| (place.key.facility, place.key.waiting.0)).collect();
    let offered = "DELETE FROM offered t USING unnest($1::uuid[], $2::uuid[]) AS q(facility, waiting) \
                   WHERE t.facility = q.facility AND t.waiting = q.waiting";
    delete(tx, offered, &places).await
}

/// Removes what is a person's alone, and says which places their visits had.
async fn go(tx: &Tx, person: PersonId) -> Result<Vec<(SlotKey, u16)>> {
    let entries = entries(tx, person).await?;
    claims::release(tx, &entries.iter().collect::<Vec<_>>()).await?;
    let live = entries.iter().filter(|entry| entry.state.is_live());
    let freed = live.map(|entry| (SlotKey { facility: entry.key.facility, slot: entry.slot }, entry.place)).collect();
    let mut holds = Vec::new();
    for row in &tx.query("SELECT facility, hold FROM hold WHERE person = $1", params![person.0]).await? {
        holds.push((guid!(row, 0, FacilityId)?, guid!(row, 1, HoldId)?.0));
    }
    for sql in MESSAGES_OF {
        delete(tx, sql, &holds).await?;
    }
    for sql in OF_PERSON {
        tx.execute(sql, params![person.0]).await?;
    }
    Ok(freed)
}

/// Deletes what hangs on objects of facilities.
async fn delete(tx: &Tx, sql: &str, of: &[(FacilityId, Uuid)]) -> Result<()> {
    tx.execute(sql, params![guids(of, |(facility, _)| facility.0), guids(of, |(_, id)| *id)]).await
}
