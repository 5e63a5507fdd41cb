//! What a signature costs when its token is used ten times, as a patient uses it, and when once.

use std::rc::Rc;

use super::run;
use crate::{
    bench::Bench,
    count::{median, thousands},
    requests::Requests,
    table::Row,
    tokens::Algorithm,
};

const CONNECTIONS: usize = 32;

/// How often a token is used: for a booking, and for the same request again nine times.
const USES: usize = 10;

/// Requests between two uses: more than are ever under way at once, so that the first is answered.
const APART: usize = 1000;

pub(super) fn run(bench: &Bench) -> anyhow::Result<()> {
    for uses in [USES, 1] {
        let region = bench.small.generator();
        let persons = bench.enough_requests() / bench.runs as usize / uses;
        let requests = |algorithm| {
            let requests = Requests::of(region.bookings().take(persons), &bench.servers.issuers, algorithm);
            Rc::new(requests.repeated(uses, APART))
        };
        let (ed_dsa, hs256) = (requests(Algorithm::EdDsa), requests(Algorithm::Hs256));
        let plan = bench.closed(CONNECTIONS);
        let mut runs = Vec::new();
        for _ in 0..bench.runs {
            let on = &bench.sqlite;
            runs.push((run::talon(bench, on, plan, &ed_dsa)?, run::talon(bench, on, plan, &hs256)?));
        }
        let ratio = median(runs.iter().map(|(ed_dsa, hs256)| ed_dsa.rate / hs256.rate));
        let what = match uses {
            1 => "requests/s, EdDSA, each token once (cold)".to_owned(),
            _ => format!("requests/s, EdDSA, each token {uses} times: a booking and its repetitions"),
        };
        Row {
            what: &what,
            talon: format!("{}/s", thousands(median(runs.iter().map(|(run, _)| run.rate)))),
            beside: format!("HS256: {}/s", thousands(median(runs.iter().map(|(_, run)| run.rate)))),
            ratio: Some(ratio),
            goal: (uses > 1).then_some(("≥ 0.90", ratio >= 0.9)),
        }
        .print();
    }
    Ok(())
}
