//! Cells of a generated region. A resource has the same ones on every working day.

use jiff::civil::Time;
use talon_domain::{
    access::{Right, Rights},
    ids::{SlotId, SlotKey},
    slot::{Ages, Slot},
};

use super::{
    mix::{Topic, guid},
    plan::{Plan, Seat},
    staff::{places, specialty},
};

/// Cells of a resource on a working day.
pub(super) const A_DAY: u64 = 30;

/// How many of them, the first ones, the channel Internet may book by any referral.
pub(super) const BOOKABLE: u64 = 26;

const MINUTES: u16 = 15;

/// After so many cells there is a break, as long as two of them.
const BEFORE_BREAK: u64 = 16;

/// When a cell begins: the even resources work from 8 to 16, the odd ones from 12 to 20.
pub(super) fn start(resource: u64, cell: u64) -> Option<Time> {
    let first_hour = if resource.is_multiple_of(2) { 8 } else { 12 };
    let cells_passed = if cell < BEFORE_BREAK { cell } else { cell + 2 };
    let minute = first_hour * 60 + cells_passed * u64::from(MINUTES);
    Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()
}

/// Who may book a cell. By a referral of the same facility Internet sees the first and the second
/// kind, by one of another facility all but the last.
fn rights(cell: u64) -> Rights {
    match cell {
        0..16 => Rights::of(&[Right::Internet, Right::Infomat, Right::CallCenter, Right::Registry]),
        16..26 => Rights::of(&[Right::Doctor, Right::DoctorOtherLpu]),
        26..28 => Rights::of(&[Right::DoctorOtherLpu]),
        _ => Rights::of(&[Right::Registry]),
    }
}

/// A resource's cells of one day, by number of the day among those that have cells.
pub(super) fn of_day(plan: &Plan, seat: Seat, nth_day: usize) -> Vec<Slot> {
    let facility = &plan.facilities[seat.facility];
    let resource = plan.key(seat).resource;
    let places = places(specialty(facility.serves, seat.resource));
    let first = (seat.overall * plan.days.len() as u64 + nth_day as u64) * A_DAY;
    let slot = |cell: u64| {
        let start = plan.days.get(nth_day)?.to_datetime(start(seat.resource, cell)?);
        Some(Slot {
            key: SlotKey { facility: facility.id, slot: SlotId(guid(plan.options.seed, Topic::Slot, first + cell)) },
            resource,
            start: facility.zone.instant(start)?,
            minutes: MINUTES,
            places,
            rights: rights(cell),
            release: None,
            ages: Ages::default(),
            template: None,
            absent: false,
        })
    };
    (0..A_DAY).filter_map(slot).collect()
}
