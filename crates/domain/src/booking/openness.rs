//! How cells look to a caller without a referral.

use jiff::{
    Timestamp,
    civil::{Date, Time},
};

use super::rules::{has_begun, last_day_of_window};
use crate::{
    access::{Caller, Function, Rights},
    codes::codes,
    facility::Facility,
    slot::Slot,
};

/// A cell, and how many of its places nobody has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlaces {
    /// The cell.
    pub slot: Slot,
    /// Its free places.
    pub free: u16,
}

codes! {
    /// How a cell looks to a caller (family).
    pub enum CellStatus {
        /// It has a free place.
        Available = "Available",
        /// Nobody may book it, or its resource is absent.
        Unavailable = "Unavailable",
        /// Others may book it, this caller may not.
        Unauthorized = "Unauthorized",
        /// It has begun.
        Expired = "Expired",
        /// Every place is taken.
        Booked = "Booked",
    }
}

/// A cell as a caller sees it.
#[derive(Clone, Debug)]
pub struct CellView {
    /// The cell with its free places.
    pub cell: CellPlaces,
    /// Its day, local to the facility.
    pub day: Date,
    /// When it begins, local to the facility.
    pub from: Time,
    /// When it ends, local to the facility.
    pub to: Time,
    /// How it looks.
    pub status: CellStatus,
    /// Whether this caller may book it now, by rights and window, as long as it has a free place.
    pub is_open: bool,
    /// Who may book it now.
    pub rights: Rights,
}

/// Who looks at a facility's cells without a referral, and when.
#[derive(Clone, Copy, Debug)]
pub struct Onlooker<'a> {
    caller: &'a Caller,
    facility: &'a Facility,
    rights: Rights,
    now: Timestamp,
    today: Date,
}

impl<'a> Onlooker<'a> {
    /// This caller, now.
    #[must_use]
    pub fn new(caller: &'a Caller, facility: &'a Facility, now: Timestamp) -> Self {
        let rights = caller.rights(Function::VisitDoctor);
        Self { caller, facility, rights, now, today: facility.today(now) }
    }

    /// The last day that is open to the caller.
    #[must_use]
    pub fn last_day(&self) -> Date {
        last_day_of_window(self.caller, self.facility, self.today)
    }

    /// The cell as the rules of booking about the slot have it; they say nothing of a patient.
    #[must_use]
    pub fn sees(&self, cell: CellPlaces) -> CellView {
        let interval = cell.slot.interval();
        let (from, to) = (self.facility.zone.local(interval.start), self.facility.zone.local(interval.end));
        let rights = cell.slot.rights_at(self.now);
        let (is_over, may) = (has_begun(&cell.slot, self.now), rights.meet(self.rights));
        let is_absent = cell.slot.absent;
        let status = if is_over {
            CellStatus::Expired
        } else if is_absent || rights == Rights::default() {
            CellStatus::Unavailable
        } else if !may {
            CellStatus::Unauthorized
        } else if cell.free == 0 {
            CellStatus::Booked
        } else {
            CellStatus::Available
        };
        let is_open = may && !is_over && !is_absent && from.date() <= self.last_day();
        CellView { cell, day: from.date(), from: from.time(), to: to.time(), status, is_open, rights }
    }
}

/// How busy a resource is on a day, to a caller without a referral.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// There are free times.
    Free,
    /// Every time that is open to the caller is taken.
    Taken,
    /// None of the times to come is open to the caller.
    NotOpen,
    /// No time is to come.
    Over,
}

/// A resource's day as a caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayView {
    /// The day, local to the facility.
    pub day: Date,
    /// When its first cell begins.
    pub from: Time,
    /// When its last cell ends.
    pub to: Time,
    /// How many places the caller could book.
    pub places: u32,
    /// How busy it is.
    pub busy: Busy,
}

/// The days of cells that come in the order of their beginnings.
#[must_use]
pub fn days(cells: &[CellView]) -> Vec<DayView> {
    cells.chunk_by(|one, next| one.day == next.day).filter_map(day).collect()
}

fn day(cells: &[CellView]) -> Option<DayView> {
    let (first, last) = (cells.first()?, cells.last()?);
    let open = || cells.iter().filter(|cell| cell.is_open);
    let places: u32 = open().map(|cell| u32::from(cell.cell.free)).sum();
    let busy = if cells.iter().all(|cell| cell.status == CellStatus::Expired) {
        Busy::Over
    } else if open().next().is_none() {
        Busy::NotOpen
    } else if places == 0 {
        Busy::Taken
    } else {
        Busy::Free
    };
    Some(DayView { day: first.day, from: first.from, to: last.to, places, busy })
}

#[cfg(test)]
mod tests;
