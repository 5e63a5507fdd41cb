//! Other times for a caller whose time was refused.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use crate::{
    access::Caller,
    booking::{Case, Cell, Facts, RULES, SLOT_RULES},
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
}

/// The times to offer, nearest to the asked time first.
pub type Alternatives = Vec<FreeTime>;

/// Picks from candidates the times that every rule allows, the same rules that book: what is
/// offered is bookable. Candidates come nearest to `asked` first; the order is made sure of here
/// (the earlier one at equal distance, then by resource).
#[must_use]
pub fn pick_alternatives(
    facts: &Facts,
    caller: &Caller,
    mut candidates: Vec<(&Resource, Cell)>,
    asked: Timestamp,
    now: Timestamp,
) -> Alternatives {
    let Some(facility) = facts.facility.as_deref() else { return Vec::new() };
    candidates.sort_by_key(|(resource, cell)| {
        let start = cell.slot.start;
        (asked.duration_since(start).abs(), start, resource.key)
    });
    let free = candidates.iter().filter_map(|(resource, cell)| {
        let local = facility.zone.local(cell.slot.start);
        let case = Case { resource: Some(resource), cell: Some(cell), ..Case::of(facts, caller, local.date(), now)? };
        let allowed = RULES.iter().chain(SLOT_RULES).all(|rule| rule(&case).is_ok());
        allowed.then_some(FreeTime { resource: resource.key, day: local.date(), time: local.time() })
    });
    free.take(MOST_ALTERNATIVES).collect()
}
