//! What is counted of webhooks. Labels are fixed words, and the names of receivers in the settings.

use jiff::SignedDuration;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};
use talon_domain::event::{EventKind, EventState, HookName};
use talon_jobs::HookWatcher;

use super::metrics::Metrics;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct HookLabel {
    hook: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EventLabels {
    hook: String,
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct PutOffLabels {
    hook: String,
    reason: &'static str,
}

/// The counters.
#[derive(Default)]
pub(crate) struct WebhookMetrics {
    settled: Family<EventLabels, Counter>,
    put_off: Family<PutOffLabels, Counter>,
    owed: Family<HookLabel, Gauge>,
    oldest: Family<HookLabel, Gauge>,
}

impl WebhookMetrics {
    /// At zero, shown by a registry.
    pub(crate) fn new(registry: &mut Registry) -> Self {
        let new = Self::default();
        let about = "Events settled by this node, by what became of them";
        registry.register("webhook_events_settled", about, new.settled.clone());
        registry.register("webhook_events_put_off", "Events not taken and tried again, by why", new.put_off.clone());
        registry.register("webhook_events_owed", "Events that are owed to a receiver", new.owed.clone());
        let about = "For how long the oldest event has been owed";
        registry.register_with_unit("webhook_events_oldest", about, Unit::Seconds, new.oldest.clone());
        new
    }
}

impl HookWatcher for Metrics {
    fn settled(&self, hook: &HookName, kind: EventKind, state: EventState) {
        let labels = EventLabels { hook: hook.to_string(), kind: kind.code(), state: state.code() };
        self.webhooks.settled.get_or_create(&labels).inc();
    }

    fn put_off(&self, hook: &HookName, reason: &'static str) {
        self.webhooks.put_off.get_or_create(&PutOffLabels { hook: hook.to_string(), reason }).inc();
    }

    fn owed(&self, hook: &HookName, count: u64, oldest: SignedDuration) {
        let label = HookLabel { hook: hook.to_string() };
        self.webhooks.owed.get_or_create(&label).set(i64::try_from(count).unwrap_or(i64::MAX));
        self.webhooks.oldest.get_or_create(&label).set(oldest.as_secs());
    }
}
