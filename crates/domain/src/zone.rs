//! A facility's time zone: the only place where a local time becomes an instant and back.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};

/// An IANA time zone with its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    name: String,
    rules: TimeZone,
}

/// A name that is not in the zone data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {0:?}; use an IANA name such as Europe/Moscow")]
pub struct UnknownZone(pub String);

impl Zone {
    /// Looks a zone up in the bundled zone data, by its IANA name in any case.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        let unknown = || UnknownZone(name.to_owned());
        let rules = TimeZone::get(name).map_err(|_| unknown())?;
        let name = rules.iana_name().ok_or_else(unknown)?.to_owned();
        Ok(Self { name, rules })
    }

    /// The zone's IANA name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The instant of a local time. `None` when clocks skip it; the earlier one when it occurs
    /// twice (contract, section 9, `time-past`).
    #[must_use]
    pub fn instant(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.rules.to_ambiguous_timestamp(local);
        if let AmbiguousOffset::Gap { .. } = ambiguous.offset() {
            return None;
        }
        ambiguous.earlier().ok()
    }

    /// The instant nearest to a local time that may not exist: where clocks skip it, as far after
    /// the gap as it lies in it. `None` outside the range of instants.
    #[must_use]
    pub fn nearest_instant(&self, local: DateTime) -> Option<Timestamp> {
        self.rules.to_ambiguous_timestamp(local).compatible().ok()
    }

    /// The local time of an instant.
    #[must_use]
    pub fn local(&self, instant: Timestamp) -> DateTime {
        self.rules.to_datetime(instant)
    }

    /// The local day of an instant.
    #[must_use]
    pub fn day(&self, instant: Timestamp) -> Date {
        self.local(instant).date()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_local_time_that_clocks_skip_has_no_instant() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        assert_eq!(berlin.instant(date(2026, 3, 29).at(2, 30, 0, 0)), None);
    }

    #[test]
    fn a_local_time_that_occurs_twice_is_the_earlier() {
        let berlin = Zone::parse("europe/berlin").unwrap();
        let first = berlin.instant(date(2026, 10, 25).at(2, 30, 0, 0)).unwrap();
        assert_eq!(first.to_string(), "2026-10-25T00:30:00Z");
        assert_eq!(berlin.name(), "Europe/Berlin");
    }

    #[test]
    fn a_name_outside_the_data_is_refused() {
        assert!(Zone::parse("Moscow").is_err());
        assert!(Zone::parse("").is_err());
    }
}
