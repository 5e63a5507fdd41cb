//! Moving an appointment to another time: the rules of a booking, with the entry itself out of the way.

use std::time::Duration;

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use crate::{
    access::Caller,
    audit::Request,
    booking::{
        BookCommand, ChangeRefusal, Facts, NewIds, Plan, Refusal,
        change::in_time,
        decide::{case, plan},
    },
    entry::{Entry, EntryState, Ticket},
    facility::{FacilityName, LpuCode},
    history::EntryVersion,
    ids::{AuditId, EntryKey, PersonId, ResourceKey},
    message::{Message, MessageKind},
    slot::Slot,
};

/// A request to move one's own entry.
#[derive(Clone, Debug)]
pub struct MoveCommand {
    /// Whose entry it must be: the token's person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The entry.
    pub entry: EntryKey,
    /// The resource to move to; `None` to stay with the same.
    pub resource: Option<ResourceKey>,
    /// The new day, facility-local.
    pub day: Date,
    /// The new time, facility-local.
    pub time: Time,
    /// How long before it begins a patient may still do this.
    pub cutoff: Duration,
    /// The request's id.
    pub request: Request,
    /// Id for the audit record.
    pub new_audit: AuditId,
}

impl MoveCommand {
    /// The booking that the move would be if the entry were to be made anew. An entry stays in its facility.
    #[must_use]
    pub fn booking(&self, entry: &Entry) -> BookCommand {
        let facility = entry.key.facility;
        BookCommand {
            person: self.person,
            caller: self.caller.clone(),
            lpu: LpuCode { sent: facility.to_string(), name: FacilityName::Id(facility) },
            referral: entry.referral,
            kind: None,
            resource: self.resource.unwrap_or(ResourceKey { facility, resource: entry.resource }),
            cell: None,
            day: self.day,
            time: self.time,
            email: None,
            idempotency: None,
            request: self.request,
            new_ids: NewIds { entry: entry.key.entry, audit: self.new_audit },
        }
    }
}

/// Why an entry is not moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MoveRefusal {
    /// The entry cannot be changed.
    Entry(ChangeRefusal),
    /// It could not be booked at the new time.
    Time(Refusal),
}

impl MoveRefusal {
    /// The stable name of the reason.
    #[must_use]
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Entry(refusal) => refusal.slug(),
            Self::Time(refusal) => refusal.slug(),
        }
    }
}

impl From<Refusal> for MoveRefusal {
    fn from(refusal: Refusal) -> Self {
        Self::Time(refusal)
    }
}

impl From<ChangeRefusal> for MoveRefusal {
    fn from(refusal: ChangeRefusal) -> Self {
        Self::Entry(refusal)
    }
}

/// What is to be done about an allowed move.
#[derive(Clone, Debug)]
pub enum MoveDecision {
    /// The entry is where it is wanted; the same answer is given again.
    Repeat(Box<Entry>),
    /// Move it.
    Move(Box<MovePlan>),
}

/// A move that the rules allow; it lacks only its ticket number, if it needs one.
#[derive(Clone, Debug)]
pub struct MovePlan {
    from: Entry,
    to: Plan,
}

/// A moved entry with what goes with it.
#[derive(Clone, Debug)]
pub struct Moved {
    /// The entry as it will be.
    pub entry: Entry,
    /// As it was.
    pub before: EntryVersion,
    /// What the patient is told.
    pub message: Message,
}

/// Decides a move of the person's own entry out of its cell. `facts` are those of [`MoveCommand::booking`]; the entry
/// itself is among them and does not count.
///
/// # Errors
///
/// [`MoveRefusal`]: first what stands against any change of the entry, then the first refusal of a booking
/// at the new time.
pub fn decide_move(
    command: &MoveCommand,
    entry: Option<&Entry>,
    cell: Option<&Slot>,
    facts: Facts,
    now: Timestamp,
) -> Result<MoveDecision, MoveRefusal> {
    let entry = entry.ok_or(ChangeRefusal::NotFound)?;
    match entry.state {
        EntryState::Cancelled => return Err(ChangeRefusal::Cancelled.into()),
        EntryState::Missed | EntryState::Fulfilled => return Err(ChangeRefusal::Done.into()),
        EntryState::Booked => {}
    }
    let booking = command.booking(entry);
    if is_there(entry, &booking, &facts) {
        return Ok(MoveDecision::Repeat(Box::new(entry.clone())));
    }
    in_time(entry, cell, &command.caller, command.cutoff, now)?;
    let facts = facts.without(entry);
    let to = plan(&case(&booking, &facts, now)?, &facts)?;
    Ok(MoveDecision::Move(Box::new(MovePlan { from: entry.clone(), to })))
}

/// Whether an entry is where a booking would put it.
fn is_there(entry: &Entry, booking: &BookCommand, facts: &Facts) -> bool {
    let own = ResourceKey { facility: entry.key.facility, resource: entry.resource };
    let wanted = booking.day.to_datetime(booking.time);
    let start = facts.facility.as_ref().and_then(|facility| facility.zone.instant(wanted));
    own == booking.resource && start == Some(entry.start)
}

impl MovePlan {
    /// The entry as it is.
    #[must_use]
    pub fn from(&self) -> &Entry {
        &self.from
    }

    /// The new place.
    #[must_use]
    pub fn to(&self) -> &Plan {
        &self.to
    }

    /// The day whose ticket numbers a new one is to be drawn from; `None` when the ticket stays, which says
    /// day and specialty and both are the same.
    #[must_use]
    pub fn ticket_day(&self) -> Option<Date> {
        let (before, after) = (self.to.facility.zone.day(self.from.start), self.to.ticket_day());
        (before != after || self.from.specialty != self.to.specialty).then_some(after)
    }

    /// The rows to write, once the ticket number is drawn if one is needed.
    #[must_use]
    pub fn outcome(&self, number: Option<u32>, now: Timestamp) -> Moved {
        let Self { from, to } = self;
        let ticket = number.map_or_else(|| from.ticket.clone(), |number| Ticket::new(&to.letter, number));
        let entry = Entry {
            resource: to.slot.resource,
            slot: to.slot.key.slot,
            place: to.free.place,
            specialty: to.specialty.clone(),
            start: to.slot.start,
            minutes: to.slot.minutes,
            ticket,
            version: from.version + 1,
            ..from.clone()
        };
        let message = Message { entry: entry.key, version: entry.version, kind: MessageKind::Moved, created: now };
        Moved { before: EntryVersion::of(from, now), entry, message }
    }
}
