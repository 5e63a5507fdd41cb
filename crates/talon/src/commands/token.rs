//! `talon token`: a token signed with the installation's own key.

use std::time::Duration;

use clap::Args;
use talon_app::Clock;
use talon_domain::{
    access::Channel,
    ids::{BadId, ClientId, PersonId},
};
use talon_tokens::NewToken;

use crate::{
    cli::StoreArgs,
    clock::SystemClock,
    compose,
    failure::{Failure, Outcome},
    output::say,
    settings,
};

pub(crate) const EXAMPLES: &str = "\
The token is believed by every server that uses the same key: by default the file beside the store.
Whether the person exists is not checked.

Examples:
  talon token --person 0f8fad5b-d9cb-469f-a165-70867728950e
  talon token --person 0f8fad5b-d9cb-469f-a165-70867728950e --channel CallCenter --ttl 8h";

#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The installation's own key [default: beside the store, made when missing]
    #[arg(long, value_name = "FILE")]
    signing_key: Option<String>,
    /// Whom the token stands for
    #[arg(long, value_name = "GUID", value_parser = person)]
    person: PersonId,
    /// The client application it is for; its --channel must be given unless that is Internet
    #[arg(long, value_name = "GUID", value_parser = client)]
    client: Option<ClientId>,
    /// Internet, Infomat, CallCenter, Registry or Doctor [default: Internet]
    #[arg(long, value_parser = channel)]
    channel: Option<Channel>,
    /// How long it is valid [default: the setting token_ttl, 15m]
    #[arg(long, value_name = "TIME", value_parser = settings::duration)]
    ttl: Option<Duration>,
}

pub(crate) fn run(args: TokenArgs) -> Outcome {
    let settings = args.store.load_with(vec![("--signing-key", "signing_key", args.signing_key)])?.settings;
    let claims = NewToken {
        person: args.person,
        client: args.client,
        channel: args.channel,
        ttl: args.ttl.unwrap_or(settings.token_ttl),
    };
    let key = compose::own_key(&settings.signing_key)?;
    say(&key.sign(&claims, SystemClock.now()).map_err(Failure::usage)?)
}

pub(super) fn person(text: &str) -> Result<PersonId, String> {
    PersonId::parse(text).map_err(not_a_guid)
}

pub(super) fn client(text: &str) -> Result<ClientId, String> {
    ClientId::parse(text).map_err(not_a_guid)
}

fn not_a_guid(BadId: BadId) -> String {
    "a guid is needed, as 0f8fad5b-d9cb-469f-a165-70867728950e".to_owned()
}

pub(super) fn channel(text: &str) -> Result<Channel, String> {
    Channel::from_code(text).ok_or_else(|| "Internet, Infomat, CallCenter, Registry or Doctor is needed".to_owned())
}
