//! Waiting lists: who waits for a time, in which order, and what they are offered.

mod join;
mod offer;
mod waking;

use std::{fmt, sync::Arc};

use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use crate::{
    access::{Caller, Channel},
    audit::Request,
    codes::codes,
    ids::{AuditId, ClientId, PersonId, ReferralKey, ResourceId, WaitingId, WaitingKey},
    reference::Reference,
    resource::SpecialtyCode,
};

pub use join::{DEFAULT_DAYS, WaitCommand, WaitFacts, decide_wait};
pub use offer::{Offer, OfferTerms, may_be_offered};

codes! {
    /// What became of a place on a waiting list.
    pub enum WaitingState {
        /// Waiting for a time.
        Waiting = "waiting",
        /// A time is held for the person: an offer.
        Offered = "offered",
        /// The offered time is booked.
        Booked = "booked",
        /// The person gave it up.
        Withdrawn = "withdrawn",
        /// Its last day has passed.
        Over = "over",
    }
}

impl WaitingState {
    /// Whether the person still waits.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::Waiting | Self::Offered)
    }
}

/// The priority of one who joined without any: a lower number comes earlier.
pub const USUAL_PRIORITY: u16 = 100;

/// Every beginning of a visit: what one waits for who names no times.
pub const ANY_TIME: (Time, Time) = (Time::constant(0, 0, 0, 0), Time::constant(23, 59, 0, 0));

/// A person's place on a waiting list: of a facility and a specialty.
#[derive(Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The facility that is waited for, and the guid.
    pub key: WaitingKey,
    /// Who waits.
    pub person: PersonId,
    /// For which specialty.
    pub specialty: SpecialtyCode,
    /// For which of the facility's resources; `None` for any of the specialty.
    pub resource: Option<ResourceId>,
    /// Under which referral the time will be booked.
    pub referral: Option<ReferralKey>,
    /// Telephone.
    pub phone: Option<String>,
    /// First and last day that will do, local to the facility.
    pub dates: (Date, Date),
    /// First and last beginning that will do, local to the facility.
    pub times: (Time, Time),
    /// A lower number comes earlier.
    pub priority: u16,
    /// The day by which an offer is promised.
    pub due: Option<Date>,
    /// Since when.
    pub since: Timestamp,
    /// What became of it.
    pub state: WaitingState,
    /// Grows with every change: what a change is compared with.
    pub version: u32,
    /// Through which client application.
    pub client: Option<ClientId>,
    /// Through which channel.
    pub channel: Channel,
}

impl fmt::Debug for Waiting {
    /// Ids only: a telephone must not reach a log by way of `{:?}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Waiting({} of {}, {}, {})", self.key, self.person, self.state.code(), self.version)
    }
}

impl Waiting {
    /// What decides who comes first: the promised day, the priority, since when, and last the guid, so that there
    /// is one order and everybody sees the same.
    #[must_use]
    pub fn order(&self) -> (Date, u16, Timestamp, WaitingId) {
        (self.due.unwrap_or(Date::MAX), self.priority, self.since, self.key.waiting)
    }

    /// Who the person is to the rules: through what they joined by. `None` when that client application is not known
    /// any more: it may do nothing.
    #[must_use]
    pub fn caller(&self, reference: &Reference) -> Option<Caller> {
        let client = match self.client {
            None => None,
            Some(client) => Some(Arc::clone(reference.client(client)?)),
        };
        Some(Caller { channel: self.channel, client })
    }

    /// The same in another state.
    #[must_use]
    pub fn changed_to(&self, state: WaitingState) -> Self {
        Self { state, version: self.version + 1, ..self.clone() }
    }
}

/// A place whose last day was before this one is over, whatever the facility's zone: the day has begun everywhere.
#[must_use]
pub fn first_open_day(now: Timestamp) -> Date {
    let day = TimeZone::UTC.to_datetime(now).date();
    day.yesterday().unwrap_or(day)
}

/// A request to leave a waiting list.
#[derive(Clone, Debug)]
pub struct WithdrawCommand {
    /// Whose place it must be: the token's person.
    pub person: PersonId,
    /// Who is asking.
    pub caller: Caller,
    /// The place.
    pub waiting: WaitingKey,
    /// The request's id.
    pub request: Request,
    /// Id for the audit record.
    pub new_audit: AuditId,
}

/// There is no such place on a waiting list, or it is somebody else's: the two answers do not differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotWaiting;

impl NotWaiting {
    /// The stable name of the reason.
    #[must_use]
    pub fn slug(self) -> &'static str {
        "waiting-not-found"
    }
}

/// Decides that the person leaves: their place as it will be, or `None` when it has ended already and the same answer
/// is given again.
///
/// # Errors
///
/// [`NotWaiting`]
pub fn decide_withdrawal(waiting: Option<&Waiting>) -> Result<Option<Waiting>, NotWaiting> {
    let waiting = waiting.ok_or(NotWaiting)?;
    Ok(waiting.state.is_live().then(|| waiting.changed_to(WaitingState::Withdrawn)))
}
