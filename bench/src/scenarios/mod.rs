//! The scenarios: one for each group of goals.

mod contended;
mod import;
mod large;
mod latency;
mod rate;
mod run;
mod size;
mod tokens;

use clap::ValueEnum;

use crate::bench::Bench;

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// Bookings a second and CPU for each, beside the floor
    Rate,
    /// Tokens used ten times and once, EdDSA beside HS256
    Tokens,
    /// Latency at a fixed rate
    Latency,
    /// Many clients, one slot
    Contended,
    /// Import beside SQLite's own rate of inserting
    Import,
    /// Rate, memory and start on a large store
    Large,
    /// The size of the binary
    Size,
}

impl Scenario {
    /// All of them, in order.
    pub(crate) const ALL: &'static [Self] =
        &[Self::Rate, Self::Tokens, Self::Latency, Self::Contended, Self::Import, Self::Large, Self::Size];

    /// Measures and prints rows.
    pub(crate) fn run(self, bench: &Bench) -> anyhow::Result<()> {
        match self {
            Self::Rate => rate::run(bench),
            Self::Tokens => tokens::run(bench),
            Self::Latency => latency::run(bench),
            Self::Contended => contended::run(bench),
            Self::Import => import::run(bench),
            Self::Large => large::run(bench),
            Self::Size => size::run(bench),
        }
    }
}
