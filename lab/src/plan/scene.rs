//! Scenes: a few persons who want a few cells, and in what way they get into each other's.

use std::{collections::HashMap, ops::RangeInclusive};

use talon_testkit::{Chance, PersonRef};

use super::{
    Kind, Operation, Plan, Referral, Request,
    stage::{CELLS, FACILITIES, SPECIALTIES, Stage, code},
};

/// A kind of scene. Its numbers are drawn from these ranges.
struct Shape {
    /// How often it is drawn, relative to the others.
    weight: u64,
    persons: RangeInclusive<u64>,
    /// Referrals of each person.
    referrals: RangeInclusive<u64>,
    specialties: RangeInclusive<u64>,
    facilities: RangeInclusive<u64>,
    slots: RangeInclusive<u64>,
    /// Places of a slot: one of these.
    places: &'static [u16],
    attempts: RangeInclusive<u64>,
    /// Per cent of the attempts that ask once more for what was asked before.
    repeats: u64,
}

const SHAPES: [Shape; 6] = [
    // Enough for nearly everybody.
    Shape {
        weight: 5,
        persons: 16..=48,
        referrals: 1..=1,
        specialties: 1..=2,
        facilities: 1..=3,
        slots: 6..=18,
        places: &[1, 2, 5],
        attempts: 24..=64,
        repeats: 10,
    },
    // Many want one of a few slots.
    Shape {
        weight: 4,
        persons: 8..=40,
        referrals: 1..=1,
        specialties: 1..=1,
        facilities: 1..=2,
        slots: 1..=3,
        places: &[1, 1, 2, 3, 5],
        attempts: 24..=72,
        repeats: 15,
    },
    // One referral, many slots in many facilities.
    Shape {
        weight: 2,
        persons: 1..=1,
        referrals: 1..=1,
        specialties: 1..=1,
        facilities: 2..=6,
        slots: 4..=12,
        places: &[1, 5],
        attempts: 16..=48,
        repeats: 10,
    },
    // One person, several referrals: one visit a specialty, and none at the time of another.
    Shape {
        weight: 3,
        persons: 1..=1,
        referrals: 2..=8,
        specialties: 2..=4,
        facilities: 2..=6,
        slots: 4..=16,
        places: &[1, 5],
        attempts: 16..=48,
        repeats: 10,
    },
    // The same request over and over.
    Shape {
        weight: 1,
        persons: 1..=4,
        referrals: 1..=1,
        specialties: 1..=1,
        facilities: 1..=1,
        slots: 1..=2,
        places: &[2, 5],
        attempts: 24..=48,
        repeats: 90,
    },
    // Everything at once.
    Shape {
        weight: 3,
        persons: 3..=8,
        referrals: 1..=3,
        specialties: 1..=3,
        facilities: 1..=4,
        slots: 3..=8,
        places: &[1, 1, 2],
        attempts: 32..=64,
        repeats: 20,
    },
];

/// Adds a scene to a plan: its objects to the region, its requests and operations to the plan.
pub(super) fn add(plan: &mut Plan, stage: &mut Stage, chance: &mut Chance, nodes: u8) -> anyhow::Result<()> {
    let shape = shape(chance);
    stage.next_hour();
    let first_facility = chance.below(FACILITIES as u64) as usize;
    let facilities = number(chance, &shape.facilities).min(FACILITIES);
    let facilities: Vec<usize> = (0..facilities).map(|more| (first_facility + more) % FACILITIES).collect();
    let by_specialty = slots(plan, stage, chance, shape, &facilities)?;
    let referrals = referrals(plan, stage, chance, shape, &facilities, &by_specialty)?;

    let first_request = plan.requests.len();
    let mut known: HashMap<(u32, u32), u32> = HashMap::new();
    for _ in 0..number(chance, &shape.attempts) {
        let asked = plan.requests.len() - first_request;
        let request = if asked > 0 && chance.below(100) < shape.repeats {
            u32::try_from(first_request)? + chance.below(asked as u64) as u32
        } else {
            let (referral, specialty) = *one(chance, &referrals);
            let slot = *one(chance, &by_specialty[specialty].1);
            let next = u32::try_from(plan.requests.len())?;
            let scene = u32::try_from(plan.scenes)?;
            *known.entry((referral, slot)).or_insert_with(|| {
                plan.requests.push(Request { kind: Kind::Book, referral, slot, scene, journey: None });
                next
            })
        };
        let node = chance.below(u64::from(nodes)) as u8;
        plan.operations.push(Operation { request, steps: 1, node, again: chance.below(3) as u8 });
    }
    plan.scenes += 1;
    Ok(())
}

fn shape(chance: &mut Chance) -> &'static Shape {
    let mut drawn = chance.below(SHAPES.iter().map(|shape| shape.weight).sum());
    for shape in &SHAPES {
        if drawn < shape.weight {
            return shape;
        }
        drawn -= shape.weight;
    }
    &SHAPES[0]
}

/// The scene's slots, by specialty; each specialty named here has some.
fn slots(
    plan: &mut Plan,
    stage: &mut Stage,
    chance: &mut Chance,
    shape: &Shape,
    facilities: &[usize],
) -> anyhow::Result<Vec<(usize, Vec<u32>)>> {
    let specialties = number(chance, &shape.specialties).min(SPECIALTIES);
    let mut by_specialty: Vec<(usize, Vec<u32>)> = (0..specialties).map(|code| (code, Vec::new())).collect();
    let mut used = Vec::new();
    for nth in 0..number(chance, &shape.slots) {
        let specialty = nth % specialties;
        let cell = (*one(chance, facilities), specialty, chance.below(CELLS as u64) as usize);
        let places = *one(chance, shape.places);
        if used.contains(&cell) {
            continue;
        }
        used.push(cell);
        by_specialty[specialty].1.push(u32::try_from(plan.slots.len())?);
        plan.slots.push(stage.slot(cell.0, cell.1, cell.2, places)?);
    }
    by_specialty.retain(|(_, slots)| !slots.is_empty());
    Ok(by_specialty)
}

/// The scene's referrals, each with the index of its specialty in `by_specialty`.
fn referrals(
    plan: &mut Plan,
    stage: &mut Stage,
    chance: &mut Chance,
    shape: &Shape,
    facilities: &[usize],
    by_specialty: &[(usize, Vec<u32>)],
) -> anyhow::Result<Vec<(u32, usize)>> {
    let mut referrals = Vec::new();
    for _ in 0..number(chance, &shape.persons) {
        let person = add_person(plan, stage, facilities)?;
        for _ in 0..number(chance, &shape.referrals) {
            let specialty = chance.below(by_specialty.len() as u64) as usize;
            let issuer = stage.facility(*one(chance, facilities)).clone();
            let card = &plan.persons[person as usize];
            let referral = stage.region.referral(&issuer, card, &code(by_specialty[specialty].0));
            referrals.push((u32::try_from(plan.referrals.len())?, specialty));
            plan.referrals.push(Referral { referral, person });
        }
    }
    Ok(referrals)
}

/// A person with a card in each of the facilities.
pub(super) fn add_person(plan: &mut Plan, stage: &mut Stage, facilities: &[usize]) -> anyhow::Result<u32> {
    let person: PersonRef = stage.region.person();
    for facility in facilities {
        let facility = stage.facility(*facility).clone();
        stage.region.card(&facility, &person);
    }
    plan.persons.push(person);
    Ok(u32::try_from(plan.persons.len() - 1)?)
}

pub(super) fn number(chance: &mut Chance, range: &RangeInclusive<u64>) -> usize {
    (range.start() + chance.below(range.end() - range.start() + 1)) as usize
}

pub(super) fn one<'a, T>(chance: &mut Chance, of: &'a [T]) -> &'a T {
    &of[chance.below(of.len() as u64) as usize]
}
