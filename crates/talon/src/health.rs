//! `GET /health/live` and `GET /health/ready`, in the standard response's form.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use talon_app::{Gate, Phase};
use talon_store::Store;
use tokio::time::timeout;

/// How long the store may take to show that it works. Less than a command may: whoever asks wants to know
/// where to send requests now, and a balancer that waits as long as they do has sent them all here.
const CHECKED_WITHIN: Duration = Duration::from_secs(2);

#[derive(Clone)]
struct Checked {
    store: Arc<dyn Store>,
    gate: Arc<Gate>,
}

/// Both routes. They say nothing about the program but whether it works.
pub(crate) fn router(store: Arc<dyn Store>, gate: Arc<Gate>) -> Router {
    Router::new()
        .route("/health/live", get(async || answer(StatusCode::OK, "2000", "live")))
        .route("/health/ready", get(ready))
        .with_state(Checked { store, gate })
}

async fn ready(State(Checked { store, gate }): State<Checked>) -> Response {
    match gate.phase() {
        Phase::Serving => {}
        Phase::Starting => return unavailable("starting"),
        Phase::Draining => return unavailable("stopping"),
    }
    match timeout(CHECKED_WITHIN, store.check()).await {
        Ok(Ok(())) => return answer(StatusCode::OK, "2000", "ready"),
        Ok(Err(error)) => tracing::error!(%error, "the store does not work"),
        Err(_) => tracing::error!("the store does not answer"),
    }
    unavailable("the store does not work")
}

fn unavailable(why: &str) -> Response {
    let mut response = answer(StatusCode::SERVICE_UNAVAILABLE, "5603", why);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

fn answer(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({ "Code": status.as_u16(), "Message": message, "Message_code": code });
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (status, headers, body.to_string()).into_response()
}
