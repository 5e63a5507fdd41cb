//! `talon audit`: what proves the audit, who saw whose data, and what becomes of old records.

mod close;
mod export;
mod person;
mod seal;
mod verify;

use clap::{Args, Subcommand};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};
use talon_store::{LEFT_TO_ITS_NODE, RecordsQuery};

use crate::{
    cli::StoreArgs,
    compose,
    failure::{Failure, Outcome},
    output::say,
    settings::Settings,
};

const KEY_EXAMPLES: &str = "\
Prints the public part of the installation's own key as a JWK: who has it verifies checkpoints, and can sign
none.

Examples:
  talon audit key > audit-key.json";

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Look for whatever was changed, removed or added
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::VerifyArgs),
    /// Show who saw or changed a person's data
    #[command(after_help = person::EXAMPLES)]
    Person(person::PersonArgs),
    /// Write records as FHIR AuditEvent
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
    /// Take days whose time of keeping is over out of the store
    #[command(after_help = close::EXAMPLES)]
    Close(close::CloseArgs),
    /// Seal what an older program wrote
    #[command(after_help = seal::EXAMPLES)]
    Seal(seal::SealArgs),
    /// Print the public key that checkpoints are verified with
    #[command(after_help = KEY_EXAMPLES)]
    Key(KeyArgs),
}

#[derive(Args, Debug)]
pub(crate) struct KeyArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// The installation's own key [default: beside the store, made when missing]
    #[arg(long, value_name = "FILE")]
    signing_key: Option<String>,
}

pub(crate) fn run(command: AuditCommand) -> Outcome {
    match command {
        AuditCommand::Verify(args) => verify::run(args),
        AuditCommand::Person(args) => person::run(args),
        AuditCommand::Export(args) => export::run(args),
        AuditCommand::Close(args) => close::run(args),
        AuditCommand::Seal(args) => seal::run(args),
        AuditCommand::Key(args) => key(args),
    }
}

fn key(args: KeyArgs) -> Outcome {
    let settings = args.store.load_with(vec![("--signing-key", "signing_key", args.signing_key)])?.settings;
    say(&compose::own_key(&settings.signing_key)?.public_jwk().to_string())
}

/// For so long a record may be without a seal, or a seal without a checkpoint, without anybody having to look.
fn patience(settings: &Settings) -> SignedDuration {
    let every = SignedDuration::try_from(settings.audit.every).unwrap_or(SignedDuration::MAX);
    every.saturating_mul(3).saturating_add(LEFT_TO_ITS_NODE)
}

/// Which days are asked for.
#[derive(Args, Debug)]
struct Days {
    /// First day, in UTC [default: the first that there is]
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// Last day, in UTC [default: today]
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
}

impl Days {
    fn query(&self) -> Outcome<RecordsQuery> {
        let begins = |day: Date| TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).map_err(Failure::usage);
        let from = self.from.map_or(Ok(Timestamp::MIN), begins)?;
        let before = match self.to {
            Some(last) => begins(last.tomorrow().map_err(Failure::usage)?)?,
            None => Timestamp::MAX,
        };
        Ok(RecordsQuery { person: None, from, before })
    }
}
