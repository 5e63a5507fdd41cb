//! The load generator. It shares the cores with the server that it measures, so it is cheap:
//! requests are written out beforehand, one thread drives all connections, an answer is read no
//! further than is needed to count it.

mod burst;
mod closed;
mod connection;
mod flood;
mod open;
mod slow;
mod tally;

use hdrhistogram::Histogram;

pub(crate) use burst::burst;
pub(crate) use closed::{Closed, closed};
pub(crate) use flood::{Phase, PhaseReport, flood};
pub(crate) use open::open;
pub(crate) use slow::{Part, slow};
pub(crate) use tally::Tally;

/// Latencies in microseconds, up to a minute, to three digits.
pub(crate) type Latencies = Histogram<u64>;

fn latencies() -> anyhow::Result<Latencies> {
    Ok(Histogram::new_with_max(60_000_000, 3)?)
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Runs a future with tasks of its own on the calling thread.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, work)
}
