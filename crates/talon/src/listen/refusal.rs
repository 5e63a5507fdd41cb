//! The last answer on a connection: to what could not be read as a request.

use std::{error::Error, io};

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{
        HeaderValue, Response,
        header::{CONNECTION, CONTENT_LENGTH, DATE},
    },
};
use jiff::fmt::rfc2822::DateTimePrinter;
use talon_app::Clock;
use talon_iemk::{DRAIN_TIME, MOST_DRAINED, Unreadable};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

use crate::clock::SystemClock;

/// What there is to answer when a connection ended so, with these bytes read and not understood.
/// `None` for a client that went away, one that stayed idle, and one that does not take its answer.
pub(super) fn reason(error: &hyper::Error, unread: &[u8]) -> Option<Unreadable> {
    // Empty lines before a request are skipped (RFC 9112, 2.2): they do not begin one.
    let begun = unread.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
    match () {
        () if error.is_parse_too_large() => Some(Unreadable::HeadTooLarge),
        () if error.is_parse() => Some(Unreadable::NotHttp),
        () if begun && is_late(error) => Some(Unreadable::HeadTooLate),
        () => None,
    }
}

/// Whether time ran out, hyper's or the guard's.
fn is_late(error: &hyper::Error) -> bool {
    let guards = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    error.is_timeout() || guards.is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut)
}

/// Writes the answer and ends the connection. What the client still sends is read and thrown away,
/// as far as that is done with a body that nobody wants: were the connection closed over it, the
/// reset would overtake the answer.
pub(super) async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, response: Response<Body>) {
    let bytes = bytes(response).await;
    let said = async {
        stream.write_all(&bytes).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(MOST_DRAINED as u64), &mut tokio::io::sink()).await
    };
    // A client that went away or does not listen has lost its answer; nobody else needs to know.
    let _ = timeout(DRAIN_TIME, said).await;
}

/// The answer as hyper would have written it.
async fn bytes(response: Response<Body>) -> Vec<u8> {
    let (mut parts, body) = response.into_parts();
    // Answers of ours are whole from the start, so that reading them does not fail.
    let body: Bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.insert(CONNECTION, HeaderValue::from_static("close"));
    parts.headers.insert(CONTENT_LENGTH, body.len().into());
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&SystemClock.now());
    if let Some(date) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
        parts.headers.insert(DATE, date);
    }
    let mut bytes = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    bytes
}
