//! `talon schedule publish`: templates into slots, now.

use clap::{Args, Subcommand};
use talon_app::Clock;
use talon_store::{Published, Store};

use super::{block_on, with_store};
use crate::{cli::StoreArgs, clock::SystemClock, compose::WhenMissing, failure::Outcome, output::say};

const PUBLISH_EXAMPLES: &str = "\
A server does the same when it starts and every hour after that (setting publish_every), and an
import does it for the templates that it brings. Booked slots are never touched.

Examples:
  talon schedule publish
  talon schedule publish --store sqlite:/var/lib/talon/talon.db";

#[derive(Debug, Subcommand)]
pub(crate) enum ScheduleCommand {
    /// Expand all templates into slots, up to each facility's window
    #[command(after_help = PUBLISH_EXAMPLES)]
    Publish(PublishArgs),
}

#[derive(Args, Debug)]
pub(crate) struct PublishArgs {
    #[command(flatten)]
    store: StoreArgs,
}

pub(crate) fn run(command: ScheduleCommand) -> Outcome {
    let ScheduleCommand::Publish(args) = command;
    let settings = args.store.load()?.settings;
    block_on(with_store(&settings, WhenMissing::Fail, async |store| publish_now(&**store).await))
}

/// Publishes and says what came of it.
pub(super) async fn publish_now(store: &dyn Store) -> Outcome {
    let Published { added, removed, kept, blocked } = talon_app::publish(store, SystemClock.now()).await?;
    let mut text = format!("schedules: {added} slots added, {removed} removed");
    if kept > 0 {
        text += &format!(", {kept} kept because they are booked");
    }
    if blocked > 0 {
        text += &format!(", {blocked} not made because other slots take up their time");
    }
    say(&text)
}
