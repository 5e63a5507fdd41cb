use std::collections::HashSet;

use jiff::civil::{Time, Weekday, date, time};
use proptest::prelude::*;

use super::*;
use crate::{
    access::{Right, Rights},
    facility::{Mkod, Serves},
    ids::{FacilityId, ResourceId, ResourceKey},
    schedule::{DayRelease, Exception, Parity},
    slot::Ages,
};

fn facility(zone: &str) -> Facility {
    Facility {
        id: FacilityId::from_bytes([1; 16]),
        mkod: Mkod::parse("1").unwrap(),
        name: "Поликлиника".into(),
        serves: Serves::All,
        zone: Zone::parse(zone).unwrap(),
        schedule_days: 14,
        address: None,
        phone: None,
    }
}

fn hm(text: &str) -> Time {
    text.parse().unwrap()
}

fn part(from: &str, to: &str, minutes: u16) -> DayPart {
    DayPart { from: hm(from), to: hm(to), minutes, places: 1, rights: Rights::of(&[Right::Internet]), release: None }
}

fn template(parts: Vec<DayPart>) -> Template {
    Template {
        resource: ResourceKey { facility: FacilityId::from_bytes([1; 16]), resource: ResourceId::from_bytes([2; 16]) },
        id: TemplateId::from_bytes([3; 16]),
        from: date(2026, 1, 1),
        until: None,
        weekdays: vec![
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
            Weekday::Sunday,
        ],
        parity: Parity::Any,
        parts,
        breaks: vec![],
        exceptions: vec![],
        ages: Ages::default(),
    }
}

/// The local starts of one day.
fn starts(template: &Template, zone: &str, day: Date) -> Vec<String> {
    let facility = facility(zone);
    expand(template, &facility, day, day)
        .iter()
        .map(|slot| facility.zone.local(slot.start).time().strftime("%H:%M").to_string())
        .collect()
}

#[test]
fn visits_follow_one_another_and_step_over_breaks() {
    let mut template = template(vec![part("08:00", "10:00", 25), part("10:00", "10:40", 20)]);
    template.breaks = vec![(hm("08:40"), hm("08:50"))];
    let got = starts(&template, "Europe/Moscow", date(2026, 4, 14));
    assert_eq!(got, ["08:00", "08:50", "09:15", "10:00", "10:20"]);
}

#[test]
fn a_part_may_end_at_midnight() {
    let template = template(vec![part("23:00", "00:00", 30)]);
    assert_eq!(starts(&template, "Europe/Moscow", date(2026, 4, 14)), ["23:00", "23:30"]);
}

#[test]
fn weekdays_parity_and_limits_choose_the_days() {
    let mut template = template(vec![part("08:00", "08:20", 20)]);
    template.weekdays = vec![Weekday::Tuesday, Weekday::Thursday];
    template.parity = Parity::Odd;
    template.from = date(2026, 4, 10);
    template.until = Some(date(2026, 4, 28));
    let facility = facility("Europe/Moscow");
    let days: Vec<i8> = expand(&template, &facility, date(2026, 4, 1), date(2026, 4, 30))
        .iter()
        .map(|slot| facility.zone.day(slot.start).day())
        .collect();
    assert_eq!(days, [21, 23], "Tuesdays 14, 21, 28, Thursdays 16, 23; odd ones");
}

#[test]
fn the_last_exception_that_holds_a_day_counts() {
    let mut template = template(vec![part("08:00", "08:20", 20)]);
    let day = |day| date(2026, 5, day);
    template.exceptions = vec![
        Exception { from: day(1), until: day(10), parts: vec![] },
        Exception { from: day(4), until: day(4), parts: vec![part("09:00", "09:20", 20)] },
    ];
    assert!(starts(&template, "Europe/Moscow", day(3)).is_empty());
    assert_eq!(starts(&template, "Europe/Moscow", day(4)), ["09:00"]);
    assert_eq!(starts(&template, "Europe/Moscow", day(11)), ["08:00"]);
    template.weekdays = vec![Weekday::Tuesday];
    assert!(starts(&template, "Europe/Moscow", day(4)).is_empty(), "an exception adds no day");
}

#[test]
fn a_local_time_that_clocks_skip_makes_no_slot() {
    let template = template(vec![part("01:00", "04:00", 30)]);
    let got = starts(&template, "Europe/Berlin", date(2026, 3, 29));
    assert_eq!(got, ["01:00", "01:30", "03:00", "03:30"]);
}

#[test]
fn a_local_time_that_occurs_twice_makes_the_earlier() {
    let template = template(vec![part("02:00", "03:30", 30)]);
    let slots = expand(&template, &facility("Europe/Berlin"), date(2026, 10, 25), date(2026, 10, 25));
    let got: Vec<String> = slots.iter().map(|slot| slot.start.to_string()).collect();
    assert_eq!(got, ["2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"]);
}

#[test]
fn a_visit_that_runs_into_the_change_keeps_the_next_from_overlapping() {
    let template = template(vec![part("01:15", "04:00", 60)]);
    assert_eq!(starts(&template, "Europe/Berlin", date(2026, 3, 29)), ["01:15"]);
}

#[test]
fn guids_come_from_facility_template_and_local_start() {
    let one = template(vec![part("08:00", "08:40", 20)]);
    let mut other = one.clone();
    other.id = TemplateId::from_bytes([9; 16]);
    let ids = |template: &Template| -> Vec<SlotId> {
        let day = date(2026, 4, 14);
        expand(template, &facility("Europe/Moscow"), day, day).iter().map(|slot| slot.key.slot).collect()
    };
    assert_eq!(ids(&one), ids(&one));
    assert!(ids(&one).iter().all(|id| !ids(&other).contains(id)));
    // Published slots carry these guids: another derivation would publish every cell a second time.
    assert_eq!(ids(&one)[0].to_string(), "e7ae4715-0784-54ea-bafb-68f4ecce28e4");
}

#[test]
fn cells_are_released_by_the_clock_on_the_wall() {
    let release = |days_before, at| {
        let release = DayRelease { days_before, at: hm(at), rights: Rights::of(&[Right::Infomat]) };
        let template = template(vec![DayPart { release: Some(release), ..part("08:00", "08:20", 20) }]);
        move |zone, day| {
            let slots = expand(&template, &facility(zone), day, day);
            assert_eq!(slots.len(), 1);
            let released = slots[0].release.unwrap();
            assert_eq!(released.rights, Rights::of(&[Right::Infomat]));
            released.at.to_string()
        }
    };
    // In Berlin clocks go from 2 to 3 on 29 March and from 3 to 2 on 25 October 2026.
    let (spring, autumn) = (date(2026, 3, 29), date(2026, 10, 25));
    let evening = release(1, "18:00");
    assert_eq!(evening("Europe/Berlin", spring), "2026-03-28T17:00:00Z");
    assert_eq!(evening("Europe/Berlin", spring.tomorrow().unwrap()), "2026-03-29T16:00:00Z");
    assert_eq!(evening("Europe/Berlin", autumn), "2026-10-24T16:00:00Z");
    assert_eq!(evening("Europe/Berlin", autumn.tomorrow().unwrap()), "2026-10-25T17:00:00Z");
    let night = release(0, "02:30");
    assert_eq!(night("Europe/Berlin", spring), "2026-03-29T01:30:00Z", "half an hour after the gap");
    assert_eq!(night("Europe/Berlin", autumn), "2026-10-25T00:30:00Z", "the earlier of the two");
    assert_eq!(release(14, "00:00")("Europe/Moscow", date(2026, 4, 15)), "2026-03-31T21:00:00Z");
}

#[test]
fn the_last_day_of_the_calendar_ends_the_work() {
    let template = template(vec![part("00:00", "00:00", 600)]);
    assert_eq!(starts(&template, "Etc/UTC", Date::MAX), Vec::<String>::new());
}

fn any_time() -> impl Strategy<Value = Time> {
    (0i8..24, 0i8..12).prop_map(|(hour, five)| time(hour, five * 5, 0, 0))
}

fn any_parts() -> impl Strategy<Value = Vec<DayPart>> {
    let part = (any_time(), any_time(), 0u16..120, 0u16..3).prop_map(|(from, to, minutes, places)| DayPart {
        from,
        to,
        minutes,
        places,
        rights: Rights::of(&[Right::Internet]),
        release: None,
    });
    proptest::collection::vec(part, 0..4)
}

fn any_template() -> impl Strategy<Value = Template> {
    let breaks = proptest::collection::vec((any_time(), any_time()), 0..3);
    let exceptions = proptest::collection::vec((0i8..30, 0i8..30, any_parts()), 0..3);
    (any_parts(), breaks, exceptions, 0usize..3).prop_map(|(parts, breaks, exceptions, parity)| {
        let day = |day: i8| date(2026, 3, 15).saturating_add(jiff::ToSpan::days(day));
        let exceptions = exceptions
            .into_iter()
            .map(|(from, until, parts)| Exception { from: day(from), until: day(until), parts })
            .collect();
        Template { breaks, exceptions, parity: Parity::ALL[parity], ..template(parts) }
    })
}

proptest! {
    #[test]
    fn slots_keep_to_their_template(
        template in any_template(),
        // Changes of clocks at 2:00, at midnight, by half an hour, and none.
        zone in prop::sample::select(vec!["Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Europe/Moscow"]),
        october in any::<bool>(),
    ) {
        let facility = facility(zone);
        let first = if october { date(2026, 10, 1) } else { date(2026, 3, 1) };
        let last = first.saturating_add(jiff::ToSpan::days(45));
        let slots = expand(&template, &facility, first, last);

        for pair in slots.windows(2) {
            prop_assert!(pair[0].interval().end <= pair[1].interval().start);
        }
        let distinct: HashSet<SlotKey> = slots.iter().map(|slot| slot.key).collect();
        prop_assert_eq!(distinct.len(), slots.len());

        for slot in &slots {
            let local = facility.zone.local(slot.start);
            let day = local.date();
            prop_assert!(first <= day && day <= last);
            prop_assert_eq!(facility.zone.instant(local), Some(slot.start), "the earlier of two");
            let start = minute_of(local.time());
            let end = start + slot.minutes;
            let inside = |part: &&DayPart| minute_of(part.from) <= start && end <= end_minute_of(part.to);
            let part = template.parts_on(day).iter().find(inside);
            prop_assert!(part.is_some(), "inside a part by the clock on the wall");
            for (from, to) in &template.breaks {
                prop_assert!(minute_of(*from) >= end_minute_of(*to) || end <= minute_of(*from) || end_minute_of(*to) <= start);
            }
        }
        prop_assert_eq!(&slots, &expand(&template, &facility, first, last));

        // A part of the days makes that part of the slots.
        let middle = first.saturating_add(jiff::ToSpan::days(20));
        let head = expand(&template, &facility, first, middle);
        let tail = expand(&template, &facility, middle.tomorrow().unwrap(), last);
        prop_assert_eq!(slots, [head, tail].concat());
    }
}
