//! `talon audit export`.

use std::{
    io::{BufWriter, Write},
    path::PathBuf,
};

use clap::Args;
use talon_audit::audit_event;
use talon_domain::audit::AuditRecord;
use talon_store::{AUDIT_PAGE, RecordsQuery, Store};

use super::Days;
use crate::{
    cli::StoreArgs,
    commands::{
        block_on,
        progress::{Shown, Unit},
        with_store,
    },
    compose::WhenMissing,
    failure::Outcome,
    output,
};

pub(super) const EXAMPLES: &str = "\
One FHIR R4 AuditEvent a line (NDJSON), in the shape of IHE's Basic Audit Log Patterns. They come in no order of
time. A new output file is readable by its owner alone.

Examples:
  talon audit export --output audit.ndjson
  talon audit export --from 2026-10-01 --to 2026-10-31 | gzip > october.ndjson.gz";

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    days: Days,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(super) fn run(args: ExportArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let query = args.days.query()?;
    let mut out = BufWriter::new(output::to(args.output.as_deref())?);
    let mut shown = Shown::start();
    let mut written = 0;
    block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        each(&**store, &query, |record| {
            writeln!(out, "{}", audit_event(record))?;
            written += 1;
            shown.show("exporting", Unit::Records, written, None);
            Ok(())
        })
        .await
    }))?;
    shown.finish();
    out.flush()?;
    eprintln!("{written} records written");
    Ok(())
}

/// Hands over every record that is asked for, in one state of the store.
pub(super) async fn each(
    store: &dyn Store,
    query: &RecordsQuery,
    mut take: impl FnMut(&AuditRecord) -> Outcome,
) -> Outcome {
    let snapshot = store.snapshot().await?;
    let mut above = None;
    loop {
        let page = snapshot.records(query, above).await?;
        page.iter().try_for_each(&mut take)?;
        match page.last() {
            Some(last) if page.len() == AUDIT_PAGE => above = Some((last.request, last.id)),
            _ => return Ok(()),
        }
    }
}
