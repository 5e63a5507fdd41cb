//! `talon export`.

use std::{io::BufWriter, path::PathBuf};

use clap::Args;

use super::{block_on, with_store};
use crate::{
    cli::StoreArgs,
    compose::WhenMissing,
    failure::{Failure, Outcome},
    output,
};

pub(crate) const EXAMPLES: &str = "\
Everything that the store has, as `talon import` takes it: with entries, ticket numbers, messages and
audit. It holds personal data; a new output file is readable by its owner alone.

Examples:
  talon export --output region.ndjson
  talon export | gzip > region.ndjson.gz";

#[derive(Args, Debug)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Where to write it [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn run(args: ExportArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let mut out = BufWriter::new(output::to(args.output.as_deref())?);
    let lines = block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        talon_region::export(&**store, &mut out).await.map_err(|error| Failure::Fault(error.into()))
    }))?;
    eprintln!("{lines} lines written");
    Ok(())
}
