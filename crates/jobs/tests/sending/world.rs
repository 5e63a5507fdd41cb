//! A store with a small region, and workers on it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, civil::Time};
use talon_domain::{
    booking::BookCommand,
    email::Email,
    ids::EntryKey,
    message::{MessageKind, MessageState},
};
use talon_jobs::{
    Composer, ComposerParts, Courier, Relay, RelayAddress, Security, Texts, Watcher, Worker, WorkerParts, WorkerTerms,
};
use talon_store::{
    MessageRow, MessagesQuery, Record, Store,
    conformance::region::{ADULTS, book, booked, crowd, fill, now},
};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use talon_testkit::MailRelay;
use talon_ticket::Language;
use tempfile::TempDir;

use crate::common::{Ids, TestClock};

/// Who books.
pub(crate) const ADDRESS: &str = "patient@example.ru";

/// Counts.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) settled: Mutex<Vec<(MessageKind, MessageState)>>,
    pub(crate) put_off: Mutex<Vec<&'static str>>,
}

impl Watcher for Counted {
    fn settled(&self, kind: MessageKind, state: MessageState) {
        self.settled.lock().unwrap().push((kind, state));
    }

    fn put_off(&self, reason: &'static str) {
        self.put_off.lock().unwrap().push(reason);
    }

    fn owed(&self, _: u64, _: SignedDuration) {}
}

/// The store and what surrounds it.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) counted: Arc<Counted>,
    pub(crate) language: Language,
    _folder: TempDir,
}

impl World {
    /// With persons 100 to 139, and `more`.
    pub(crate) async fn new(more: Vec<Record>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            SqliteStore::open(&folder.path().join("talon.db"), &OpenOptions::new(now())).unwrap();
        let mut records = crowd(100..140);
        records.extend(more);
        fill(&store, records).await;
        let clock = Arc::new(TestClock(Mutex::new(now())));
        Self { store, clock, counted: Arc::default(), language: Language::Russian, _folder: folder }
    }

    /// Books cell `number` for a person with an address.
    pub(crate) async fn book(&self, who: u64, number: u64) -> EntryKey {
        self.book_for(who, number, ADDRESS).await
    }

    pub(crate) async fn book_for(&self, who: u64, number: u64, address: &str) -> EntryKey {
        let email = Some(Email::parse(address).unwrap());
        booked(&self.store, BookCommand { email, ..book(who, ADULTS, 0, number, 0) }).await.entry
    }

    /// A worker, of one node.
    pub(crate) fn worker(&self, courier: Arc<dyn Courier>) -> Arc<Worker> {
        Worker::new(WorkerParts {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            ids: Arc::new(Ids),
            courier,
            composer: composer(self.language),
            watcher: self.counted.clone(),
            terms: WorkerTerms {
                senders: 4,
                patience: Duration::from_secs(1),
                remind_at: Some(Time::constant(19, 0, 0, 0)),
                keep: SignedDuration::from_hours(24),
            },
        })
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: SignedDuration) {
        let mut now = self.clock.0.lock().unwrap();
        *now += time;
    }

    pub(crate) async fn in_state(&self, state: Option<MessageState>) -> Vec<MessageRow> {
        self.store.messages(&MessagesQuery { state, entry: None, limit: 1000 }).await.unwrap()
    }
}

/// Makes letters in the wording that comes with the program.
pub(crate) fn composer(language: Language) -> Composer {
    let texts = Texts::load(language, None).unwrap();
    let from = "Регистратура <noreply@talon.test>".to_owned();
    Composer::new(ComposerParts { from, texts, public_url: None, links: None }).unwrap()
}

/// A courier to a relay on loopback.
pub(crate) fn plain(relay: &MailRelay) -> Arc<dyn Courier> {
    let address = RelayAddress { host: "127.0.0.1".to_owned(), port: relay.address.port(), security: Security::None };
    Arc::new(Relay::new(address, "talon.test", None, None).unwrap())
}
