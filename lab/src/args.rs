//! The command line.

use std::path::PathBuf;

use clap::{Parser, ValueEnum, value_parser};

const EXAMPLES: &str = "\
The seed that it prints gives the same requests to each client in the same order, and the same
faults after the same number of requests, when all other options are the same. Threads, network
and disk still interleave as they like: a race that was lost once may need several runs to be lost
again.

Exit codes: 0 all promises were kept; 1 at least one was broken: what was found, the histories and
the store's export are in the directory that is named; 2 the lab itself could not be run.

Examples:
  talon-lab
  talon-lab --attempts 5000 --clients 64 --nemesis kill,cut
  talon-lab --postgres --nodes 3 --nemesis all
  talon-lab --store postgres://talon@coordinator/lab --nodes 2 --nemesis kill,pause
  talon-lab --seed 1767225600 --attempts 20000";

/// Races for appointments on real servers, hurts them meanwhile, and checks every promise afterwards.
#[derive(Parser, Debug)]
#[command(name = "talon-lab", version, about, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Args {
    /// Bookings and journeys; what is asked again, and each further step of a journey, comes on top
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = value_parser!(u32).range(1..=100_000_000))]
    pub(crate) attempts: u32,
    /// Clients at once
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = value_parser!(u16).range(1..=1000))]
    pub(crate) clients: u16,
    /// Servers at once on one store; more than one needs PostgreSQL
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u8).range(1..=3))]
    pub(crate) nodes: u8,
    /// What decides requests and faults [default: the time]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
    /// What goes wrong meanwhile; several with commas
    #[arg(long, value_name = "KINDS", value_delimiter = ',', default_value = "all")]
    pub(crate) nemesis: Vec<Nemesis>,
    /// How often something goes wrong [default: once in 5,000 attempts, but at least 8 times]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=100_000))]
    pub(crate) faults: Option<u32>,
    /// An empty store to race on: sqlite:PATH or postgres://USER@HOST/DATABASE [default: a temporary SQLite file]
    #[arg(long, value_name = "URL", conflicts_with = "postgres")]
    pub(crate) store: Option<String>,
    /// Race on a PostgreSQL server that is made for this and gone afterwards
    #[arg(long)]
    pub(crate) postgres: bool,
    /// The talon binary [default: the one beside this program, brought up to date when run by cargo]
    #[arg(long, value_name = "FILE")]
    pub(crate) talon: Option<PathBuf>,
    /// How long a client waits for an answer before it hangs up. Shorter than a server stands still, so that
    /// some do; longer for a store that is slow by itself
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = value_parser!(u64).range(1..=30))]
    pub(crate) patience: u64,
    /// A bug to switch on in a talon built with the feature planted-bugs; the lab must then find it
    #[arg(long, value_name = "NAME")]
    pub(crate) bug: Option<String>,
}

/// What may go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Nemesis {
    /// Nothing
    None,
    /// A server is killed and started again
    Kill,
    /// A server stands still for a while
    Pause,
    /// Connections are delayed, cut, or lose what is said on them
    Cut,
    /// PostgreSQL is killed or stands still
    Database,
    /// Each of these that the store allows
    All,
}
