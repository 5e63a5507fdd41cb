//! The table at the end, and what is left behind when a promise was broken.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    time::Duration,
};

use anyhow::ensure;
use comfy_table::{ContentArrangement, Table, presets::UTF8_FULL_CONDENSED};
use talon_testkit::{Outcome, Violation};

use crate::{
    args::Nemesis,
    check::Checked,
    history::{self, Attempt},
    nemesis::{Fault, Strike},
    plan::Plan,
    setup::Setup,
    site::Site,
};

/// As many violations are printed; all of them are in the directory.
const SHOWN: usize = 20;

/// A run with what came of it.
pub(crate) struct Report<'a> {
    pub(crate) setup: &'a Setup,
    pub(crate) plan: &'a Plan,
    pub(crate) history: &'a [Attempt],
    pub(crate) faults: &'a [Fault],
    pub(crate) checked: &'a Checked,
    pub(crate) violations: &'a [Violation],
    /// How long the race took, without preparing and checking.
    pub(crate) raced: Duration,
}

impl Report<'_> {
    /// Prints the table, and the first violations.
    ///
    /// # Errors
    ///
    /// Standard output takes nothing.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        for (what, figure) in self.rows() {
            table.add_row([what, figure]);
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{table}")?;
        for violation in self.violations.iter().take(SHOWN) {
            writeln!(out, "{violation}")?;
        }
        Ok(out.flush()?)
    }

    fn rows(&self) -> Vec<(String, String)> {
        let attempts = self.history.len();
        let planned = self.plan.operations.len();
        let rate = attempts as f64 / self.raced.as_secs_f64().max(f64::MIN_POSITIVE);
        let mut rows = vec![
            ("attempts".to_owned(), format!("{attempts} in {planned} operations")),
            ("time".to_owned(), format!("{:.1} s, {rate:.0} a second", self.raced.as_secs_f64())),
        ];
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        for attempt in self.history {
            let what = match (&attempt.outcome, attempt.status) {
                (Outcome::Ok { .. }, _) => {
                    format!("ok: {}", self.plan.requests[attempt.request as usize].kind.action())
                }
                (Outcome::Refused(reason), _) => format!("refused: {reason}"),
                (Outcome::Unknown(_), None) => "unknown: no answer".to_owned(),
                (Outcome::Unknown(_), Some(status)) => format!("unknown: {status}"),
            };
            *told.entry(what).or_default() += 1;
        }
        rows.extend(told.into_iter().map(|(what, count)| (what, count.to_string())));
        let mut faults = String::new();
        for kind in &self.setup.nemesis {
            let count = self.faults.iter().filter(|fault| fault.kind() == *kind).count();
            let _ = write!(faults, ", {count} {}", name(*kind));
        }
        rows.push(("faults".to_owned(), format!("{}{faults}", self.faults.len())));
        let Checked { entries: (entries, live), messages, records, keys, .. } = self.checked;
        rows.push(("entries".to_owned(), format!("{entries}, {live} of them live")));
        rows.push(("messages".to_owned(), messages.to_string()));
        rows.push(("audit records".to_owned(), records.to_string()));
        rows.push(("keys whose answers are explained".to_owned(), keys.to_string()));
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        self.violations.iter().for_each(|violation| *found.entry(violation.checker).or_default() += 1);
        let mut violations = self.violations.len().to_string();
        for (checker, count) in found {
            let _ = write!(violations, ", {count} {checker}");
        }
        rows.push(("violations".to_owned(), violations));
        rows
    }

    /// Leaves what shows the violations in a directory: histories, faults, violations, the store's export and
    /// the servers' logs. The region that was imported is there already.
    ///
    /// # Errors
    ///
    /// Something cannot be written.
    pub(crate) fn leave(&self, strikes: &[Strike], site: &Site, directory: &Path) -> anyhow::Result<()> {
        let file = |name: &str| File::create(directory.join(name)).map(BufWriter::new);
        history::write(self.plan, self.history, &mut file("history.ndjson")?)?;
        let mut faults = file("faults.txt")?;
        for (number, strike) in strikes.iter().enumerate() {
            let note = if number < self.faults.len() { "" } else { " (not reached)" };
            writeln!(faults, "{strike}{note}")?;
        }
        faults.flush()?;
        let mut violations = file("violations.txt")?;
        writeln!(violations, "talon-lab {}", self.setup.replay())?;
        for violation in self.violations {
            writeln!(violations, "{violation}")?;
        }
        violations.flush()?;
        site.copy_logs(directory)?;
        let export = site.command("export").arg("--output").arg(directory.join("export.ndjson")).output()?;
        ensure!(export.status.success(), "talon export failed:\n{}", String::from_utf8_lossy(&export.stderr));
        Ok(())
    }
}

fn name(kind: Nemesis) -> &'static str {
    match kind {
        Nemesis::Kill => "kill",
        Nemesis::Pause => "pause",
        Nemesis::Cut => "cut",
        Nemesis::Database => "database",
        Nemesis::None | Nemesis::All => "",
    }
}
