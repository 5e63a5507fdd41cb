//! Days and times as the contract writes them.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Time},
};

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
    }
}
