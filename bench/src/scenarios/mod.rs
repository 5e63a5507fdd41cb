//! The scenarios: one for each group of goals.

mod before;
mod busy;
mod contended;
mod free_times;
mod import;
mod large;
mod latency;
mod overload;
mod postgres_latency;
mod postgres_rate;
mod rate;
mod run;
mod size;
mod slow_clients;
mod tokens;

use clap::ValueEnum;

use crate::{bench::Bench, engine::Backend};

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
    /// Free times under a referral, in a facility and anywhere
    FreeTimes,
    /// Several times what can be done, and clients that send slowly
    Overload,
    /// The size of the binary
    Size,
    /// As `rate` on PostgreSQL, beside its floor and pgbench
    PostgresRate,
    /// As `latency` on PostgreSQL
    PostgresLatency,
    /// As `contended` on PostgreSQL
    PostgresContended,
    /// As `import` into PostgreSQL, beside its COPY
    PostgresImport,
    /// As `large` on PostgreSQL
    PostgresSize,
    /// As `free-times` on PostgreSQL
    PostgresFreeTimes,
    /// As `overload` on PostgreSQL
    PostgresOverload,
    /// Free times while others book
    Busy,
    /// As `busy` on PostgreSQL
    PostgresBusy,
    /// Bookings and free times beside another build, the one that `--before` names
    Before,
    /// As `before` on PostgreSQL
    PostgresBefore,
}

impl Scenario {
    /// All of them, in order.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Rate,
        Self::Tokens,
        Self::Latency,
        Self::Contended,
        Self::Import,
        Self::Large,
        Self::FreeTimes,
        Self::Overload,
        Self::Size,
        Self::PostgresRate,
        Self::PostgresLatency,
        Self::PostgresContended,
        Self::PostgresImport,
        Self::PostgresSize,
        Self::PostgresFreeTimes,
        Self::PostgresOverload,
        Self::Busy,
        Self::PostgresBusy,
        Self::Before,
        Self::PostgresBefore,
    ];

    /// Whether there is nothing to measure without a PostgreSQL server.
    pub(crate) fn needs_postgres(self) -> bool {
        matches!(
            self,
            Self::PostgresRate
                | Self::PostgresLatency
                | Self::PostgresContended
                | Self::PostgresImport
                | Self::PostgresSize
                | Self::PostgresFreeTimes
                | Self::PostgresOverload
                | Self::PostgresBusy
                | Self::PostgresBefore
        )
    }

    /// Measures and prints rows.
    pub(crate) fn run(self, bench: &Bench) -> anyhow::Result<()> {
        let embedded = &bench.sqlite;
        // Why there is none is told above the table.
        let on_postgres = |run: fn(&Bench, &Backend) -> anyhow::Result<()>| {
            bench.postgres.as_ref().map_or(Ok(()), |server| run(bench, server))
        };
        match self {
            Self::Rate => rate::run(bench),
            Self::Tokens => tokens::run(bench),
            Self::Latency => latency::run(bench),
            Self::Contended => contended::run(bench, embedded),
            Self::Import => import::run(bench, embedded),
            Self::Large => large::run(bench, embedded),
            Self::FreeTimes => free_times::run(bench, embedded),
            Self::Overload => overload::run(bench, embedded),
            Self::Size => size::run(bench),
            Self::PostgresRate => on_postgres(postgres_rate::run),
            Self::PostgresLatency => on_postgres(postgres_latency::run),
            Self::PostgresContended => on_postgres(contended::run),
            Self::PostgresImport => on_postgres(import::run),
            Self::PostgresSize => on_postgres(large::run),
            Self::PostgresFreeTimes => on_postgres(free_times::run),
            Self::PostgresOverload => on_postgres(overload::run),
            Self::Busy => busy::run(bench, embedded),
            Self::PostgresBusy => on_postgres(busy::run),
            Self::Before => before::run(bench, embedded),
            Self::PostgresBefore => on_postgres(before::run),
        }
    }
}
