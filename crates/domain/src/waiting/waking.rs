//! Waking hours: in which an offer's time runs.

use jiff::{SignedDuration, Timestamp, civil::Time};

use crate::zone::Zone;

const BEGIN: Time = Time::constant(8, 0, 0, 0);
const END: Time = Time::constant(21, 0, 0, 0);

/// The stretches of waking hours from an instant on, day by day.
fn stretches(zone: &Zone, from: Timestamp) -> impl Iterator<Item = (Timestamp, Timestamp)> + '_ {
    let mut day = zone.day(from);
    std::iter::from_fn(move || {
        let begin = zone.nearest_instant(day.to_datetime(BEGIN))?;
        let end = zone.nearest_instant(day.to_datetime(END))?;
        day = day.tomorrow().ok()?;
        Some((begin.max(from), end.max(from)))
    })
}

/// How much waking time lies between two instants; no more than `most` is counted.
pub(super) fn between(zone: &Zone, from: Timestamp, to: Timestamp, most: SignedDuration) -> SignedDuration {
    let mut sum = SignedDuration::ZERO;
    for (begin, end) in stretches(zone, from).take_while(|(begin, _)| *begin < to) {
        sum = sum.saturating_add(end.min(to).duration_since(begin));
        if sum >= most {
            return most;
        }
    }
    sum
}

/// The instant by which so much waking time has passed.
pub(super) fn after(zone: &Zone, from: Timestamp, lasts: SignedDuration) -> Option<Timestamp> {
    let mut left = lasts;
    for (begin, end) in stretches(zone, from) {
        let here = end.duration_since(begin);
        if left <= here {
            return begin.checked_add(left).ok();
        }
        left -= here;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn time_runs_by_day_alone() {
        let moscow = Zone::parse("Europe/Moscow").unwrap();
        let hours = SignedDuration::from_hours;
        let end = |from: &str, lasts| after(&moscow, at(from), lasts).unwrap().to_string();
        assert_eq!(end("2026-04-13T09:00:00Z", hours(2)), "2026-04-13T11:00:00Z");
        assert_eq!(end("2026-04-13T17:00:00Z", hours(2)), "2026-04-14T06:00:00Z", "an hour today, one tomorrow");
        assert_eq!(end("2026-04-13T23:00:00Z", hours(2)), "2026-04-14T07:00:00Z");
        assert_eq!(end("2026-04-13T02:00:00Z", hours(27)), "2026-04-15T06:00:00Z");
        let count = |from: &str, to: &str| between(&moscow, at(from), at(to), hours(100));
        assert_eq!(count("2026-04-13T17:00:00Z", "2026-04-14T06:00:00Z"), hours(2));
        assert_eq!(count("2026-04-13T19:00:00Z", "2026-04-14T04:00:00Z"), hours(0));
        assert_eq!(between(&moscow, at("2026-04-01T00:00:00Z"), at("2026-05-01T00:00:00Z"), hours(4)), hours(4));
    }

    #[test]
    fn a_day_with_an_hour_less_is_no_longer_awake() {
        let berlin = Zone::parse("Europe/Berlin").unwrap();
        let (from, to) = (at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z"));
        assert_eq!(between(&berlin, from, to, SignedDuration::from_hours(100)), SignedDuration::from_hours(13));
    }
}
