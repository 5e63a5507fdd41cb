//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::{
    commands::{
        audit, backup, client, config, doctor, export, generate, import, keys, messages, migrate, person, restore,
        schedule, schema, serve, token, webhook,
    },
    failure::Outcome,
    observe::logs,
    settings::{self, Loaded, Options},
};

const EXAMPLES: &str = "\
Examples:
  talon serve --demo
  talon import region.ndjson
  talon serve --keys portal.jwks.json

Every setting can be given in a file (--config), by a variable or by an option; `talon config` shows
all of them. Results go to standard output, logs and progress to standard error.

Exit codes: 0 done; 1 the input, the store, the port or the installation is at fault;
2 the command line or a setting is.";

/// Books outpatient appointments by referral.
#[derive(Debug, Parser)]
#[command(name = "talon", version, about, after_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve requests until SIGTERM
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::ServeArgs),
    /// Take region files into the store
    #[command(after_help = import::EXAMPLES)]
    Import(import::ImportArgs),
    /// Write the store as a region file
    #[command(after_help = export::EXAMPLES)]
    Export(export::ExportArgs),
    /// Copy the embedded store into one file, also while a server works with it
    #[command(after_help = backup::EXAMPLES)]
    Backup(backup::BackupArgs),
    /// Put a backup in the embedded store's place
    #[command(after_help = restore::EXAMPLES)]
    Restore(restore::RestoreArgs),
    /// Bring the store's schema up to date
    #[command(after_help = migrate::EXAMPLES)]
    Migrate(migrate::MigrateArgs),
    /// Print the statements that make the tables of a PostgreSQL store
    #[command(after_help = schema::EXAMPLES)]
    Schema(schema::SchemaArgs),
    /// Write a made-up region file of any size
    #[command(after_help = generate::EXAMPLES)]
    Generate(generate::GenerateArgs),
    /// Sign a token with the installation's own key
    #[command(after_help = token::EXAMPLES)]
    Token(token::TokenArgs),
    /// Client applications
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// What is kept of a person: give it out, erase it, make one person of two
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// The keys that contacts are sealed by
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// The audit: what proves it, and what it tells
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Schedules
    #[command(subcommand)]
    Schedule(schedule::ScheduleCommand),
    /// Messages to patients
    #[command(subcommand)]
    Messages(messages::MessagesCommand),
    /// Events to integrators
    #[command(subcommand)]
    Webhook(webhook::WebhookCommand),
    /// Show every setting, its value and where that came from
    #[command(after_help = config::EXAMPLES)]
    Config(ServerArgs),
    /// Check the installation and say what to do
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(ServerArgs),
}

/// Options of every command that opens a store.
#[derive(Args, Debug, Default)]
pub(crate) struct StoreArgs {
    /// Settings file (TOML); also TALON_CONFIG
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the data is kept [default: sqlite:talon.db]
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Any setting, as limits.queue=1000; repeatable
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment)]
    set: Vec<(String, String)>,
}

/// Options of the server, and of the commands that look at its settings.
#[derive(Args, Debug, Default)]
pub(crate) struct ServerArgs {
    #[command(flatten)]
    pub(crate) store: StoreArgs,
    /// Address to take requests on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Public keys of the portal (JWKS); needs TALON_TOKENS_ISSUER and TALON_TOKENS_AUDIENCE
    #[arg(long, value_name = "FILE")]
    keys: Option<String>,
    /// The installation's own key [default: beside the store, made when missing]
    #[arg(long, value_name = "FILE")]
    signing_key: Option<String>,
    /// Address of GET /metrics; off unless given
    #[arg(long, value_name = "ADDR")]
    metrics: Option<String>,
    /// Path before /iemk and /auth, as /portal
    #[arg(long, value_name = "PATH")]
    base_path: Option<String>,
    /// json, text, or auto: text on a terminal
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

impl StoreArgs {
    /// The settings in force.
    pub(crate) fn load(self) -> Outcome<Loaded> {
        self.load_with(Vec::new())
    }

    /// The settings in force with options of the command's own.
    pub(crate) fn load_with(self, own: Vec<(&str, &str, Option<String>)>) -> Outcome<Loaded> {
        let mut options: Options =
            self.set.into_iter().map(|(name, value)| ("--set".to_owned(), name, value)).collect();
        for (option, name, value) in [("--store", "store", self.store)].into_iter().chain(own) {
            options.extend(value.map(|value| (option.to_owned(), name.to_owned(), value)));
        }
        Ok(settings::load(self.config.as_deref(), options)?)
    }
}

impl ServerArgs {
    /// The settings in force.
    pub(crate) fn load(self) -> Outcome<Loaded> {
        self.store.load_with(vec![
            ("--listen", "listen", self.listen),
            ("--keys", "keys", self.keys),
            ("--signing-key", "signing_key", self.signing_key),
            ("--metrics", "metrics", self.metrics),
            ("--base-path", "base_path", self.base_path),
            ("--log-format", "log.format", self.log_format),
        ])
    }
}

/// Reads the command line and does what it says.
pub(crate) fn run() -> Outcome {
    let command = Cli::parse().command;
    if !matches!(command, Command::Serve(_)) {
        logs::start_quiet();
    }
    match command {
        Command::Serve(args) => serve::run(args),
        Command::Import(args) => import::run(args),
        Command::Export(args) => export::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Restore(args) => restore::run(args),
        Command::Migrate(args) => migrate::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Generate(args) => generate::run(args),
        Command::Token(args) => token::run(args),
        Command::Client(command) => client::run(command),
        Command::Person(command) => person::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Audit(command) => audit::run(command),
        Command::Schedule(command) => schedule::run(command),
        Command::Messages(command) => messages::run(command),
        Command::Webhook(command) => webhook::run(command),
        Command::Config(args) => config::run(args),
        Command::Doctor(args) => doctor::run(args),
    }
}

fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => Err("NAME=VALUE is needed, as limits.queue=1000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
