//! Step 6: the slot.

use jiff::ToSpan;

use crate::booking::{Case, Refusal};

/// The resource is one of the facility that `lpu_code` names.
pub(super) fn resource_is_known(case: &Case<'_>) -> Result<(), Refusal> {
    case.resource.map(|_| ()).ok_or(Refusal::ResourceUnknown)
}

/// The resource has a cell that begins at the time asked for.
pub(super) fn cell_is_known(case: &Case<'_>) -> Result<(), Refusal> {
    case.cell.map(|_| ()).ok_or(Refusal::TimeAbsent)
}

/// Contract, section 9, `time-past`: start ≤ now has begun.
pub(super) fn has_not_begun(case: &Case<'_>) -> Result<(), Refusal> {
    match case.cell {
        Some(cell) if cell.slot.start <= case.now => Err(Refusal::TimePast),
        _ => Ok(()),
    }
}

/// Contract, section 9, `time-beyond-window`: today + the window's days is still open.
pub(super) fn is_within_the_window(case: &Case<'_>) -> Result<(), Refusal> {
    let days = case.caller.window_days(case.facility);
    let last = case.today().saturating_add(i32::from(days).days());
    if case.day > last {
        return Err(Refusal::TimeBeyondWindow);
    }
    Ok(())
}

/// Contract, section 7: the cell's rights and the caller's share one.
pub(super) fn is_open_to_the_caller(case: &Case<'_>) -> Result<(), Refusal> {
    match case.cell {
        Some(cell) if !cell.slot.rights.meet(case.rights()) => Err(Refusal::TimeNotOpen),
        _ => Ok(()),
    }
}

/// Message 4009: a place is left: nobody has it, its hold has run out, or it is the caller's own hold.
pub(super) fn has_a_free_place(case: &Case<'_>) -> Result<(), Refusal> {
    match case.cell {
        Some(cell) if cell.free.is_none() => Err(Refusal::TimeTaken),
        _ => Ok(()),
    }
}
