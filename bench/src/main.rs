//! Measures Talon against its floor: `cargo run --release -p talon-bench -- all`.
//!
//! The floor is a server that takes the same requests and writes the same rows without reading
//! facts or knowing rules. Every figure is taken beside another one of the same run, since absolute
//! figures say more about the machine than about the program.

mod args;
mod bench;
mod clock;
mod copy;
mod count;
mod engine;
mod floor;
mod load;
mod machine;
mod pgbench;
mod postgres;
mod process;
mod region;
mod requests;
mod rows;
mod scenarios;
mod server;
mod stores;
mod table;
mod tokens;
mod wide;

use clap::Parser;

use args::{Args, Command};

fn main() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::All(args) => bench::run(&args),
        Command::Stores(args) => stores::run(&args),
        Command::Floor(args) => floor::run(&args),
    }
}
