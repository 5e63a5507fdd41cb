//! `GET` and `POST /auth/rpgu/token`: issues a token to a client application.

use std::sync::Arc;

use axum::http::Method;
use serde::Serialize;
use talon_app::{App, TokenRefusal};
use talon_domain::{access::Client, audit::Request};
use talon_store::PolicyQuery;

use super::book::too_many;
use crate::{
    answer::{Done, Problem},
    call::{Call, Outcome},
    failure::failed,
    shape::read_policy,
};

/// The answer's model.
#[derive(Serialize)]
struct Token {
    #[serde(rename = "Token")]
    token: String,
    #[serde(rename = "Expires_in")]
    expires_in: u64,
}

/// Finds the person by birth date and policy and issues a token, for a client that has proved
/// itself.
pub(crate) async fn issue(app: &App, call: &mut Call, client: Arc<Client>) -> Outcome {
    let request = call.request;
    let policy = match read(call).await {
        Ok(policy) => policy,
        Err(problem) => return Err(recorded(app, request, &client, problem).await),
    };
    match app.issue_token(&client, &policy, request).await.map_err(|failure| failed(&failure, request.id))? {
        Ok(issued) => Ok(Done::of("ok", &Token { token: issued.token, expires_in: issued.expires_in.as_secs() })),
        Err(refusal) => Err(Box::new(refused(refusal))),
    }
}

/// A refusal in the façade's terms.
pub(crate) fn refused(refusal: TokenRefusal) -> Problem {
    match refusal {
        TokenRefusal::Limited(limited) => too_many(limited),
        TokenRefusal::ClientUnknown | TokenRefusal::PersonUnknown => Problem::of(refusal.slug()),
    }
}

/// The fields: of a GET in the query string, of a POST in the body. A POST's `Content-Type` is not
/// looked at: the catalogue's 415 asks for JSON, and a body that is no form is told which fields it
/// lacks.
async fn read(call: &mut Call) -> Result<PolicyQuery, Box<Problem>> {
    let read = if call.method == Method::POST {
        read_policy(&call.body().await?)
    } else {
        read_policy(call.uri.query().unwrap_or_default().as_bytes())
    };
    read.map_err(|errors| Box::new(Problem::validation(errors)))
}

/// Keeps the audit record of a refusal that the use case never saw; without it there is no answer.
async fn recorded(app: &App, request: Request, client: &Arc<Client>, problem: Box<Problem>) -> Box<Problem> {
    if problem.reason == "request-timeout" {
        return problem;
    }
    match app.record_refused_token(client, request, problem.reason).await {
        Ok(()) => problem,
        Err(failure) => Box::new(Problem { close: problem.close, ..*failed(&failure, request.id) }),
    }
}
