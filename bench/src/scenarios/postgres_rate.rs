//! Bookings a second on PostgreSQL, beside the floor in batches and beside what pgbench reaches with
//! one call of a function for each booking.

use std::rc::Rc;

use super::{rate, run::Run};
use crate::{
    bench::Bench,
    count::{median, millis, thousands},
    engine::Backend,
    pgbench::{Peer, PeerRun},
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

const ALGORITHM: Algorithm = Algorithm::EdDsa;

/// Connections of the load.
const CONNECTIONS: [usize; 2] = [32, 128];

/// Clients of pgbench: the best of them counts.
const CLIENTS: [usize; 4] = [1, 8, 32, 128];

pub(super) fn run(bench: &Bench, on: &Backend) -> anyhow::Result<()> {
    let Some(postgres) = on.postgres() else { return Ok(()) };
    let bookings = bench.small.generator();
    let requests = Rc::new(Requests::of(bookings.bookings(), &bench.servers.issuers, ALGORITHM));
    let peer = Peer::make(postgres, &bench.servers.scratch, (bench.warm_up(), bench.measured()))?;
    let mut pairs: [Vec<(Run, Run)>; CONNECTIONS.len()] = Default::default();
    let mut peers: [Vec<PeerRun>; CLIENTS.len()] = Default::default();
    for _ in 0..bench.runs {
        for (pairs, connections) in pairs.iter_mut().zip(CONNECTIONS) {
            pairs.push(rate::pair(bench, on, ALGORITHM, bench.closed(connections), &requests)?);
        }
        for (peers, clients) in peers.iter_mut().zip(CLIENTS) {
            peers.push(peer.run(clients)?);
        }
    }
    let rate_of = |runs: &[PeerRun]| median(runs.iter().map(|run| run.rate));
    let best = peers.iter().zip(CLIENTS).max_by(|(one, _), (other, _)| rate_of(one).total_cmp(&rate_of(other)));
    for (pairs, connections) in pairs.iter().zip(CONNECTIONS) {
        rate::print(on, ALGORITHM, connections, pairs);
        let Some((peers, clients)) = best else { continue };
        let ratio = median(pairs.iter().zip(peers).map(|((talon, _), peer)| talon.rate / peer.rate));
        let latency = median(peers.iter().map(|run| run.mean_latency));
        Row {
            what: &format!("{}bookings/s, {connections} connections, beside pgbench at its best", on.prefix()),
            talon: format!("{}/s", thousands(median(pairs.iter().map(|(talon, _)| talon.rate)))),
            beside: format!("{clients} clients: {}/s, mean {}", thousands(rate_of(peers)), millis(latency)),
            ratio: Some(ratio),
            goal: Some(("≥ 1.5", ratio >= 1.5)),
        }
        .print();
    }
    let all = peers.iter().zip(CLIENTS).map(|(runs, clients)| format!("{clients}: {}/s", thousands(rate_of(runs))));
    Row {
        what: "pgbench: a whole booking in one function, by number of clients",
        talon: String::new(),
        beside: all.collect::<Vec<_>>().join(", "),
        ratio: None,
        goal: None,
    }
    .print();
    Ok(())
}
