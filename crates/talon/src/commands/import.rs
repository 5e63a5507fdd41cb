//! `talon import`.

mod progress;

use std::{
    fs::File,
    io::{BufReader, stdin},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use talon_app::Clock;
use talon_region::{ImportOptions, ImportReport, Input, import};

use super::{block_on, schedule::publish_now, with_store};
use crate::{
    cli::StoreArgs,
    clock::SystemClock,
    compose::WhenMissing,
    failure::{Failure, Outcome},
    output::say,
};
use progress::Shown;

pub(crate) const EXAMPLES: &str = "\
Everything is checked before anything is kept. Faulty lines are told on standard error as FILE:LINE;
then nothing is kept and the exit code is 1. A server on the same store goes on booking and sees the
new data within a second. Importing the same file again changes nothing.

Examples:
  talon import region.ndjson
  talon import facilities.ndjson persons.ndjson --keep-good
  zcat region.ndjson.gz | talon import -";

/// What standard input is called in faults.
const STANDARD_INPUT: &str = "-";

#[derive(Args, Debug)]
pub(crate) struct ImportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Region files; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Keep the good lines of files with faulty ones; the exit code is 1 nevertheless
    #[arg(long)]
    keep_good: bool,
}

pub(crate) fn run(args: ImportArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let inputs = args.files.iter().map(open).collect::<Outcome<Vec<_>>>()?;
    block_on(with_store(&settings, WhenMissing::Create, async |store| {
        let mut shown = Shown::start(&args.files);
        let options = ImportOptions { keep_good: args.keep_good, ..ImportOptions::new(SystemClock.now()) };
        let imported = import(&**store, inputs, options, &mut |progress| shown.show(progress)).await;
        shown.finish();
        let report = imported.map_err(|error| Failure::Fault(error.into()))?;
        tell_faults(&report);
        tell_applied(&report)?;
        if report.templates_changed {
            publish_now(&**store).await?;
        }
        if report.faulty_lines == 0 { Ok(()) } else { Err(Failure::Told) }
    }))
}

fn open(path: &PathBuf) -> Outcome<Input> {
    let name = path.display().to_string();
    if name == STANDARD_INPUT {
        return Ok(Input { name, reader: Box::new(BufReader::new(stdin())) });
    }
    let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(anyhow::anyhow!("{name} is a folder; name its files").into());
    }
    Ok(Input { name, reader: Box::new(BufReader::with_capacity(256 * 1024, file)) })
}

fn tell_faults(report: &ImportReport) {
    for fault in &report.faults {
        eprintln!("{fault}");
    }
    if report.further_faults > 0 {
        eprintln!("and {} more faults", report.further_faults);
    }
    if report.faulty_lines > 0 && report.applied_lines() == 0 {
        eprintln!("{} of {} lines are faulty; nothing was kept", report.faulty_lines, report.lines);
    } else if report.faulty_lines > 0 {
        eprintln!("{} of {} lines are faulty; the others were kept", report.faulty_lines, report.lines);
    }
}

fn tell_applied(report: &ImportReport) -> Outcome {
    say(&format!("lines read: {}, kept: {}", report.lines, report.applied_lines()))?;
    for (kind, lines) in &report.applied {
        say(&format!("  {}: {lines}", talon_region::type_of(*kind)))?;
    }
    Ok(())
}
