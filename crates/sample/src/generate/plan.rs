//! The shape of a generated region: how many of what, and where the n-th of it is.

use jiff::civil::Date;
use talon_domain::{
    facility::{Facility, Mkod, Serves},
    ids::{FacilityId, ResourceId, ResourceKey},
    zone::Zone,
};

use super::{
    GenerateOptions,
    mix::{Topic, guid, number},
};
use crate::calendar::{days, is_weekday};

const ZONES: [&str; 5] =
    ["Europe/Moscow", "Europe/Kaliningrad", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Novosibirsk"];

const STREETS: [&str; 8] =
    ["Лодочная", "Черепичная", "Паромная", "Земская", "Ореховая", "Мельничная", "Кленовая", "Родниковая"];

/// How far beyond the generated days, and before the first of them, everything stays bookable.
pub(super) const SLACK_DAYS: u16 = 365;

/// What the records are computed from. Its size grows with the facilities alone.
pub(super) struct Plan {
    pub(super) options: GenerateOptions,
    pub(super) facilities: Vec<Facility>,
    /// How many resources the facilities up to and including each have.
    resources_up_to: Vec<u64>,
    /// The days that have cells.
    pub(super) days: Vec<Date>,
    /// Consecutive persons belong to resources so far apart, so that load spreads at once.
    stride: u64,
}

/// A resource by facility and by number in it, both from 0.
#[derive(Clone, Copy)]
pub(super) struct Seat {
    pub(super) facility: usize,
    pub(super) resource: u64,
    /// Its number among all resources of the region.
    pub(super) overall: u64,
}

impl Plan {
    pub(super) fn new(options: GenerateOptions) -> Self {
        let facilities: Vec<Facility> = (0..options.facilities).filter_map(|n| facility(&options, n)).collect();
        let sizes = (0_u64..).take(facilities.len()).map(size);
        let resources_up_to: Vec<u64> = sizes
            .scan(0, |sum, size| {
                *sum += size;
                Some(*sum)
            })
            .collect();
        let days = days(options.start, options.days).filter(|day| is_weekday(*day)).collect();
        let stride = stride(resources_up_to.last().copied().unwrap_or(0));
        Self { options, facilities, resources_up_to, days, stride }
    }

    /// How many resources there are.
    pub(super) fn resources(&self) -> u64 {
        self.resources_up_to.last().copied().unwrap_or(0)
    }

    /// The resources of a facility.
    pub(super) fn seats_of(&self, facility: usize) -> impl Iterator<Item = Seat> + use<> {
        let end = self.resources_up_to.get(facility).copied().unwrap_or(0);
        let first = self.first_of(facility);
        (first..end).map(move |overall| Seat { facility, resource: overall - first, overall })
    }

    /// The resource of a number; `None` beyond the last.
    pub(super) fn seat(&self, overall: u64) -> Option<Seat> {
        let facility = self.resources_up_to.partition_point(|up_to| *up_to <= overall);
        (facility < self.facilities.len()).then(|| Seat {
            facility,
            resource: overall - self.first_of(facility),
            overall,
        })
    }

    /// The resource that the n-th person has a referral to, and how many persons before share it.
    /// `None` in a region without resources.
    pub(super) fn seat_of_person(&self, n: u64) -> Option<(Seat, u64)> {
        let resources = self.resources();
        let turn = u128::from(n.checked_rem(resources)?) * u128::from(self.stride) % u128::from(resources);
        Some((self.seat(u64::try_from(turn).ok()?)?, n / resources))
    }

    /// The key of a resource.
    pub(super) fn key(&self, seat: Seat) -> ResourceKey {
        let resource = ResourceId(guid(self.options.seed, Topic::Resource, seat.overall));
        ResourceKey { facility: self.facilities[seat.facility].id, resource }
    }

    fn first_of(&self, facility: usize) -> u64 {
        facility.checked_sub(1).and_then(|before| self.resources_up_to.get(before)).copied().unwrap_or(0)
    }
}

/// Six facilities in ten are small, three of middle size, one large: 17 resources on average.
fn size(facility: u64) -> u64 {
    match facility % 10 {
        0..6 => 10,
        6..9 => 20,
        _ => 50,
    }
}

/// About the golden section of a count, and with no divisor in common with it.
fn stride(count: u64) -> u64 {
    let near = count / 1000 * 618 + count % 1000 * 618 / 1000;
    (near.max(1)..=count.max(1)).find(|step| gcd(*step, count) == 1).unwrap_or(1)
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// `None` never happens while the zones and codes above are ones.
fn facility(options: &GenerateOptions, n: u32) -> Option<Facility> {
    let shape = number(options.seed, Topic::FacilityShape, u64::from(n));
    let (serves, name) = match shape % 10 {
        0..5 => (Serves::Adults, "Городская поликлиника №"),
        5..7 => (Serves::Children, "Детская городская поликлиника №"),
        _ => (Serves::All, "Районная больница №"),
    };
    let zone = ZONES[usize::try_from(shape / 10 % 5).ok()?];
    let street = STREETS[usize::try_from(shape / 50 % 8).ok()?];
    let serial = u64::from(n) + 1;
    Some(Facility {
        id: FacilityId(guid(options.seed, Topic::Facility, u64::from(n))),
        mkod: Mkod::parse(&format!("09{serial:06}")).ok()?,
        name: format!("{name} {serial}"),
        serves,
        zone: Zone::parse(zone).ok()?,
        schedule_days: options.days.saturating_add(SLACK_DAYS),
        address: Some(format!("ул. {street}, д. {}", 1 + shape / 400 % 120)),
        phone: Some(format!("+7 (000) {:03}-{:02}-{:02}", serial / 10_000 % 1000, serial / 100 % 100, serial % 100)),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn persons_take_turns_over_all_resources() {
        let options = GenerateOptions { facilities: 13, days: 7, persons: 0, seed: 5, start: date(2026, 4, 13) };
        let plan = Plan::new(options);
        let mut seats: Vec<u64> =
            (0..plan.resources()).filter_map(|n| Some(plan.seat_of_person(n)?.0.overall)).collect();
        seats.sort_unstable();
        assert_eq!(seats, (0..plan.resources()).collect::<Vec<_>>());
        let by_facility = (0..13).flat_map(|facility| plan.seats_of(facility)).map(|seat| seat.overall);
        assert_eq!(by_facility.collect::<Vec<_>>(), seats);
        assert!(
            (0..plan.resources())
                .all(|n| plan.seat(n).is_some_and(|seat| plan.seats_of(seat.facility).any(|s| s.overall == n)))
        );
        assert!(plan.seat(plan.resources()).is_none());
    }
}
