//! What must hold: what clients were told against what the store holds, and both against the rules.

mod answers;
mod entries;
mod export;
mod journeys;
mod linear;
mod places;
mod records;

use std::{io::BufReader, process::Stdio};

use anyhow::{Context, ensure};
use talon_testkit::Violation;

use crate::{history::Attempt, plan::Plan, site::Site};

/// What was checked, and what was found.
pub(crate) struct Checked {
    pub(crate) violations: Vec<Violation>,
    /// Entries in the store, and how many of them are live.
    pub(crate) entries: (usize, usize),
    pub(crate) messages: u64,
    pub(crate) records: u64,
    /// Claim keys whose answers were checked for what explains them.
    pub(crate) keys: usize,
}

/// Every check. No server may be running.
///
/// # Errors
///
/// `talon export` fails, or writes what cannot be understood.
pub(crate) fn all(plan: &Plan, history: &[Attempt], site: &Site) -> anyhow::Result<Checked> {
    let mut violations = answers::unexpected(plan, history);
    violations.extend(answers::repeats_differ(plan, history));
    let found = {
        let mut export = site.command("export");
        let mut export = export.stdout(Stdio::piped()).stderr(site.log("export")?).spawn()?;
        let lines = BufReader::new(export.stdout.take().context("standard output is a pipe")?);
        let found = export::read(plan, history, lines);
        ensure!(export.wait()?.success(), "talon export failed:\n{}", site.read_log("export"));
        found?
    };
    let live = found.entries.iter().filter(|entry| entry.is_live()).count();
    violations.extend(found.violations);
    violations.extend(entries::duplicates(plan, &found.entries));
    violations.extend(answers::ok_but_missing(plan, history, &found.entries));
    violations.extend(answers::refused_but_present(plan, history, &found.entries));
    violations.extend(journeys::broken(plan, history, &found.entries));
    let (keys, unexplained) = linear::check(plan, history, &found.entries);
    violations.extend(unexplained);
    let (places, unexplained) = places::check(plan, history);
    violations.extend(unexplained);
    violations.extend(doctor(site)?);
    Ok(Checked {
        violations,
        entries: (found.entries.len(), live),
        messages: found.messages,
        records: found.records,
        keys: keys + places,
    })
}

/// What `talon doctor` says against the store: structure, checksums, claims that do not fit entries.
fn doctor(site: &Site) -> anyhow::Result<Vec<Violation>> {
    let output = site.command("doctor").args(["--listen", "127.0.0.1:0"]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let faults = text.lines().filter(|line| line.starts_with("FAIL"));
    let mut violations: Vec<Violation> = faults.map(|line| violation("doctor", line.to_owned())).collect();
    if violations.is_empty() && !output.status.success() {
        violations.push(violation("doctor", String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(violations)
}

fn violation(checker: &'static str, what: String) -> Violation {
    Violation { checker, what }
}

#[cfg(test)]
mod tests;
