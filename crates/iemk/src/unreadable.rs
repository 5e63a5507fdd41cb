//! Requests that never became one: what the listener could not read, put into the standard response.

use axum::{
    body::Body,
    http::{Response, StatusCode},
};
use talon_app::App;

use crate::{
    answer::{Problem, Told},
    frame,
    language::Language,
    serve::NOWHERE,
    shape::{Fault, FieldFault},
};

/// Why what a client sent cannot be read as a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// No HTTP/1.1 at all, or with a faulty request line, version, header or `Content-Length`.
    NotHttp,
    /// Request line and headers are longer, or the headers more, than the listener takes.
    HeadTooLarge,
    /// The headers have begun and did not end in time.
    HeadTooLate,
}

impl Unreadable {
    /// The HTTP status of the answer.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotHttp => StatusCode::BAD_REQUEST,
            Self::HeadTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::HeadTooLate => StatusCode::REQUEST_TIMEOUT,
        }
    }

    /// The catalogue is closed, so what is unreadable is `validation` with one fault of the whole.
    fn problem(self) -> Problem {
        let fault = match self {
            Self::NotHttp => Fault::NotHttp,
            Self::HeadTooLarge => Fault::HeadTooLarge,
            Self::HeadTooLate => return Problem::of("request-timeout"),
        };
        Problem { status: Some(self.status()), ..Problem::validation(vec![FieldFault::new("", fault)]) }
    }
}

/// Answers what could not be read: the standard response with an id of its own and the headers that
/// every answer has, logged and counted like any other. No header was read, `Accept-Language`
/// neither, so it is Russian. Closing the connection is left to the listener.
#[must_use]
pub fn refuse(app: &App, unreadable: Unreadable) -> Response<Body> {
    let (begun, trace) = (app.now(), app.new_request());
    let problem = unreadable.problem();
    let told = Told { route: NOWHERE, outcome: problem.reason, person: None };
    let mut response = problem.response(trace, Language::default());
    response.extensions_mut().insert(told);
    frame::finish(app, trace, begun, response)
}
