//! Bugs that the search for canaries must find, or that must tell nothing. Without the feature `planted-bugs` none of
//! them exists.

use axum::Router;

/// The routes, with the bug in force around them.
#[cfg(not(feature = "planted-bugs"))]
pub(crate) fn around(routes: Router) -> Router {
    routes
}

#[cfg(feature = "planted-bugs")]
pub(crate) fn around(routes: Router) -> Router {
    match std::env::var("TALON_PLANTED_BUG").as_deref() {
        Ok("request-logged") => routes.layer(axum::middleware::from_fn(bugs::log)),
        Ok("request-in-panic") => routes.layer(axum::middleware::from_fn(bugs::fall)),
        _ => routes,
    }
}

#[cfg(feature = "planted-bugs")]
mod bugs {
    use std::sync::atomic::{AtomicU64, Ordering};

    use axum::{
        body::{Body, to_bytes},
        extract::Request,
        http::Response,
        middleware::Next,
    };

    /// A line as it is written in a hurry and forgotten.
    pub(super) async fn log(request: Request, next: Next) -> Response<Body> {
        tracing::trace!(uri = %request.uri(), headers = ?request.headers(), "asked");
        next.run(request).await
    }

    /// Each third request ends in a panic that quotes it.
    #[allow(clippy::panic, reason = "the bug is a panic")]
    pub(super) async fn fall(request: Request, next: Next) -> Response<Body> {
        static ASKED: AtomicU64 = AtomicU64::new(0);
        if !ASKED.fetch_add(1, Ordering::Relaxed).is_multiple_of(3) {
            return next.run(request).await;
        }
        let (head, body) = request.into_parts();
        let body = to_bytes(body, 64 * 1024).await;
        panic!("{head:?} {body:?}");
    }
}
