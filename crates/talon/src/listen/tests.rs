//! What the listener does to bodies that come in pieces, which no route of ours has.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll},
};

use axum::{http::StatusCode, response::IntoResponse, routing::get};
use hyper::body::{Body as HttpBody, Bytes, Frame};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::watch,
};

use super::*;

/// More than hyper holds back before it writes.
const PIECE: usize = 3 * HEAD_BYTES;
/// Together more than the system's buffers take.
const PIECES: usize = 400;
const PIECES_PLEASE: &str = "GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n";

/// A body of unknown length that is waited for between its pieces.
struct Pieces {
    left: usize,
    waited: bool,
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.waited = !self.waited;
        if self.waited {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from(vec![b'p'; PIECE])))))
    }
}

/// A listener with room for one connection.
struct Listening {
    address: SocketAddr,
    /// How often it refused.
    refused: Arc<AtomicUsize>,
    _word: watch::Sender<bool>,
}

async fn start(idle: Duration) -> Listening {
    let refused = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refused);
    let pieces = get(async || Body::new(Pieces { left: PIECES, waited: false }));
    let served = Served {
        router: Router::new().route("/pieces", pieces).route("/", get(async || "here")),
        refuse: Arc::new(move |unreadable| {
            count.fetch_add(1, Ordering::Relaxed);
            (unreadable.status(), "ours").into_response()
        }),
    };
    let patience = Duration::from_secs(30);
    let limits = ListenLimits { connections: 1, header: patience, idle, drain: patience };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_word, stop) = Stop::channel();
    tokio::spawn(serve(listener, served, limits, stop));
    Listening { address, refused, _word }
}

async fn send(address: SocketAddr, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn an_answer_in_pieces_is_whole_and_what_follows_it_is_refused() {
    let listening = start(Duration::from_secs(30)).await;
    for unread in ["", "Content-Length: 3\r\n"] {
        let body = if unread.is_empty() { "" } else { "abc" };
        let request = PIECES_PLEASE.replace("\r\n\r\n", &format!("\r\n{unread}\r\n{body}"));
        let mut answers = String::new();
        let mut stream = send(listening.address, &format!("{request}{request}garbage\r\n\r\n")).await;
        stream.read_to_string(&mut answers).await.unwrap();
        let mut rest = answers.as_str();
        for _ in 0..2 {
            let (head, after) = rest.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("chunked"), "{head}");
            let (pieces, after) = after.split_once("\r\n0\r\n\r\n").unwrap();
            assert_eq!(pieces.matches('p').count(), PIECE * PIECES);
            rest = after;
        }
        assert!(rest.starts_with("HTTP/1.1 400 Bad Request\r\n") && rest.ends_with("\r\n\r\nours"), "{rest}");
        assert!(rest.contains("connection: close\r\ncontent-length: 4\r\n"), "{rest}");
    }
}

#[tokio::test]
async fn nothing_follows_an_answer_that_was_cut() {
    let listening = start(Duration::from_millis(300)).await;
    let mut deaf = send(listening.address, &format!("{PIECES_PLEASE}GET /late")).await;
    // It gets a place when the deaf one has lost its own.
    let mut next = send(listening.address, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    let mut answer = String::new();
    next.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("here"), "{answer}");
    let mut cut = Vec::new();
    // A reset ends it as well as an orderly close.
    let _ = deaf.read_to_end(&mut cut).await;
    assert!(!cut.ends_with(b"\r\n0\r\n\r\n"), "the buffers took all of it");
    assert_eq!(listening.refused.load(Ordering::Relaxed), 0);
}

#[test]
fn an_answer_is_over_when_all_of_it_is_taken_and_flushed() {
    let phases = Phases::default();
    assert!(!phases.is_answering());
    let first = phases.answering();
    phases.flushed();
    assert!(phases.is_answering(), "its answer is not made");
    let second = phases.answering();
    drop(first);
    phases.flushed();
    assert!(phases.is_answering(), "the second is not made");
    drop(second.with(StatusCode::OK.into_response().into_body()));
    assert!(phases.is_answering(), "it is not flushed");
    phases.flushed();
    assert!(!phases.is_answering() && phases.begin() && phases.is_reading());
}
