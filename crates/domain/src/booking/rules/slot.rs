//! Step 6: the slot.

use jiff::{Timestamp, ToSpan, civil::Date};

use crate::{
    access::Caller,
    booking::{Case, Cell, Refusal},
    facility::Facility,
    slot::Slot,
};

/// The resource is one of the facility that `lpu_code` names.
pub(super) fn resource_is_known(case: &Case<'_>) -> Result<(), Refusal> {
    match (case.resource, case.named_cell) {
        (Some(_), _) => Ok(()),
        // A cell that is gone names no resource; what is missing is the time.
        (None, Some(_)) => Err(Refusal::TimeAbsent),
        (None, None) => Err(Refusal::ResourceUnknown),
    }
}

/// The resource has a cell that begins at the time asked for: that which the request names, if it does.
/// Between its being looked up and this another may have come in its place.
pub(super) fn cell_is_known(case: &Case<'_>) -> Result<(), Refusal> {
    let named = |cell: &&Cell| case.named_cell.is_none_or(|named| named == cell.slot.key.slot);
    case.cell.filter(named).map(|_| ()).ok_or(Refusal::TimeAbsent)
}

/// Contract, section 4, `time-absent`: at this time the doctor does not receive patients after all.
pub(super) fn resource_is_not_absent(case: &Case<'_>) -> Result<(), Refusal> {
    match case.cell {
        Some(cell) if cell.slot.absent => Err(Refusal::TimeAbsent),
        _ => Ok(()),
    }
}

/// Contract, section 9, `time-past`: start ≤ now has begun.
pub(super) fn has_not_begun(case: &Case<'_>) -> Result<(), Refusal> {
    match case.cell {
        Some(cell) if has_begun(&cell.slot, case.now) => Err(Refusal::TimePast),
        _ => Ok(()),
    }
}

pub(in crate::booking) fn has_begun(slot: &Slot, now: Timestamp) -> bool {
    slot.start <= now
}

/// Contract, section 9, `time-beyond-window`: today + the window's days is still open.
pub(super) fn is_within_the_window(case: &Case<'_>) -> Result<(), Refusal> {
    if case.day > case.last_day {
        return Err(Refusal::TimeBeyondWindow);
    }
    Ok(())
}

pub(in crate::booking) fn last_day_of_window(caller: &Caller, facility: &Facility, today: Date) -> Date {
    today.saturating_add(i32::from(caller.window_days(facility)).days())
}

/// Contract, section 7: the cell's rights at this instant and the caller's share one.
pub(super) fn is_open_to_the_caller(case: &Case<'_>) -> Result<(), Refusal> {
    match case.cell {
        Some(cell) if !cell.slot.rights_at(case.now).meet(case.rights()) => Err(Refusal::TimeNotOpen),
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
