//! A store with a small region, and postmen on it.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::SignedDuration;
use talon_domain::{
    event::{EventKind, EventState, HookName, Subscription},
    ids::EntryKey,
};
use talon_jobs::{Allowed, Hook, HookWatcher, Post, Postman, PostmanParts, PostmanTerms, Secrets};
use talon_store::{
    EventRow, EventsQuery, Store,
    conformance::region::{ADULTS, book, booked, crowd, fill, now},
};
use talon_store_sqlite::{OpenOptions, SqliteStore};
use tempfile::TempDir;

use crate::common::{Ids, TestClock};

/// For how long an event is tried.
pub(crate) const GIVE_UP: SignedDuration = SignedDuration::from_hours(72);

/// Counts.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) settled: Mutex<Vec<(EventKind, EventState)>>,
    pub(crate) put_off: Mutex<Vec<&'static str>>,
    pub(crate) owed: Mutex<Vec<(String, u64)>>,
}

impl HookWatcher for Counted {
    fn settled(&self, _: &HookName, kind: EventKind, state: EventState) {
        self.settled.lock().unwrap().push((kind, state));
    }

    fn put_off(&self, _: &HookName, reason: &'static str) {
        self.put_off.lock().unwrap().push(reason);
    }

    fn owed(&self, hook: &HookName, count: u64, _: SignedDuration) {
        self.owed.lock().unwrap().push((hook.to_string(), count));
    }
}

/// The store and what surrounds it.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) counted: Arc<Counted>,
    _folder: TempDir,
}

fn name(text: &str) -> HookName {
    HookName::parse(text).unwrap()
}

impl World {
    /// With persons 100 to 139, and two who are told of everything.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // What the region's import changes is not what these tests are about.
        let of_entries: Vec<_> = EventKind::ALL.iter().copied().filter(|kind| *kind != EventKind::Schedule).collect();
        let hooks = ["one", "two"].map(|hook| Subscription { hook: name(hook), events: of_entries.clone() });
        let options = OpenOptions { hooks: hooks.into(), ..OpenOptions::new(now()) };
        let store: Arc<dyn Store> = SqliteStore::open(&folder.path().join("talon.db"), &options).unwrap();
        fill(&store, crowd(100..140)).await;
        Self { store, clock: Arc::new(TestClock(Mutex::new(now()))), counted: Arc::default(), _folder: folder }
    }

    /// Books cell `number` for a person.
    pub(crate) async fn book(&self, who: u64, number: u64) -> EntryKey {
        booked(&self.store, book(who, ADULTS, 0, number, 0)).await.entry
    }

    /// A postman of one node, who may go to loopback, and brings things to `one` at the first address and to `two` at
    /// the second.
    pub(crate) fn postman(&self, urls: &[&str]) -> Arc<Postman> {
        self.postman_with(urls, Arc::new(|address: IpAddr| address.is_loopback()), None)
    }

    pub(crate) fn postman_with(&self, urls: &[&str], allowed: Allowed, authority: Option<&[u8]>) -> Arc<Postman> {
        let hook = |(hook, url): (&str, &&str)| Hook {
            name: name(hook),
            post: Post::new(url.parse().unwrap(), authority, Arc::clone(&allowed)).unwrap(),
            secrets: Secrets::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap(),
        };
        Postman::new(PostmanParts {
            store: Arc::clone(&self.store),
            clock: self.clock.clone(),
            ids: Arc::new(Ids),
            hooks: ["one", "two"].into_iter().zip(urls).map(hook).collect(),
            watcher: self.counted.clone(),
            terms: PostmanTerms {
                senders: 4,
                patience: Duration::from_secs(1),
                give_up: GIVE_UP,
                keep: SignedDuration::from_hours(24 * 30),
            },
        })
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, time: SignedDuration) {
        let mut now = self.clock.0.lock().unwrap();
        *now += time;
    }

    /// What `one` is owed, or what became of it.
    pub(crate) async fn in_state(&self, state: Option<EventState>) -> Vec<EventRow> {
        self.store.events(&EventsQuery { state, hook: Some(name("one")), limit: 1000 }).await.unwrap()
    }
}
