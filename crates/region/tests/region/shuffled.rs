//! Everything that can be exchanged, at random: whatever the store had, an input that can be is taken, and the
//! store is then what it says.

use serde_json::{Value, json};

use crate::{
    common::*,
    exchange::{Stores, cell, joined, use_referral},
};

const CELLS: u32 = 2400;
const PEOPLE: u32 = 600;
const FACILITIES: u32 = 1200;

const CELL: u32 = 100_000;
const HUMAN: u32 = 200_000;
const CARD: u32 = 300_000;
const REFERRAL: u32 = 400_000;
const VISIT: u32 = 500_000;

/// A sequence that a seed gives.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).unwrap()
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        for end in (1..list.len()).rev() {
            list.swap(end, self.below(end + 1));
        }
    }

    /// The numbers below `end`, of which those that `stay` are in their places and the others anywhere.
    fn rearranged(&mut self, end: u32, stay: impl Fn(u32) -> bool) -> Vec<u32> {
        let mut moving: Vec<u32> = (0..end).filter(|number| !stay(*number)).collect();
        self.shuffle(&mut moving);
        (0..end).map(|number| if stay(number) { number } else { moving.pop().unwrap() }).collect()
    }
}

/// Facilities with codes, cells with places in the schedule, cards with persons, each by number.
fn things(codes: &[u32], places: &[u32], owners: &[u32]) -> Vec<Value> {
    let numbered = |list: &[u32], line: &dyn Fn(u32, u32) -> Value| -> Vec<Value> {
        list.iter().zip(0..).map(|(value, number)| line(number, *value)).collect()
    };
    joined(&[
        &base(),
        &(0..PEOPLE).map(|number| person(HUMAN + number)).collect::<Vec<_>>(),
        &(0..PEOPLE).map(|number| referral(REFERRAL + number, HUMAN + number)).collect::<Vec<_>>(),
        &numbered(codes, &|number, code| with(facility(1000 + number), "mkod", json!((5000 + code).to_string()))),
        &numbered(places, &cell),
        &numbered(owners, &|number, owner| card(CARD + number, HUMAN + owner)),
    ])
}

/// A person's visit under their referral.
fn visit(number: u32, cell: u32, who: u32) -> Value {
    use_referral(entry(VISIT + number, CELL + cell, HUMAN + who), REFERRAL + who)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_can_be_is_taken_whatever_was_there() {
    for seed in 1..4 {
        let mut chance = Chance(seed);
        let straight = |end: u32| (0..end).collect::<Vec<_>>();
        // Whoever's number is a visit in the cell of that number.
        let visits: Vec<_> = (0..PEOPLE).map(|number| visit(number, number, number)).collect();
        let before = things(&straight(FACILITIES), &straight(CELLS), &straight(PEOPLE));
        let stores = Stores::with(&joined(&[&before, &visits])).await;
        // Of three visits one stays, one goes to a cell of others like it, and one is cancelled for another
        // in any cell that nobody has.
        let goes = chance.rearranged(PEOPLE, |number| number % 3 != 1);
        let mut free: Vec<u32> = (0..CELLS).filter(|number| *number >= PEOPLE || number % 3 == 2).collect();
        chance.shuffle(&mut free);
        let mut after = Vec::new();
        // A cell stays where it is if its visit does.
        let stays: Vec<bool> = (0..).zip(&goes).map(|(number, cell)| number % 3 != 2 && number == *cell).collect();
        for (number, cell) in (0..).zip(goes) {
            if number % 3 == 2 {
                after.push(with(visit(number, number, number), "state", json!("cancelled")));
                after.push(with(visit(PEOPLE + number, free.pop().unwrap(), number), "ticket", json!("Т-002")));
            } else {
                after.push(visit(number, cell, number));
            }
        }
        let codes = chance.rearranged(FACILITIES, |number| number % 2 == 0);
        let places = chance.rearranged(CELLS, |number| stays.get(number as usize) == Some(&true));
        let owners = chance.rearranged(PEOPLE, |number| number % 5 == 0);
        let mut lines = joined(&[&things(&codes, &places, &owners), &after]);
        chance.shuffle(&mut lines);
        stores.becomes(&lines).await;
    }
}
