//! Free times while others book: whether those who read wait for those who write, with and without a record of
//! each read.

use std::{rc::Rc, thread, time::Duration};

use anyhow::ensure;

use super::{
    free_times::{self, CONNECTIONS},
    run::{self, Reads, Run},
};
use crate::{
    bench::Bench,
    count::{median, millis, thousands},
    engine::Backend,
    load,
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

/// Bookings a second beside the lists.
const BOOKINGS: u32 = 500;

/// What was read, and the latencies of what was booked meanwhile.
type Busy = (Run, load::Latencies);

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let small = bench.small(on)?;
    let lists = free_times::in_facilities(bench, small);
    let mut runs = Vec::new();
    for _ in 0..bench.runs {
        let side = |reads| -> anyhow::Result<Busy> {
            let store = small.copy(&on.engine)?;
            let server = run::serve_reading(bench, &store, reads)?;
            let address = server.address;
            let bookings = bookings(bench);
            // The server is stopped when the lists have come to their end: the last booking comes before.
            let time = (bench.warm_up(), bench.measured().saturating_sub(Duration::from_millis(500)));
            thread::scope(|scope| {
                let booking = scope.spawn(move || load::open(address, BOOKINGS, time, &Rc::new(bookings)));
                let read = run::measure(server, &on.engine, bench.closed(CONNECTIONS), &lists, 0);
                let booked = booking.join().map_err(|_| anyhow::anyhow!("the bookings' load panicked"))?;
                let ((tally, latencies), read) = (booked?, read?);
                ensure!(tally.is_all_booked() && !latencies.is_empty(), "not everything was booked: {tally}");
                Ok((read, latencies))
            })
        };
        runs.push((side(Reads::Recorded)?, side(Reads::Unrecorded)?));
    }
    print(on, &runs);
    Ok(())
}

/// The last that the region has.
fn bookings(bench: &Bench) -> Requests {
    let all = bench.small.generator();
    let wanted = (bench.warm_up() + bench.measured()).as_secs_f64() * f64::from(BOOKINGS);
    let bookings = all.bookings().skip(all.bookings().count().saturating_sub(wanted as usize));
    Requests::of(bookings, &bench.servers.issuers, Algorithm::EdDsa)
}

fn print(on: &Backend, runs: &[(Busy, Busy)]) {
    let figure = |side: fn(&(Busy, Busy)) -> &Busy| {
        let at = |quantile| median(runs.iter().map(|pair| side(pair).0.latencies.value_at_quantile(quantile) as f64));
        let booked = median(runs.iter().map(|pair| side(pair).1.value_at_quantile(0.99) as f64));
        let rate = thousands(median(runs.iter().map(|pair| side(pair).0.rate)));
        format!("{rate}/s, p50 {}, p99 {}; bookings p99 {}", millis(at(0.5)), millis(at(0.99)), millis(booked))
    };
    Row {
        what: &format!(
            "{}free times in a facility, {CONNECTIONS} connections, each with its record, beside {BOOKINGS} bookings/s",
            on.prefix()
        ),
        talon: figure(|pair| &pair.0),
        beside: format!("without records: {}", figure(|pair| &pair.1)),
        ratio: Some(median(runs.iter().map(|(with, without)| with.0.rate / without.0.rate))),
        goal: None,
    }
    .print();
}
