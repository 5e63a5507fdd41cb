//! Answers: what a handler decides, and the bytes that it becomes.

use axum::{
    body::Body,
    http::{
        HeaderName, HeaderValue, Response, StatusCode,
        header::{
            ALLOW, CONNECTION, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
        },
    },
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Serialize;
use sha2::{Digest, Sha256};
use talon_domain::ids::{PersonId, RequestId};

use crate::{
    call::Call,
    catalogue::{self, Filling},
    language::Language,
    shape::FieldFault,
};

/// The media type of nearly every body.
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");
const ICS: HeaderValue = HeaderValue::from_static("text/calendar; charset=utf-8; method=PUBLISH");

/// What a body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// JSON.
    Json,
    /// A page, whose only style sheet this is: no other style, script or address is allowed to it.
    Page {
        /// The text between the page's style tags.
        style: &'static str,
    },
    /// A calendar.
    Calendar,
}

/// `Message_code` of what was done as asked.
const DONE: &str = "2000";

/// How an answer is counted and logged; it travels beside the response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    /// The route's pattern.
    pub(crate) route: &'static str,
    /// `ok`, `repeated`, or the slug of the refusal.
    pub(crate) outcome: &'static str,
    /// The token's person, once it is verified.
    pub(crate) person: Option<PersonId>,
}

/// A request that was done as asked.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) outcome: &'static str,
    pub(crate) body: Vec<u8>,
    pub(crate) media: Media,
}

impl Done {
    /// An answer with a model of the method's own.
    pub(crate) fn of(outcome: &'static str, model: &impl Serialize) -> Self {
        // Our models are structs of strings and numbers, which always have a JSON form.
        Self { outcome, body: serde_json::to_vec(model).unwrap_or_default(), media: Media::Json }
    }

    /// An answer without a model of the method's own: the standard response (contract, section 2). It is
    /// the same however often the same is asked for.
    pub(crate) fn standard((russian, english): (&str, &str), call: &Call) -> Self {
        let message = match call.language {
            Language::Russian => russian,
            Language::English => english,
        };
        let standard = Standard {
            code: StatusCode::OK.as_u16(),
            message: message.to_owned(),
            message_code: DONE,
            reason: None,
            alternatives: None,
            errors: None,
            trace_id: call.request.to_string(),
        };
        Self::of("ok", &standard)
    }

    pub(crate) fn response(self) -> Response<Body> {
        let mut response = response(StatusCode::OK, self.body);
        let headers = response.headers_mut();
        match self.media {
            Media::Json => {}
            Media::Calendar => {
                headers.insert(CONTENT_TYPE, ICS);
                headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"talon.ics\""));
            }
            Media::Page { style } => {
                headers.insert(CONTENT_TYPE, HTML);
                let hash = BASE64_STANDARD.encode(Sha256::digest(style));
                let policy = format!(
                    "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
                );
                // Base64 and words of ours always make a header's value.
                headers.extend(HeaderValue::try_from(policy).ok().map(|policy| (CONTENT_SECURITY_POLICY, policy)));
                headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
            }
        }
        response
    }
}

/// A refusal or failure, before it is put into words.
#[derive(Debug, Default)]
pub(crate) struct Problem {
    /// Its row in the catalogue.
    pub(crate) reason: &'static str,
    /// The HTTP status, where it is not the row's.
    pub(crate) status: Option<StatusCode>,
    /// What its message names.
    pub(crate) fillings: Vec<Filling>,
    /// Other times, where the refusal offers any.
    pub(crate) alternatives: Option<Vec<FreeTimeDto>>,
    /// Faulty fields, of a `validation`.
    pub(crate) errors: Option<Vec<FieldFault>>,
    /// When to come again, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// The methods that the path takes.
    pub(crate) allow: Option<String>,
    /// Whether the connection ends with this answer.
    pub(crate) close: bool,
}

impl Problem {
    /// A refusal that says no more than its reason.
    pub(crate) fn of(reason: &'static str) -> Self {
        Self { reason, ..Self::default() }
    }

    /// Faulty fields.
    pub(crate) fn validation(errors: Vec<FieldFault>) -> Self {
        Self { errors: Some(errors), ..Self::of("validation") }
    }

    /// Not now; again in a second.
    pub(crate) fn unavailable() -> Self {
        Self { retry_after: Some(1), ..Self::of("unavailable") }
    }

    /// The standard response (contract, section 2).
    pub(crate) fn response(self, trace: RequestId, language: Language) -> Response<Body> {
        let row = catalogue::find(self.reason);
        let mut fillings = self.fillings;
        fillings.push(("trace_id", trace.to_string()));
        let errors = self.errors.map(|faults| faults.iter().map(|fault| ErrorDto::of(fault, language)).collect());
        let status = StatusCode::from_u16(row.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let status = self.status.unwrap_or(status);
        let standard = Standard {
            code: status.as_u16(),
            message: row.message(language, &fillings),
            message_code: row.code,
            reason: Some(row.reason),
            alternatives: self.alternatives,
            errors,
            trace_id: trace.to_string(),
        };
        let mut response = response(status, serde_json::to_vec(&standard).unwrap_or_default());
        let mut set = |name: HeaderName, value: HeaderValue| response.headers_mut().insert(name, value);
        if let Some(seconds) = self.retry_after {
            set(RETRY_AFTER, seconds.into());
        }
        // Names of methods always make a header's value.
        if let Some(Ok(methods)) = self.allow.map(HeaderValue::try_from) {
            set(ALLOW, methods);
        }
        if self.close {
            set(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// The standard response. The order of its fields is the order of its keys.
#[derive(Serialize)]
struct Standard {
    #[serde(rename = "Code")]
    code: u16,
    #[serde(rename = "Message")]
    message: String,
    #[serde(rename = "Message_code")]
    message_code: &'static str,
    #[serde(rename = "Reason", skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(rename = "Alternatives", skip_serializing_if = "Option::is_none")]
    alternatives: Option<Vec<FreeTimeDto>>,
    #[serde(rename = "Errors", skip_serializing_if = "Option::is_none")]
    errors: Option<Vec<ErrorDto>>,
    #[serde(rename = "Trace_id")]
    trace_id: String,
}

/// A time that could be booked, as the next request would name it.
#[derive(Debug, Serialize)]
pub(crate) struct FreeTimeDto {
    pub(crate) resource_id: String,
    pub(crate) day: String,
    pub(crate) time: String,
}

#[derive(Serialize)]
struct ErrorDto {
    #[serde(rename = "Field")]
    field: String,
    #[serde(rename = "Message")]
    message: &'static str,
}

impl ErrorDto {
    fn of(fault: &FieldFault, language: Language) -> Self {
        Self { field: fault.field.clone(), message: fault.fault.text(language) }
    }
}

fn response(status: StatusCode, body: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
