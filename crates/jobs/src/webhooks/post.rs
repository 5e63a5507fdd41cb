//! One request to a receiver, over a connection of its own.
//!
//! The connection is made to an address that was looked at, and not to a name: between a look at a name and the
//! connection the name may come to mean another machine. Nothing is followed to another place.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpStream, lookup_host},
    time::timeout,
};
use tokio_rustls::TlsConnector;

use super::{endpoint::Endpoint, public::is_public};

/// How long one of a receiver's addresses may take to be reached.
const CONNECT: Duration = Duration::from_secs(5);

/// Bytes of an answer's head that are read; its body is not.
const LONGEST_HEAD: usize = 16 * 1024;

/// Which addresses an installation allows beside the internet's: those of its own networks.
pub type Allowed = Arc<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// Why a receiver cannot be used at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PostError(String);

/// At which step a request failed. Its word is kept and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// The name means nothing.
    Name,
    /// All its addresses are inside.
    Inside,
    /// Nobody answers there.
    Connection,
    /// The certificate is not believed, or TLS fails.
    Tls,
    /// The connection ended before an answer.
    Cut,
}

impl Unsent {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Inside => "inside",
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Cut => "cut",
        }
    }
}

/// What is sent.
pub(crate) struct Signed {
    pub(crate) id: String,
    pub(crate) second: i64,
    pub(crate) signature: String,
    pub(crate) body: Bytes,
}

/// The way to a receiver.
pub struct Post {
    endpoint: Endpoint,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    allowed: Allowed,
}

impl Post {
    /// The way to an address. `authority` is certificates in PEM that are believed beside the system's own.
    ///
    /// # Errors
    ///
    /// [`PostError`]
    pub fn new(endpoint: Endpoint, authority: Option<&[u8]>, allowed: Allowed) -> Result<Self, PostError> {
        let tls = if endpoint.secure {
            let name = ServerName::try_from(endpoint.host.clone());
            let name = name.map_err(|_| PostError(format!("{} names no host", endpoint.host)))?;
            Some((TlsConnector::from(Arc::new(config(authority)?)), name))
        } else {
            None
        };
        Ok(Self { endpoint, tls, allowed })
    }

    /// Where it goes.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Sends, and waits for the answer's status. Whoever calls bounds the time.
    pub(crate) async fn send(&self, signed: &Signed) -> Result<StatusCode, Unsent> {
        let request = Request::post(self.endpoint.path.as_str())
            .header(header::HOST, self.endpoint.authority.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::USER_AGENT, concat!("talon/", env!("CARGO_PKG_VERSION")))
            .header(header::CONNECTION, "close")
            .header("webhook-id", signed.id.as_str())
            .header("webhook-timestamp", signed.second)
            .header("webhook-signature", signed.signature.as_str())
            .body(Full::new(signed.body.clone()))
            .map_err(|_| Unsent::Name)?;
        let stream = self.connect().await?;
        match &self.tls {
            None => exchange(stream, request).await,
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), stream).await.map_err(|_| Unsent::Tls)?;
                exchange(stream, request).await
            }
        }
    }

    async fn connect(&self) -> Result<TcpStream, Unsent> {
        let found = lookup_host((self.endpoint.host.as_str(), self.endpoint.port)).await.map_err(|_| Unsent::Name)?;
        let mut failure = Unsent::Inside;
        for address in found.filter(|address| self.may_go_to(address.ip())) {
            match timeout(CONNECT, connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                _ => failure = Unsent::Connection,
            }
        }
        Err(failure)
    }

    /// Without TLS only into networks of the installation's own, where somebody else answers for what is read on the way.
    fn may_go_to(&self, address: IpAddr) -> bool {
        (self.allowed)(address) || (self.endpoint.secure && is_public(address))
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn exchange<S>(stream: S, request: Request<Full<Bytes>>) -> Result<StatusCode, Unsent>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let made = http1::Builder::new().max_buf_size(LONGEST_HEAD).handshake(TokioIo::new(stream)).await;
    let (mut sender, connection) = made.map_err(|_| Unsent::Cut)?;
    let (mut answer, connection) = (pin!(sender.send_request(request)), pin!(connection));
    // Both here and neither on a task of its own: given up in the middle, nothing is left of the connection.
    let answered = tokio::select! {
        biased;
        answered = &mut answer => answered,
        // It may have ended because it brought the answer.
        _ = connection => answer.await,
    };
    answered.map(|answer| answer.status()).map_err(|_| Unsent::Cut)
}

fn config(authority: Option<&[u8]>) -> Result<ClientConfig, PostError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = authority {
        let mut named = 0;
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| PostError(error.to_string()))?;
            roots.add(certificate).map_err(|error| PostError(error.to_string()))?;
            named += 1;
        }
        if named == 0 {
            return Err(PostError("there is no certificate in it".to_owned()));
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| PostError(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(address: &str, allowed: bool) -> Post {
        Post::new(address.parse().unwrap(), None, Arc::new(move |_| allowed)).unwrap()
    }

    #[test]
    fn only_named_networks_are_entered_and_only_they_are_spoken_to_in_the_clear() {
        let (inside, outside) = ("127.0.0.1".parse().unwrap(), "8.8.8.8".parse().unwrap());
        for (address, allowed, expected) in [
            ("https://a.example", false, [false, true]),
            ("https://a.example", true, [true, true]),
            ("http://a.example", false, [false, false]),
            ("http://a.example", true, [true, true]),
        ] {
            let way = way(address, allowed);
            assert_eq!([inside, outside].map(|ip| way.may_go_to(ip)), expected, "{address} {allowed}");
        }
    }

    /// However an address inside is written, it is refused where it is connected to.
    #[tokio::test]
    async fn an_address_inside_is_refused_however_it_is_written() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        listener.set_nonblocking(true).unwrap();
        for host in ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "0.0.0.0"] {
            // Some of these are no names for a certificate either; here it is the connection that is to be refused.
            let endpoint = format!("https://{host}:{port}").parse().unwrap();
            let way = Post { endpoint, tls: None, allowed: Arc::new(|_| false) };
            let refused = way.connect().await.err();
            assert!(matches!(refused, Some(Unsent::Inside | Unsent::Name)), "{host}: {refused:?}");
            assert!(listener.accept().is_err(), "{host} was connected to");
        }
        let way = way(&format!("http://127.0.0.1:{port}"), true);
        assert!(way.connect().await.is_ok() && listener.accept().is_ok());
    }
}
