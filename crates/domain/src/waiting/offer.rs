//! Offers: a free time goes to the first who waits for it and may have it, as a hold.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{Waiting, WaitingState, waking};
use crate::{
    access::Caller,
    audit::{Action, AuditRecord},
    booking::{Cell, Facts, Hold, HoldState, bookable},
    ids::{AuditId, EntryId, EntryKey, HoldId, HoldKey, RequestId},
    message::{Message, MessageKind},
    resource::Resource,
    slot::Slot,
    zone::Zone,
};

/// An offer that would end sooner is not made: the time goes to everybody at once.
const SHORTEST: SignedDuration = SignedDuration::from_mins(10);

/// How long an offer stands: a setting of the installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfferTerms {
    /// So much waking time, 08:00 to 21:00 local to the facility.
    pub time: SignedDuration,
}

impl Default for OfferTerms {
    fn default() -> Self {
        Self { time: SignedDuration::from_hours(2) }
    }
}

impl OfferTerms {
    /// When an offer ends that is made now; `None` when there is no time to make one. It takes up at most half of the
    /// waking time that is left until the visit, so that whoever comes next has some too and the time is not lost.
    #[must_use]
    pub fn end(&self, zone: &Zone, start: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let left = waking::between(zone, now, start, self.time.saturating_mul(2));
        let lasts = self.time.min(left / 2);
        if lasts < SHORTEST { None } else { waking::after(zone, now, lasts) }
    }
}

/// Whether a cell is what somebody waits for, and the rules of booking let them have it now.
#[must_use]
pub fn may_be_offered(
    waiting: &Waiting,
    facts: &Facts,
    caller: &Caller,
    (resource, cell): (&Resource, &Cell),
    now: Timestamp,
) -> bool {
    let Some(facility) = facts.facility.as_deref() else { return false };
    let local = facility.zone.local(cell.slot.start);
    waiting.state == WaitingState::Waiting
        && waiting.key.facility == cell.slot.key.facility
        && waiting.specialty == resource.specialty
        && waiting.resource.is_none_or(|only| only == resource.key.resource)
        && fits_in(waiting.dates, local.date())
        && fits_in(waiting.times, local.time())
        && bookable(facts, caller, resource, cell, now).is_some()
}

fn fits_in<T: PartialOrd>((first, last): (T, T), it: T) -> bool {
    first <= it && it <= last
}

/// An offer, with what it leaves.
#[derive(Clone, Debug)]
pub struct Offer {
    /// The place on the list as it will be.
    pub waiting: Waiting,
    /// The hold that is the offer.
    pub hold: Hold,
    /// What the person is told. It names the hold where others name an entry.
    pub message: Message,
    /// The record of it.
    pub audit: AuditRecord,
}

impl Offer {
    /// Offers one place of a cell. The ids follow from the place on the list and its version, so an offer that is
    /// decided once more after a commit in doubt is the same offer.
    #[must_use]
    pub fn new(waiting: &Waiting, slot: &Slot, place: u16, expires: Timestamp, now: Timestamp) -> Self {
        let waiting = waiting.changed_to(WaitingState::Offered);
        let facility = waiting.key.facility;
        let name = [&facility.bytes()[..], &waiting.version.to_be_bytes()[..]].concat();
        let id = Uuid::new_v5(&waiting.key.waiting.0, &name);
        let hold = Hold {
            key: HoldKey { facility, hold: HoldId(id) },
            person: waiting.person,
            referral: waiting.referral,
            resource: slot.resource,
            slot: slot.key.slot,
            place,
            start: slot.start,
            minutes: slot.minutes,
            waiting: Some(waiting.key.waiting),
            created: now,
            expires,
            extended: 0,
            state: HoldState::Held,
        };
        let message = Message {
            entry: EntryKey { facility, entry: EntryId(id) },
            version: 1,
            kind: MessageKind::Offered,
            created: now,
        };
        let audit = AuditRecord {
            id: AuditId(Uuid::new_v5(&id, b"audit")),
            at: now,
            request: RequestId(id),
            from: None,
            node: None,
            person: Some(waiting.person),
            client: waiting.client,
            channel: Some(waiting.channel),
            action: Action::Offer,
            facility: Some(facility),
            object: Some(hold.key.to_string()),
            outcome: "ok".to_owned(),
        };
        Self { waiting, hold, message, audit }
    }
}
