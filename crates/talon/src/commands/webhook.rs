//! `talon webhook`: what integrators are owed, what became of it, and telling it once more.

use clap::{Args, Subcommand};
use comfy_table::{Table, presets::NOTHING};
use jiff::Timestamp;
use talon_app::Clock;
use talon_domain::event::{BadEventId, BadHookName, EventKey, EventState, HookName};
use talon_store::{EventsQuery, Replay, Replayed, Store};

use super::{block_on, with_store};
use crate::{
    cli::StoreArgs,
    clock::SystemClock,
    compose::WhenMissing,
    failure::{Failure, Outcome},
    output::say,
};

const LIST_EXAMPLES: &str = "\
Without --state those that are owed are listed.

Examples:
  talon webhook list
  talon webhook list --hook mis --state given-up";

const COUNT_EXAMPLES: &str = "\
Examples:
  talon webhook count --store postgres://talon@db/talon";

const REPLAY_EXAMPLES: &str = "\
Events that were delivered or given up are owed once more, under the ids that they had: a receiver that has
taken one knows it by its webhook-id. A server that runs sends them.

Examples:
  talon webhook replay --hook mis --from 2026-11-25T08:00:00Z
  talon webhook replay --state given-up --from 2026-11-25T08:00:00+03:00 --to 2026-11-25T12:00:00+03:00
  talon webhook replay --hook mis --id evt_2b3c4d5e-…_1_booked";

/// Events owed once more in one call of the store: a bound for the time that others wait behind it.
const AT_ONCE: u32 = 500;

#[derive(Debug, Subcommand)]
pub(crate) enum WebhookCommand {
    /// List events that are owed, or what became of them
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Count them
    #[command(after_help = COUNT_EXAMPLES)]
    Count(CountArgs),
    /// Tell events once more
    #[command(after_help = REPLAY_EXAMPLES)]
    Replay(ReplayArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// delivered or given-up
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<EventState>,
    /// To one receiver
    #[arg(long, value_name = "NAME", value_parser = hook)]
    hook: Option<HookName>,
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
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// To one receiver; to everybody who was told unless given
    #[arg(long, value_name = "NAME", value_parser = hook)]
    hook: Option<HookName>,
    /// delivered or given-up; both unless given
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<EventState>,
    /// This event
    #[arg(long, value_name = "ID", value_parser = event, conflicts_with_all = ["from", "to"], required_unless_present = "from")]
    id: Option<EventKey>,
    /// What happened from then on
    #[arg(long, value_name = "INSTANT")]
    from: Option<Timestamp>,
    /// And before then; until now unless given
    #[arg(long, value_name = "INSTANT")]
    to: Option<Timestamp>,
}

pub(crate) fn run(command: WebhookCommand) -> Outcome {
    match command {
        WebhookCommand::List(args) => {
            let query = EventsQuery { state: args.state, hook: args.hook, limit: args.limit };
            let settings = args.store.load()?.settings;
            block_on(with_store(&settings, WhenMissing::Fail, async |store| list(&**store, &query).await))
        }
        WebhookCommand::Count(args) => {
            let settings = args.store.load()?.settings;
            block_on(with_store(&settings, WhenMissing::Fail, async |store| count(&**store).await))
        }
        WebhookCommand::Replay(args) => {
            let now = SystemClock.now();
            let which = match (args.id, args.from) {
                (Some(key), _) => Replayed::One(key),
                (None, Some(from)) => Replayed::Happened(from, args.to.unwrap_or(now)),
                (None, None) => return Err(Failure::usage(anyhow::anyhow!("--id or --from is needed"))),
            };
            let asked = Replay { hook: args.hook, state: args.state, which };
            let settings = args.store.load()?.settings;
            block_on(with_store(&settings, WhenMissing::Fail, async |store| replay(&**store, &asked, now).await))
        }
    }
}

async fn list(store: &dyn Store, query: &EventsQuery) -> Outcome {
    let mut table = Table::new();
    let at = if query.state.is_some() { "settled" } else { "not before" };
    table.load_style(NOTHING).set_header(["hook", "event", "happened", "attempts", at, "reply", "id"]);
    for row in store.events(query).await? {
        table.add_row([
            row.hook.to_string(),
            row.event.key.kind.code().to_owned(),
            row.event.happened.to_string(),
            row.attempts.to_string(),
            row.at.map(|at| at.to_string()).unwrap_or_default(),
            row.reply.unwrap_or_default(),
            row.event.id(),
        ]);
    }
    say(&table.to_string())
}

async fn count(store: &dyn Store) -> Outcome {
    let counts = store.event_counts().await?;
    for (hook, number, oldest) in counts.owed {
        say(&format!("{:<20}{:<12}{number}, the oldest since {oldest}", hook.as_str(), "owed"))?;
    }
    for (hook, state, number) in counts.settled {
        say(&format!("{:<20}{:<12}{number}", hook.as_str(), state.code()))?;
    }
    Ok(())
}

async fn replay(store: &dyn Store, asked: &Replay, now: Timestamp) -> Outcome {
    let mut owed = 0;
    loop {
        let more = store.replay_events(asked, now, AT_ONCE).await?;
        owed += more;
        if more == 0 || matches!(asked.which, Replayed::One(_)) {
            break;
        }
    }
    say(&format!("{owed} events are owed once more"))
}

fn state(text: &str) -> Result<EventState, String> {
    EventState::from_code(text).ok_or_else(|| "delivered or given-up is needed".to_owned())
}

fn hook(text: &str) -> Result<HookName, BadHookName> {
    HookName::parse(text)
}

fn event(text: &str) -> Result<EventKey, BadEventId> {
    EventKey::parse(text)
}
