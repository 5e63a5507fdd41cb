//! `stores`: bookings a second on databases that somebody else runs, in turns. For what this program
//! cannot start by itself: a distributed engine, a server with standbys, one over a network.

use std::{path::Path, rc::Rc, str::FromStr, time::Duration};

use anyhow::{Context, ensure};
use jiff::ToSpan;
use talon_sample::GenerateOptions;

use crate::{
    args::StoresArgs,
    bench, clock,
    count::{median, millis, thousands},
    load::{self, Closed},
    machine, process,
    region::Region,
    requests::Requests,
    server::Servers,
    table::{self, Row},
    tokens::Algorithm,
};

/// How long an import may take.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Its cells are then about as many as its persons.
const PERSONS_OF_A_FACILITY: u64 = 5_000;

/// An empty store that is ready to serve, with a name for the table.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    name: String,
    url: String,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, url) = text.split_once('=').ok_or("it is written as NAME=URL")?;
        Ok(Self { name: name.to_owned(), url: url.to_owned() })
    }
}

/// A run of one store.
struct Run {
    rate: f64,
    p50: f64,
    p99: f64,
}

/// Imports the same region into each store, books in them in turns and prints the table.
pub(crate) fn run(args: &StoresArgs) -> anyhow::Result<()> {
    let scratch = bench::scratch(args.scratch.as_deref())?;
    let servers = bench::servers(args.talon.as_deref(), None, scratch.path())?;
    println!("{}\n", machine::describe());
    let start = jiff::tz::TimeZone::UTC.to_datetime(clock::now()).date().checked_add(2.days())?;
    let facilities = u32::try_from(args.persons / PERSONS_OF_A_FACILITY)?.max(1);
    let options = GenerateOptions { facilities, days: 14, persons: args.persons, seed: 1, start };
    let region = Region::make(&servers, "stores", options)?;
    for store in &args.stores {
        import(&servers, store, &region.file)?;
    }
    let requests = Requests::of(region.generator().bookings(), &servers.issuers, Algorithm::EdDsa);
    let requests = Rc::new(requests);
    table::head();
    // Each store goes on where it was left: what was booked stays booked.
    let mut first = vec![0; args.stores.len()];
    for connections in args.connections.iter().copied() {
        let measured = Duration::from_secs(args.seconds);
        let plan = Closed { connections, warm_up: Duration::from_secs(1), measured };
        let mut runs: Vec<Vec<Run>> = args.stores.iter().map(|_| Vec::new()).collect();
        for _ in 0..args.runs {
            for ((store, runs), first) in args.stores.iter().zip(&mut runs).zip(&mut first) {
                runs.push(book(&servers, store, plan, &requests, first)?);
            }
        }
        print(&args.stores, connections, &runs);
    }
    Ok(())
}

fn import(servers: &Servers, store: &Named, file: &Path) -> anyhow::Result<()> {
    eprintln!("importing into {}", store.name);
    let ran = process::run(servers.talon_command("import", &store.url).arg(file), PATIENCE)?;
    eprintln!("  {:.1} s", ran.took.as_secs_f64());
    Ok(())
}

fn book(
    servers: &Servers,
    store: &Named,
    plan: Closed,
    requests: &Rc<Requests>,
    first: &mut usize,
) -> anyhow::Result<Run> {
    let server = servers.talon(&store.url).with_context(|| format!("on {}", store.name))?;
    let report = load::closed(server.address, plan, requests, *first, &|| Ok([Duration::ZERO; 2]))?;
    ensure!(report.tally.is_all_booked(), "not everything was booked: {}", report.tally);
    server.stop()?;
    *first += report.sent;
    let at = |quantile| report.latencies.value_at_quantile(quantile) as f64;
    eprintln!("  {}: {:.0}/s, p50 {} µs, p99 {} µs", store.name, report.rate, at(0.5), at(0.99));
    Ok(Run { rate: report.rate, p50: at(0.5), p99: at(0.99) })
}

/// Each store beside the first.
fn print(stores: &[Named], connections: usize, runs: &[Vec<Run>]) {
    let figure = |store: &Named, runs: &[Run]| {
        let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure));
        let (rate, p50, p99) = (of(|run| run.rate), of(|run| run.p50), of(|run| run.p99));
        format!("{}: {}/s, p50 {}, p99 {}", store.name, thousands(rate), millis(p50), millis(p99))
    };
    let all: Vec<_> = stores.iter().zip(runs).collect();
    let Some(((base, base_runs), others)) = all.split_first() else { return };
    for (store, runs) in others {
        let ratio = median(runs.iter().zip(*base_runs).map(|(run, base)| run.rate / base.rate));
        Row {
            what: &format!("bookings/s, {connections} connections, EdDSA, each token once"),
            talon: figure(store, runs),
            beside: figure(base, base_runs),
            ratio: Some(ratio),
            goal: None,
        }
        .print();
    }
}
