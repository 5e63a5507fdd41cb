//! The shape of requests: JSON or a form, fields, types, formats (contract, section 3, step 2).

mod book;
mod cancel;
mod field;
mod fields;
pub(crate) mod form;
mod free_times;
mod hold;
mod idempotency;
mod move_entry;
mod object;
mod own;
mod page;
mod parameters;
mod policy;
mod schedule;
mod visit;
mod wait;

pub(crate) use book::{ShapeFault, read_booking, read_hold};
pub(crate) use cancel::read_cancel;
pub(crate) use field::{Fault, FieldFault, not_an_object};
pub(crate) use free_times::read_free_times;
pub(crate) use hold::read_hold_id;
pub(crate) use move_entry::read_move;
pub(crate) use own::{read_standing, read_visits};
pub(crate) use parameters::Parameters;
pub(crate) use policy::read_policy;
pub(crate) use schedule::{read_cells_of_a_day, read_cells_of_days, read_doctors};
pub(crate) use visit::read_visit;
pub(crate) use wait::{WaitFault, read_wait, read_waiting_id};
