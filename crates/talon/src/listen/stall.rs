//! Cuts connections whose client sends headers too slowly or does not read the answer.
//!
//! hyper has one time-out for "waiting for a request" and "reading its headers". They differ by an
//! order of magnitude: a portal keeps connections idle for a minute, but needs no second to send
//! headers. So the guard watches the second by itself.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep},
};

use super::phase::Phases;

/// How long a client may take.
#[derive(Clone, Copy)]
pub(super) struct Timeouts {
    /// For headers.
    pub(super) header: Duration,
    /// To take any of what is written to it.
    pub(super) write: Duration,
}

/// A stream that fails with `TimedOut` when its client stalls.
pub(super) struct StallGuard<S> {
    stream: S,
    phases: Phases,
    timeouts: Timeouts,
    reading: Pin<Box<Sleep>>,
    writing: Option<Pin<Box<Sleep>>>,
}

impl<S> StallGuard<S> {
    pub(super) fn new(stream: S, phases: Phases, timeouts: Timeouts) -> Self {
        Self { stream, phases, timeouts, reading: Box::pin(sleep(timeouts.header)), writing: None }
    }

    /// The stream without a guard.
    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    /// Passes on what a write came to, unless it has been pending for too long.
    fn watch_write<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let write = self.timeouts.write;
        ready!(self.writing.get_or_insert_with(|| Box::pin(sleep(write))).as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StallGuard<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before && self.phases.begin() {
            let deadline = Instant::now() + self.timeouts.header;
            self.reading.as_mut().reset(deadline);
        }
        // Asked also when bytes came: a client that sends one byte at a time is never pending for long.
        if self.phases.is_reading() && self.reading.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StallGuard<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch_write(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.watch_write(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.watch_write(cx, flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.watch_write(cx, shut)
    }
}
