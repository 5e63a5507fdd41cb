//! `talon keys list`, `talon keys rotate` and `talon keys drop`: the keys that contacts are sealed by.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::anyhow;
use clap::{Args, Subcommand};
use talon_store::Store;
use talon_vault::Vault;

use super::{
    block_on,
    progress::{Shown, Unit},
    with_store,
};
use crate::{
    background::LOOK_AT_KEYS_EVERY,
    cli::StoreArgs,
    compose::{self, WhenMissing},
    failure::{Failure, Outcome},
    output::say,
    settings::Settings,
};

/// After so long every server that runs has read a changed file: it looks several times in it.
const UNTIL_READ: Duration = Duration::from_secs(3);

const LIST_EXAMPLES: &str = "\
The names of the keys, the one that seals what is written now first. A name says nothing about its key.

Examples:
  talon keys list";

const ROTATE_EXAMPLES: &str = "\
Makes a new key, puts it first into the file, waits until running servers have read it, and seals every
e-mail and telephone anew, while they go on. The old keys stay in the file, for backups and for a server
that was away; `talon keys drop` removes one. May be broken off and repeated at any time.

Where several nodes have copies of the file, bring the new one to all of them before the command goes on:
--file-only makes the key and stops there; without a new key, --seal-only does the rest.

Examples:
  talon keys rotate
  talon keys rotate --file-only
  talon keys rotate --seal-only";

const DROP_EXAMPLES: &str = "\
Removes an old key from the file, after a look that nothing is sealed by it any more. Backups from before
the key was changed cannot be read without it: drop it when the last of them is gone.

Examples:
  talon keys drop QmFzZTY0";

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Show the names of the keys
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Make a new key and seal everything by it
    #[command(after_help = ROTATE_EXAMPLES)]
    Rotate(RotateArgs),
    /// Remove an old key
    #[command(after_help = DROP_EXAMPLES)]
    Drop(DropArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Make the key and seal nothing yet
    #[arg(long, conflicts_with = "seal_only")]
    file_only: bool,
    /// Make no key: seal by the one that is first
    #[arg(long)]
    seal_only: bool,
}

#[derive(Args, Debug)]
pub(crate) struct DropArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The name of the key
    // Names are drawn, and one in 64 begins with a hyphen.
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    key: String,
}

pub(crate) fn run(command: KeysCommand) -> Outcome {
    match command {
        KeysCommand::List(args) => list(args),
        KeysCommand::Rotate(args) => rotate(args),
        KeysCommand::Drop(args) => drop_key(args),
    }
}

fn list(args: ListArgs) -> Outcome {
    for (nth, id) in opened(&args.store.load()?.settings)?.ids().iter().enumerate() {
        say(&if nth == 0 { format!("{id}   seals what is written now") } else { id.to_string() })?;
    }
    Ok(())
}

fn rotate(args: RotateArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let path = file(&settings)?;
    if !args.seal_only {
        talon_vault::create_if_missing(&path).map_err(|error| Failure::Fault(error.into()))?;
        let id = talon_vault::add(&path).map_err(|error| Failure::Fault(error.into()))?;
        say(&format!("new key: {id}, in {}", path.display()))?;
    }
    if args.file_only {
        return Ok(());
    }
    let sealed = block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        if !args.seal_only {
            tokio::time::sleep(UNTIL_READ.max(LOOK_AT_KEYS_EVERY * 4)).await;
        }
        seal(store).await
    }))?;
    say(&format!("sealed anew: {sealed}"))
}

fn drop_key(args: DropArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let (path, keys) = (file(&settings)?, opened(&settings)?);
    match keys.ids().iter().position(|id| id.as_str() == args.key) {
        Some(0) => {
            return Err(Failure::Fault(anyhow!(
                "key {} seals what is written now; `talon keys rotate` first",
                args.key
            )));
        }
        Some(_) => {}
        None => return Err(Failure::Fault(anyhow!("{}: there is no key {} in it", path.display(), args.key))),
    }
    block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        // Whatever it still seals is sealed by the present key; only then may it be forgotten.
        seal(store).await?;
        Ok(store.forget_key(&args.key).await?)
    }))?;
    talon_vault::drop_key(&path, &args.key).map_err(|error| Failure::Fault(error.into()))?;
    say(&format!("dropped: {}", args.key))
}

/// Seals everything by the present key, until a whole round finds nothing that is not: a server that read the file a
/// moment later may have sealed by the old one behind us.
async fn seal(store: &Arc<dyn Store>) -> Outcome<u64> {
    let mut shown = Shown::start();
    let mut all = 0;
    loop {
        let (mut after, mut sealed, mut seen) = (None, 0, 0);
        loop {
            let page = store.reseal(after).await?;
            sealed += page.sealed;
            seen += page.seen;
            shown.show("sealing", Unit::Values, seen, None);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        all += sealed;
        if sealed == 0 {
            shown.finish();
            return Ok(all);
        }
    }
}

fn opened(settings: &Settings) -> Outcome<Arc<Vault>> {
    file(settings)?;
    let missing = || Failure::Fault(anyhow!("there is no file of keys yet; `talon keys rotate` makes it"));
    compose::contacts(settings, WhenMissing::Fail)?.ok_or_else(missing)
}

fn file(settings: &Settings) -> Outcome<PathBuf> {
    settings.contact_keys.clone().ok_or_else(|| {
        Failure::Usage(anyhow!("contacts are not sealed: name a file of keys with the setting contact_keys"))
    })
}
