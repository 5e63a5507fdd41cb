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

/// The cell as a free time of the case's resource, if every rule allows it to this caller: the same rules
/// that book, so that what is offered is bookable. The case's own cell and day play no part.
///
/// The later of two cells whose local times are the same, in the night in which clocks go back, is offered to
/// nobody: whoever asks for that time gets the earlier.
#[must_use]
pub fn free_time(case: &Case<'_>, cell: &Cell) -> Option<FreeTime> {
    let resource = case.resource?;
    let local = case.facility.zone.local(cell.slot.start);
    let case = Case { cell: Some(cell), day: local.date(), ..*case };
    let allowed = RULES.iter().chain(SLOT_RULES).all(|rule| rule(&case).is_ok());
    let is_the_earlier = || case.facility.zone.instant(local) == Some(cell.slot.start);
    (allowed && is_the_earlier()).then_some(FreeTime {
        resource: resource.key,
        day: local.date(),
        time: local.time(),
        start: cell.slot.start,
    })
}

/// [`free_time`] of facts and a resource. The facts' own resource and cell play no part.
#[must_use]
pub fn bookable(facts: &Facts, caller: &Caller, resource: &Resource, cell: &Cell, now: Timestamp) -> Option<FreeTime> {
    let case = Case::of(facts, caller, facts.facility.as_deref()?.today(now), now)?;
    free_time(&case.with(resource), cell)
}

/// Whether any cell of the case's resource could be offered: what its cells cannot change is refused once
/// and not for each of them. Limits of age can differ from day to day and are left to [`free_time`].
///
/// # Errors
///
/// The refusal that every cell of it meets.
pub fn may_offer(case: &Case<'_>) -> Result<(), Refusal> {
    let case = Case { cell: None, ..*case };
    for rule in RULES {
        match rule(&case) {
            Ok(()) | Err(Refusal::AgeGroup) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(())
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
