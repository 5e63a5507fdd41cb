//! Taking records in: what stands against a page, and writing it.

mod apply;
mod check;
mod known;
mod overlap;

pub(crate) use apply::apply;
pub(crate) use check::check;
pub(crate) use known::known;
pub(crate) use overlap::overlapping;

use talon_store::{Fault, Record};

use crate::{failure::Failure, failure::Result, session::Session};

/// Takes a page whole, or nothing of it.
pub(crate) fn page(session: &mut Session<'_>, records: &[Record]) -> Result<Vec<Fault>> {
    let faults = check(session.connection, records)?;
    if !faults.is_empty() {
        return Ok(faults);
    }
    let faults = apply(session, records)?;
    if faults.is_empty() { Ok(faults) } else { Err(Failure::Page(faults)) }
}
