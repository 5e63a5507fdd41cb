//! Keeps back the answers that hyper gives by itself.
//!
//! When hyper cannot read a request it writes a 400 or 431 without a body, shuts the stream down and
//! only then says why. There is no way to tell it not to. But it writes by itself only when every
//! request before is answered, and then nothing else: what it writes while nothing is being answered
//! is that, and goes nowhere. The stream stays open for an answer of ours.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::phase::Phases;

/// A stream on which only answers to requests are written.
pub(super) struct Withhold<S> {
    stream: S,
    phases: Phases,
    withheld: bool,
}

impl<S> Withhold<S> {
    pub(super) fn new(stream: S, phases: Phases) -> Self {
        Self { stream, phases, withheld: false }
    }

    /// The stream, unless an answer on it is left half-written, so that no other can follow.
    pub(super) fn into_open(self) -> Option<S> {
        (!self.phases.is_answering()).then_some(self.stream)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Withhold<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Withhold<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.phases.is_answering() {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        self.withheld = true;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.phases.is_answering() {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        }
        self.withheld = true;
        Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes only when it has handed over all that it has to write.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.phases.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.withheld {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
