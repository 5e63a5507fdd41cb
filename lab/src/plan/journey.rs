//! Journeys: a person holds a time, books it, moves the visit, gives it up, one after another, while others want the
//! same cells. What was full may be free again here, so these scenes stand apart from those that only fill.

use std::ops::RangeInclusive;

use talon_testkit::Chance;

use super::{
    Kind::{self, Book, Cancel, Hold, Move, Release},
    Operation, Plan, Referral, Request,
    scene::{add_person, number, one},
    stage::{CELLS, FACILITIES, SPECIALTIES, Stage, code},
};

/// Persons of a scene, each on one journey.
const PERSONS: RangeInclusive<u64> = 6..=14;

/// Places of a cell: one of these.
const PLACES: [u16; 3] = [1, 1, 2];

/// How many operations lie between a scene and the last of its persons, who finds what was held free again. It takes
/// longer than a hold and its grace.
const LATER: usize = 16_000;

/// What a person does, and in which of two cells. Some leave what they hold, which ends by time.
const ROUTES: [&[(Kind, usize)]; 9] = [
    &[(Hold, 0)],
    &[(Hold, 0), (Book, 0)],
    &[(Hold, 0), (Release, 0)],
    &[(Book, 0), (Cancel, 0)],
    &[(Book, 0), (Move, 1), (Cancel, 1)],
    &[(Book, 0), (Move, 1), (Move, 0)],
    &[(Hold, 0), (Book, 0), (Move, 1)],
    &[(Hold, 0), (Book, 1), (Release, 0), (Cancel, 1)],
    &[(Book, 0), (Cancel, 0), (Hold, 1), (Book, 1)],
];

/// Adds a scene to a plan: the cells of one doctor, persons with a referral to them, and where each goes.
pub(super) fn add(plan: &mut Plan, stage: &mut Stage, chance: &mut Chance, nodes: u8) -> anyhow::Result<()> {
    stage.next_hour();
    let facility = chance.below(FACILITIES as u64) as usize;
    let specialty = chance.below(SPECIALTIES as u64) as usize;
    let mut cells = Vec::new();
    for nth in 0..CELLS {
        cells.push(u32::try_from(plan.slots.len())?);
        plan.slots.push(stage.slot(facility, specialty, nth, *one(chance, &PLACES))?);
    }
    for _ in 0..number(chance, &PERSONS) {
        let referral = add_referral(plan, stage, facility, specialty)?;
        let route = *one(chance, &ROUTES);
        let operation = travel(plan, chance, nodes, referral, &cells, route)?;
        plan.operations.push(operation);
    }
    let last = add_referral(plan, stage, facility, specialty)?;
    let operation = travel(plan, chance, nodes, last, &cells, &[(Book, 0)])?;
    plan.later.push_back((plan.operations.len() + LATER, operation));
    plan.scenes += 1;
    Ok(())
}

/// Adds a person with a referral to a doctor.
fn add_referral(plan: &mut Plan, stage: &mut Stage, facility: usize, specialty: usize) -> anyhow::Result<u32> {
    let person = add_person(plan, stage, &[facility])?;
    let issuer = stage.facility(facility).clone();
    let referral = stage.region.referral(&issuer, &plan.persons[person as usize], &code(specialty));
    plan.referrals.push(Referral { referral, person });
    Ok(u32::try_from(plan.referrals.len() - 1)?)
}

/// Adds a person's journey through two of the cells.
fn travel(
    plan: &mut Plan,
    chance: &mut Chance,
    nodes: u8,
    referral: u32,
    cells: &[u32],
    route: &[(Kind, usize)],
) -> anyhow::Result<Operation> {
    let first = chance.below(cells.len() as u64) as usize;
    let further = 1 + chance.below(cells.len() as u64 - 1) as usize;
    let through = [cells[first], cells[(first + further) % cells.len()]];
    let node = chance.below(u64::from(nodes)) as u8;
    let request = u32::try_from(plan.requests.len())?;
    let (scene, journey) = (u32::try_from(plan.scenes)?, Some(plan.journeys));
    plan.requests.extend(route.iter().map(|(kind, cell)| Request {
        kind: *kind,
        referral,
        slot: through[*cell],
        scene,
        journey,
    }));
    plan.journeys += 1;
    Ok(Operation { request, steps: u32::try_from(route.len())?, node, again: 0 })
}
