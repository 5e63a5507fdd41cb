//! `talon messages`: what is owed to patients and what became of it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use comfy_table::{Table, presets::NOTHING};
use talon_app::Clock;
use talon_domain::{
    ids::{BadId, EntryKey},
    message::MessageState,
};
use talon_jobs::{Courier, Folder, Handed};
use talon_store::{MessagesQuery, Store};

use super::{block_on, with_store};
use crate::{
    cli::StoreArgs, clock::SystemClock, compose::WhenMissing, failure::Outcome, messages, output::say,
    settings::Settings,
};

const LIST_EXAMPLES: &str = "\
Ids only: no address and no text is shown or kept. Without --state those that are owed are listed.

Examples:
  talon messages list
  talon messages list --state rejected
  talon messages list --state sent --entry 2b3c4d5e-…";

const COUNT_EXAMPLES: &str = "\
Examples:
  talon messages count --store postgres://talon@db/talon";

const PREVIEW_EXAMPLES: &str = "\
Each kind of letter is written with made-up data, in the wording that the settings name. Nothing is sent.

Examples:
  talon messages preview /tmp/letters
  talon messages preview /tmp/letters --set mail.texts=/etc/talon/texts --set mail.language=en";

#[derive(Debug, Subcommand)]
pub(crate) enum MessagesCommand {
    /// List messages that are owed, or what became of them
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Count them
    #[command(after_help = COUNT_EXAMPLES)]
    Count(CountArgs),
    /// Write each kind of letter into a folder, with made-up data
    #[command(after_help = PREVIEW_EXAMPLES)]
    Preview(PreviewArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// sent, rejected, no-contact or superseded
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<MessageState>,
    /// Those of one entry, by its two guids
    #[arg(long, value_name = "ENTRY", value_parser = entry)]
    entry: Option<EntryKey>,
    /// At most so many, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u32,
}

#[derive(Args, Debug)]
pub(crate) struct CountArgs {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PreviewArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The folder; made when it is missing
    folder: PathBuf,
}

pub(crate) fn run(command: MessagesCommand) -> Outcome {
    match command {
        MessagesCommand::List(args) => {
            let query = MessagesQuery { state: args.state, entry: args.entry, limit: args.limit };
            let settings = args.store.load()?.settings;
            block_on(with_store(&settings, WhenMissing::Fail, async |store| list(&**store, &query).await))
        }
        MessagesCommand::Count(args) => {
            let settings = args.store.load()?.settings;
            block_on(with_store(&settings, WhenMissing::Fail, async |store| count(&**store).await))
        }
        MessagesCommand::Preview(args) => {
            let settings = args.store.load()?.settings;
            block_on(preview(&settings, &args.folder))
        }
    }
}

async fn list(store: &dyn Store, query: &MessagesQuery) -> Outcome {
    let mut table = Table::new();
    let at = if query.state.is_some() { "settled" } else { "not before" };
    table.load_style(NOTHING).set_header(["entry", "version", "kind", "owed since", "attempts", at, "reply"]);
    for row in store.messages(query).await? {
        table.add_row([
            row.message.entry.to_string(),
            row.message.version.to_string(),
            row.message.kind.code().to_owned(),
            row.message.created.to_string(),
            row.attempts.to_string(),
            row.at.map(|at| at.to_string()).unwrap_or_default(),
            row.reply.unwrap_or_default(),
        ]);
    }
    say(&table.to_string())
}

async fn count(store: &dyn Store) -> Outcome {
    let counts = store.message_counts().await?;
    let since = counts.oldest.map(|oldest| format!(", the oldest since {oldest}")).unwrap_or_default();
    say(&format!("{:<12}{}{since}", "owed", counts.owed))?;
    for (state, number) in counts.settled {
        say(&format!("{:<12}{number}", state.code()))?;
    }
    Ok(())
}

async fn preview(settings: &Settings, folder: &std::path::Path) -> Outcome {
    let composer = messages::composer(settings, None)?;
    let letters = composer.rehearse(SystemClock.now()).map_err(anyhow::Error::from)?;
    let courier = Folder::open(folder).map_err(anyhow::Error::from)?;
    for letter in &letters {
        if let Handed::Closed(what) = courier.hand(letter).await {
            return Err(anyhow::anyhow!(what).into());
        }
    }
    say(&format!("{} letters in {}", letters.len(), folder.display()))
}

fn state(text: &str) -> Result<MessageState, String> {
    MessageState::from_code(text).ok_or_else(|| "sent, rejected, no-contact or superseded is needed".to_owned())
}

fn entry(text: &str) -> Result<EntryKey, BadId> {
    EntryKey::parse(text)
}
