use jiff::{
    SignedDuration,
    civil::{date, time},
};
use uuid::Uuid;

use super::*;
use crate::{
    access::{Channel, Right},
    facility::{Mkod, Serves},
    ids::{FacilityId, ResourceId, SlotId, SlotKey},
    slot::Ages,
    zone::Zone,
};

/// Noon of 14 April in Moscow.
fn now() -> Timestamp {
    "2026-04-14T09:00:00Z".parse().unwrap()
}

fn facility() -> Facility {
    Facility {
        id: FacilityId(Uuid::nil()),
        mkod: Mkod::parse("1").unwrap(),
        name: String::new(),
        serves: Serves::All,
        zone: Zone::parse("Europe/Moscow").unwrap(),
        schedule_days: 14,
        address: None,
        phone: None,
    }
}

fn cell(rights: &[Right], free: u16, start: Timestamp) -> CellPlaces {
    let slot = Slot {
        key: SlotKey { facility: FacilityId(Uuid::nil()), slot: SlotId(Uuid::nil()) },
        resource: ResourceId(Uuid::nil()),
        start,
        minutes: 20,
        places: 3,
        rights: Rights::of(rights),
        release: None,
        ages: Ages::default(),
        template: None,
        absent: false,
    };
    CellPlaces { slot, free }
}

fn look_at(cell: CellPlaces) -> CellView {
    let caller = Caller { channel: Channel::Internet, client: None };
    Onlooker::new(&caller, &facility(), now()).sees(cell)
}

fn seen(rights: &[Right], free: u16, start: Timestamp) -> CellView {
    look_at(cell(rights, free, start))
}

/// The same where the doctor is absent.
fn absent(rights: &[Right], free: u16, start: Timestamp) -> CellView {
    let mut cell = cell(rights, free, start);
    cell.slot.absent = true;
    look_at(cell)
}

fn hours(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

#[test]
fn a_cell_looks_as_the_rules_of_booking_have_it() {
    let look = |cell: CellView| (cell.status, cell.is_open);
    let (open, desk) = (&[Right::Internet, Right::Registry][..], &[Right::Registry][..]);
    assert_eq!(look(seen(open, 1, hours(1))), (CellStatus::Available, true));
    assert_eq!(look(seen(open, 0, hours(1))), (CellStatus::Booked, true));
    assert_eq!(look(seen(desk, 1, hours(1))), (CellStatus::Unauthorized, false));
    assert_eq!(look(seen(desk, 0, hours(1))), (CellStatus::Unauthorized, false));
    assert_eq!(look(seen(&[], 1, hours(1))), (CellStatus::Unavailable, false));
    assert_eq!(look(absent(open, 1, hours(1))), (CellStatus::Unavailable, false));
    assert_eq!(look(absent(open, 0, hours(1))), (CellStatus::Unavailable, false), "also where it is booked");
    assert_eq!(look(absent(open, 1, now())), (CellStatus::Expired, false));
    assert_eq!(look(seen(open, 1, now())), (CellStatus::Expired, false), "what begins now has begun");
    assert_eq!(look(seen(open, 1, hours(14 * 24))), (CellStatus::Available, true), "the window's last day");
    assert_eq!(look(seen(open, 1, hours(15 * 24))), (CellStatus::Available, false), "not open yet");
}

#[test]
fn a_day_counts_what_the_caller_could_book() {
    let open = &[Right::Internet][..];
    let cells = [
        seen(open, 3, hours(-1)),
        seen(open, 2, hours(1)),
        seen(&[Right::Doctor], 3, hours(2)),
        absent(open, 3, hours(3)),
        seen(open, 0, hours(25)),
        seen(&[Right::Doctor], 3, hours(49)),
        seen(open, 1, hours(50)),
    ];
    let told: Vec<_> = days(&cells).iter().map(|day| (day.day.day(), day.places, day.busy)).collect();
    assert_eq!(told, [(14, 2, Busy::Free), (15, 0, Busy::Taken), (16, 1, Busy::Free)]);
    let first = days(&cells)[0];
    assert_eq!((first.day, first.from, first.to), (date(2026, 4, 14), time(11, 0, 0, 0), time(15, 20, 0, 0)));
    let alone = |cell| days(&[cell])[0].busy;
    assert_eq!(alone(seen(open, 3, hours(-1))), Busy::Over);
    assert_eq!(alone(seen(&[Right::Doctor], 3, hours(1))), Busy::NotOpen);
    assert_eq!(alone(absent(open, 3, hours(1))), Busy::NotOpen);
    assert_eq!(alone(seen(open, 3, hours(15 * 24))), Busy::NotOpen, "beyond the window");
    assert_eq!(days(&[]), []);
}
