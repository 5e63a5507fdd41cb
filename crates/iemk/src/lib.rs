//! The portal contract (`docs/contract/iemk`): routes, request and answer shapes, refusal texts.
//!
//! A request comes in through [`framed`] (its id, the headers that every answer has, the log line),
//! finds its route in `routes`, passes method, phase and policy in `serve`, and is handled in one
//! file of `methods`. Whatever refuses it on the way is a row of the [`catalogue`]. What could not be
//! read as a request at all is answered by [`refuse`].

mod answer;
mod basic;
mod call;
pub mod catalogue;
mod content_type;
mod failure;
mod frame;
mod incoming;
mod language;
mod local_text;
mod methods;
mod model;
mod operations;
mod proxies;
mod reading;
mod routes;
mod serve;
mod settings;
mod shape;
mod unreadable;

use std::sync::Arc;

use axum::{Router, extract::Request, middleware, routing::any};
use talon_app::App;

use routes::{ALIAS, ROUTES, Route, Under, V3};

pub use incoming::{DRAIN_TIME, MOST_DRAINED};
pub use operations::{Caller, Operation, operations};
pub use proxies::{BadNetwork, BadProxyHeader, Network, Proxies, ProxyHeader};
pub use settings::{BadBase, Base, IemkSettings};
pub use unreadable::{Unreadable, refuse};

/// What the fuzz targets reach that a request reaches only by way of a socket.
#[cfg(fuzzing)]
pub mod fuzzing {
    /// Reads a booking's body; its faults are never silent.
    pub fn body(bytes: &[u8]) {
        if let Err(crate::shape::ShapeFault::Faulty(faults)) =
            crate::shape::read_booking(&axum::http::HeaderMap::new(), bytes)
        {
            assert!(!faults.is_empty(), "refused without a reason");
        }
    }
}

/// The whole façade, framed: everything that a listener needs when it serves nothing else.
pub fn router(app: Arc<App>, settings: IemkSettings) -> Router {
    framed(Arc::clone(&app), routes(app, settings))
}

/// The façade's routes, with the standard 404 for every other path, but without the frame. Merge
/// into it what else the listener serves, and put [`framed`] around the whole.
pub fn routes(app: Arc<App>, settings: IemkSettings) -> Router {
    let (mut router, settings) = (Router::new(), Arc::new(settings));
    for route in ROUTES {
        for path in paths(&app, &settings, route) {
            let (app, settings) = (Arc::clone(&app), Arc::clone(&settings));
            router = router.route(&path, any(move |request: Request| serve::serve(app, route, settings, request)));
        }
    }
    router.fallback(move |request: Request| serve::not_found(app, settings, request))
}

/// Puts around routes what every answer of the listener has: an id of our own as `X-Request-Id`
/// (and `Trace_id`), `Cache-Control: no-store`, `nosniff`, a log line, a count, and the standard
/// body also for a panic (500) and for a bare 404 or 405 of a route merged in.
pub fn framed(app: Arc<App>, router: Router) -> Router {
    router.layer(middleware::from_fn_with_state(app, frame::frame))
}

/// The paths on which a route is answered.
fn paths(app: &App, settings: &IemkSettings, route: &Route) -> Vec<String> {
    let bases = bases(settings.base.as_str(), app.issues_tokens(), route.under);
    bases.iter().map(|base| format!("{base}{}", route.path)).collect()
}

/// What stands before a route's path, in an installation of this base.
fn bases(base: &str, issues_tokens: bool, under: Under) -> Vec<String> {
    let own = || base.to_owned();
    match under {
        Under::Root => vec![String::new()],
        Under::Base => vec![own()],
        Under::BaseAndAlias if base == ALIAS => vec![own()],
        Under::BaseAndAlias => vec![own(), ALIAS.to_owned()],
        Under::BaseAndV3 if base.is_empty() => vec![V3.to_owned()],
        Under::BaseAndV3 => vec![format!("{base}{V3}"), V3.to_owned()],
        Under::BaseIfIssuing if issues_tokens => vec![own()],
        Under::BaseIfIssuing => Vec::new(),
    }
}
