//! What a connection is doing, shared by the service, its answers and the stream's wrappers.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicUsize, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use hyper::body::{Body as HttpBody, Bytes, Frame, SizeHint};

/// A request's headers are awaited, and its time has begun.
const READING: u8 = 0;
/// A request has been taken up, and its answer is not on the wire as a whole.
const ANSWERING: u8 = 1;
/// Everything is answered, and nothing of another request has come since.
const IDLE: u8 = 2;

/// The phase of one connection. A new one reads its first request's headers.
#[derive(Clone, Default)]
pub(super) struct Phases(Arc<State>);

// Everything happens within the one task of the connection, so relaxed is enough.
#[derive(Default)]
struct State {
    phase: AtomicU8,
    /// Answers that hyper has not taken the last of.
    in_hand: AtomicUsize,
}

impl Phases {
    /// A request's headers are complete.
    pub(super) fn answering(&self) -> Answering {
        self.0.phase.store(ANSWERING, Relaxed);
        self.0.in_hand.fetch_add(1, Relaxed);
        Answering(self.clone())
    }

    /// Everything that hyper has taken is on the wire.
    pub(super) fn flushed(&self) {
        if self.0.in_hand.load(Relaxed) == 0 {
            let _ = self.0.phase.compare_exchange(ANSWERING, IDLE, Relaxed, Relaxed);
        }
    }

    /// Whether bytes that come now begin a request.
    pub(super) fn begin(&self) -> bool {
        self.0.phase.compare_exchange(IDLE, READING, Relaxed, Relaxed).is_ok()
    }

    pub(super) fn is_reading(&self) -> bool {
        self.0.phase.load(Relaxed) == READING
    }

    /// Whether a request has been taken up whose answer is not on the wire as a whole.
    pub(super) fn is_answering(&self) -> bool {
        self.0.phase.load(Relaxed) == ANSWERING
    }
}

/// Lives from a request's headers until hyper has the last byte of its answer.
pub(super) struct Answering(Phases);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.0.in_hand.fetch_sub(1, Relaxed);
    }
}

impl Answering {
    /// The body of the answer; hyper drops it when it has taken the last of it.
    pub(super) fn with(self, body: Body) -> AnswerBody {
        AnswerBody { body, _answering: self }
    }
}

/// A body that tells when hyper has taken all of it.
pub(super) struct AnswerBody {
    body: Body,
    _answering: Answering,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
