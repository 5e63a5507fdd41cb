//! A mail relay on loopback that takes letters, refuses them, hangs, or hangs up at the worst moment.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpStream,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    certificates::Certificates,
    loopback::{Loopback, Next, Taken, lock},
};

/// A step of the conversation, by what the client has just said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing yet: it has connected.
    Greeting,
    /// `AUTH`
    Auth,
    /// `MAIL FROM`
    Mail,
    /// `RCPT TO`
    Rcpt,
    /// `DATA`
    Data,
    /// The dot after the letter.
    End,
}

/// What the relay does at a step instead of what is right. The letter counts as taken only with a 2xx at its end, or
/// with [`Fault::CutAfterTaking`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Answers with this.
    Say(&'static str),
    /// Says nothing any more.
    Hang,
    /// Hangs up.
    Cut,
    /// Takes the letter and hangs up before it says so.
    CutAfterTaking,
}

/// How the relay is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// Not at all.
    None,
    /// With STARTTLS, which it insists on.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// A letter as the relay has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who is to have it.
    pub to: String,
    /// Headers and body.
    pub text: String,
}

impl Mail {
    /// The value of a header that stands on one line.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next()?;
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// Its Message-ID.
    ///
    /// # Panics
    ///
    /// When it has none.
    #[must_use]
    pub fn id(&self) -> &str {
        self.header("Message-ID").expect("a Message-ID")
    }
}

/// The relay.
pub struct MailRelay {
    /// Where it listens.
    pub address: SocketAddr,
    server: Loopback,
    desk: Arc<Desk>,
    next: Next<Mail>,
}

/// What connections share.
struct Desk {
    fault: Mutex<Option<(Step, Fault)>>,
    letters: Taken<Mail>,
    tls: Option<(MailTls, TlsAcceptor)>,
}

impl MailRelay {
    /// One without TLS.
    #[must_use]
    pub fn start() -> Self {
        Self::with_tls(MailTls::None, None)
    }

    /// One with these certificates.
    ///
    /// # Panics
    ///
    /// When they cannot be used.
    #[must_use]
    pub fn with_tls(tls: MailTls, certificates: Option<&Certificates>) -> Self {
        let tls = certificates.filter(|_| tls != MailTls::None).map(|certificates| (tls, certificates.acceptor()));
        let (letters, next) = Taken::new();
        let desk = Arc::new(Desk { fault: Mutex::default(), letters, tls });
        let shared = Arc::clone(&desk);
        let server = Loopback::start(move |stream| connected(stream, Arc::clone(&shared)));
        Self { address: server.address, server, desk, next }
    }

    /// From now on this goes wrong; nothing does with `None`.
    pub fn go_wrong(&self, fault: Option<(Step, Fault)>) {
        *lock(&self.desk.fault) = fault;
    }

    /// Every letter that was taken, in order.
    #[must_use]
    pub fn letters(&self) -> Vec<Mail> {
        self.desk.letters.all()
    }

    /// How often somebody connected.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.server.connections()
    }

    /// Waits for the next letter.
    ///
    /// # Panics
    ///
    /// When none comes.
    pub async fn next(&mut self) -> Mail {
        self.next.wait().await
    }
}

async fn connected(stream: TcpStream, desk: Arc<Desk>) {
    match &desk.tls {
        Some((MailTls::Implicit, tls)) => {
            if let Ok(stream) = tls.accept(stream).await {
                talk(stream, &desk, true).await;
            }
        }
        Some((_, tls)) => {
            if let Talked::StartTls(stream) = talk(stream, &desk, false).await
                && let Ok(stream) = tls.accept(stream).await
            {
                talk(stream, &desk, true).await;
            }
        }
        None => drop(talk(stream, &desk, true).await),
    }
}

/// How a conversation ended.
enum Talked<S> {
    Over,
    StartTls(S),
}

/// One conversation; `secure` when letters may be taken in it. After STARTTLS there is no greeting.
async fn talk<S: AsyncRead + AsyncWrite + Unpin>(stream: S, desk: &Desk, secure: bool) -> Talked<S> {
    let mut stream = BufReader::new(stream);
    let upgraded = secure && matches!(desk.tls, Some((MailTls::StartTls, _)));
    if !upgraded && !answer(&mut stream, desk, Step::Greeting, "220 relay.test").await {
        return Talked::Over;
    }
    let (mut to, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            return Talked::Over;
        }
        let word = line.split([' ', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        let goes_on = match word.as_str() {
            "EHLO" if secure => say(&mut stream, "250-relay.test\r\n250 AUTH PLAIN LOGIN").await,
            "EHLO" => say(&mut stream, "250-relay.test\r\n250 STARTTLS").await,
            "STARTTLS" => {
                say(&mut stream, "220 go on").await;
                return Talked::StartTls(stream.into_inner());
            }
            "AUTH" => answer(&mut stream, desk, Step::Auth, "235 2.7.0 in").await,
            "MAIL" if !secure => say(&mut stream, "530 5.7.0 STARTTLS first").await,
            "MAIL" => answer(&mut stream, desk, Step::Mail, "250 2.1.0 ok").await,
            "RCPT" => {
                to = line.trim().trim_start_matches(|it: char| it != '<').trim_matches(['<', '>']).to_owned();
                answer(&mut stream, desk, Step::Rcpt, "250 2.1.5 ok").await
            }
            "DATA" => {
                answer(&mut stream, desk, Step::Data, "354 go on").await
                    && (desk.has_said(Step::Data) || take(&mut stream, desk, &to).await)
            }
            "QUIT" => return Talked::Over,
            _ => say(&mut stream, "250 2.0.0 ok").await,
        };
        if !goes_on {
            return Talked::Over;
        }
    }
}

impl Desk {
    /// Whether another answer than the right one is given at this step.
    fn has_said(&self, step: Step) -> bool {
        matches!(*lock(&self.fault), Some((at, Fault::Say(_))) if at == step)
    }
}

/// Reads a letter up to its dot.
async fn take<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, desk: &Desk, to: &str) -> bool {
    let (mut text, mut line) = (String::new(), String::new());
    loop {
        line.clear();
        if !matches!(stream.read_line(&mut line).await, Ok(1..)) {
            return false;
        }
        if line == ".\r\n" {
            break;
        }
        text.push_str(line.strip_prefix('.').filter(|_| line.starts_with("..")).unwrap_or(&line));
    }
    let fault = lock(&desk.fault).filter(|(step, _)| *step == Step::End).map(|(_, fault)| fault);
    if matches!(fault, None | Some(Fault::CutAfterTaking)) {
        desk.letters.add(Mail { to: to.to_owned(), text });
    }
    answer(stream, desk, Step::End, "250 2.0.0 taken").await
}

/// Answers, or does what goes wrong at this step; false when the conversation is over.
async fn answer<S: AsyncWrite + Unpin>(stream: &mut S, desk: &Desk, step: Step, right: &str) -> bool {
    let fault = lock(&desk.fault).filter(|(at, _)| *at == step).map(|(_, fault)| fault);
    match fault {
        None => say(stream, right).await,
        Some(Fault::Say(text)) => say(stream, text).await,
        Some(Fault::Cut | Fault::CutAfterTaking) => false,
        Some(Fault::Hang) => std::future::pending().await,
    }
}

async fn say<S: AsyncWrite + Unpin>(stream: &mut S, text: &str) -> bool {
    stream.write_all(format!("{text}\r\n").as_bytes()).await.is_ok() && stream.flush().await.is_ok()
}
