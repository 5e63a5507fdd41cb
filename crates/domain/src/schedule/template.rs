//! A line of a resource's schedule, repeated by weekday or by odd and even days.

use jiff::civil::{Date, Time, Weekday};

use crate::{
    access::Rights,
    codes::codes,
    ids::{ResourceKey, TemplateId},
    slot::Ages,
};

codes! {
    /// On which days of the month a template works, as Russian clinics alternate shifts.
    pub enum Parity {
        /// On every day.
        Any = "any",
        /// On odd days of the month.
        Odd = "odd",
        /// On even days of the month.
        Even = "even",
    }
}

/// A part of the working day with rights of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayPart {
    /// First minute, local to the facility.
    pub from: Time,
    /// First minute after it.
    pub to: Time,
    /// Minutes per visit.
    pub minutes: u16,
    /// Patients per cell.
    pub places: u16,
    /// Who may book these cells.
    pub rights: Rights,
}

/// A day on which the template does not work as usual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// The parts worked instead; none on days off.
    pub parts: Vec<DayPart>,
}

/// A repeating schedule of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The resource.
    pub resource: ResourceKey,
    /// Guid within the facility.
    pub id: TemplateId,
    /// First day.
    pub from: Date,
    /// Last day; `None` until further notice.
    pub until: Option<Date>,
    /// On which weekdays.
    pub weekdays: Vec<Weekday>,
    /// On which days of the month, beside the weekdays.
    pub parity: Parity,
    /// The parts of a working day.
    pub parts: Vec<DayPart>,
    /// Breaks within the parts: no visit overlaps one.
    pub breaks: Vec<(Time, Time)>,
    /// Days that differ.
    pub exceptions: Vec<Exception>,
    /// Ages the cells take.
    pub ages: Ages,
}
