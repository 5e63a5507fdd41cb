//! Cells of the schedule.

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::{
    access::Rights,
    ids::{ResourceId, SlotKey, TemplateId},
};

/// Limits of age in whole years, both ends included; `None` does not limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ages {
    /// Youngest age admitted.
    pub min: Option<u8>,
    /// Oldest age admitted.
    pub max: Option<u8>,
}

impl Ages {
    /// Whether a person of `age` whole years is admitted.
    #[must_use]
    pub fn admit(&self, age: u16) -> bool {
        self.min.is_none_or(|min| age >= u16::from(min)) && self.max.is_none_or(|max| age <= u16::from(max))
    }
}

/// A stretch of time, half-open: the end belongs to what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// First instant inside.
    pub start: Timestamp,
    /// First instant after it.
    pub end: Timestamp,
}

impl Interval {
    /// `minutes` from `start`.
    #[must_use]
    pub fn of_minutes(start: Timestamp, minutes: u16) -> Self {
        // Saturates at the end of representable time, some eight thousand years ahead.
        let end = start.saturating_add(SignedDuration::from_mins(i64::from(minutes))).unwrap_or(start);
        Self { start, end }
    }

    /// Whether both contain some instant.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The UTC days it touches, first and last (they are equal for nearly every visit). Facilities
    /// lie in different zones; UTC days are the same for all of them.
    #[must_use]
    pub fn utc_days(&self) -> (Date, Date) {
        let day = |instant: Timestamp| jiff::tz::TimeZone::UTC.to_datetime(instant).date();
        let last = self.end.as_nanosecond().saturating_sub(1).max(self.start.as_nanosecond());
        (day(self.start), Timestamp::from_nanosecond(last).map_or_else(|_| day(self.start), day))
    }
}

/// An instant from which on more callers may book a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    /// The first instant; whole seconds.
    pub at: Timestamp,
    /// The rights that are added to the cell's own.
    pub rights: Rights,
}

/// A cell: a stretch of a resource's time that one or more patients can be booked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Facility and guid.
    pub key: SlotKey,
    /// The resource within the same facility.
    pub resource: ResourceId,
    /// When it begins.
    pub start: Timestamp,
    /// How long it lasts.
    pub minutes: u16,
    /// How many patients it takes; at least one.
    pub places: u16,
    /// Who may book it, from the beginning.
    pub rights: Rights,
    /// When more callers may, if ever.
    pub release: Option<Release>,
    /// Ages it takes, beside the resource's own.
    pub ages: Ages,
    /// The template it was made from, if any.
    pub template: Option<TemplateId>,
    /// Whether its resource does not receive patients at this time after all (ill, on leave): nobody books it, and
    /// who has is told.
    pub absent: bool,
}

impl Slot {
    /// The time it takes up.
    #[must_use]
    pub fn interval(&self) -> Interval {
        Interval::of_minutes(self.start, self.minutes)
    }

    /// Who may book it at this instant.
    #[must_use]
    pub fn rights_at(&self, now: Timestamp) -> Rights {
        match self.release {
            Some(release) if release.at <= now => self.rights.and(release.rights),
            _ => self.rights,
        }
    }
}

/// Whether nobody receives in a cell. Where there is no cell nothing says so.
#[must_use]
pub fn is_absent(cell: Option<&Slot>) -> bool {
    cell.is_some_and(|cell| cell.absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        access::Right,
        ids::{FacilityId, SlotId},
    };

    fn at(text: &str, minutes: u16) -> Interval {
        Interval::of_minutes(text.parse().unwrap(), minutes)
    }

    #[test]
    fn touching_intervals_do_not_overlap() {
        let first = at("2026-04-14T06:00:00Z", 20);
        assert!(!first.overlaps(&at("2026-04-14T06:20:00Z", 20)));
        assert!(first.overlaps(&at("2026-04-14T06:19:00Z", 20)));
        assert!(first.overlaps(&at("2026-04-14T05:00:00Z", 120)));
    }

    #[test]
    fn a_visit_that_ends_at_midnight_touches_one_day() {
        let (first, last) = at("2026-04-14T23:40:00Z", 20).utc_days();
        assert_eq!(first, last);
        let (first, last) = at("2026-04-14T23:40:00Z", 21).utc_days();
        assert_ne!(first, last);
    }

    #[test]
    fn a_cell_is_released_at_the_very_second() {
        let released: Timestamp = "2026-04-13T15:00:00Z".parse().unwrap();
        let (own, added) = (Rights::of(&[Right::Registry]), Rights::of(&[Right::Internet]));
        let slot = Slot {
            key: SlotKey { facility: FacilityId::from_bytes([1; 16]), slot: SlotId::from_bytes([2; 16]) },
            resource: ResourceId::from_bytes([3; 16]),
            start: "2026-04-14T06:00:00Z".parse().unwrap(),
            minutes: 20,
            places: 1,
            rights: own,
            release: Some(Release { at: released, rights: added }),
            ages: Ages::default(),
            template: None,
            absent: false,
        };
        assert_eq!(slot.rights_at(released - SignedDuration::from_secs(1)), own);
        assert_eq!(slot.rights_at(released - SignedDuration::from_nanos(1)), own);
        assert_eq!(slot.rights_at(released), own.and(added));
        assert_eq!(Slot { release: None, ..slot }.rights_at(released), own);
    }

    #[test]
    fn both_ends_of_an_age_limit_are_admitted() {
        let ages = Ages { min: Some(18), max: Some(60) };
        assert_eq!([17, 18, 60, 61].map(|age| ages.admit(age)), [false, true, true, false]);
        assert!(Ages::default().admit(0));
    }
}
