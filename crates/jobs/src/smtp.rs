//! Letters by SMTP, over connections that are kept.
//!
//! The steps are taken one by one, because it matters at which of them a relay says no: what it says of the recipient
//! or of the letter is about that letter, and everything before is about us. A wrong password must not mean that
//! nobody is ever written to.

use std::{fmt, str::FromStr, sync::Mutex, time::Duration};

use async_trait::async_trait;
use lettre::{
    Address,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, Certificate, TlsParameters},
        commands::{Data, Mail, Rcpt, Rset},
        extension::{ClientId, Extension, MailParameter},
        response::Response,
    },
};
use tokio::time::Instant;

use crate::{
    courier::{Courier, Handed},
    letter::Letter,
};

/// How long a relay may take to be reached.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection that nobody used for so long has probably been closed.
const IDLE: Duration = Duration::from_secs(30);

/// Connections that are kept.
const KEPT: usize = 8;

/// How a connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Implicit,
    /// TLS after STARTTLS; a relay that does not offer it is not used.
    StartTls,
    /// None, to a relay on this machine alone.
    None,
}

/// Where a relay is: `smtps://HOST[:465]`, `smtp://HOST[:587]` (STARTTLS) or `smtp-plain://127.0.0.1[:25]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelayAddress {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How it is protected.
    pub security: Security,
}

impl FromStr for RelayAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wanted =
            || "a relay is written as smtps://HOST:465, smtp://HOST:587 or smtp-plain://127.0.0.1:25".to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(wanted)?;
        let (security, usual) = match scheme {
            "smtps" => (Security::Implicit, 465),
            "smtp" => (Security::StartTls, 587),
            "smtp-plain" => (Security::None, 25),
            _ => return Err(wanted()),
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wanted())?),
            None => (rest, usual),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._".contains(&b);
        if host.is_empty() || !host.bytes().all(plain) {
            return Err(wanted());
        }
        if security == Security::None && !["127.0.0.1", "localhost"].contains(&host) {
            return Err("without TLS a relay must be on this machine: letters say who goes to which doctor".to_owned());
        }
        Ok(Self { host: host.to_owned(), port, security })
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.security {
            Security::Implicit => "smtps",
            Security::StartTls => "smtp",
            Security::None => "smtp-plain",
        };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// Why a relay cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the relay cannot be used: {0}")]
pub struct RelayError(String);

/// A relay.
pub struct Relay {
    address: RelayAddress,
    hello: ClientId,
    tls: Option<TlsParameters>,
    credentials: Option<Credentials>,
    kept: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl Relay {
    /// A relay. `hello` is the domain that we say we are of, `authority` certificates in PEM that are believed beside
    /// the system's own.
    ///
    /// # Errors
    ///
    /// [`RelayError`]
    pub fn new(
        address: RelayAddress,
        hello: &str,
        credentials: Option<(String, String)>,
        authority: Option<&[u8]>,
    ) -> Result<Self, RelayError> {
        let tls = match address.security {
            Security::None => None,
            Security::Implicit | Security::StartTls => {
                let fault = |error: lettre::transport::smtp::Error| RelayError(error.to_string());
                let mut tls = TlsParameters::builder(address.host.clone());
                if let Some(pem) = authority {
                    tls = tls.add_root_certificate(Certificate::from_pem(pem).map_err(fault)?);
                }
                Some(tls.build_rustls().map_err(fault)?)
            }
        };
        Ok(Self {
            address,
            hello: ClientId::Domain(hello.to_owned()),
            tls,
            credentials: credentials.map(|(user, password)| Credentials::new(user, password)),
            kept: Mutex::default(),
        })
    }

    /// A connection on which a letter can be begun.
    async fn connection(&self) -> Result<AsyncSmtpConnection, String> {
        while let Some((mut connection, used)) = self.take() {
            if used.elapsed() < IDLE && connection.test_connected().await {
                return Ok(connection);
            }
        }
        let at = (self.address.host.as_str(), self.address.port);
        let implicit = self.tls.clone().filter(|_| self.address.security == Security::Implicit);
        let connected = AsyncSmtpConnection::connect_tokio1(at, Some(CONNECT), &self.hello, implicit, None).await;
        let mut connection = connected.map_err(|error| told("it cannot be reached", &error))?;
        if let Some(tls) = self.tls.clone().filter(|_| self.address.security == Security::StartTls) {
            if !connection.can_starttls() {
                return Err("it offers no STARTTLS".to_owned());
            }
            connection.starttls(tls, &self.hello).await.map_err(|error| told("TLS fails", &error))?;
        }
        if let Some(credentials) = &self.credentials {
            let let_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], credentials).await;
            let_in.map_err(|error| told("it does not let us in", &error))?;
        }
        Ok(connection)
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner).pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut kept = self.kept.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if kept.len() < KEPT && !connection.has_broken() {
            kept.push((connection, Instant::now()));
        }
    }
}

#[async_trait]
impl Courier for Relay {
    async fn hand(&self, letter: &Letter) -> Handed {
        let mut connection = match self.connection().await {
            Ok(connection) => connection,
            Err(what) => return Handed::Closed(what),
        };
        let handed = hand(&mut connection, letter).await;
        let is_sound = match &handed {
            Handed::Taken(_) => true,
            // A relay that has said no waits for what comes next; one that has said nothing may be anywhere.
            Handed::Refused(Some(_)) | Handed::NotNow(Some(_)) => connection.command(Rset).await.is_ok(),
            _ => false,
        };
        if is_sound {
            self.keep(connection);
        }
        handed
    }
}

/// One letter.
async fn hand(connection: &mut AsyncSmtpConnection, letter: &Letter) -> Handed {
    let mut parameters = Vec::new();
    if !is_ascii(&letter.to) || !is_ascii(&letter.from) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Handed::Refused(Some("553 5.6.7".to_owned()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    // That we may not send is no fault of the letter's.
    if let Err(error) = connection.command(Mail::new(Some(letter.from.clone()), parameters)).await {
        return Handed::Closed(told("it refuses the sender", &error));
    }
    if let Err(error) = connection.command(Rcpt::new(letter.to.clone(), Vec::new())).await {
        return failed(&error);
    }
    if let Err(error) = connection.command(Data).await {
        return failed(&error);
    }
    match connection.message(&letter.bytes).await {
        Ok(response) => Handed::Taken(Some(numbers(&response))),
        Err(error) => failed(&error),
    }
}

fn is_ascii(address: &Address) -> bool {
    let text: &str = address.as_ref();
    text.is_ascii()
}

fn failed(error: &lettre::transport::smtp::Error) -> Handed {
    match (error.status(), error.is_permanent()) {
        // It closes the channel, whatever the letter (RFC 5321, 3.8).
        (Some(code), _) if code.to_string() == "421" => Handed::Closed("it says 421".to_owned()),
        (Some(code), true) => Handed::Refused(Some(code.to_string())),
        (Some(code), false) => Handed::NotNow(Some(code.to_string())),
        (None, _) => Handed::NotNow(None),
    }
}

/// What went wrong, without the words of the relay.
fn told(what: &str, error: &lettre::transport::smtp::Error) -> String {
    match error.status() {
        Some(code) => format!("{what}: it says {code}"),
        None if error.is_timeout() => format!("{what}: it did not answer in time"),
        // The cause quotes the answer, which may repeat the address of a letter before.
        None if error.is_response() => format!("{what}: its answer cannot be understood"),
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{what}: {cause}"),
            None => what.to_owned(),
        },
    }
}

/// The answer's code, and its enhanced one where there is one (RFC 3463).
fn numbers(response: &Response) -> String {
    let code = response.code().to_string();
    let enhanced = |word: &&str| word.split('.').count() == 3 && word.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    match response.first_word().filter(enhanced) {
        Some(word) => format!("{code} {word}"),
        None => code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_without_tls_is_on_this_machine() {
        let read = |text: &str| text.parse::<RelayAddress>().map(|address| address.to_string());
        assert_eq!(read("smtps://mail.example.ru").unwrap(), "smtps://mail.example.ru:465");
        assert_eq!(read("smtp://mail.example.ru:2525").unwrap(), "smtp://mail.example.ru:2525");
        assert_eq!(read("smtp-plain://127.0.0.1").unwrap(), "smtp-plain://127.0.0.1:25");
        for bad in
            ["", "mail.example.ru", "smtp://", "smtp://a:b", "http://a", "smtp://a b", "smtp-plain://mail.example.ru"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
