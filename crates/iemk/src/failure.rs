//! Failures: what the caller is told, and where the cause goes.

use talon_app::Failure;
use talon_domain::ids::RequestId;

use crate::answer::Problem;

/// Logs the cause, once and with the request's id, and answers without it.
pub(crate) fn failed(failure: &Failure, trace: RequestId) -> Box<Problem> {
    match failure {
        Failure::Unavailable(cause) => {
            tracing::warn!(trace_id = %trace, %cause, "a request was put off");
            Box::new(Problem::unavailable())
        }
        Failure::Internal(cause) => {
            tracing::error!(trace_id = %trace, %cause, "a request failed");
            Box::new(Problem::of("internal"))
        }
    }
}
