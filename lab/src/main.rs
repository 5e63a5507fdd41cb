//! The race lab: `cargo run --release -p talon-lab`.
//!
//! Real servers on a real store; many clients that want the same appointments; a nemesis that kills,
//! pauses and cuts. Afterwards what every client was told is held against what the store holds and
//! against the rules.

mod args;
mod check;
mod client;
mod clock;
mod history;
mod nemesis;
mod plan;
mod progress;
mod race;
mod report;
mod setup;
mod site;
mod store;
mod tokens;

use std::{fs::File, io::BufWriter, path::Path, process::ExitCode, sync::Arc, time::Instant};

use clap::Parser;
use talon_testkit::Violation;
use tokio::{
    runtime::{Handle, Runtime},
    sync::watch,
};

use args::{Args, Nemesis};
use client::Caller;
use nemesis::Struck;
use plan::Plan;
use progress::Progress;
use report::Report;
use setup::Setup;
use site::Site;

fn main() -> ExitCode {
    match Setup::new(Args::parse()).and_then(|setup| lab(&setup)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("talon-lab: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Whether all promises were kept.
fn lab(setup: &Setup) -> anyhow::Result<bool> {
    println!("talon-lab {}", setup.replay());
    let scratch = tempfile::Builder::new().prefix("talon-lab-").tempdir()?;
    let region = scratch.path().join("region.ndjson");
    let plan = Plan::draw(setup.seed, setup.attempts, setup.nodes, &mut BufWriter::new(File::create(&region)?))?;
    let plan = Arc::new(plan);
    let is_good = Runtime::new()?.block_on(race(setup, &plan, &region, scratch.path()))?;
    if !is_good {
        println!("what was found is in {}", scratch.keep().display());
    }
    Ok(is_good)
}

async fn race(setup: &Setup, plan: &Arc<Plan>, region: &Path, scratch: &Path) -> anyhow::Result<bool> {
    let key = Arc::new(tokens::key());
    let mut site = Site::prepare(setup, &key, scratch)?;
    anyhow::ensure!(site.is_empty()?, "the store is not empty; the lab needs one of its own");
    eprintln!("importing {} persons and {} slots", plan.persons.len(), plan.slots.len());
    site.import(region)?;
    site.start()?;

    let epoch = Instant::now();
    let mut callers: Vec<Caller> =
        (0..setup.clients).map(|number| Caller::new(number, plan, &key, site.board(), epoch, setup.patience)).collect();
    let (sent, count) = watch::channel(0);
    let sent = Arc::new(sent);
    let strikes = nemesis::draw(setup);
    let nemesis = {
        let (strikes, runtime) = (strikes.clone(), Handle::current());
        tokio::task::spawn_blocking(move || nemesis::rage(site, strikes, count, &runtime))
    };
    let progress = Progress::start(u64::from(setup.attempts));
    let mut history = race::run(plan, &mut callers, &sent, &progress).await?;
    let Struck { mut site, faults, broken } = nemesis.await?;
    let raced = epoch.elapsed();
    let mut violations = Vec::new();
    match broken {
        Some(what) => violations.push(Violation { checker: "restart", what }),
        None => violations.extend(race::settle(plan, &mut callers, &mut history).await?),
    }
    drop(callers);
    violations.extend(tokio::task::block_in_place(|| end(setup, &mut site)));

    progress.then("checking");
    let checked = check::all(plan, &history, &site)?;
    violations.extend(checked.violations.iter().cloned());
    let report =
        Report { setup, plan, history: &history, faults: &faults, checked: &checked, violations: &violations, raced };
    report.print()?;
    if !violations.is_empty() {
        report.leave(&strikes, &site, scratch)?;
    }
    Ok(violations.is_empty())
}

/// Ends all nodes: where they are killed, with a kill, since the answers of the end must survive it too.
fn end(setup: &Setup, site: &mut Site) -> Vec<Violation> {
    let violation = |what: String| Violation { checker: "process", what };
    let mut violations = Vec::new();
    if setup.suffers(Nemesis::Kill) {
        site.kill_all();
    } else {
        let bad = site.stop_all();
        violations.extend(bad.into_iter().map(|node| violation(format!("node {node} did not end well on SIGTERM"))));
    }
    violations.extend(site.panics().iter().map(|line| violation(line.clone())));
    violations
}
