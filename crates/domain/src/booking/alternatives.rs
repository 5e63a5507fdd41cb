//! Other times for a caller whose time was refused.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use crate::{
    access::{Caller, Rights},
    booking::{Case, Cell, Facts, RULES, Refusal, SLOT_RULES},
    ids::ResourceKey,
    resource::Resource,
};

/// A refusal offers at most this many.
pub const MOST_ALTERNATIVES: usize = 3;

/// A time that the caller could book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FreeTime {
    /// With whom.
    pub resource: ResourceKey,
    /// Day, local to the facility.
    pub day: Date,
    /// Time, local to the facility.
    pub time: Time,
    /// The same as an instant.
    pub start: Timestamp,
}

/// The cell as a free time, if every rule allows it to this caller: the same rules that book, so
/// that what is offered is bookable. The facts' own resource and cell play no part.
#[must_use]
pub fn bookable(facts: &Facts, caller: &Caller, resource: &Resource, cell: &Cell, now: Timestamp) -> Option<FreeTime> {
    let local = facts.facility.as_deref()?.zone.local(cell.slot.start);
    let case = Case { resource: Some(resource), cell: Some(cell), ..Case::of(facts, caller, local.date(), now)? };
    let allowed = RULES.iter().chain(SLOT_RULES).all(|rule| rule(&case).is_ok());
    allowed.then_some(FreeTime {
        resource: resource.key,
        day: local.date(),
        time: local.time(),
        start: cell.slot.start,
    })
}

/// Whether any cell of a resource could be offered: what its cells cannot change is refused once and
/// not for each of them. Limits of age can differ from day to day and are left to [`bookable`].
#[must_use]
pub fn may_offer(facts: &Facts, caller: &Caller, resource: &Resource, now: Timestamp) -> bool {
    let Some(facility) = facts.facility.as_deref() else { return false };
    let Some(case) = Case::of(facts, caller, facility.today(now), now) else { return false };
    let case = Case { resource: Some(resource), cell: None, ..case };
    RULES.iter().all(|rule| matches!(rule(&case), Ok(()) | Err(Refusal::AgeGroup)))
}

/// The rights by which a caller may book under this referral in this facility.
#[must_use]
pub fn rights(facts: &Facts, caller: &Caller, now: Timestamp) -> Rights {
    let today = facts.facility.as_deref().map(|facility| facility.today(now));
    today.and_then(|today| Case::of(facts, caller, today, now)).map(|case| case.rights()).unwrap_or_default()
}

/// The times to offer: nearest to `asked` first, the earlier one at equal distance, then by
/// resource.
#[must_use]
pub fn nearest(mut times: Vec<FreeTime>, asked: Timestamp) -> Vec<FreeTime> {
    times.sort_by_key(|time| (asked.duration_since(time.start).abs(), time.start, time.resource));
    times.truncate(MOST_ALTERNATIVES);
    times
}
