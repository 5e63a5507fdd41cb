//! A receiver of webhooks on loopback that takes events, refuses them, hangs, or hangs up at the worst moment.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    certificates::Certificates,
    loopback::{Loopback, Next, Taken, lock},
};

/// What the receiver does instead of taking a request. It counts as taken with a 2xx, or with
/// [`ReceiverFault::CutAfterTaking`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiverFault {
    /// Answers with this status.
    Say(u16),
    /// Sends the caller to this address.
    Redirect(SocketAddr),
    /// Says nothing any more.
    Hang,
    /// Hangs up before it has read anything.
    Refuse,
    /// Takes the event and hangs up before it says so.
    CutAfterTaking,
}

/// A request as the receiver has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The request's line and headers.
    pub head: String,
    /// Its body.
    pub body: String,
}

impl Posted {
    /// The value of a header; its name in small letters.
    ///
    /// # Panics
    ///
    /// When it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.find(|(header, _)| header.eq_ignore_ascii_case(name));
        found.unwrap_or_else(|| panic!("no {name} in {}", self.head)).1
    }
}

/// The receiver.
pub struct Receiver {
    /// Where it listens.
    pub address: SocketAddr,
    server: Loopback,
    desk: Arc<Desk>,
    next: Next<Posted>,
}

/// What connections share.
struct Desk {
    fault: Mutex<Option<ReceiverFault>>,
    posted: Taken<Posted>,
    tls: Option<TlsAcceptor>,
}

impl Receiver {
    /// One without TLS.
    #[must_use]
    pub fn start() -> Self {
        Self::with_tls(None)
    }

    /// One with these certificates.
    ///
    /// # Panics
    ///
    /// When they cannot be used.
    #[must_use]
    pub fn with_tls(certificates: Option<&Certificates>) -> Self {
        let (posted, next) = Taken::new();
        let tls = certificates.map(Certificates::acceptor);
        let desk = Arc::new(Desk { fault: Mutex::default(), posted, tls });
        let shared = Arc::clone(&desk);
        let server = Loopback::start(move |stream| connected(stream, Arc::clone(&shared)));
        Self { address: server.address, server, desk, next }
    }

    /// From now on this goes wrong; nothing does with `None`.
    pub fn go_wrong(&self, fault: Option<ReceiverFault>) {
        *lock(&self.desk.fault) = fault;
    }

    /// Every event that was taken, in order.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.desk.posted.all()
    }

    /// How often somebody connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Waits for the next event.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn next(&mut self) -> Posted {
        self.next.wait().await
    }
}

async fn connected(stream: TcpStream, desk: Arc<Desk>) {
    let fault = *lock(&desk.fault);
    if fault == Some(ReceiverFault::Refuse) {
        return;
    }
    match &desk.tls {
        None => serve(stream, &desk, fault).await,
        Some(tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                serve(stream, &desk, fault).await;
            }
        }
    }
}

/// One request.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, desk: &Desk, fault: Option<ReceiverFault>) {
    let Some(posted) = read(&mut stream).await else { return };
    if matches!(fault, None | Some(ReceiverFault::CutAfterTaking | ReceiverFault::Say(200..=299))) {
        desk.posted.add(posted);
    }
    let (status, more) = match fault {
        None => (200, String::new()),
        Some(ReceiverFault::Say(status)) => (status, String::new()),
        Some(ReceiverFault::Redirect(to)) => (307, format!("Location: http://{to}/\r\n")),
        Some(ReceiverFault::Hang) => std::future::pending().await,
        Some(ReceiverFault::Refuse | ReceiverFault::CutAfterTaking) => return,
    };
    let answer = format!("HTTP/1.1 {status} Said\r\n{more}Content-Length: 0\r\n\r\n");
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

/// Head and body, of the length that the head says.
async fn read<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Posted> {
    let mut bytes = Vec::new();
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut headers = head.lines().filter_map(|line| line.split_once(": "));
            let length = headers.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?.1;
            let length: usize = length.parse().ok()?;
            if bytes.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&bytes[end + 4..end + 4 + length]).into_owned();
                return Some(Posted { head, body });
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
