//! `talon backup`.

use std::path::{Path, PathBuf};

use clap::Args;
use talon_store_sqlite::{Contents, IfPresent, Step};

use super::progress::{Shown, Unit};
use crate::{
    cli::StoreArgs,
    failure::{Failure, Outcome},
    output::say,
    settings::StoreUrl,
};

pub(crate) const EXAMPLES: &str = "\
Copies the embedded store as it is at one moment, also while a server works with it: every
booking that was answered before is in the copy. The copy is read from end to end, sealed and
flushed before it gets its name, so a file of that name is a whole backup. It holds personal
data; its owner alone may read it.

The installation's own key (beside the store, ending in .key) is not in it: keep a copy of the
key elsewhere. For a store in PostgreSQL use pgBackRest or pg_basebackup:
docs/operations/backups.md.

Examples:
  talon backup --store sqlite:/var/lib/talon/talon.db /var/backups/talon/monday.backup
  talon backup --force /var/backups/talon/latest.backup";

#[derive(Args, Debug)]
pub(crate) struct BackupArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The backup to write
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace FILE if it is there already
    #[arg(long)]
    force: bool,
}

pub(crate) fn run(args: BackupArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let store = embedded(&settings.store)?;
    let if_present = if args.force { IfPresent::Replace } else { IfPresent::Refuse };
    let contents = shown(|progress| talon_store_sqlite::backup(store, &args.file, if_present, progress))?;
    say(&format!("backup: {}", args.file.display()))?;
    tell(&args.file, &contents)?;
    say(&format!("not in it: the installation's own key, {}", settings.signing_key.display()))?;
    match &settings.contact_keys {
        Some(path) => say(&format!("not in it: the keys without which no contact can be read, {}", path.display())),
        None => Ok(()),
    }
}

/// The file of the embedded store.
///
/// # Errors
///
/// The store is in a database, which has tools of its own.
pub(super) fn embedded(store: &StoreUrl) -> Outcome<&Path> {
    let other = || {
        let what = format!(
            "{store} is not the embedded store; back up and restore a database with its own tools, pgBackRest or \
             pg_basebackup: docs/operations/backups.md"
        );
        Failure::usage(anyhow::anyhow!(what))
    };
    store.path().ok_or_else(other)
}

/// Does it and shows how far it is.
pub(super) fn shown<T>(work: impl FnOnce(&mut dyn FnMut(Step)) -> talon_store::Result<T>) -> talon_store::Result<T> {
    let mut shown = Shown::start();
    let done = work(&mut |step| match step {
        Step::Copying { done, total } => shown.show("copying", Unit::Bytes, done, Some(total)),
        Step::Checking => shown.show_busy("checking"),
    });
    shown.finish();
    done
}

/// Says what a backup holds.
pub(super) fn tell(file: &Path, contents: &Contents) -> Outcome {
    let Contents { facilities, persons, entries, newest } = contents;
    say(&format!("  size: {} bytes", std::fs::metadata(file)?.len()))?;
    say(&format!("  facilities: {facilities}, persons: {persons}, entries: {entries}"))?;
    match newest {
        Some(newest) => say(&format!("  newest entry booked at: {newest:.0}")),
        None => Ok(()),
    }
}
