//! Counters, and the page that shows them (OpenMetrics). Labels are fixed words.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use jiff::SignedDuration;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};
use talon_app::Observer;
use talon_domain::message::{MessageKind, MessageState};
use talon_jobs::Watcher;
use talon_store::Store;

use super::{store_load::StoreLoad, webhooks::WebhookMetrics};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Bounds of the buckets in seconds: around the goals for an answer (milliseconds) and up to the
/// time-outs.
const SECONDS: [f64; 13] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    status: u16,
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabel {
    route: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ResultLabel {
    result: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct MessageLabels {
    kind: &'static str,
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// Everything that is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    refusals: Family<ReasonLabel, Counter>,
    took: Family<RouteLabel, Histogram, fn() -> Histogram>,
    key_reloads: Family<ResultLabel, Counter>,
    messages: Family<MessageLabels, Counter>,
    put_off: Family<ReasonLabel, Counter>,
    owed: Gauge,
    oldest: Gauge,
    pub(super) webhooks: WebhookMetrics,
}

impl Metrics {
    /// Counters at zero, with what the store tells of itself.
    pub(crate) fn new(store: &Arc<dyn Store>) -> Arc<Self> {
        let mut registry = Registry::with_prefix("talon");
        let (requests, refusals, key_reloads) = (Family::default(), Family::default(), Family::default());
        let took: Family<RouteLabel, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        registry.register("requests", "Requests answered", requests.clone());
        registry.register("refusals", "Requests refused, by the reason of the answer", refusals.clone());
        let about = "Time from a request's headers to its answer";
        registry.register_with_unit("request_duration", about, Unit::Seconds, took.clone());
        let about = "Times that the files of keys had changed and were read again";
        registry.register("key_reloads", about, key_reloads.clone());
        let (messages, put_off) = (Family::default(), Family::default());
        let (owed, oldest) = (Gauge::default(), Gauge::default());
        registry.register(
            "messages_settled",
            "Messages settled by this node, by what became of them",
            messages.clone(),
        );
        registry.register("letters_put_off", "Letters not taken and tried again, by why", put_off.clone());
        registry.register("messages_owed", "Messages that are owed", owed.clone());
        let about = "For how long the oldest message has been owed";
        registry.register_with_unit("messages_oldest", about, Unit::Seconds, oldest.clone());
        let webhooks = WebhookMetrics::new(&mut registry);
        let build = prometheus_client::metrics::info::Info::new(Build { version: env!("CARGO_PKG_VERSION") });
        registry.register("build", "The program", build);
        registry.register_collector(Box::new(StoreLoad::of(Arc::downgrade(store))));
        Arc::new(Self { registry, requests, refusals, took, key_reloads, messages, put_off, owed, oldest, webhooks })
    }

    /// The files of keys had changed.
    pub(crate) fn keys_reloaded(&self, taken: bool) {
        let result = if taken { "ok" } else { "failed" };
        self.key_reloads.get_or_create(&ResultLabel { result }).inc();
    }
}

impl Observer for Metrics {
    fn answered(&self, route: &'static str, status: u16, outcome: &'static str, took: Duration) {
        self.requests.get_or_create(&RequestLabels { route, status, outcome }).inc();
        self.took.get_or_create(&RouteLabel { route }).observe(took.as_secs_f64());
        if status >= 400 {
            self.refusals.get_or_create(&ReasonLabel { reason: outcome }).inc();
        }
    }
}

impl Watcher for Metrics {
    fn settled(&self, kind: MessageKind, state: MessageState) {
        self.messages.get_or_create(&MessageLabels { kind: kind.code(), state: state.code() }).inc();
    }

    fn put_off(&self, reason: &'static str) {
        self.put_off.get_or_create(&ReasonLabel { reason }).inc();
    }

    fn owed(&self, count: u64, oldest: SignedDuration) {
        self.owed.set(i64::try_from(count).unwrap_or(i64::MAX));
        self.oldest.set(oldest.as_secs());
    }
}

/// `GET /metrics`, for a listener of its own.
pub(crate) fn router(metrics: &Arc<Metrics>) -> Router {
    // Weak, so that connections of a scraper that never leaves do not keep the store open.
    Router::new().route("/metrics", get(show)).with_state(Arc::downgrade(metrics))
}

async fn show(State(metrics): State<Weak<Metrics>>) -> Response {
    let mut page = String::new();
    match metrics.upgrade().map(|metrics| encode(&mut page, &metrics.registry)) {
        Some(Ok(())) => ([(header::CONTENT_TYPE, OPEN_METRICS)], page).into_response(),
        _ => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
