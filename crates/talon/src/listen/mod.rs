//! The accept loop: hyper with a time-out on everything that a client could make us wait for.
//!
//! `axum::serve` has none for headers, so a client that never finishes them would stay for ever.
//! What hyper cannot read as a request it refuses with an empty answer; `withhold` keeps that back,
//! `refusal` gives one with a body.

mod drain;
mod phase;
mod refusal;
mod stall;
mod withhold;

#[cfg(test)]
mod tests;

use std::{convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo, http::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use talon_iemk::Unreadable;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tower::ServiceExt;

pub(crate) use drain::Stop;
use phase::Phases;
use stall::{StallGuard, Timeouts};
use withhold::Withhold;

/// Request line and headers together; a portal's are under 4 KiB. Larger ones get 431.
const HEAD_BYTES: usize = 16 * 1024;
/// Headers of one request.
const HEADERS: usize = 64;
/// Between two attempts to accept while the process is out of file descriptors. Nothing tells when
/// one becomes free, and trying again at once would spin on the same error.
const OUT_OF_DESCRIPTORS: Duration = Duration::from_millis(50);

/// What one listener answers.
#[derive(Clone)]
pub(crate) struct Served {
    /// Requests.
    pub(crate) router: Router,
    /// What cannot be read as a request.
    pub(crate) refuse: Refuse,
}

/// Makes the answer to what cannot be read as a request.
pub(crate) type Refuse = Arc<dyn Fn(Unreadable) -> Response<Body> + Send + Sync>;

/// Bounds of one listener.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListenLimits {
    /// Connections at once. When they are all in use the next ones wait in the system's backlog:
    /// the idle time-out frees places, and a client that waits a little longer is better served
    /// than one whose connection is cut without an answer.
    pub(crate) connections: u32,
    /// From the first byte of a request's headers to the last; a new connection's first request
    /// is counted from its start.
    pub(crate) header: Duration,
    /// Between requests on one connection.
    pub(crate) idle: Duration,
    /// From the stop to the end of the last request.
    pub(crate) drain: Duration,
}

/// Serves until told to stop, then takes nothing new and finishes what it has, for as long as the
/// limits allow. Returns whether everything was finished.
pub(crate) async fn serve(listener: TcpListener, served: Served, limits: ListenLimits, mut stop: Stop) -> bool {
    let places = Arc::new(Semaphore::new(limits.connections as usize));
    // Connections hear the word after the listener is gone: one that is told goodbye must not find
    // the door still open.
    let (wind_up, winding_up) = Stop::channel();
    let mut told = false;
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.wait() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                told = false;
                tokio::spawn(converse((stream, peer), served.clone(), limits, winding_up.clone(), place));
            }
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    tracing::error!(error = %error.kind(), code = error.raw_os_error(), "cannot accept connections");
                }
                tokio::time::sleep(OUT_OF_DESCRIPTORS).await;
            }
        }
    }
    drop(listener);
    drop(wind_up);
    tokio::time::timeout(limits.drain, places.acquire_many(limits.connections)).await.is_ok()
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, Option<OwnedSemaphorePermit>)> {
    // The semaphore is never closed; without a permit the connection would merely go uncounted.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

/// Errors of `accept` that tell of a connection that is already gone.
fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

async fn converse(
    (stream, peer): (TcpStream, SocketAddr),
    Served { router, refuse }: Served,
    limits: ListenLimits,
    mut stop: Stop,
    place: Option<OwnedSemaphorePermit>,
) {
    let _place = place;
    // An answer is one small write; waiting to fill a packet would only delay it.
    let _ = stream.set_nodelay(true);
    let phases = Phases::default();
    let timeouts = Timeouts { header: limits.header, write: limits.idle };
    let guarded = StallGuard::new(stream, phases.clone(), timeouts);
    let stream = Withhold::new(guarded, phases.clone());
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (router, answering) = (router.clone(), phases.answering());
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        async move {
            let answered: Result<_, Infallible> = router.oneshot(request).await;
            answered.map(|response| response.map(|body| answering.with(body)))
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // hyper starts this clock when it begins to wait for a request, so it is the idle time-out;
        // the headers' own is kept by the guard.
        .header_read_timeout(limits.idle)
        .max_headers(HEADERS)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.wait() => {
            std::pin::Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    // How a connection ends is the client's affair: an error is a client that went away, was too
    // slow, or sent what is no request. The last is told so, and the slow one where it can be.
    let Err(error) = ended else { return };
    let parts = connection.into_parts();
    if let Some(unreadable) = refusal::reason(&error, &parts.read_buf)
        && let Some(open) = parts.io.into_inner().into_open()
    {
        refusal::answer(open.into_inner(), refuse(unreadable)).await;
    }
}
