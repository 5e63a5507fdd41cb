//! `talon client add` and `talon client list`: client applications, their rights and credentials.

use clap::{Args, Subcommand};
use talon_app::{Clock, IdSource};
use talon_domain::{
    access::{Channel, Client, Function, Right, Rights, default_rights},
    ids::ClientId,
};
use talon_store::{ClientSecret, Kind, Record};

use super::{block_on, token, with_store};
use crate::{
    cli::StoreArgs,
    clock::{SystemClock, SystemIds},
    compose::WhenMissing,
    failure::Outcome,
    output::say,
};

/// The region file's limit of a name, in characters.
const LONGEST_NAME: usize = 500;
/// The region file's limit of `schedule_days`.
const MOST_DAYS: i64 = 3660;

const ADD_EXAMPLES: &str = "\
The secret is shown once and kept as a hash; note it down. With --guid of a known client its
settings are replaced and it gets a new secret.

Examples:
  talon client add --name 'Портал' --channel Internet
  talon client add --name 'Киоски' --channel Infomat --days 7 --function VisitDirection=Infomat,Doctor";

const LIST_EXAMPLES: &str = "\
Each client application as the options of `talon client add` that would make it. A secret is never shown;
whether there is one is.

Examples:
  talon client list";

#[derive(Debug, Subcommand)]
pub(crate) enum ClientCommand {
    /// Make a client application and print its guid and secret
    #[command(after_help = ADD_EXAMPLES)]
    Add(AddArgs),
    /// Show the client applications
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
}

#[derive(Args, Debug)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Args, Debug)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Its name, for operators
    #[arg(long, value_parser = name)]
    name: String,
    /// The channel it speaks for: Internet, Infomat, CallCenter, Registry or Doctor
    #[arg(long, value_parser = token::channel)]
    channel: Channel,
    /// Its guid [default: a new one]
    #[arg(long, value_name = "GUID", value_parser = token::client)]
    guid: Option<ClientId>,
    /// A function and the rights it may use, as VisitDirection=Internet,Doctor; repeatable
    /// [default: all functions with the channel's rights]
    #[arg(long = "function", value_name = "FUNCTION=RIGHTS", value_parser = function)]
    functions: Vec<(Function, Rights)>,
    /// How many days ahead it may book; the facility's own window still holds
    #[arg(long, value_name = "N", default_value_t = 365, value_parser = clap::value_parser!(u16).range(..=MOST_DAYS))]
    days: u16,
}

pub(crate) fn run(command: ClientCommand) -> Outcome {
    match command {
        ClientCommand::Add(args) => add(args),
        ClientCommand::List(args) => list(args),
    }
}

fn add(args: AddArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    let ids = SystemIds::default();
    let id = args.guid.unwrap_or_else(|| ClientId(ids.random()));
    let (secret, hash) = talon_app::new_client_secret(random_bytes(&ids));
    let every = || Function::ALL.iter().map(|function| (*function, default_rights(args.channel, *function))).collect();
    let functions = if args.functions.is_empty() { every() } else { args.functions };
    let client = Client { id, name: args.name, channel: args.channel, functions, schedule_days: args.days };
    block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        let records = vec![Record::Client(client), Record::ClientSecret(ClientSecret { client: id, hash })];
        Ok(store.import_page(records, SystemClock.now()).await?)
    }))?;
    say(&format!("guid: {id}\nsecret: {secret}"))
}

fn list(args: ListArgs) -> Outcome {
    let settings = args.store.load()?.settings;
    block_on(with_store(&settings, WhenMissing::Fail, async |store| {
        let (snapshot, mut after) = (store.snapshot().await?, None);
        loop {
            let page = snapshot.page(Kind::Client, after).await?;
            for record in page.records {
                // A client's secret is a record beside it.
                let Record::Client(client) = record else { continue };
                let has_secret = store.client_secret(client.id).await?.is_some();
                say(&shown(&client, has_secret))?;
            }
            let Some(next) = page.next else { return Ok(()) };
            after = Some(next);
        }
    }))
}

fn shown(client: &Client, has_secret: bool) -> String {
    let function = |(function, rights): &(Function, Rights)| {
        let rights: Vec<_> = rights.iter().map(Right::code).collect();
        format!(" --function {}={}", function.code(), rights.join(","))
    };
    let functions: String = client.functions.iter().map(function).collect();
    let secret = if has_secret { "" } else { "   # it has no secret" };
    let (id, channel, days) = (client.id, client.channel.code(), client.schedule_days);
    let name = client.name.replace('\'', "'\\''");
    format!("--guid {id} --name '{name}' --channel {channel} --days {days}{functions}{secret}")
}

/// 16 bytes for the secret and 16 for its salt. Each is a guid's, 122 random bits: nothing guesses those.
fn random_bytes(ids: &SystemIds) -> [u8; 32] {
    let mut bytes = [0; 32];
    let (secret, salt) = bytes.split_at_mut(16);
    secret.copy_from_slice(ids.random().as_bytes());
    salt.copy_from_slice(ids.random().as_bytes());
    bytes
}

/// What a region file takes, so that an export with this client can be imported.
fn name(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        return Err(format!("a name has 1 to {LONGEST_NAME} characters, none of them a control character"));
    }
    Ok(text.to_owned())
}

fn function(text: &str) -> Result<(Function, Rights), String> {
    let wanted = || "FUNCTION=RIGHT,RIGHT is needed, as VisitDirection=Internet,Doctor".to_owned();
    let (name, rights) = text.split_once('=').ok_or_else(wanted)?;
    let function = Function::from_code(name).ok_or_else(|| format!("there is no function {name}"))?;
    let rights: Result<Vec<_>, _> = rights
        .split(',')
        .map(|name| Right::from_code(name).ok_or_else(|| format!("there is no right {name}")))
        .collect();
    Ok((function, Rights::of(&rights?)))
}
