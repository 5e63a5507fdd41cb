//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::{scenarios::Scenario, stores::Named};

/// Measures Talon against its floor, on this machine alone.
#[derive(Parser, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run the scenarios and print the table as Markdown
    All(AllArgs),
    /// Book on stores that somebody else runs, in turns
    Stores(StoresArgs),
    /// Serve the floor; the scenarios start it themselves
    Floor(FloorArgs),
}

#[derive(clap::Args, Debug)]
pub(crate) struct AllArgs {
    /// Short runs on smaller regions: shows that everything works, proves nothing
    #[arg(long, conflicts_with = "large")]
    pub(crate) quick: bool,
    /// 10 million slots and 3 million persons in the large region; some 10 GB of scratch space
    #[arg(long)]
    pub(crate) large: bool,
    /// Only these scenarios
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    pub(crate) only: Vec<Scenario>,
    /// Runs of each side, taken in turns
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) runs: u32,
    /// Seconds measured in a run, after a warm-up [default: 4, with --quick 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: Option<u64>,
    /// Where stores go: on the disk to be measured [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
    /// The talon binary [default: the release build, brought up to date]
    #[arg(long, value_name = "FILE")]
    pub(crate) talon: Option<PathBuf>,
    /// Another talon binary, to stand beside it in the scenarios `before` and `postgres-before`
    #[arg(long, value_name = "FILE")]
    pub(crate) before: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct StoresArgs {
    /// An empty store that is ready to serve, with a name for the table; the others stand beside the first
    #[arg(long = "store", value_name = "NAME=URL", required = true)]
    pub(crate) stores: Vec<Named>,
    /// Connections of the load
    #[arg(long, value_delimiter = ',', default_value = "32,128", value_name = "N")]
    pub(crate) connections: Vec<usize>,
    /// Persons in the region, of whom each books once
    #[arg(long, default_value_t = 200_000, value_name = "N")]
    pub(crate) persons: u64,
    /// Runs of each store, taken in turns
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(crate) runs: u32,
    /// Seconds measured in a run, after a warm-up
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=60))]
    pub(crate) seconds: u64,
    /// Where scratch files go [default: a temporary directory]
    #[arg(long, value_name = "DIR")]
    pub(crate) scratch: Option<PathBuf>,
    /// The talon binary [default: the release build, brought up to date]
    #[arg(long, value_name = "FILE")]
    pub(crate) talon: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct FloorArgs {
    /// The store, made when missing: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL")]
    pub(crate) store: String,
    /// Secret of HS256 tokens
    #[arg(long, conflicts_with = "ed25519", required_unless_present = "ed25519")]
    pub(crate) hs256: Option<PathBuf>,
    /// The 32 bytes of a public key of EdDSA tokens
    #[arg(long)]
    pub(crate) ed25519: Option<PathBuf>,
    /// Leave SQLite's log in its file, to see what moving it costs
    #[arg(long)]
    pub(crate) no_checkpoint: bool,
}
