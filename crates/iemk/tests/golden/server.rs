//! A server of the fixture's region on a socket of its own, and a client that shows every byte.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{Timestamp, ToSpan};
use talon_app::{App, AppParts, AppSettings, Clock, Gate, IdSource, Phase, new_client_secret};
use talon_domain::{
    access::Channel,
    ids::{AuditId, ClientId, EntryKey},
};
use talon_iemk::{Base, IemkSettings, framed, routes};
use talon_store::{Kind, Record, Store};
use talon_store_postgres::{OpenOptions as PostgresOptions, PostgresStore};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use talon_testkit::postgres::{Postgres, Schema};
use talon_tokens::{Issuer, Links, NewToken, OwnKey, Verifier};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use uuid::Uuid;

use crate::{exchange::Exchange, region};

/// A running server.
pub(crate) struct Server {
    address: SocketAddr,
    ids: Arc<Ids>,
    clock: Arc<Stopped>,
    key: Arc<OwnKey>,
    store: Arc<dyn Store>,
    _place: Place,
}

/// The stores that answer alike.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    /// The embedded one.
    Sqlite,
    /// The one that several nodes share.
    Postgres,
}

/// What goes with a store.
#[allow(dead_code, reason = "held until the server goes")]
enum Place {
    Folder(TempDir),
    Schema(Schema),
}

async fn empty_store(on: On, now: Timestamp) -> (Arc<dyn Store>, Place) {
    match on {
        On::Sqlite => {
            let folder = tempfile::tempdir().unwrap();
            (SqliteStore::open(&folder.path().join("talon.db"), &OpenOptions::new(now)).unwrap(), Place::Folder(folder))
        }
        On::Postgres => {
            let schema = Postgres::shared().schema();
            let url = schema.url().parse().unwrap();
            (PostgresStore::open(&url, &PostgresOptions::new(now)).await.unwrap(), Place::Schema(schema))
        }
    }
}

/// A clock that stands still between two exchanges.
struct Stopped(Mutex<Timestamp>);

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Counts instead of drawing: `…-4000-…` what would be random, `…-7000-…` what would be ordered.
struct Ids {
    random: AtomicU64,
    ordered: AtomicU64,
    panics: bool,
}

impl IdSource for Ids {
    fn random(&self) -> Uuid {
        let number = self.random.fetch_add(1, Ordering::Relaxed) + 1;
        Uuid::parse_str(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
    }

    fn ordered(&self, _: Timestamp) -> Uuid {
        assert!(!self.panics, "planted");
        let number = self.ordered.fetch_add(1, Ordering::Relaxed) + 1;
        Uuid::parse_str(&format!("00000000-0000-7000-8000-{number:012}")).unwrap()
    }
}

impl Server {
    /// Starts one as an exchange needs it, on the embedded store.
    pub(crate) async fn start(wishes: &[String]) -> Self {
        Self::start_on(On::Sqlite, wishes).await
    }

    /// Starts one as an exchange needs it.
    pub(crate) async fn start_on(on: On, wishes: &[String]) -> Self {
        let wish = |key: &str| wishes.iter().find_map(|wish| wish.strip_prefix(key)).map(str::to_owned);
        let now: Timestamp = region::NOW.parse().unwrap();
        let (store, place) = empty_store(on, now).await;
        assert_eq!(store.import_page(region::records(), now).await.unwrap(), []);
        if let Some(guid) = wish("absent=") {
            assert_eq!(store.import_page(vec![region::absent(&guid)], now).await.unwrap(), []);
        }
        if wish("closed-store").is_some() {
            store.close().await;
        }
        let key = Arc::new(OwnKey::generate().unwrap());
        let verifier = Verifier::new(vec![Issuer::own(Arc::clone(&key))], 1000).unwrap();
        let ids =
            Arc::new(Ids { random: AtomicU64::new(0), ordered: AtomicU64::new(0), panics: wish("panics").is_some() });
        let phase = match (wish("starting"), wish("draining")) {
            (Some(_), _) => Phase::Starting,
            (_, Some(_)) => Phase::Draining,
            (None, None) => Phase::Serving,
        };
        let mut settings = AppSettings { token_endpoint: wish("issues-tokens").is_some(), ..AppSettings::default() };
        if let Some(burst) = wish("burst=") {
            settings.person_burst = burst.parse().unwrap();
        }
        if let Some(days) = wish("service-deadline=") {
            settings.deadlines.others = Some(days.parse().unwrap());
        }
        if let Some(tokens) = wish("client-tokens-per-minute=") {
            settings.client_tokens_per_minute = tokens.parse().unwrap();
        }
        if let Some(cancellations) = wish("cancellations=") {
            settings.churn.most = cancellations.parse().unwrap();
        }
        if let Some(burst) = wish("client-burst=") {
            (settings.client_burst, settings.client_per_second) = (burst.parse().unwrap(), 1);
        }
        if let Some(burst) = wish("address-burst=") {
            (settings.address_burst, settings.address_per_second) = (burst.parse().unwrap(), 1);
        }
        let clock = Arc::new(Stopped(Mutex::new(now)));
        if let Some(hours) = wish("cancel-cutoff-hours=") {
            settings.cancel_cutoff = Duration::from_secs(3600 * hours.parse::<u64>().unwrap());
        }
        let app = App::new(AppParts {
            store: Arc::clone(&store),
            verifier: Arc::new(verifier),
            own_key: Some(Arc::clone(&key)),
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ids: Arc::clone(&ids) as Arc<dyn IdSource>,
            observer: Arc::new(()),
            gate: Arc::new(Gate::new(phase)),
            settings,
        });
        let mut iemk = IemkSettings::default();
        if let Some(millis) = wish("body-timeout-ms=") {
            iemk.body_timeout = Duration::from_millis(millis.parse().unwrap());
        }
        if let Some(base) = wish("base=") {
            iemk.base = Base::parse(&base).unwrap();
        }
        if let Some(network) = wish("trusted-proxy=") {
            iemk.proxies.networks = vec![network.parse().unwrap()];
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let health = Router::new().route("/health/live", get(async || "live"));
        let router = framed(Arc::clone(&app), routes(app, iemk).merge(health));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { address, ids, clock, key, store, _place: place }
    }

    /// Lets go of the store's connections.
    pub(crate) async fn close(self) {
        self.store.close().await;
    }

    /// Sends an exchange's request on a connection of its own and gives the answer as a file has it.
    pub(crate) async fn play(&self, exchange: &Exchange) -> String {
        self.ids.random.store(0, Ordering::Relaxed);
        *self.clock.0.lock().unwrap() += exchange.later;
        self.send(&exchange.request(|name| self.fill(name))).await
    }

    /// Sends bytes and gives the answer as a file has it: lines end in one character, without
    /// `date`, an issued token masked.
    pub(crate) async fn send(&self, request: &[u8]) -> String {
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        connection.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        let (head, length) = loop {
            let read = connection.read_buf(&mut answer).await.unwrap();
            assert_ne!(read, 0, "closed within the head");
            let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(answer[..end].to_vec()).unwrap();
            answer.drain(..end + 4);
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            break (head.clone(), length.parse::<usize>().unwrap());
        };
        let length = if request.starts_with(b"HEAD ") { 0 } else { length };
        while answer.len() < length {
            assert_ne!(connection.read_buf(&mut answer).await.unwrap(), 0, "closed within the body");
        }
        assert_eq!(answer.len(), length, "nothing comes after the body");
        if head.contains("\r\nconnection: close") {
            assert_eq!(connection.read(&mut [0; 1]).await.unwrap(), 0, "it closes as it says");
        }
        let head = head.lines().filter(|line| !line.starts_with("date: ")).collect::<Vec<_>>().join("\n");
        let body = masked(&String::from_utf8(answer).unwrap());
        // The length of what is masked depends on the key too.
        let head = if body.contains("{{code}}") {
            head.replace(&format!("length: {length}"), "length: {{length}}")
        } else {
            head
        };
        format!("{head}\n\n{body}")
    }

    /// The outcomes in the audit, each with its record's id, in the order of those.
    pub(crate) async fn audited(&self) -> BTreeMap<AuditId, String> {
        let snapshot = self.store.snapshot().await.unwrap();
        let (mut outcomes, mut after) = (BTreeMap::new(), None);
        loop {
            let page = snapshot.page(Kind::Audit, after).await.unwrap();
            outcomes.extend(page.records.into_iter().filter_map(|record| match record {
                Record::Audit(record) => Some((record.id, record.outcome)),
                _ => None,
            }));
            match page.next {
                Some(next) => after = Some(next),
                None => return outcomes,
            }
        }
    }

    fn fill(&self, placeholder: &str) -> String {
        match placeholder.split(':').collect::<Vec<_>>()[..] {
            ["token", person] => self.token(person, Duration::from_secs(900), 0),
            ["portal-token", person] => {
                self.token_through(Some(region::client_id(region::PORTAL)), person, Duration::from_secs(900), 0)
            }
            ["expired-token", person] => self.token(person, Duration::from_secs(900), 3600),
            ["forged-token", person] => {
                let (real, other) =
                    (self.token(person, Duration::from_secs(900), 0), self.token(person, Duration::from_secs(901), 0));
                let (claims, _) = real.rsplit_once('.').unwrap();
                let (_, signature) = other.rsplit_once('.').unwrap();
                format!("{claims}.{signature}")
            }
            ["link", entry] => Links::of(&self.key).unwrap().token(EntryKey::parse(entry).unwrap()).unwrap(),
            ["basic", "portal"] => basic(&new_client_secret(region::PORTAL_SECRET).0),
            ["basic", "portal-with-another-secret"] => basic("another"),
            ["crlf"] => "\r\n".to_owned(),
            ["repeat", text, times] => text.repeat(times.parse().unwrap()),
            _ => panic!("there is no placeholder {placeholder}"),
        }
    }

    fn token(&self, person: &str, ttl: Duration, seconds_ago: i64) -> String {
        self.token_through(None, person, ttl, seconds_ago)
    }

    /// A token that names a client application.
    fn token_through(&self, client: Option<ClientId>, person: &str, ttl: Duration, seconds_ago: i64) -> String {
        let (_, number) = region::PERSONS.iter().find(|(name, _)| *name == person).unwrap();
        let claims = NewToken { person: region::person_id(*number), client, channel: Some(Channel::Internet), ttl };
        self.key.sign(&claims, self.clock.now() - seconds_ago.seconds()).unwrap()
    }
}

fn basic(secret: &str) -> String {
    BASE64_STANDARD.encode(format!("{}:{secret}", region::client_id(region::PORTAL)))
}

/// Without what depends on the installation's key, which is another in every run.
fn masked(body: &str) -> String {
    if let Some((before, code)) = body.split_once("<path d=\"") {
        let (path, after) = code.split_once('"').unwrap();
        assert!(path.starts_with('M') && path.len() > 1000, "a code");
        return format!("{before}<path d=\"{{{{code}}}}\"{after}");
    }
    match body.split_once(r#"{"Token":""#) {
        Some(("", rest)) => {
            let (token, rest) = rest.split_once('"').unwrap();
            assert_eq!(token.split('.').count(), 3, "a token in compact form");
            format!(r#"{{"Token":"{{{{token}}}}"{rest}"#)
        }
        _ => body.to_owned(),
    }
}
