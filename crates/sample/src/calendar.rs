//! Days on which outpatient clinics work.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// Public holidays on fixed days (Labour Code, article 112): month, first and last day. Days that
/// a government moves from year to year are left out.
const HOLIDAYS: [(i8, i8, i8); 7] = [(1, 1, 8), (2, 23, 23), (3, 8, 8), (5, 1, 1), (5, 9, 9), (6, 12, 12), (11, 4, 4)];

/// From Monday to Friday.
pub(crate) const WEEKDAYS: [Weekday; 5] =
    [Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday];

/// `count` days, the first of them `from`; fewer at the end of the calendar.
pub(crate) fn days(from: Date, count: u16) -> impl Iterator<Item = Date> {
    from.series(1.day()).take(usize::from(count))
}

/// The day `count` days later, or earlier when negative.
pub(crate) fn shifted(day: Date, count: i32) -> Date {
    day.saturating_add(count.days())
}

/// A day from Monday to Friday.
pub(crate) fn is_weekday(day: Date) -> bool {
    WEEKDAYS.contains(&day.weekday())
}

/// A weekday that is no public holiday.
pub(crate) fn is_working(day: Date) -> bool {
    let holiday = |(month, first, last): &(i8, i8, i8)| day.month() == *month && (*first..=*last).contains(&day.day());
    is_weekday(day) && !HOLIDAYS.iter().any(holiday)
}

/// The last working day before a day.
pub(crate) fn working_day_before(day: Date) -> Date {
    let earlier = (1..=14).map(|back| shifted(day, -back)).find(|day| is_working(*day));
    earlier.unwrap_or(day)
}

/// The public holidays of a year, each as its first and last day.
pub(crate) fn holidays(year: i16) -> impl Iterator<Item = (Date, Date)> {
    HOLIDAYS.iter().filter_map(move |(month, first, last)| {
        Some((Date::new(year, *month, *first).ok()?, Date::new(year, *month, *last).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn new_year_and_weekends_are_days_off() {
        assert!(is_working(date(2026, 12, 31)));
        assert!(!is_working(date(2027, 1, 8)), "a Friday, and a holiday");
        assert!(!is_working(date(2027, 1, 9)), "a Saturday");
        assert!(is_working(date(2027, 1, 11)));
        assert_eq!(working_day_before(date(2027, 1, 10)), date(2026, 12, 31));
    }

    #[test]
    fn every_holiday_is_a_day() {
        assert_eq!(holidays(2026).count(), HOLIDAYS.len());
    }
}
