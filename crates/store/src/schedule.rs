//! What a schedule looks like: cells with their free places.

use jiff::Timestamp;
use talon_domain::{
    booking::CellPlaces,
    ids::{FacilityId, ResourceId},
};

/// Which cells of a facility are looked for.
#[derive(Clone, Debug)]
pub struct ScheduleQuery {
    /// The facility.
    pub facility: FacilityId,
    /// The resources, in the order in which they are wanted.
    pub resources: Vec<ResourceId>,
    /// Whether resources without a cell in that time are passed over.
    pub only_scheduled: bool,
    /// How many resources come before those wanted.
    pub skip: usize,
    /// How many resources are wanted.
    pub take: usize,
    /// First instant at which the cells may begin.
    pub from: Timestamp,
    /// First instant at which they may not any more.
    pub to: Timestamp,
    /// The present: a place that was held until then is free.
    pub now: Timestamp,
}

/// The cells of some of the resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SchedulePage {
    /// The resources in their order, each with its cells in the order of their beginnings.
    pub resources: Vec<(ResourceId, Vec<CellPlaces>)>,
    /// How many resources there are with those before and after.
    pub total: usize,
}
