//! Reading a request's body by hand, within bounds of size and time.

use std::time::Duration;

use axum::{
    body::{Body, HttpBody},
    http::{HeaderMap, header::EXPECT},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::time::timeout;

/// Longest body accepted, in bytes (contract, section 2).
pub(crate) const LONGEST_BODY: usize = 64 * 1024;

/// How much that nobody wants is read all the same, in bytes. A client that is still sending when
/// the connection closes never sees its answer: the reset overtakes it.
pub const MOST_DRAINED: usize = 1024 * 1024;

/// How long that may take.
pub const DRAIN_TIME: Duration = Duration::from_secs(2);

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFault {
    /// Over [`LONGEST_BODY`], by its own account or in fact.
    TooLarge,
    /// It did not arrive in time.
    TooLate,
    /// It broke off, or its transfer coding is faulty.
    Broken,
}

/// A body on its way in.
pub(crate) struct Incoming {
    body: Body,
    /// The client sends nothing before it is told to go on, which the first read does.
    waits: bool,
    state: State,
}

/// How far the body has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// There may be more of it.
    Coming,
    /// It has ended: what comes next on the connection is another request.
    Ended,
    /// It is not worth waiting for.
    GivenUp,
}

impl Incoming {
    pub(crate) fn new(headers: &HeaderMap, body: Body) -> Self {
        let state = if body.is_end_stream() { State::Ended } else { State::Coming };
        Self { body, waits: headers.contains_key(EXPECT), state }
    }

    /// The whole body.
    pub(crate) async fn read(&mut self, time: Duration) -> Result<Bytes, BodyFault> {
        let declared = self.body.size_hint().lower();
        if declared > LONGEST_BODY as u64 {
            return Err(BodyFault::TooLarge);
        }
        match timeout(time, self.collect()).await {
            Ok(read) => read,
            Err(_) => {
                self.state = State::GivenUp;
                Err(BodyFault::TooLate)
            }
        }
    }

    /// Reads what is left of a body that nobody wants, up to [`MOST_DRAINED`] and [`DRAIN_TIME`].
    /// Says whether the body came to its end, so that the connection can take another request.
    pub(crate) async fn settle(&mut self) -> bool {
        if self.state == State::Coming && !self.waits {
            // Out of time is out of patience: the state then says that more may come.
            let _ = timeout(DRAIN_TIME, self.drain()).await;
        }
        self.state == State::Ended
    }

    async fn collect(&mut self) -> Result<Bytes, BodyFault> {
        self.waits = false;
        let mut whole = BytesMut::new();
        while let Some(frame) = self.body.frame().await {
            let Ok(frame) = frame else {
                self.state = State::GivenUp;
                return Err(BodyFault::Broken);
            };
            // A frame that is not data holds trailers, which nobody asked for.
            let Ok(data) = frame.into_data() else { continue };
            if whole.len() + data.len() > LONGEST_BODY {
                return Err(BodyFault::TooLarge);
            }
            whole.extend_from_slice(&data);
        }
        self.state = State::Ended;
        Ok(whole.freeze())
    }

    async fn drain(&mut self) {
        let mut left = MOST_DRAINED;
        while let Some(frame) = self.body.frame().await {
            let Ok(frame) = frame else { return };
            left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
            if left == 0 {
                return;
            }
        }
        self.state = State::Ended;
    }
}
