//! Days and times as the contract writes them.

use std::time::Duration;

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
};
use serde::{Serialize, Serializer};

use crate::language::Language;

/// `dd.MM.yyyy`, in messages.
pub(crate) fn day(day: Date) -> String {
    format!("{:02}.{:02}.{:04}", day.day(), day.month(), day.year())
}

/// `dd.MM.yyyy HH:mm`, in messages.
pub(crate) fn day_and_time(at: DateTime) -> String {
    format!("{} {}", day(at.date()), minute(at.time()))
}

/// `YYYY-MM-DD`, in fields.
pub(crate) fn iso_day(day: Date) -> String {
    format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day())
}

/// `HH:mm`.
pub(crate) fn minute(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// An instant of RFC 3339 in UTC, to whole seconds.
pub(crate) fn instant(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A span after "не позднее чем за" or "no later than": hours and minutes, seconds rounded up to a minute.
pub(crate) fn span(span: Duration, language: Language) -> String {
    let minutes = span.as_secs().div_ceil(60);
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let part = |number: u64, russian: [&str; 3], english: [&str; 2]| match language {
        Language::Russian => format!("{number} {}", russian[form(number)]),
        Language::English => format!("{number} {}", english[usize::from(number != 1)]),
    };
    let hours = (hours > 0).then(|| part(hours, ["час", "часа", "часов"], ["hour", "hours"]));
    let minutes = (minutes > 0).then(|| part(minutes, ["минуту", "минуты", "минут"], ["minute", "minutes"]));
    [hours, minutes].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Which form of a Russian noun follows a number: 1 час, 2 часа, 5 часов, 11 часов, 21 час.
fn form(number: u64) -> usize {
    match (number % 10, number % 100) {
        (_, 11..=14) => 2,
        (1, _) => 0,
        (2..=4, _) => 1,
        _ => 2,
    }
}

/// `HH:mm` that takes no memory of its own.
pub(crate) struct Minute([u8; 5]);

impl Minute {
    pub(crate) fn of(time: Time) -> Self {
        let [hour, minute] = [time.hour(), time.minute()].map(i8::unsigned_abs);
        let digit = |number: u8| b'0' + number % 10;
        Self([digit(hour / 10), digit(hour), b':', digit(minute / 10), digit(minute)])
    }
}

impl Serialize for Minute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Digits and a colon are always text.
        serializer.serialize_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_has_its_width() {
        let at = jiff::civil::date(2026, 4, 5).at(9, 5, 59, 0);
        assert_eq!(day(at.date()), "05.04.2026");
        assert_eq!(day_and_time(at), "05.04.2026 09:05");
        assert_eq!(iso_day(at.date()), "2026-04-05");
        assert_eq!(minute(at.time()), "09:05");
        assert_eq!(instant("2026-04-05T09:05:59.999Z".parse().unwrap()), "2026-04-05T09:05:59Z");
        for at in [at.time(), Time::midnight(), jiff::civil::time(23, 59, 59, 0), jiff::civil::time(10, 10, 0, 0)] {
            assert_eq!(serde_json::to_value(Minute::of(at)).unwrap(), minute(at));
        }
    }

    #[test]
    fn a_span_is_said_as_people_say_it() {
        let said = |seconds| span(Duration::from_secs(seconds), Language::Russian);
        for (hours, words) in [(1, "1 час"), (2, "2 часа"), (5, "5 часов"), (11, "11 часов"), (24, "24 часа")]
        {
            assert_eq!(said(hours * 3600), words);
        }
        assert_eq!(said(90 * 60), "1 час 30 минут");
        assert_eq!((said(60), said(59), said(121)), ("1 минуту".into(), "1 минуту".into(), "3 минуты".into()));
        assert_eq!(span(Duration::from_secs(3660), Language::English), "1 hour 1 minute");
        assert_eq!(span(Duration::from_secs(7200), Language::English), "2 hours");
    }
}
