//! How busy the store is, asked when somebody looks.

use std::{fmt, sync::Weak};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::Unit,
};
use talon_store::Store;

/// The store's own figures. Batch size is commands over commits, batch time busy seconds over
/// commits, each over any stretch of time that the reader of the metrics chooses.
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
        gauge(&mut page, "store_queue_limit", "Writes that may wait", load.queue_limit)?;
        counter(&mut page, "store_commits", "Commits", None, ConstCounter::new(load.commits))?;
        counter(&mut page, "store_commands", "Commands in these commits", None, ConstCounter::new(load.commands))?;
        let busy = ConstCounter::new(load.busy.as_secs_f64());
        counter(&mut page, "store_busy", "Time spent in transactions", Some(&Unit::Seconds), busy)
    }
}

fn gauge(page: &mut DescriptorEncoder<'_>, name: &str, about: &str, value: usize) -> fmt::Result {
    let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
    gauge.encode(page.encode_descriptor(name, about, None, gauge.metric_type())?)
}

fn counter(
    page: &mut DescriptorEncoder<'_>,
    name: &str,
    about: &str,
    unit: Option<&Unit>,
    value: impl EncodeMetric,
) -> fmt::Result {
    value.encode(page.encode_descriptor(name, about, unit, value.metric_type())?)
}
