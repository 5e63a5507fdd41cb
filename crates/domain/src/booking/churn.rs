//! Booking and giving up again: how often patients may do that by themselves.
//!
//! Each visit that is given up was a place that nobody else could have meanwhile. Who does it again and again keeps
//! places from others, by intent or by a program's mistake.

use jiff::{RoundMode, SignedDuration, Timestamp, TimestampRound, Unit};

use crate::{
    access::{Caller, Channel},
    entry::Entry,
    ids::PersonId,
    resource::SpecialtyCode,
};

/// How often patients may give up what they booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChurnTerms {
    /// So many visits of one specialty; 0 for any number.
    pub most: u16,
    /// Within this time, counted from the first of them.
    pub within: SignedDuration,
}

/// One more visit that a patient booked by themselves and gave up by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// The person.
    pub person: PersonId,
    /// The visit's specialty.
    pub specialty: SpecialtyCode,
    /// When.
    pub at: Timestamp,
    /// So many of them make a [`Pause`].
    pub most: u16,
    /// When counting begins anew, if this is the first of them. A whole minute, because messages name it.
    pub until: Timestamp,
}

impl GivenUp {
    /// What a cancellation counts for; `None` when a desk cancels or booked, or nobody counts.
    pub(super) fn of(terms: &ChurnTerms, caller: &Caller, entry: &Entry, now: Timestamp) -> Option<Self> {
        let booked_by_themselves = entry.channel.is_some_and(Channel::is_self_service);
        if terms.most == 0 || !booked_by_themselves || !caller.channel.is_self_service() {
            return None;
        }
        let end = now.checked_add(terms.within).unwrap_or(Timestamp::MAX);
        let to_the_minute = TimestampRound::new().smallest(Unit::Minute).mode(RoundMode::Ceil);
        Some(Self {
            person: entry.person,
            specialty: entry.specialty.clone(),
            at: now,
            most: terms.most,
            until: end.round(to_the_minute).unwrap_or(end),
        })
    }
}

/// A person gave up so many visits of a specialty that they do not book another by themselves for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    /// The specialty.
    pub specialty: SpecialtyCode,
    /// From this instant on they may again.
    pub until: Timestamp,
}
