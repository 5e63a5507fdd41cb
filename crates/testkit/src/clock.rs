//! The clock of tests. The binary under test reads the real clock, so what it is given must be
//! made for the real day.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// Now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the binary under test reads the real clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
    Timestamp::new(since.as_secs().cast_signed(), 0).expect("the clock is within the calendar")
}

/// The day, in UTC, that lies this many days ahead. Two days ahead is in the future in every zone.
#[must_use]
pub fn day_ahead(days: i32) -> Date {
    TimeZone::UTC.to_datetime(now()).date().saturating_add(days.days())
}
