//! What is around every answer: the request's id, the headers that all have, the log line, the
//! count, and what becomes of a panic.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::{
        HeaderName, HeaderValue, Response, StatusCode,
        header::{ALLOW, CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS},
    },
    middleware::Next,
};
use jiff::Timestamp;
use talon_app::App;
use talon_domain::ids::RequestId;

use crate::{
    answer::{Problem, Told},
    language::Language,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The name in logs and metrics of a route that tells no name.
const UNNAMED: &str = "other";

/// Draws the request's id, whatever the client calls it, and finishes the answer.
pub(crate) async fn frame(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response<Body> {
    let begun = app.now();
    let trace = app.new_request();
    let language = Language::of(request.headers());
    request.extensions_mut().insert(trace);
    let mut response = match unwound(next.run(request)).await {
        Some(response) => response,
        None => {
            tracing::error!(trace_id = %trace, "a request ended in a panic");
            problem(Problem::of("internal"), trace, language)
        }
    };
    if let Some(reason) = bare(&response) {
        let allow = response.headers_mut().remove(ALLOW);
        response = problem(Problem::of(reason), trace, language);
        response.headers_mut().extend(allow.map(|methods| (ALLOW, methods)));
    }
    finish(&app, trace, begun, response)
}

/// Gives an answer the headers that all have, logs it and counts it.
pub(crate) fn finish(app: &App, trace: RequestId, begun: Timestamp, mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    // A guid's text is always a header's value.
    if let Ok(id) = HeaderValue::try_from(trace.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let took = Duration::try_from(app.now().duration_since(begun)).unwrap_or_default();
    tell(app, trace, &response, took);
    response
}

fn problem(problem: Problem, trace: RequestId, language: Language) -> Response<Body> {
    let told = Told { route: UNNAMED, outcome: problem.reason, person: None };
    let mut response = problem.response(trace, language);
    response.extensions_mut().insert(told);
    response
}

/// The reason for a bare refusal of the router itself, which should have the standard body: routes
/// that other crates add to the listener answer a wrong method with nothing.
fn bare(response: &Response<Body>) -> Option<&'static str> {
    if response.extensions().get::<Told>().is_some() || !response.body().is_end_stream() {
        return None;
    }
    match response.status() {
        StatusCode::NOT_FOUND => Some("path-unknown"),
        StatusCode::METHOD_NOT_ALLOWED => Some("method-not-allowed"),
        _ => None,
    }
}

/// The future's value; `None` when it panicked. The payload is dropped: it may quote the request.
async fn unwound<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    // After a panic the future is dropped and never polled again, so that what it may have left
    // broken is seen by nobody; what it shares (the limiter's map) is whole between statements.
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
        Err(_) => Poll::Ready(None),
    })
    .await
}

/// One line and one count for each answer. Ids only: no query string, name or token.
fn tell(app: &App, trace: RequestId, response: &Response<Body>, took: Duration) {
    let status = response.status().as_u16();
    let told = response.extensions().get::<Told>().copied();
    let told =
        told.unwrap_or(Told { route: UNNAMED, outcome: if status < 400 { "ok" } else { "failed" }, person: None });
    app.observer().answered(told.route, status, told.outcome, took);
    let (outcome, reason) = match told.outcome {
        "ok" | "repeated" => (told.outcome, None),
        reason => ("refused", Some(reason)),
    };
    tracing::info!(
        trace_id = %trace,
        route = told.route,
        status,
        outcome,
        reason,
        person = told.person.map(tracing::field::display),
        duration_ms = took.as_secs_f64() * 1000.0,
        "answered"
    );
}
