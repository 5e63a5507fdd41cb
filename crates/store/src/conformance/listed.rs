//! What is listed is what can be booked, no more and no less: a list beside an attempt to book every cell.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp, ToSpan, civil::DateTime};
use proptest::{
    collection::vec,
    option::of,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::select,
    test_runner::{Config, TestCaseError, TestRunner},
};
use talon_domain::{
    access::{Caller, Channel, Right, Rights},
    ids::ResourceKey,
    referral::{ReferralKind, ReferralState},
    slot::{Ages, Release, Slot},
};

use super::{
    listing::{query, times},
    model::Opened,
    region::{ADULTS, ANNA, BORIS, CHILDREN, EAST, VERA, book, cancel, doctor, facility, now, referral_to, slot},
    tally::{all, entries},
};
use crate::{Kind, ListQuery, Record, Store};

/// How many regions are tried.
const REGIONS: u32 = 12;

/// The number of the referral that is tried.
const UNDER: u64 = 30;

/// A region's cells of one specialty, the referral, and who asks for it.
#[derive(Clone, Debug)]
struct Trial {
    cells: Vec<Slot>,
    /// Cells that others have, and one that the patient has with another specialty.
    taken: Vec<usize>,
    own: Option<u64>,
    who: u64,
    channel: Channel,
    kind: ReferralKind,
    to_facility: Option<u64>,
    resource: Option<u64>,
    state: ReferralState,
    days: Option<u16>,
    /// Seconds after the region's present.
    later: i64,
}

/// Tries them on stores that `open` makes.
pub fn is_what_can_be_booked<K: Send + 'static>(open: &dyn Fn() -> Opened<K>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: REGIONS, failure_persistence: None, ..Config::default() });
    if let Err(error) = runner.run(&trial(), |trial| runtime.block_on(run(open(), trial))) {
        panic!("{error}");
    }
}

fn trial() -> impl Strategy<Value = Trial> {
    // Mostly what books; a tenth of the regions refuses everything.
    let kind = prop_oneof![8 => Just(ReferralKind::Consultation), 2 => Just(ReferralKind::Duvisit)];
    let state = prop_oneof![19 => Just(ReferralState::Active), 1 => Just(ReferralState::Closed)];
    let home = || select(vec![ADULTS, CHILDREN, EAST]);
    let target = prop_oneof![6 => Just(None), 1 => home().prop_map(Some)];
    let named = prop_oneof![9 => Just(None), 1 => home().prop_map(Some)];
    let who = prop_oneof![4 => Just(ANNA), 4 => Just(BORIS), 1 => Just(VERA), 1 => Just(super::region::GLEB)];
    let channel = prop_oneof![6 => Just(Channel::Internet), 2 => Just(Channel::Doctor), 1 => Just(Channel::Registry)];
    let when = (vec(0usize..60, 0..8), of(0u64..40), of(0u16..16), -1i64..=1);
    (vec(cell(), 60), when, (who, channel), (kind, state, target, named)).prop_map(
        |(cells, (taken, own, days, later), (who, channel), (kind, state, to_facility, resource))| Trial {
            cells: apart(cells),
            taken,
            own,
            who,
            channel,
            kind,
            to_facility,
            resource,
            state,
            days,
            later,
        },
    )
}

/// A cell somewhere, a few days or a few minutes away, open to whomever.
fn cell() -> impl Strategy<Value = Slot> {
    let rights = select(vec![
        Rights::of(&[Right::Internet]),
        Rights::of(&[Right::Internet, Right::Doctor]),
        Rights::of(&[Right::Doctor]),
        Rights::of(&[Right::DoctorOtherLpu]),
        Rights::of(&[Right::Registry]),
        Rights::default(),
    ]);
    let release = of((-1i64..=1, select(vec![Right::Internet, Right::Registry, Right::Doctor])));
    let ages = select(vec![
        Ages::default(),
        Ages { min: Some(18), max: None },
        Ages { min: None, max: Some(17) },
        Ages { min: Some(10), max: Some(10) },
    ]);
    // A day after the window's last, too, and the minutes around the present.
    let start = prop_oneof![8 => (0i64..16, 0i64..48), 1 => (0i64..1, 16i64..26)];
    let absent = prop_oneof![7 => Just(false), 1 => Just(true)];
    let whose = (rights, release, ages, any::<bool>());
    (select(vec![ADULTS, CHILDREN, EAST]), start, 1u16..=3, whose, absent).prop_map(
        |(home, (day, quarter), places, (rights, release, ages, usual), absent)| {
            let midnight: DateTime = "2026-04-14T00:00:00".parse().unwrap();
            let local = midnight + day.days() + (6 * 60 + quarter * 20).minutes();
            let cell = slot(home, 0, 0, local);
            let release = release.map(|(seconds, right)| Release {
                at: now() + SignedDuration::from_secs(seconds),
                rights: Rights::of(&[right]),
            });
            match usual {
                true => Slot { places, absent, ..cell },
                false => Slot { places, rights, release, ages, absent, ..cell },
            }
        },
    )
}

/// One cell for each start of a resource, with a key of its own.
fn apart(cells: Vec<Slot>) -> Vec<Slot> {
    let by_start: BTreeMap<_, _> = cells.into_iter().map(|cell| ((cell.key.facility, cell.start), cell)).collect();
    by_start
        .into_values()
        .zip(100..)
        .map(|(cell, number)| Slot { key: super::region::slot_key(home_of(&cell), 0, number), ..cell })
        .collect()
}

fn home_of(cell: &Slot) -> u64 {
    [ADULTS, CHILDREN, EAST].into_iter().find(|home| facility(*home) == cell.key.facility).unwrap()
}

async fn run<K>(opened: Opened<K>, trial: Trial) -> Result<(), TestCaseError> {
    let (store, _kept) = opened.await;
    let time = now() + SignedDuration::from_secs(trial.later);
    prepare(&store, &trial).await;
    let caller = Caller { channel: trial.channel, client: None };
    let mut can_be_booked = BTreeSet::new();
    let mut refused: HashMap<u64, BTreeSet<&'static str>> = HashMap::new();
    for home in [ADULTS, CHILDREN, EAST] {
        let zone = store.reference().facility(facility(home)).unwrap().zone.clone();
        for cell in cells(&store, home).await {
            let local = zone.local(cell.start);
            let mut command = book(trial.who, home, 0, 0, UNDER);
            (command.day, command.time, command.caller) = (local.date(), local.time(), caller.clone());
            match store.book(command, time).await.unwrap() {
                Ok(booked) => {
                    assert_eq!(store.cancel(cancel(trial.who, booked.entry), time).await.unwrap(), Ok(()));
                    can_be_booked.insert((doctor(home, 0), local, cell.places - taken(&store, &cell).await));
                }
                Err(refusal) => drop(refused.entry(home).or_default().insert(refusal.slug())),
            }
        }
    }
    for lpu in [Some(ADULTS), Some(CHILDREN), Some(EAST), None] {
        let asked = ListQuery { caller: caller.clone(), days: trial.days, ..query(trial.who, UNDER, lpu) };
        let expected: BTreeSet<_> =
            can_be_booked.iter().filter(|cell| is_asked_for(&store, cell, lpu, trial.days, time)).copied().collect();
        match store.free_times(&asked, time).await.unwrap() {
            Ok(listed) => {
                let found = times(&listed);
                let set: BTreeSet<_> = found.iter().copied().collect();
                if set != expected || set.len() != found.len() {
                    return Err(TestCaseError::fail(format!("at {lpu:?}: listed {found:?}, bookable {expected:?}")));
                }
            }
            Err(refusal) => {
                let alike = lpu.is_none_or(|lpu| refused.get(&lpu).is_none_or(|all| all.iter().eq([&refusal.slug()])));
                if !expected.is_empty() || !alike {
                    return Err(TestCaseError::fail(format!("at {lpu:?}: {refusal:?}, bookings {refused:?}")));
                }
            }
        }
    }
    store.close().await;
    Ok(())
}

/// The cells of the specialty, and what others and the patient have.
async fn prepare(store: &Arc<dyn Store>, trial: &Trial) {
    let mut referral = referral_to(trial.who, UNDER, 0);
    (referral.kind, referral.state) = (Some(trial.kind), trial.state);
    referral.to_facility = trial.to_facility.map(facility);
    // It belongs to the target, or without one to the issuer.
    referral.resource = trial.resource.map(|_| doctor(trial.to_facility.unwrap_or(ADULTS), 0));
    let mut records: Vec<_> = (100..108).flat_map(super::region::person_records).collect();
    records.push(Record::Referral(referral));
    // The region's own cells of the specialty would be in the way.
    let mut base: Vec<_> = super::region::records()
        .into_iter()
        .filter(|record| !matches!(record, Record::Slot(slot) if slot.resource == doctor(ADULTS, 0).resource))
        .collect();
    base.extend(records);
    base.extend(trial.cells.iter().cloned().map(Record::Slot));
    assert_eq!(store.import_page(base, now()).await, Ok(Vec::new()));
    for (index, who) in trial.taken.iter().zip(100..) {
        let Some(cell) = trial.cells.get(*index) else { continue };
        let home = home_of(cell);
        let local = store.reference().facility(facility(home)).unwrap().zone.local(cell.start);
        let mut command = book(who, home, 0, 0, 0);
        (command.day, command.time) = (local.date(), local.time());
        // Whoever the rules let: those who are refused leave the cell alone.
        drop(store.book(command, now()).await.unwrap());
    }
    if let Some(number) = trial.own {
        drop(store.book(book(trial.who, EAST, 1, number, 1), now()).await.unwrap());
    }
}

async fn cells(store: &Arc<dyn Store>, home: u64) -> Vec<Slot> {
    let slots = all(store, Kind::Slot).await.into_iter().filter_map(|record| match record {
        Record::Slot(slot) => Some(slot),
        _ => None,
    });
    slots.filter(|slot| (slot.key.facility, slot.resource) == (facility(home), doctor(home, 0).resource)).collect()
}

async fn taken(store: &Arc<dyn Store>, cell: &Slot) -> u16 {
    let there = entries(store).await;
    let there = there.iter().filter(|entry| entry.state.is_live() && entry.slot == cell.key.slot);
    u16::try_from(there.filter(|entry| entry.key.facility == cell.key.facility).count()).unwrap()
}

fn is_asked_for(
    store: &Arc<dyn Store>,
    (resource, local, _): &(ResourceKey, DateTime, u16),
    lpu: Option<u64>,
    days: Option<u16>,
    time: Timestamp,
) -> bool {
    let today = store.reference().facility(resource.facility).unwrap().today(time);
    let last = days.map(|days| today + i64::from(days).days());
    lpu.is_none_or(|lpu| facility(lpu) == resource.facility) && last.is_none_or(|last| local.date() <= last)
}
