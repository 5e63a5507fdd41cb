//! How busy the store is, asked when somebody looks.

use std::{fmt, sync::Weak};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};
use talon_store::{Histogram, Load, Store};

/// The store's own figures.
pub(super) struct StoreLoad(Weak<dyn Store>);

impl StoreLoad {
    pub(super) fn of(store: Weak<dyn Store>) -> Self {
        Self(store)
    }
}

impl fmt::Debug for StoreLoad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StoreLoad")
    }
}

impl Collector for StoreLoad {
    fn encode(&self, mut page: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(load) = self.0.upgrade().map(|store| store.load()) else { return Ok(()) };
        gauge(&mut page, "store_queue_length", "Writes waiting", load.queued)?;
        gauge(&mut page, "store_records_queue_length", "Audit records of reads waiting", load.records_queued)?;
        gauge(&mut page, "store_queue_limit", "Writes that may wait, and records", load.queue_limit)?;
        histogram(&mut page, "store_batch_size", "Commands per commit", None, &load.batch_size)?;
        let about = "Time from the beginning of a batch to its being durable";
        histogram(&mut page, "store_commit", about, Some(&Unit::Seconds), &load.commit_seconds)?;
        if load.connections.1 > 0 {
            database(&mut page, &load)?;
        }
        Ok(())
    }
}

/// What a store in a database of its own has beside.
fn database(page: &mut DescriptorEncoder<'_>, load: &Load) -> fmt::Result {
    gauge(page, "store_connections", "Connections to the database in use", load.connections.0)?;
    gauge(page, "store_connections_limit", "Connections to the database that there may be", load.connections.1)?;
    counter(page, "store_retries", "Transactions that were run again", load.retries)?;
    counter(page, "store_unknown_outcomes", "Commits whose outcome was in doubt", load.unknown)?;
    counter(page, "store_settled_outcomes", "Commits in doubt whose outcome was found out", load.settled)
}

fn counter(page: &mut DescriptorEncoder<'_>, name: &str, about: &str, value: u64) -> fmt::Result {
    let counter = ConstCounter::new(value);
    counter.encode(page.encode_descriptor(name, about, None, counter.metric_type())?)
}

fn gauge(page: &mut DescriptorEncoder<'_>, name: &str, about: &str, value: usize) -> fmt::Result {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    gauge.encode(page.encode_descriptor(name, about, None, gauge.metric_type())?)
}

fn histogram(
    page: &mut DescriptorEncoder<'_>,
    name: &str,
    about: &str,
    unit: Option<&Unit>,
    values: &Histogram,
) -> fmt::Result {
    let mut metric = page.encode_descriptor(name, about, unit, MetricType::Histogram)?;
    metric.encode_histogram::<NoLabelSet>(values.sum, values.count(), &values.buckets, None)
}
