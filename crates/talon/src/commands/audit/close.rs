//! `talon audit close`.

use std::{
    fs::File,
    io::{BufWriter, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use jiff::{ToSpan, civil::Date, tz::TimeZone};
use talon_app::Clock;
use talon_audit::{CheckpointFile, Report};
use talon_domain::audit::AuditKind;
use talon_region::{Line, write_line};
use talon_store::{AUDIT_PAGE, Behind, ChainEnd, ChainHash, Record, Store};

use super::verify;
use crate::{
    cli::StoreArgs,
    clock::SystemClock,
    commands::{
        block_on,
        progress::{Shown, Unit},
        with_store,
    },
    compose::{self, WhenMissing},
    failure::{Failure, Outcome},
    output::say,
    sealing::AT_ONCE,
    settings::Settings,
};

pub(super) const EXAMPLES: &str = "\
Takes whole days out of the audit once their records have been kept for long enough (audit.keep_reads,
audit.keep_changes), in this order: the audit is verified, and any fault ends it; the days are written to FILE as
lines of a region file, with their seals; a checkpoint is signed that says so and names the file's SHA-256; the
records are removed. `talon audit verify` tells from then on when they were closed. Stopped in between, it is
repeated with another FILE.

Needs the right to delete: in PostgreSQL the owner's role.

Examples:
  talon audit close --to /archive/audit-2023.ndjson
  talon audit close --before 2023-07-01 --to /archive/audit-2023-1.ndjson";

#[derive(Args, Debug)]
pub(crate) struct CloseArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Days before this one, in UTC [default: all that have been kept for long enough]
    #[arg(long, value_name = "DAY")]
    before: Option<Date>,
    /// Where the days are written
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The files of checkpoints of all nodes [default: the setting audit.checkpoints]
    #[arg(long, value_name = "FILE", num_args = 1..)]
    checkpoints: Vec<PathBuf>,
    /// Keys that checkpoints may be signed with, beside the installation's own
    #[arg(long, value_name = "FILE", num_args = 1..)]
    public_key: Vec<PathBuf>,
}

pub(super) fn run(args: CloseArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let own = compose::own_key(&settings.signing_key)?;
    let lines = verify::lines(&settings, &args.checkpoints, &args.public_key)?;
    let patience = super::patience(&settings);
    let removed = block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        let report = verify::look(&**store, lines, patience).await?;
        verify::faults(&report)?;
        let mut removed = remove(&**store, &unfinished(&**store, &report).await?).await?;
        let ends = over(&**store, &settings, &report, args.before).await?;
        if !ends.is_empty() {
            let hash = write(&**store, &ends, &args.to).await?;
            let file = CheckpointFile::at(&settings.audit.checkpoints);
            file.append(&ends, Some(hash), &own, SystemClock.now())?;
            removed += remove(&**store, &ends).await?;
        }
        Ok(removed)
    }))?;
    match removed {
        0 => say("no day has been kept for long enough"),
        removed => say(&format!("{removed} records removed; they are in {}", args.to.display())),
    }
}

/// Chains that were closed before, and of which something is left.
async fn unfinished(store: &dyn Store, report: &Report) -> Outcome<Vec<ChainEnd>> {
    let left = report.closed.iter().filter(|(_, left)| *left > 0).map(|(closing, _)| closing.end);
    let ends = store.chain_ends(Date::MIN).await?;
    // An end that grew again is no closed one.
    Ok(left.filter(|end| ends.contains(end)).collect())
}

/// Chains whose time of keeping is over.
async fn over(store: &dyn Store, settings: &Settings, report: &Report, before: Option<Date>) -> Outcome<Vec<ChainEnd>> {
    let today = TimeZone::UTC.to_datetime(SystemClock.now()).date();
    let first_kept = |kind: AuditKind| {
        let days = match kind {
            AuditKind::Read => settings.audit.keep_reads,
            AuditKind::Change => settings.audit.keep_changes,
        };
        let kept = today.saturating_sub(i64::from(days).days());
        before.map_or(kept, |before| before.min(kept))
    };
    let ends = store.chain_ends(Date::MIN).await?.into_iter();
    let closed = |end: &ChainEnd| report.closed.iter().any(|(closing, _)| closing.end.chain == end.chain);
    Ok(ends.filter(|end| end.chain.day < first_kept(end.chain.kind) && !closed(end)).collect())
}

/// Writes chains, each record before its seal, and says what the file's hash is.
async fn write(store: &dyn Store, ends: &[ChainEnd], path: &Path) -> Outcome<ChainHash> {
    let made = File::options().write(true).create_new(true).mode(0o600).open(path);
    let file = made.with_context(|| format!("{} cannot be made anew", path.display()))?;
    let mut out = talon_audit::Hashing::new(BufWriter::new(file));
    let snapshot = store.snapshot().await?;
    let (mut shown, mut written) = (Shown::start(), 0);
    let total = ends.iter().map(|end| end.number).sum();
    for end in ends {
        let mut above = 0;
        loop {
            let page = snapshot.links(&end.chain, above).await?;
            for link in &page {
                above = link.seal.number;
                let Behind::Record(record) = &link.behind else {
                    return Err(Failure::Fault(anyhow::anyhow!("{}: changed meanwhile", end.chain)));
                };
                for record in [Record::Audit((**record).clone()), Record::Seal(link.seal.clone())] {
                    if let Some(line) = Line::of(record, None) {
                        write_line(&line, &mut out)?;
                    }
                }
            }
            written += page.len() as u64;
            shown.show("writing", Unit::Records, written, Some(total));
            if page.len() < AUDIT_PAGE {
                break;
            }
        }
    }
    shown.finish();
    let (mut buffer, hash) = out.finish();
    buffer.flush()?;
    buffer.get_ref().sync_all()?;
    Ok(hash)
}

/// Removes chains, a few records at a time: others wait for it where one thread writes.
async fn remove(store: &dyn Store, ends: &[ChainEnd]) -> Outcome<u64> {
    let (mut shown, mut removed) = (Shown::start(), 0);
    let total = ends.iter().map(|end| end.number).sum();
    for end in ends {
        let mut first = 1;
        while first <= end.number {
            let last = (first + u64::from(AT_ONCE) - 1).min(end.number);
            removed += store.remove_sealed(end, (first, last)).await?;
            shown.show("removing", Unit::Records, removed, Some(total));
            first = last + 1;
        }
    }
    shown.finish();
    Ok(removed)
}
