//! `talon schema`.

use clap::{Args, ValueEnum};

use crate::{failure::Outcome, output::say};

pub(crate) const EXAMPLES: &str = "\
Prints the statements that make PostgreSQL's tables, or those that spread them over the nodes of a
distributed engine. Nothing is changed: the statements are for psql, or for reading.

Examples:
  talon schema
  talon migrate --store postgres://talon@coordinator/talon
  talon schema --rights-of talon | psql postgres://talon_owner@db1/talon
  talon schema --distributed citus | psql postgres://talon@coordinator/talon";

#[derive(Args, Debug)]
pub(crate) struct SchemaArgs {
    /// The statements that distribute the tables, for this engine
    #[arg(long, value_name = "ENGINE")]
    distributed: Option<Engine>,
    /// The statements that give a role the rights that serving needs, and no more
    #[arg(long, value_name = "ROLE", conflicts_with = "distributed")]
    rights_of: Option<String>,
}

/// A distributed engine that speaks PostgreSQL and must be told where rows belong.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Engine {
    /// Citus: distributed, co-located and reference tables
    Citus,
}

pub(crate) fn run(args: SchemaArgs) -> Outcome {
    if let Some(role) = &args.rights_of {
        return say(&talon_store_postgres::rights_of(role));
    }
    say(match args.distributed {
        None => talon_store_postgres::SCHEMA,
        Some(Engine::Citus) => talon_store_postgres::DISTRIBUTE_CITUS,
    })
}
