//! From a request that has found its route to an answer: method, phase, policy, handler.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{ConnectInfo, Request},
    http::{
        HeaderMap, HeaderValue, Response,
        header::{AUTHORIZATION, CONNECTION},
    },
};
use talon_app::{App, Phase};
use talon_domain::ids::RequestId;
use tokio::time::sleep;

use crate::{
    IemkSettings,
    answer::{Problem, Told},
    basic,
    call::{Call, Outcome},
    failure::failed,
    incoming::Incoming,
    language::Language,
    methods::{book::too_many, token},
    routes::{Policy, Route},
};

/// The name in logs and metrics of what is no route.
pub(crate) const NOWHERE: &str = "none";

/// How long one who is sent away because too many wait is kept before hearing it: a client that is told at once asks again at once,
/// and takes the processor from those who were let in (`docs/decisions/0013`).
const BEFORE_SENT_AWAY: Duration = Duration::from_secs(1);

/// Answers a request on one of the routes.
pub(crate) async fn serve(
    app: Arc<App>,
    route: &'static Route,
    settings: Arc<IemkSettings>,
    request: Request,
) -> Response<Body> {
    let mut call = call(&app, request, &settings);
    call.segments = route.segments(call.uri.path());
    let outcome = answer(&app, route, &mut call).await;
    finish(call, route.path, outcome).await
}

/// Answers a request on a path that is none.
pub(crate) async fn not_found(app: Arc<App>, settings: Arc<IemkSettings>, request: Request) -> Response<Body> {
    let call = call(&app, request, &settings);
    finish(call, NOWHERE, Err(Box::new(Problem::of("path-unknown")))).await
}

fn call(app: &App, request: Request, settings: &IemkSettings) -> Call {
    let (parts, body) = request.into_parts();
    let drawn = parts.extensions.get::<RequestId>().copied();
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let address = peer.map(|ConnectInfo(peer)| settings.proxies.caller(peer.ip(), &parts.headers));
    Call {
        incoming: Incoming::new(&parts.headers, body),
        language: Language::of(&parts.headers),
        method: parts.method,
        uri: parts.uri,
        headers: parts.headers,
        segments: Vec::new(),
        body_timeout: settings.body_timeout,
        request: app.request(drawn.unwrap_or_else(|| app.new_request()), address),
        person: None,
    }
}

async fn answer(app: &App, route: &'static Route, call: &mut Call) -> Outcome {
    let Some(handler) = route.handlers.iter().find(|handler| handler.method == call.method) else {
        return Err(Box::new(Problem { allow: Some(route.allow()), ..Problem::of("method-not-allowed") }));
    };
    if app.phase() != Phase::Serving {
        return Err(Box::new(Problem::unavailable()));
    }
    // Before the token, although that comes first in the contract: checking it costs as much as half a booking, and what is
    // spent on those who are sent away is missing for those who are let in.
    if handler.work().is_some_and(|work| app.is_overloaded(work)) {
        sleep(BEFORE_SENT_AWAY).await;
        return Err(Box::new(Problem::unavailable()));
    }
    match handler.policy {
        Policy::Anybody(handler) => handler(),
        Policy::Link(handler) => handler(app, call).await,
        Policy::Patient(handler) => {
            let authorization = authorization(&call.headers);
            let identity =
                app.authenticate(authorization.as_deref()).map_err(|fault| Box::new(Problem::of(fault.slug())))?;
            call.person = Some(identity.person);
            handler(app, call, identity).await
        }
        Policy::Client(handler) => {
            app.admit_address(call.request.from).map_err(|limited| Box::new(too_many(limited)))?;
            let proof = app.prove_client(basic::credentials(&call.headers), call.request).await;
            let client = proof
                .map_err(|failure| failed(&failure, call.request.id))?
                .map_err(|refusal| Box::new(token::refused(refusal)))?;
            handler(app, call, client).await
        }
    }
}

/// The value of `Authorization`. Of several headers (RFC 9110 allows one) no single one is chosen:
/// together they are no token.
fn authorization(headers: &HeaderMap) -> Option<Vec<u8>> {
    let values: Vec<&[u8]> = headers.get_all(AUTHORIZATION).iter().map(HeaderValue::as_bytes).collect();
    (!values.is_empty()).then(|| values.join(b", ".as_slice()))
}

/// Lets the client finish sending, so that it can read the answer, and puts that into bytes.
async fn finish(mut call: Call, route: &'static str, outcome: Outcome) -> Response<Body> {
    let whole = call.incoming.settle().await;
    let (word, mut response) = match outcome {
        Ok(done) => (done.outcome, done.response()),
        Err(problem) => (problem.reason, problem.response(call.request.id, call.language)),
    };
    if !whole {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response.extensions_mut().insert(Told { route, outcome: word, person: call.person });
    response
}
