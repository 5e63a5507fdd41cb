//! Slots from a template.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use uuid::Uuid;

use super::{
    DayPart, Template,
    check::{end_minute_of, minute_of},
};
use crate::{
    facility::Facility,
    ids::{SlotId, SlotKey, TemplateId},
    slot::{Interval, Slot},
    zone::Zone,
};

/// The slots that a template makes from one day to another, both included and local to the
/// facility, in the order of their starts.
///
/// * Visits follow one another from the beginning of a part; one that would reach into a break
///   begins after it, one that would reach over the part's end is not made.
/// * A local time that clocks skip makes no slot; one that occurs twice makes the earlier. No two
///   slots overlap on the night of a change either: of two that would, the first is made.
/// * A slot's guid comes from facility, template and local start alone, so that making slots again
///   gives the same ones.
#[must_use]
pub fn expand(template: &Template, facility: &Facility, from: Date, until: Date) -> Vec<Slot> {
    let first = from.max(template.from);
    let last = template.until.map_or(until, |end| end.min(until));
    let mut maker = Maker { template, zone: &facility.zone, taken_until: Timestamp::MIN, slots: Vec::new() };
    // The sum with a span fails only after the last day that can be written.
    let mut next = Some(first).filter(|day| *day <= last);
    while let Some(day) = next {
        maker.day(day);
        next = day.tomorrow().ok().filter(|day| *day <= last);
    }
    maker.slots
}

/// Minutes of a local day, half-open.
#[derive(Clone, Copy)]
struct Minutes {
    from: u16,
    to: u16,
}

struct Maker<'a> {
    template: &'a Template,
    zone: &'a Zone,
    /// The end of the last slot made.
    taken_until: Timestamp,
    slots: Vec<Slot>,
}

impl Maker<'_> {
    fn day(&mut self, day: Date) {
        let mut parts: Vec<&DayPart> = self.template.parts_on(day).iter().collect();
        if parts.is_empty() {
            return;
        }
        parts.sort_by_key(|part| part.from);
        let breaks: Vec<Minutes> = self
            .template
            .breaks
            .iter()
            .map(|(from, to)| Minutes { from: minute_of(*from), to: end_minute_of(*to) })
            .filter(|pause| pause.from < pause.to)
            .collect();
        for part in parts {
            self.part(day, part, &breaks);
        }
    }

    fn part(&mut self, day: Date, part: &DayPart, breaks: &[Minutes]) {
        if part.minutes == 0 || part.places == 0 {
            return;
        }
        let hours = Minutes { from: minute_of(part.from), to: end_minute_of(part.to) };
        let mut start = hours.from;
        loop {
            let Some(end) = start.checked_add(part.minutes).filter(|end| *end <= hours.to) else { return };
            let pause = breaks.iter().filter(|pause| start < pause.to && pause.from < end).max_by_key(|pause| pause.to);
            if let Some(pause) = pause {
                start = pause.to;
                continue;
            }
            self.cell(day, start, part, hours, breaks);
            start = end;
        }
    }

    /// Makes one slot, unless the clocks are changed in a way that it would run into something.
    fn cell(&mut self, day: Date, minute: u16, part: &DayPart, hours: Minutes, breaks: &[Minutes]) {
        let Some(local) = local_time(day, minute) else { return };
        let Some(start) = self.zone.instant(local) else { return };
        let interval = Interval::of_minutes(start, part.minutes);
        let Some(working) = self.interval(day, hours) else { return };
        let fits = self.taken_until <= start && working.start <= start && interval.end <= working.end;
        let paused = || breaks.iter().any(|pause| self.interval(day, *pause).is_none_or(|p| p.overlaps(&interval)));
        if !fits || paused() {
            return;
        }
        self.taken_until = interval.end;
        let facility = self.template.resource.facility;
        self.slots.push(Slot {
            key: SlotKey { facility, slot: slot_id(facility.0, self.template.id, local) },
            resource: self.template.resource.resource,
            start,
            minutes: part.minutes,
            places: part.places,
            rights: part.rights,
            release: part.release.and_then(|release| release.of_day(day, self.zone)),
            ages: self.template.ages,
            template: Some(self.template.id),
            absent: false,
        });
    }

    fn interval(&self, day: Date, minutes: Minutes) -> Option<Interval> {
        let instant = |minute| self.zone.nearest_instant(local_time(day, minute)?);
        Some(Interval { start: instant(minutes.from)?, end: instant(minutes.to)? })
    }
}

/// The local time that many minutes after a day's midnight, by the clock on the wall. `None` after
/// the last day that can be written.
fn local_time(day: Date, minute: u16) -> Option<DateTime> {
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    if hour >= 24 {
        return Some(day.tomorrow().ok()?.at(0, minute, 0, 0));
    }
    Some(day.at(hour, minute, 0, 0))
}

/// A guid of version 5: the same facility, template and local start always give the same one.
fn slot_id(facility: Uuid, template: TemplateId, local: DateTime) -> SlotId {
    let mut name = [0; 16 + 6];
    let (id, start) = name.split_at_mut(16);
    id.copy_from_slice(template.bytes());
    let (date, time) = (local.date(), local.time());
    let [year_high, year_low] = date.year().to_be_bytes();
    let small = [date.month(), date.day(), time.hour(), time.minute()].map(i8::unsigned_abs);
    start.copy_from_slice(&[year_high, year_low, small[0], small[1], small[2], small[3]]);
    SlotId(Uuid::new_v5(&facility, &name))
}

#[cfg(test)]
mod tests;
