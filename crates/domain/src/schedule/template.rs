//! A line of a resource's schedule, repeated by weekday or by odd and even days.

use jiff::{
    ToSpan,
    civil::{Date, Time, Weekday},
};

use crate::{
    access::Rights,
    codes::codes,
    ids::{ResourceKey, TemplateId},
    slot::{Ages, Release},
    zone::Zone,
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

impl Parity {
    /// Whether a day of the month is one of these.
    #[must_use]
    pub fn admits(self, day: Date) -> bool {
        match self {
            Self::Any => true,
            Self::Odd => day.day() % 2 == 1,
            Self::Even => day.day() % 2 == 0,
        }
    }
}

/// A part of the working day with rights of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayPart {
    /// First minute, local to the facility.
    pub from: Time,
    /// First minute after it; midnight is the end of the day.
    pub to: Time,
    /// Minutes per visit.
    pub minutes: u16,
    /// Patients per cell.
    pub places: u16,
    /// Who may book these cells.
    pub rights: Rights,
    /// When more callers may, if ever.
    pub release: Option<DayRelease>,
}

/// When cells of a part are opened to more callers: "from 18:00 of the day before".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayRelease {
    /// How many days before the cells' own day.
    pub days_before: u16,
    /// At what time of that day, local to the facility.
    pub at: Time,
    /// The rights that are added to the part's own.
    pub rights: Rights,
}

impl DayRelease {
    /// The release of cells of a day. A local time that clocks skip is as far after the gap as it lies
    /// in it, one that occurs twice is the earlier. `None` before the first day that can be written.
    #[must_use]
    pub fn of_day(&self, day: Date, zone: &Zone) -> Option<Release> {
        let day = day.checked_sub(i32::from(self.days_before).days()).ok()?;
        Some(Release { at: zone.nearest_instant(day.to_datetime(self.at))?, rights: self.rights })
    }
}

/// Days on which the template does not work as usual. It changes the hours of days that the
/// template works anyway; a working Saturday is a template of its own.
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
    /// Breaks within the parts, on exceptional days too: no visit overlaps one. An end at midnight
    /// is the end of the day.
    pub breaks: Vec<(Time, Time)>,
    /// Days that differ. Where several hold a day, the last of them counts.
    pub exceptions: Vec<Exception>,
    /// Ages the cells take.
    pub ages: Ages,
}

impl Template {
    /// The parts worked on a day; none when it is a day off.
    #[must_use]
    pub fn parts_on(&self, day: Date) -> &[DayPart] {
        let in_force = self.from <= day && self.until.is_none_or(|until| day <= until);
        if !in_force || !self.weekdays.contains(&day.weekday()) || !self.parity.admits(day) {
            return &[];
        }
        let exception = self.exceptions.iter().rev().find(|exception| exception.from <= day && day <= exception.until);
        exception.map_or(&self.parts, |exception| &exception.parts)
    }
}
