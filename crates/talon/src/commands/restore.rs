//! `talon restore`.

use std::path::PathBuf;

use clap::Args;
use talon_app::Clock;

use super::backup::{embedded, shown, tell};
use crate::{cli::StoreArgs, clock::SystemClock, failure::Outcome, output::say};

pub(crate) const EXAMPLES: &str = "\
Puts a backup of `talon backup` where the embedded store is to be. Stop the server first, and
keep it stopped. The backup is compared with its seal and read from end to end before anything
else is touched. With --force a store that is there stays beside the restored one, under a name
with the date and time.

Run it as the user that the server runs as: the store belongs to whoever restores it. The
installation's own key (beside the store, ending in .key) is not in a backup; without the old one
a new one is made, and the tokens that the old one signed are no longer believed. Nor are the keys of
contacts (beside the store, ending in .contacts): without them a store that has any does not open.

Examples:
  talon restore --store sqlite:/var/lib/talon/talon.db /var/backups/talon/monday.backup
  talon restore --force /var/backups/talon/latest.backup
  talon restore --store sqlite:drill.db /var/backups/talon/latest.backup";

#[derive(Args, Debug)]
pub(crate) struct RestoreArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The backup to restore
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Restore even where a store is; that one is kept under another name
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: RestoreArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let ending = SystemClock.now().strftime(".before-restore-%Y%m%dT%H%M%S%3fZ").to_string();
    let keep_as = args.force.then_some(ending.as_str());
    let path = embedded(&settings.store)?;
    let restored = shown(|progress| talon_store_sqlite::restore(&args.file, path, keep_as, progress))?;
    say(&format!("restored: {}", settings.store))?;
    tell(path, &restored.contents)?;
    if let Some(kept) = restored.kept {
        say(&format!("the store that was there: {}", kept.display()))?;
    }
    Ok(())
}
