//! The written forms of days and times. jiff reads many spellings of each; the region file has one.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
};
use talon_domain::zone::Zone;

/// A time as a line has it: local to its facility, or an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// `YYYY-MM-DDTHH:MM` in the facility's zone.
    Local(DateTime),
    /// `YYYY-MM-DDTHH:MM:SSZ`, or with an offset: what a local time cannot say, as the later one
    /// of two.
    Exact(Timestamp),
}

impl Moment {
    /// How an instant is written for a facility of this zone: by local time if that names it.
    #[must_use]
    pub fn of(instant: Timestamp, zone: &Zone) -> Self {
        let local = zone.local(instant);
        let whole_minute = local.second() == 0 && local.subsec_nanosecond() == 0;
        if whole_minute && zone.instant(local) == Some(instant) { Self::Local(local) } else { Self::Exact(instant) }
    }

    /// The instant. `None` for a local time that the clocks of the zone skip.
    #[must_use]
    pub fn instant(self, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Local(local) => zone.instant(local),
            Self::Exact(instant) => Some(instant),
        }
    }

    /// The instant; for a local time that the clocks of the zone skip, as far after the gap as it lies in it.
    /// `None` for a local time without a zone.
    pub(crate) fn nearest_instant(self, zone: Option<&Zone>) -> Option<Timestamp> {
        match self {
            Self::Local(local) => zone?.nearest_instant(local),
            Self::Exact(instant) => Some(instant),
        }
    }
}

/// `YYYY-MM-DD`.
pub(crate) fn date(text: &str) -> Option<Date> {
    shaped(text, "0000-00-00").then(|| text.parse().ok()).flatten()
}

/// `HH:MM`.
pub(crate) fn time(text: &str) -> Option<Time> {
    shaped(text, "00:00").then(|| text.parse().ok()).flatten()
}

/// `HH:MM`, or `24:00` for the end of the day, which is midnight in a template.
pub(crate) fn end_time(text: &str) -> Option<Time> {
    if text == "24:00" { Some(Time::midnight()) } else { time(text) }
}

/// `YYYY-MM-DDTHH:MM`, or an instant of whole seconds.
pub(crate) fn moment(text: &str) -> Option<Moment> {
    if let Some(instant) = instant(text) {
        return (instant.subsec_nanosecond() == 0).then_some(Moment::Exact(instant));
    }
    local(text).map(Moment::Local)
}

fn local(text: &str) -> Option<DateTime> {
    if !shaped(text, "0000-00-00T00:00") {
        return None;
    }
    // Millions of lines have one: reading the digits is several times faster than jiff's parser.
    let bytes = text.as_bytes();
    let two = |at: usize| i8::try_from((bytes[at] - b'0') * 10 + (bytes[at + 1] - b'0')).ok();
    let year = i16::from(two(0)?) * 100 + i16::from(two(2)?);
    DateTime::new(year, two(5)?, two(8)?, two(11)?, two(14)?, 0, 0).ok()
}

/// RFC 3339: date, `T`, time to the second or finer, `Z` or an offset.
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let (seconds, rest) = text.split_at_checked("0000-00-00T00:00:00".len())?;
    let fraction = rest.strip_prefix('.').map_or(0, |digits| digits.bytes().take_while(u8::is_ascii_digit).count());
    let offset = match rest.strip_prefix('.') {
        Some(digits) if (1..=9).contains(&fraction) => digits.get(fraction..)?,
        Some(_) => return None,
        None => rest,
    };
    let offset_good = offset == "Z" || shaped(offset, "+00:00") || shaped(offset, "-00:00");
    // A leap second is read by jiff as the second before it, which would not come back as it went.
    let good = shaped(seconds, "0000-00-00T00:00:00") && offset_good && !seconds.ends_with("60");
    good.then(|| text.parse().ok()).flatten()
}

/// Whether a text has a digit wherever the shape has one, and the shape's own characters elsewhere.
fn shaped(text: &str, shape: &str) -> bool {
    let same = |(byte, shape): (u8, u8)| if shape == b'0' { byte.is_ascii_digit() } else { byte == shape };
    text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_spelling() {
        assert!(date("2026-04-14").is_some());
        for bad in ["2026-4-14", "20260414", "2026-02-30", "2026-04-14T00:00", "+002026-04-14", "2026-04-1٤", ""] {
            assert!(date(bad).is_none(), "{bad}");
        }
        assert!(time("00:00").is_some() && time("23:59").is_some());
        for bad in ["24:00", "8:00", "08:00:00", "08.00", "0800", "08:60"] {
            assert!(time(bad).is_none(), "{bad}");
        }
        assert_eq!(end_time("24:00"), Some(Time::midnight()));
        for bad in ["2026-04-14 08:00", "2026-04-14T08:00:00", "2026-04-14t08:00", "2026-04-31T08:00", "0T"] {
            assert!(moment(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_instant_has_an_offset_and_whole_seconds_where_it_starts_a_visit() {
        for good in ["2026-04-14T08:00:00Z", "2026-04-14T08:00:00+03:00", "2026-04-14T08:00:00.123456789Z"] {
            assert!(instant(good).is_some(), "{good}");
        }
        for bad in [
            "2026-04-14T08:00:00",
            "2026-04-14T08:00:00z",
            "2026-04-14T08:00Z",
            "2026-04-14T08:00:00.Z",
            "2026-04-14T08:00:00.1234567890Z",
            "2026-04-14T08:00:00+03",
            "2026-04-14T08:00:00+03:00[Europe/Moscow]",
            "2026-04-14T08:00:60Z",
            "2026-04-14T08:00:0ёZ",
        ] {
            assert!(instant(bad).is_none(), "{bad}");
        }
        assert!(matches!(moment("2026-04-14T08:00:00Z"), Some(Moment::Exact(_))));
        assert_eq!(moment("2026-04-14T08:00:00.5Z"), None);
    }

    #[test]
    fn an_instant_that_local_time_cannot_name_is_written_exactly() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let earlier: Timestamp = "2026-10-25T00:30:00Z".parse().unwrap();
        let later: Timestamp = "2026-10-25T01:30:00Z".parse().unwrap();
        assert!(matches!(Moment::of(earlier, &berlin), Moment::Local(_)));
        assert_eq!(Moment::of(later, &berlin), Moment::Exact(later));
        for instant in [earlier, later] {
            assert_eq!(Moment::of(instant, &berlin).instant(&berlin), Some(instant));
        }
    }
}
