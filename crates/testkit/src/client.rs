//! A small HTTP/1.1 client over one kept-alive connection.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};

use crate::attempt::{Answer, Attempt, Booking, Lost};

/// Longer than anything the server may take; reached only when it hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// The paths of the methods.
const BOOK: &str = "/iemk/directions/entry";
const HOLD: &str = "/iemk/directions/hold";
const VISIT: &str = "/iemk/doctors/visit";

/// One connection to the server; made anew when the server closed it.
pub struct Client {
    address: SocketAddr,
    sender: Option<http1::SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client that connects with its first request.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { address, sender: None }
    }

    /// Connects now, so that a later request costs no handshake.
    ///
    /// # Errors
    ///
    /// [`Lost`] when nobody listens.
    pub async fn connect(&mut self) -> Result<(), Lost> {
        let stream = TcpStream::connect(self.address).await.map_err(lost("connect"))?;
        stream.set_nodelay(true).map_err(lost("connect"))?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(lost("handshake"))?;
        tokio::spawn(async move {
            // How a connection ends is seen by the request that was on it.
            let _ = connection.await;
        });
        self.sender = Some(sender);
        Ok(())
    }

    /// Sends any request and reads the whole answer. `Host` is added.
    ///
    /// # Errors
    ///
    /// [`Lost`] when the connection broke or nothing came for a minute.
    pub async fn send(&mut self, mut request: Request<Full<Bytes>>) -> Result<Answer, Lost> {
        let host = self.address.to_string().parse().map_err(lost("host"))?;
        request.headers_mut().insert(header::HOST, host);
        if self.sender.as_ref().is_none_or(http1::SendRequest::is_closed) {
            self.connect().await?;
        }
        let sender = self.sender.as_mut().ok_or_else(|| Lost("not connected".into()))?;
        let exchange = async {
            sender.ready().await.map_err(lost("ready"))?;
            let answer = sender.send_request(request).await.map_err(lost("exchange"))?;
            let (parts, body) = answer.into_parts();
            let body = body.collect().await.map_err(lost("body"))?.to_bytes();
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        let result = timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err(Lost("no answer in a minute".into())));
        if result.is_err() {
            self.sender = None;
        }
        result
    }

    /// Asks to book.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn ask(&mut self, booking: &Booking) -> Result<Answer, Lost> {
        self.ask_with(booking, &[]).await
    }

    /// Asks to book with more headers.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn ask_with(&mut self, booking: &Booking, headers: &[(&str, &str)]) -> Result<Answer, Lost> {
        let mut request = Request::post(BOOK)
            .header(header::AUTHORIZATION, format!("Bearer {}", booking.token))
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::from(booking.body().to_string()));
        self.send(request.body(body).map_err(lost("request"))?).await
    }

    /// Sends a JSON body to any path as the owner of a token.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn call(&mut self, method: Method, path: &str, token: &str, body: &str) -> Result<Answer, Lost> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body.to_owned())));
        self.send(request.map_err(lost("request"))?).await
    }

    /// Asks for the time to be held.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn hold(&mut self, booking: &Booking) -> Result<Answer, Lost> {
        let body = Booking { email: None, ..booking.clone() }.body();
        self.call(Method::POST, HOLD, &booking.token, &body.to_string()).await
    }

    /// Gives a hold up.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn release(&mut self, token: &str, hold: &str) -> Result<Answer, Lost> {
        self.call(Method::DELETE, &format!("{HOLD}/{hold}"), token, "").await
    }

    /// Asks for an entry to be at the time that a booking names.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn move_to(&mut self, to: &Booking, entry: &str) -> Result<Answer, Lost> {
        let body = json!({"resource_id": to.resource_id, "day": to.day, "time": to.time}).to_string();
        self.call(Method::POST, &format!("{VISIT}/{entry}/move"), &to.token, &body).await
    }

    /// Gives an entry up.
    ///
    /// # Errors
    ///
    /// As [`Client::send`].
    pub async fn cancel(&mut self, token: &str, entry: &str) -> Result<Answer, Lost> {
        self.call(Method::DELETE, &format!("{VISIT}/{entry}"), token, "{}").await
    }

    /// Asks to book and keeps what is known about it.
    pub async fn book(&mut self, booking: &Booking) -> Attempt {
        let began = Instant::now();
        let answer = self.ask(booking).await;
        Attempt::of(booking, answer, began)
    }
}

fn lost<E: std::fmt::Display>(doing: &'static str) -> impl Fn(E) -> Lost {
    move |error| Lost(format!("{doing}: {error}"))
}
