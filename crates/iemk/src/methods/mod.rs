//! The methods, one file each: extract, call, map.

pub(crate) mod book;
pub(crate) mod cancel;
pub(crate) mod directions;
pub(crate) mod doctors;
pub(crate) mod free_times;
pub(crate) mod hold;
pub(crate) mod move_entry;
pub(crate) mod openapi;
pub(crate) mod personal;
mod recorded;
pub(crate) mod schedule;
pub(crate) mod ticket;
pub(crate) mod token;
pub(crate) mod visit;
mod visit_data;
pub(crate) mod visits;
pub(crate) mod waiting;
