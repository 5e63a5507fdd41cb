use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use talon_domain::{
    audit::AuditRecord,
    booking::{BookCommand, CancelCommand, FreeTime, HoldChange, HoldCommand, HoldTerms, MoveCommand},
    entry::Entry,
    ids::{ClientId, EntryKey, PersonId, SlotKey},
    reference::Reference,
    schedule::Template,
    slot::Slot,
    waiting::{WaitCommand, WithdrawCommand},
};
use talon_store::{
    Attempted, AttemptedEvent, BookReply, CancelReply, ClaimEvents, ClaimMessages, ClaimedEvents, ClaimedMessages,
    ClientSecret, EntriesQuery, EventCounts, EventRow, EventsQuery, ExportPage, ExtendReply, Fault, FreeTimesQuery,
    HoldReply, Holder, Kind, KnownKey, ListQuery, ListReply, Load, MessageCounts, MessageRow, MessagesQuery, MoveReply,
    OwnReferral, Past, PersonCards, PersonMatch, PlaceInLine, PolicyQuery, Published, Record, ReleaseReply,
    ReminderPass, Removal, RemoveReply, Replay, Resealed, Result, SchedulePage, ScheduleQuery, Snapshot, Store,
    StoreError, Swept, TicketFacts, TicketReader, WaitReply, WithdrawReply, Work,
};

/// Records by kind and key.
type Records = BTreeMap<(Kind, String), Record>;

#[derive(Default)]
pub(crate) struct FakeStore {
    records: Mutex<Records>,
    secrets: Mutex<BTreeMap<ClientId, ClientSecret>>,
    pages: Mutex<Vec<Vec<Record>>>,
    checks: Mutex<Vec<usize>>,
    /// How many pages `import_page` takes before the store fails.
    pub(crate) lasts: Mutex<Option<usize>>,
    /// What `import_page` finds fault with once, as something that came in between.
    pub(crate) surprise: Mutex<Option<Fault>>,
}

impl FakeStore {
    /// Everything that is kept, in the order of kind and key; secrets last.
    pub(crate) fn all(&self) -> Vec<Record> {
        let secrets = self.secrets.lock().unwrap();
        let secrets = secrets.values().cloned().map(Record::ClientSecret);
        self.records.lock().unwrap().values().cloned().chain(secrets).collect()
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<Record> {
        let records = self.records.lock().unwrap();
        records.iter().filter(|((k, _), _)| *k == kind).map(|(_, record)| record.clone()).collect()
    }

    /// Records of each page that was imported.
    pub(crate) fn pages(&self) -> Vec<usize> {
        self.pages.lock().unwrap().iter().map(Vec::len).collect()
    }

    /// Every record that was imported, in the order in which they came.
    pub(crate) fn imported(&self) -> Vec<Record> {
        self.pages.lock().unwrap().concat()
    }

    /// Records of each page that was checked.
    pub(crate) fn checks(&self) -> Vec<usize> {
        self.checks.lock().unwrap().clone()
    }

    pub(crate) fn put(&self, record: Record) {
        match record {
            Record::ClientSecret(secret) => {
                self.secrets.lock().unwrap().insert(secret.client, secret);
            }
            record => {
                self.records.lock().unwrap().insert(key_of(&record), record);
            }
        }
    }
}

fn key_of(record: &Record) -> (Kind, String) {
    match record {
        Record::Specialty(x) => (Kind::Specialty, x.code.0.clone()),
        Record::Facility(x) => (Kind::Facility, x.id.to_string()),
        Record::Resource(x) => (Kind::Resource, x.key.to_string()),
        Record::Client(x) => (Kind::Client, x.id.to_string()),
        Record::ClientSecret(_) => unreachable!("kept apart"),
        Record::Person(x) => (Kind::Person, x.id.to_string()),
        Record::Card(x) => (Kind::Card, format!("{}{}", x.facility, x.id)),
        Record::Referral(x) => (Kind::Referral, x.key.to_string()),
        Record::Template(x) => (Kind::Template, format!("{}{}", x.resource.facility, x.id)),
        Record::Slot(x) => (Kind::Slot, x.key.to_string()),
        Record::Entry(x) => (Kind::Entry, x.key.to_string()),
        Record::EntryVersion(x) => (Kind::EntryVersion, format!("{}{}", x.entry, x.version)),
        Record::Cancellation(x) => (Kind::Cancellation, x.entry.to_string()),
        Record::Waiting(x) => (Kind::Waiting, x.key.to_string()),
        Record::Counter(x) => (Kind::Counter, format!("{}{}", x.facility, x.day)),
        Record::Message(x) => (Kind::Message, format!("{}{}{}", x.entry, x.version, x.kind.code())),
        Record::Audit(x) => (Kind::Audit, x.id.to_string()),
        Record::Seal(x) => (Kind::Seal, x.audit.to_string()),
    }
}

fn known_key(key: &KnownKey) -> (Kind, String) {
    match key {
        KnownKey::Specialty(x) => (Kind::Specialty, x.0.clone()),
        KnownKey::Facility(x) => (Kind::Facility, x.to_string()),
        KnownKey::Resource(x) => (Kind::Resource, x.to_string()),
        KnownKey::Person(x) => (Kind::Person, x.to_string()),
        KnownKey::Referral(x) => (Kind::Referral, x.to_string()),
        KnownKey::Slot(x) => (Kind::Slot, x.to_string()),
        KnownKey::Client(x) => (Kind::Client, x.to_string()),
    }
}

/// The two checks that the tests need: a facility's МКОД and a resource's time are its own.
fn conflict(others: &Records, record: &Record) -> Option<(&'static str, &'static str, Holder)> {
    others.values().find_map(|other| match (record, other) {
        (Record::Facility(own), Record::Facility(other)) if other.mkod == own.mkod && other.id != own.id => {
            Some(("mkod", "another facility of the store has this МКОД", Holder::Facility(other.id)))
        }
        (Record::Slot(own), Record::Slot(other))
            if (other.key.facility, other.resource) == (own.key.facility, own.resource)
                && other.key != own.key
                && other.interval().overlaps(&own.interval()) =>
        {
            Some(("start", "overlaps a cell of the store", Holder::Slot(other.key)))
        }
        _ => None,
    })
}

#[async_trait]
impl Store for FakeStore {
    fn reference(&self) -> Arc<Reference> {
        let (mut facilities, mut specialties, mut resources, mut clients) = (vec![], vec![], vec![], vec![]);
        for record in self.records.lock().unwrap().values().cloned() {
            match record {
                Record::Facility(x) => facilities.push(x),
                Record::Specialty(x) => specialties.push(x),
                Record::Resource(x) => resources.push(x),
                Record::Client(x) => clients.push(x),
                _ => (),
            }
        }
        Arc::new(Reference::new(facilities, specialties, resources, clients))
    }

    async fn client_secret(&self, client: ClientId) -> Result<Option<ClientSecret>> {
        Ok(self.secrets.lock().unwrap().get(&client).cloned())
    }

    async fn known(&self, keys: &[KnownKey]) -> Result<Vec<bool>> {
        assert!(keys.len() <= 1000);
        let records = self.records.lock().unwrap();
        Ok(keys.iter().map(|key| records.contains_key(&known_key(key))).collect())
    }

    async fn check_page(&self, page: &[Record]) -> Result<Vec<Fault>> {
        self.checks.lock().unwrap().push(page.len());
        // What the page itself gives anew is not in its way.
        let mut others = self.records.lock().unwrap().clone();
        for record in page.iter().filter(|record| !matches!(record, Record::ClientSecret(_))) {
            others.remove(&key_of(record));
        }
        let faults = page.iter().enumerate().filter_map(|(index, record)| {
            let (key, what, holder) = conflict(&others, record)?;
            Some(Fault { index, key, what: what.into(), holders: vec![holder] })
        });
        Ok(faults.collect())
    }

    async fn import_page(&self, page: Vec<Record>, _: Timestamp) -> Result<Vec<Fault>> {
        if let Some(fault) = self.surprise.lock().unwrap().take_if(|fault| fault.index < page.len()) {
            return Ok(vec![fault]);
        }
        if *self.lasts.lock().unwrap() == Some(self.pages().len()) {
            return Err(StoreError::Unavailable("pulled the plug".into()));
        }
        self.pages.lock().unwrap().push(page.clone());
        page.into_iter().for_each(|record| self.put(record));
        Ok(vec![])
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(FakeSnapshot(self.records.lock().unwrap().clone())))
    }

    async fn verify(&self) -> Result<Vec<String>> {
        unreachable!()
    }

    async fn book(&self, _: BookCommand, _: Timestamp) -> Result<BookReply> {
        unreachable!()
    }

    fn is_full(&self, _: Work) -> bool {
        unreachable!()
    }

    async fn reseal(&self, _: Option<Vec<u8>>) -> Result<Resealed> {
        unreachable!()
    }

    async fn forget_key(&self, _: &str) -> Result<()> {
        unreachable!()
    }

    async fn about(&self, _: PersonId) -> Result<Vec<Record>> {
        unreachable!()
    }

    async fn remove(&self, _: Removal, _: Timestamp) -> Result<RemoveReply> {
        unreachable!()
    }

    async fn is_repetition(&self, _: &BookCommand) -> Result<bool> {
        unreachable!()
    }

    async fn cancel(&self, _: CancelCommand, _: Timestamp) -> Result<CancelReply> {
        unreachable!()
    }

    async fn hold(&self, _: HoldCommand, _: Timestamp) -> Result<HoldReply> {
        unreachable!()
    }

    async fn extend_hold(&self, _: HoldChange, _: HoldTerms, _: Timestamp) -> Result<ExtendReply> {
        unreachable!()
    }

    async fn release_hold(&self, _: HoldChange, _: Timestamp) -> Result<ReleaseReply> {
        unreachable!()
    }

    async fn wait(&self, _: WaitCommand, _: Timestamp) -> Result<WaitReply> {
        unreachable!()
    }

    async fn waiting(&self, _: PersonId, _: Timestamp) -> Result<Vec<PlaceInLine>> {
        unreachable!()
    }

    async fn withdraw(&self, _: WithdrawCommand, _: Timestamp) -> Result<WithdrawReply> {
        unreachable!()
    }

    async fn sweep(&self, _: Timestamp, _: u32) -> Result<Swept> {
        unreachable!()
    }

    async fn cell(&self, _: SlotKey) -> Result<Option<Slot>> {
        unreachable!()
    }

    async fn move_entry(&self, _: MoveCommand, _: Timestamp) -> Result<MoveReply> {
        unreachable!()
    }

    async fn claim_messages(&self, _: &ClaimMessages, _: Timestamp) -> Result<ClaimedMessages> {
        unreachable!()
    }

    async fn settle_message(&self, _: &Attempted, _: Timestamp) -> Result<bool> {
        unreachable!()
    }

    async fn plan_reminders(&self, _: &ReminderPass, _: Timestamp) -> Result<Option<u64>> {
        unreachable!()
    }

    async fn messages(&self, _: &MessagesQuery) -> Result<Vec<MessageRow>> {
        unreachable!()
    }

    async fn message_counts(&self) -> Result<MessageCounts> {
        unreachable!()
    }

    async fn forget_messages(&self, _: Timestamp, _: u32) -> Result<u64> {
        unreachable!()
    }

    async fn claim_events(&self, _: &ClaimEvents, _: Timestamp) -> Result<ClaimedEvents> {
        unreachable!()
    }

    async fn settle_event(&self, _: &AttemptedEvent, _: Timestamp) -> Result<bool> {
        unreachable!()
    }

    async fn replay_events(&self, _: &Replay, _: Timestamp, _: u32) -> Result<u64> {
        unreachable!()
    }

    async fn events(&self, _: &EventsQuery) -> Result<Vec<EventRow>> {
        unreachable!()
    }

    async fn event_counts(&self) -> Result<EventCounts> {
        unreachable!()
    }

    async fn forget_events(&self, _: Timestamp, _: u32) -> Result<u64> {
        unreachable!()
    }

    async fn record(&self, _: AuditRecord) -> Result<()> {
        unreachable!()
    }

    async fn alternatives(&self, _: &FreeTimesQuery, _: Timestamp) -> Result<Vec<FreeTime>> {
        unreachable!()
    }

    async fn free_times(&self, _: &ListQuery, _: Timestamp) -> Result<ListReply> {
        unreachable!()
    }

    async fn person_by_policy(&self, _: &PolicyQuery) -> Result<PersonMatch> {
        unreachable!()
    }

    async fn ticket(&self, _: EntryKey, _: TicketReader) -> Result<Option<TicketFacts>> {
        unreachable!()
    }

    async fn personal(&self, _: PersonId) -> Result<Option<PersonCards>> {
        unreachable!()
    }

    async fn referrals(&self, _: PersonId) -> Result<Vec<OwnReferral>> {
        unreachable!()
    }

    async fn entries(&self, _: &EntriesQuery) -> Result<Vec<Entry>> {
        unreachable!()
    }

    async fn past(&self, _: PersonId, _: &[Entry]) -> Result<Past> {
        unreachable!()
    }

    async fn schedule(&self, _: &ScheduleQuery) -> Result<SchedulePage> {
        unreachable!()
    }

    async fn publish(&self, _: &Template, _: (Date, Date), _: Vec<Slot>, _: Timestamp) -> Result<Published> {
        unreachable!()
    }

    async fn check(&self) -> Result<()> {
        Ok(())
    }

    fn load(&self) -> Load {
        Load::default()
    }

    async fn close(&self) {}
}

pub(super) struct FakeSnapshot(Records);

#[async_trait]
impl Snapshot for FakeSnapshot {
    async fn page(&self, kind: Kind, after: Option<Vec<u8>>) -> Result<ExportPage> {
        let after = after.map(|bytes| String::from_utf8(bytes).unwrap());
        let mut rest = self.0.iter().filter(|((k, key), _)| *k == kind && after.as_ref().is_none_or(|a| key > a));
        let page: Vec<_> = rest.by_ref().take(3).collect();
        let next = rest.next().and(page.last()).map(|((_, key), _)| key.clone().into_bytes());
        Ok(ExportPage { records: page.into_iter().map(|(_, record)| record.clone()).collect(), next })
    }
}
