//! What the store's methods take and answer, beside the domain's own types.

use jiff::{Timestamp, civil::Date};
use talon_domain::{
    access::Caller,
    booking::{ChangeRefusal, FacilityTimes, Hold, HoldRefusal, MoveRefusal, Refusal, Visit},
    entry::{Entry, EntryState, Ticket},
    facility::LpuCode,
    history::{Cancellation, EntryVersion},
    ids::{EntryKey, PersonId, ReferralKey},
    person::{Card, Person},
    referral::Referral,
    resource::SpecialtyCode,
    waiting::{NotWaiting, Waiting},
};

use crate::commits::Histogram;

/// What became of a booking: kept, or refused with nothing left but an audit record.
pub type BookReply = std::result::Result<Booked, Refusal>;

/// A booking that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    /// The entry.
    pub entry: EntryKey,
    /// Its ticket.
    pub ticket: Ticket,
    /// Whether it existed before this request.
    pub repeated: bool,
}

/// What became of a cancellation.
pub type CancelReply = std::result::Result<(), ChangeRefusal>;

/// What became of a move: the entry with its ticket, or a refusal with nothing left but an audit record.
pub type MoveReply = std::result::Result<Booked, MoveRefusal>;

/// What became of a request to hold a time.
pub type HoldReply = std::result::Result<KeptHold, Refusal>;

/// A time that is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptHold {
    /// The hold.
    pub hold: Hold,
    /// Whether it existed before this request.
    pub repeated: bool,
}

/// What became of a request to hold a time longer: the hold as it is now.
pub type ExtendReply = std::result::Result<Hold, HoldRefusal>;

/// What became of giving a hold up.
pub type ReleaseReply = std::result::Result<(), HoldRefusal>;

/// What became of a request to join a waiting list: the place there.
pub type WaitReply = std::result::Result<PlaceInLine, Refusal>;

/// What became of leaving a waiting list.
pub type WithdrawReply = std::result::Result<(), NotWaiting>;

/// A place on a waiting list as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceInLine {
    /// The place.
    pub waiting: Waiting,
    /// Which in line it is, from 1, over all who wait for the specialty there; `None` when it has ended.
    pub position: Option<u32>,
    /// The time that is offered now.
    pub offer: Option<Hold>,
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Holds and places on waiting lists that it ended.
    pub ended: u64,
}

/// Which free times to look for: what this person could book in this facility, nearest to a time.
#[derive(Clone, Debug)]
pub struct FreeTimesQuery {
    /// The person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The facility.
    pub lpu: LpuCode,
    /// What for.
    pub sought: Sought,
    /// Local time asked for.
    pub near: jiff::civil::DateTime,
}

/// What free times are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sought {
    /// Those that a referral opens.
    Referral(ReferralKey),
    /// Those of a specialty, without a referral.
    Specialty(SpecialtyCode),
    /// Those that the person's own entry could be moved to.
    Entry(EntryKey),
}

impl Sought {
    /// The referral, if there is one.
    #[must_use]
    pub fn referral(&self) -> Option<ReferralKey> {
        match self {
            Self::Referral(referral) => Some(*referral),
            Self::Specialty(_) | Self::Entry(_) => None,
        }
    }
}

/// Which free times to list: all that this person could book under a referral.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The referral.
    pub referral: ReferralKey,
    /// The facility; `None` for every one where the person has a card.
    pub lpu: Option<LpuCode>,
    /// How many days ahead of today, if fewer than the caller sees.
    pub days: Option<u16>,
}

/// The free times that were asked for, those first that are earliest; or the refusal that a booking would meet
/// whatever the time.
pub type ListReply = std::result::Result<Vec<FacilityTimes>, Refusal>;

/// A person's birth date and policy, as `GET /auth/rpgu/token` asks by them.
#[derive(Clone)]
pub struct PolicyQuery {
    /// Date of birth.
    pub birth_date: Date,
    /// Series of the policy; `None` matches any.
    pub series: Option<String>,
    /// Number of the policy.
    pub number: String,
}

/// The person that a policy belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PersonMatch {
    /// Nobody with a card, or more than one person, which is answered alike.
    None,
    /// This person, who has at least one card.
    One(PersonId),
}

/// For whom an entry is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketReader {
    /// A person, who reads their own entries alone.
    Person(PersonId),
    /// Whoever has the ticket's link. It was opened with the installation's key, which is the proof.
    Link,
}

/// An entry, with what its ticket says of the referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketFacts {
    /// The entry.
    pub entry: Entry,
    /// The number printed on its referral, while the installation has that.
    pub referral_number: Option<String>,
}

/// A person with their cards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonCards {
    /// The person.
    pub person: Person,
    /// Their cards, in no order.
    pub cards: Vec<Card>,
}

/// A person sees at most this many of their referrals: those that were issued last.
pub const MOST_REFERRALS: u16 = 200;

/// A person's own referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnReferral {
    /// The referral.
    pub referral: Referral,
    /// The visit that uses it up.
    pub used_by: Option<Visit>,
}

/// A person sees at most this many entries of those asked for: the last ones.
pub const MOST_ENTRIES: u16 = 1000;

/// What entries were and what became of them, in no order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// What they were before they were moved.
    pub versions: Vec<EntryVersion>,
    /// When and why they were cancelled.
    pub cancellations: Vec<Cancellation>,
}

/// Which of a person's entries are looked for.
#[derive(Clone, Copy, Debug)]
pub struct EntriesQuery {
    /// The person.
    pub person: PersonId,
    /// First instant at which they may begin.
    pub from: Timestamp,
    /// First instant at which they may not any more.
    pub to: Timestamp,
    /// What became of them; `None` for all.
    pub state: Option<EntryState>,
}

/// What publishing a template did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// Slots added.
    pub added: u64,
    /// Free slots removed because the template does not make them, or not for that resource, any more.
    pub removed: u64,
    /// Slots of the template left alone although it does not make them any more, because they are booked.
    pub kept: u64,
    /// Slots not made because another cell of the resource takes up the time, or because a booked one of a
    /// resource that the template has left is the same slot.
    pub blocked: u64,
}

/// What a request asks of the store: the two have queues of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Reads; all that is written is the audit record.
    Read,
    /// Changes something.
    Change,
}

/// How busy the store is, for metrics and health.
#[derive(Clone, Debug, Default)]
pub struct Load {
    /// Writes waiting.
    pub queued: usize,
    /// Audit records of reads waiting, which have a queue of their own.
    pub records_queued: usize,
    /// How many may wait in each queue.
    pub queue_limit: usize,
    /// Commands per commit, since the start.
    pub batch_size: Histogram,
    /// Seconds from the beginning of a batch to its being durable, since the start.
    pub commit_seconds: Histogram,
    /// Connections in use and connections that there may be.
    pub connections: (usize, usize),
    /// Transactions that were run again because another was in their way or the connection was lost.
    pub retries: u64,
    /// Commits of which the outcome was in doubt.
    pub unknown: u64,
    /// Those of them whose outcome was found out before anybody was answered.
    pub settled: u64,
}
