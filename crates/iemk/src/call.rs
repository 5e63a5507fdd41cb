//! A request that has found its route.

use std::time::Duration;

use axum::http::{HeaderMap, Method, Uri};
use talon_domain::{audit::Request, ids::PersonId};

use crate::{
    answer::{Done, Problem},
    incoming::{BodyFault, Incoming},
    language::Language,
    shape::not_an_object,
};

/// What a handler decides. A problem is boxed: it is the rarer and by far the bigger.
pub(crate) type Outcome = Result<Done, Box<Problem>>;

/// A request, as handlers see it.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// The segments of the path that vary, by the names that the route gives them.
    pub(crate) segments: Vec<(&'static str, String)>,
    pub(crate) incoming: Incoming,
    pub(crate) body_timeout: Duration,
    pub(crate) request: Request,
    pub(crate) language: Language,
    /// For the log, once it is known.
    pub(crate) person: Option<PersonId>,
}

impl Call {
    /// A segment of the path that varies; empty if the route has none of that name.
    pub(crate) fn segment(&self, name: &str) -> &str {
        self.segments.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// The whole body, or the refusal that its absence is.
    pub(crate) async fn body(&mut self) -> Result<bytes::Bytes, Box<Problem>> {
        self.incoming.read(self.body_timeout).await.map_err(|fault| {
            let problem = match fault {
                BodyFault::TooLarge => Problem::of("body-too-large"),
                BodyFault::TooLate => Problem::of("request-timeout"),
                // What cannot be taken out of its transfer coding is no JSON object either.
                BodyFault::Broken => Problem::validation(not_an_object()),
            };
            Box::new(Problem { close: true, ..problem })
        })
    }
}
