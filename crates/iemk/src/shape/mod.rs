//! The shape of requests: JSON or a form, fields, types, formats (contract, section 3, step 2).

mod book;
mod field;
pub(crate) mod form;
mod idempotency;
mod object;
mod parameters;
mod policy;

pub(crate) use book::{ShapeFault, read_booking};
pub(crate) use field::{Fault, FieldFault, not_an_object};
pub(crate) use parameters::Parameters;
pub(crate) use policy::read_policy;
