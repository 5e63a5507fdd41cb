//! The audit record of a request that the store never saw.

use talon_app::App;
use talon_domain::audit::{Action, Request};
use talon_tokens::Identity;

use crate::{answer::Problem, failure::failed};

/// Keeps the record of a refusal; without it there is no answer.
pub(super) async fn recorded(
    app: &App,
    request: Request,
    identity: &Identity,
    action: Action,
    problem: Box<Problem>,
) -> Box<Problem> {
    if problem.reason == "request-timeout" {
        return problem;
    }
    match app.record_refused(identity, action, request, problem.reason).await {
        Ok(()) => problem,
        Err(failure) => Box::new(Problem { close: problem.close, ..*failed(&failure, request.id) }),
    }
}
