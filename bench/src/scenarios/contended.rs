//! Many clients want one slot at the same moment.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
};

use anyhow::ensure;
use talon_domain::ids::{ResourceId, ResourceKey};
use talon_sample::{GenerateOptions, GeneratedBooking, Generator};
use talon_store::Record;

use crate::{
    bench::Bench,
    count::millis,
    engine::Backend,
    load::{self, Latencies, Tally},
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

const CLIENTS: usize = 256;

/// The slowest but one of a hundred answers, at most, in microseconds.
const GOAL: f64 = 50_000.0;

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let rounds = if bench.quick { 5 } else { 20 };
    let crowds = crowds(bench, rounds);
    ensure!(crowds.len() == rounds, "the region has too few persons who want the same slot");
    let server = bench.servers.talon(&bench.small(on)?.copy(&on.engine)?)?;
    let latencies = Rc::new(RefCell::new(Latencies::new_with_max(60_000_000, 3)?));
    let (mut all, mut exact) = (Tally::default(), 0);
    for crowd in crowds {
        let requests = Requests::of(crowd.into_iter(), &bench.servers.issuers, Algorithm::EdDsa);
        let tally = load::burst(server.address, &Rc::new(requests), &latencies)?;
        exact += u32::from(tally.booked() == 1 && tally.others("400 4009") == CLIENTS as u64 - 1);
        all.add(&tally);
    }
    server.stop()?;
    eprintln!("  {all}");
    let p99 = latencies.borrow().value_at_quantile(0.99) as f64;
    let as_meant = exact as usize == rounds && all.others("5") == 0;
    Row {
        what: &format!("{}256 clients want one slot at once", on.prefix()),
        talon: format!("in {exact} of {rounds} rounds one 200 and 255 × 4009; p99 {}", millis(p99)),
        beside: format!("all answers: {all}"),
        ratio: None,
        goal: Some(("always, no 5xx, p99 ≤ 50 ms", as_meant && p99 <= GOAL)),
    }
    .print();
    Ok(())
}

/// Persons with a referral to the same resource, all asking for the same one of its cells; each
/// crowd at a resource of its own.
fn crowds(bench: &Bench, count: usize) -> Vec<Vec<GeneratedBooking>> {
    let single = with_one_place(bench.small.options);
    let region = bench.small.generator();
    let mut by_resource: HashMap<ResourceKey, Vec<GeneratedBooking>> = HashMap::new();
    for booking in region.bookings().filter(|booking| single.contains(&booking.resource.resource)) {
        by_resource.entry(booking.resource).or_default().push(booking);
    }
    let mut crowds: Vec<_> = by_resource.into_iter().filter(|(_, crowd)| crowd.len() >= CLIENTS).collect();
    crowds.sort_by_key(|(resource, _)| *resource);
    let at_one_cell = |mut crowd: Vec<GeneratedBooking>| {
        crowd.truncate(CLIENTS);
        let (day, time) = (crowd[0].day, crowd[0].time);
        crowd.into_iter().map(|booking| GeneratedBooking { day, time, ..booking }).collect()
    };
    crowds.into_iter().take(count).map(|(_, crowd)| at_one_cell(crowd)).collect()
}

/// The resources whose cells have one place.
fn with_one_place(options: GenerateOptions) -> HashSet<ResourceId> {
    let cells = Generator::new(GenerateOptions { persons: 0, ..options });
    cells
        .filter_map(|record| match record {
            Record::Slot(slot) if slot.places == 1 => Some(slot.resource),
            _ => None,
        })
        .collect()
}
