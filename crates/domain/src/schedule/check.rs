//! What is wrong with a template.

use jiff::civil::Time;

use super::{DayPart, DayRelease, Template};

/// One thing that is wrong with a template, by its key in the region file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The key, as in `exceptions[1].parts[0].to`.
    pub key: String,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Minutes from the start of the day.
pub(super) fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

/// The same of an end: midnight is the end of the day.
pub(super) fn end_minute_of(time: Time) -> u16 {
    match minute_of(time) {
        0 => 24 * 60,
        minute => minute,
    }
}

impl Template {
    /// Everything that keeps the template from making sense. Slots can be made from it all the
    /// same: what is wrong then makes none.
    #[must_use]
    pub fn faults(&self) -> Vec<TemplateFault> {
        let mut faults = Faults(Vec::new());
        if self.until.is_some_and(|until| until < self.from) {
            faults.add("until", "before from");
        }
        if self.weekdays.is_empty() {
            faults.add("weekdays", "empty: it would never work");
        }
        if self.parts.is_empty() {
            faults.add("parts", "empty: it would never work");
        }
        faults.parts("parts", &self.parts);
        for (index, (from, to)) in self.breaks.iter().enumerate() {
            if end_minute_of(*to) <= minute_of(*from) {
                faults.add(&format!("breaks[{index}].to"), "not after from");
            }
        }
        for (index, exception) in self.exceptions.iter().enumerate() {
            if exception.until < exception.from {
                faults.add(&format!("exceptions[{index}].until"), "before from");
            }
            faults.parts(&format!("exceptions[{index}].parts"), &exception.parts);
        }
        faults.0
    }
}

struct Faults(Vec<TemplateFault>);

impl Faults {
    fn add(&mut self, key: &str, what: &'static str) {
        self.0.push(TemplateFault { key: key.to_owned(), what });
    }

    fn parts(&mut self, key: &str, parts: &[DayPart]) {
        for (index, part) in parts.iter().enumerate() {
            let (from, to) = (minute_of(part.from), end_minute_of(part.to));
            if to <= from {
                self.add(&format!("{key}[{index}].to"), "not after from");
            } else if to - from < part.minutes {
                self.add(&format!("{key}[{index}].minutes"), "longer than the part: it would hold no visit");
            }
            let late = |release: DayRelease| release.days_before == 0 && minute_of(release.at) >= to;
            if part.release.is_some_and(late) {
                self.add(
                    &format!("{key}[{index}].release.at"),
                    "not before the end of the part: it would open no cell",
                );
            }
            let earlier = &parts[..index];
            if earlier.iter().any(|other| from < end_minute_of(other.to) && minute_of(other.from) < to) {
                self.add(&format!("{key}[{index}].from"), "overlaps another part of the day");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date, time};

    use super::*;
    use crate::{
        access::Rights,
        ids::{FacilityId, ResourceId, ResourceKey, TemplateId},
        schedule::{Exception, Parity},
        slot::Ages,
    };

    fn part(from: i8, to: i8) -> DayPart {
        DayPart {
            from: time(from, 0, 0, 0),
            to: time(to, 0, 0, 0),
            minutes: 20,
            places: 1,
            rights: Rights::ALL,
            release: None,
        }
    }

    fn sound() -> Template {
        Template {
            resource: ResourceKey {
                facility: FacilityId::from_bytes([1; 16]),
                resource: ResourceId::from_bytes([2; 16]),
            },
            id: TemplateId::from_bytes([3; 16]),
            from: date(2026, 4, 1),
            until: None,
            weekdays: vec![Weekday::Monday],
            parity: Parity::Any,
            parts: vec![part(8, 12), part(20, 0)],
            breaks: vec![(time(10, 0, 0, 0), time(10, 15, 0, 0))],
            exceptions: vec![],
            ages: Ages::default(),
        }
    }

    #[test]
    fn a_sound_template_has_no_faults() {
        assert_eq!(sound().faults(), []);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let mut template = sound();
        template.until = Some(date(2026, 3, 31));
        template.weekdays.clear();
        let late = DayRelease { days_before: 0, at: time(16, 0, 0, 0), rights: Rights::ALL };
        let last = DayPart { minutes: 61, release: Some(late), ..part(15, 16) };
        template.parts = vec![part(8, 12), part(11, 13), part(14, 14), last];
        template.breaks.push((time(9, 0, 0, 0), time(9, 0, 0, 0)));
        template.exceptions.push(Exception {
            from: date(2026, 5, 2),
            until: date(2026, 5, 1),
            parts: vec![part(9, 8)],
        });
        let keys: Vec<String> = template.faults().into_iter().map(|fault| fault.key).collect();
        let expected = [
            "until",
            "weekdays",
            "parts[1].from",
            "parts[2].to",
            "parts[3].minutes",
            "parts[3].release.at",
            "breaks[1].to",
            "exceptions[0].until",
            "exceptions[0].parts[0].to",
        ];
        assert_eq!(keys, expected);
    }
}
