//! `talon migrate`.

use clap::Args;

use super::{block_on, with_store};
use crate::{cli::StoreArgs, compose::WhenMissing, failure::Outcome, output::say};

pub(crate) const EXAMPLES: &str = "\
Makes the store when it is missing, and brings its schema to what this program needs. `serve` and
`import` do the same; a command of its own is for databases where the role that serves must not change
tables. Steps only add to the schema as long as an older program may still be serving: exchange the
nodes one after the other, migrate first.

Examples:
  talon migrate --store postgres://talon_owner@db.example/talon
  talon migrate --store sqlite:/var/lib/talon/talon.db";

#[derive(Args, Debug)]
pub(crate) struct MigrateArgs {
    #[command(flatten)]
    store: StoreArgs,
}

pub(crate) fn run(args: MigrateArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    block_on(with_store(&settings, WhenMissing::Create, async |_| Ok(())))?;
    say(&format!("{}: the schema is the one that this program needs", settings.store))
}
