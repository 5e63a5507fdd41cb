//! Booking, a batch at a time: the facts of everybody in one round trip, one decision after the other,
//! the rows of all of them in multi-row statements.

use std::sync::Arc;

use futures_util::future::{try_join, try_join3, try_join4, try_join5};
use jiff::Timestamp;
use talon_domain::{
    audit::AuditRecord,
    booking::{BookCommand, Decision, Outcome, Plan, Visit, decide},
    event::Subscription,
    ids::{FacilityId, HoldKey, PersonId},
    reference::Reference,
};
use talon_store::{BookReply, Booked, StoreError, booking_record};

use crate::{
    audit,
    claims::{self, Claimant},
    columns::guids,
    entry,
    facts::{self, Asked, Cells, Patients},
    failure::{Failure, Result},
    given_up,
    holds::{self, Void},
    idempotency::{self, Kept},
    outbox, people, reference, referrals,
    session::Published,
    slots, tickets,
    transaction::Tx,
};

/// What waits to be committed together with others.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// A booking, and the present at which it is asked for.
    Book(BookCommand, Timestamp),
    /// The audit record of a request that came to no transaction of its own.
    Record(AuditRecord),
}

impl Item {
    /// The booking, if it is one.
    pub(crate) fn booking(&self) -> Option<(&BookCommand, Timestamp)> {
        match self {
            Self::Book(command, now) => Some((command, *now)),
            Self::Record(_) => None,
        }
    }

    fn record(&self) -> Option<&AuditRecord> {
        match self {
            Self::Record(record) => Some(record),
            Self::Book(..) => None,
        }
    }
}

/// What became of one item.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    /// The booking's reply.
    Booking(BookReply),
    /// The record is kept.
    Recorded,
}

/// What became of a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    /// Each item's outcome, in order. A failure concerns its item alone, of which nothing is kept.
    pub(crate) done: Vec<std::result::Result<Done, StoreError>>,
    /// A record that is in the database exactly if the batch is.
    pub(crate) mark: Option<AuditRecord>,
}

/// Decides the items one after the other, each seeing what those before it took, and writes what the
/// decisions leave: of a refusal the audit record alone. No two bookings are of one person.
pub(crate) async fn batch(tx: &Tx, published: &Published, items: &[Item]) -> Result<Batch> {
    let commands: Vec<_> = items.iter().filter_map(Item::booking).collect();
    if commands.is_empty() {
        return records_alone(tx, items).await;
    }
    let mut read = read(tx, published, &commands).await?;
    let mut planned = Vec::new();
    let mut done: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(index, item)| match item.booking() {
            None => Ok(Done::Recorded),
            Some((command, now)) => match read.decide(command, now)? {
                Decided::Reply(reply) => Ok(Done::Booking(reply)),
                Decided::Book(plan) => {
                    planned.push(Planned { index, command, plan, now });
                    // Its ticket is not drawn yet; what stands here is replaced below.
                    Ok(Done::Recorded)
                }
            },
        })
        .collect();
    let ((), outcomes) = try_join(own_twins(tx, &read, items, &done), keep(tx, &read.patients, &planned)).await?;
    for (planned, outcome) in planned.iter().zip(&outcomes) {
        let booked = Booked { entry: outcome.entry.key, ticket: outcome.entry.ticket.clone(), repeated: false };
        done[planned.index] = Ok(Done::Booking(Ok(booked)));
    }
    let records = records(&read.reference, items, &done);
    write(tx, &published.hooks, &planned, &outcomes, &records).await?;
    remember(tx, items, &done).await?;
    Ok(Batch { done, mark: records.into_iter().next() })
}

/// Writes records that nothing is to be decided for.
async fn records_alone(tx: &Tx, items: &[Item]) -> Result<Batch> {
    let records: Vec<_> = items.iter().filter_map(Item::record).collect();
    audit::insert(tx, &records).await?;
    let done = items.iter().map(|_| Ok(Done::Recorded)).collect();
    Ok(Batch { done, mark: records.first().map(|record| (*record).clone()) })
}

/// Whether the caller has exactly this already.
pub(crate) async fn is_repetition(tx: &Tx, reference: &Reference, command: &BookCommand) -> Result<bool> {
    let Some(facility) = reference.facility_named(&command.lpu.name) else { return Ok(false) };
    let Some(start) = facility.zone.instant(command.day.to_datetime(command.time)) else { return Ok(false) };
    // Visits after this are looked up, and the one that is asked for is to be among them.
    let visit = asked(command, start - jiff::SignedDuration::from_secs(1));
    let facts = facts::patients(tx, reference, &[visit]).await?.facts(reference, &visit)?;
    let same = |visit: &Visit| visit.is(command.referral, command.resource, start);
    Ok(match command.referral {
        Some(_) => facts.referral_use.as_ref().is_some_and(same),
        None => facts.visits.iter().any(same),
    })
}

/// A booking that the rules allow.
struct Planned<'a> {
    index: usize,
    command: &'a BookCommand,
    plan: Plan,
    now: Timestamp,
}

impl Planned<'_> {
    /// The hold that stands where the entry goes.
    fn over(&self) -> Option<Void> {
        let held = self.plan.free.over?;
        Some(Void {
            slot: self.plan.slot.key,
            place: self.plan.free.place,
            hold: held.hold,
            person: self.command.person,
            now: self.now,
        })
    }

    /// The person's own hold, which becomes the entry.
    fn own_hold(&self) -> Option<(PersonId, HoldKey)> {
        let person = self.command.person;
        let held = self.plan.own_hold(person)?;
        Some((person, HoldKey { facility: self.plan.facility.id, hold: held.hold }))
    }
}

enum Decided {
    Reply(BookReply),
    Book(Plan),
}

/// Looks for refusals that rest on the caller's own entry.
///
/// Each statement sees what was committed when it began. If another node commits the very same request
/// after the use of its referral was read here and before its visit or its place was, the referral looks
/// free and the time taken: what must be answered with that entry would be refused. So where a refusal
/// rests on a claim, the referral (or, without one, the person's visit at that time) is looked at once more, and if it
/// is there by now all is decided again.
async fn own_twins(tx: &Tx, read: &Read, items: &[Item], done: &[std::result::Result<Done, StoreError>]) -> Result<()> {
    let (mut referrals, mut visits) = (Vec::new(), Vec::new());
    for (item, done) in items.iter().zip(done) {
        let (Some((command, _)), Ok(Done::Booking(Err(refusal)))) = (item.booking(), done) else { continue };
        if !refusal.rests_on_a_claim() {
            continue;
        }
        match (command.referral, facts::place_and_time(&read.reference, command)) {
            (Some(referral), _) if !read.patients.is_used(referral) => referrals.push(referral),
            (None, Some((_, start))) if !read.patients.has_visit(command.person, start) => {
                visits.push((command.person, start));
            }
            _ => {}
        }
    }
    let used = !referrals.is_empty() && claims::any_used(tx, &referrals).await?;
    let made = !visits.is_empty() && claims::any_visit(tx, &visits).await?;
    if used || made { Err(Failure::ClaimLost) } else { Ok(()) }
}

/// Everything that the decisions of a batch need.
struct Read {
    reference: Arc<Reference>,
    patients: Patients,
    cells: Cells,
    kept: Kept,
}

async fn read(tx: &Tx, published: &Published, bookings: &[(&BookCommand, Timestamp)]) -> Result<Read> {
    let asked: Vec<_> = bookings.iter().map(|(command, now)| asked(command, *now)).collect();
    let commands: Vec<_> = bookings.iter().map(|(command, _)| *command).collect();
    let (mut known, mut reference) = published.get();
    loop {
        let (generation, patients, cells, kept) = try_join4(
            reference::generation(tx),
            facts::patients(tx, &reference, &asked),
            facts::cells(tx, &reference, &commands),
            idempotency::find(tx, &commands),
        )
        .await?;
        if generation == known {
            return Ok(Read { reference, patients, cells, kept });
        }
        // What was read was looked up by other facilities and resources than there are now.
        (known, reference) = (generation, reference::current(tx, published).await?);
    }
}

fn asked(command: &BookCommand, now: Timestamp) -> Asked<'_> {
    Asked { person: command.person, lpu: &command.lpu.name, referral: command.referral, now }
}

impl Read {
    fn decide(&mut self, command: &BookCommand, now: Timestamp) -> std::result::Result<Decided, StoreError> {
        if let Some(reply) = self.kept.reply(command, now) {
            return Ok(Decided::Reply(reply));
        }
        let mut facts = self.patients.facts(&self.reference, &asked(command, now))?;
        self.cells.complete(&mut facts, &self.reference, command, now);
        Ok(match decide(command, &facts, now) {
            Err(refusal) => Decided::Reply(Err(refusal)),
            Ok(Decision::Repeat(visit)) => {
                Decided::Reply(Ok(Booked { entry: visit.key(), ticket: visit.ticket().clone(), repeated: true }))
            }
            Ok(Decision::Book(plan)) => {
                self.cells.taken.add(plan.slot.key, plan.free.place);
                Decided::Book(plan)
            }
        })
    }
}

/// Takes the claims and draws the ticket numbers: from here on the bookings are these entries'.
async fn keep(tx: &Tx, patients: &Patients, planned: &[Planned<'_>]) -> Result<Vec<Outcome>> {
    if planned.is_empty() {
        return Ok(Vec::new());
    }
    // Claims do not depend on the number, so both travel together.
    let drafts: Vec<_> = planned.iter().map(|it| it.plan.outcome(it.command, 0, it.now)).collect();
    let claimants: Vec<_> =
        drafts.iter().zip(planned).map(|(draft, it)| Claimant { entry: &draft.entry, now: it.now }).collect();
    let days: Vec<_> = planned.iter().map(|it| (it.plan.facility.id, it.plan.ticket_day())).collect();
    let mut cells: Vec<_> = planned.iter().map(|it| &it.plan.slot).collect();
    cells.sort_by_key(|slot| slot.key);
    cells.dedup_by_key(|slot| slot.key);
    let mut referrals: Vec<_> =
        planned.iter().filter_map(|it| Some((it.command.referral?, it.command.person))).collect();
    referrals.sort_unstable();
    referrals.dedup();
    let mut cards: Vec<_> = planned
        .iter()
        .filter(|it| it.command.referral.is_none())
        .map(|it| (it.plan.facility.id, it.command.person))
        .collect();
    cards.sort_unstable();
    let over: Vec<_> = planned.iter().filter_map(Planned::over).collect();
    let locked = try_join3(referrals::hold(tx, &referrals), people::hold(tx, &cards), slots::hold(tx, &cells));
    let taken = claims::take(tx, &claimants, patients.days());
    let drawn = tickets::draw(tx, &days);
    let ((theirs, known, held), (), mut numbers) = if over.is_empty() {
        try_join3(locked, taken, drawn).await?
    } else {
        // A hold's claim goes before the entry's comes, and after what everybody locks first.
        let locked = locked.await?;
        holds::void(tx, &over).await?;
        let (taken, numbers) = try_join(taken, drawn).await?;
        (locked, taken, numbers)
    };
    if (theirs, known, held) != (referrals.len() as u64, cards.len() as u64, cells.len() as u64) {
        return Err(Failure::ClaimLost);
    }
    planned
        .iter()
        .zip(days)
        .map(|(it, (facility, day))| Ok(it.plan.outcome(it.command, numbers.next(facility, day)?, it.now)))
        .collect()
}

fn records(reference: &Reference, items: &[Item], done: &[std::result::Result<Done, StoreError>]) -> Vec<AuditRecord> {
    let record = |(item, done): (&Item, &std::result::Result<Done, StoreError>)| match (item, done) {
        (Item::Book(command, now), Ok(Done::Booking(reply))) => {
            let facility = reference.facility_named(&command.lpu.name).map(|facility| facility.id);
            Some(booking_record(command, facility, reply, *now))
        }
        (Item::Record(record), Ok(_)) => Some(record.clone()),
        _ => None,
    };
    items.iter().zip(done).filter_map(record).collect()
}

/// Writes entries, messages, audit records and the patients' new e-mails.
async fn write(
    tx: &Tx,
    hooks: &[Subscription],
    planned: &[Planned<'_>],
    outcomes: &[Outcome],
    records: &[AuditRecord],
) -> Result<()> {
    let entries: Vec<_> = outcomes.iter().map(|outcome| &outcome.entry).collect();
    let messages: Vec<_> = outcomes.iter().map(|outcome| &outcome.message).collect();
    let records: Vec<_> = records.iter().collect();
    let held: Vec<_> = planned.iter().filter_map(Planned::own_hold).collect();
    let by_themselves = planned.iter().filter(|it| it.command.caller.channel.is_self_service());
    let visits: Vec<_> = by_themselves.map(|it| (it.command.person, &it.plan.specialty, it.now)).collect();
    let written = try_join5(
        entry::insert(tx, &entries),
        outbox::owe(tx, hooks, &messages),
        audit::insert(tx, &records),
        write_emails(tx, planned),
        try_join(holds::end_by_booking(tx, &held), given_up::confirm(tx, &visits)),
    );
    written.await.map(drop)
}

async fn write_emails(tx: &Tx, planned: &[Planned<'_>]) -> Result<()> {
    let mut emails: Vec<_> = planned
        .iter()
        .filter_map(|it| Some((it.plan.facility.id, it.command.person, it.command.email.as_ref()?.as_str())))
        .collect();
    if emails.is_empty() {
        return Ok(());
    }
    emails.sort_unstable();
    let sealed =
        |(facility, person, email): &(FacilityId, PersonId, &str)| tx.contacts().email(*facility, *person, email);
    let sealed: Vec<_> = emails.iter().map(sealed).collect::<Result<_>>()?;
    tx.execute(
        "UPDATE card c SET email = q.email FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS q(facility, person, email) \
         WHERE c.facility = q.facility AND c.person = q.person AND c.email IS DISTINCT FROM q.email",
        params![
            guids(&emails, |(facility, ..)| facility.0),
            guids(&emails, |(_, person, _)| person.0),
            sealed,
        ],
    )
    .await
}

/// Keeps the answers of those who sent a key to repeat them by.
async fn remember(tx: &Tx, items: &[Item], done: &[std::result::Result<Done, StoreError>]) -> Result<()> {
    for (item, done) in items.iter().zip(done) {
        if let (Item::Book(command, now), Ok(Done::Booking(Ok(booked)))) = (item, done)
            && let Some(key) = &command.idempotency
        {
            idempotency::keep(tx, command.person, key, booked, *now).await?;
        }
    }
    Ok(())
}
