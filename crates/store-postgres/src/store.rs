//! The port's methods, each in one line of what the modules beside it do.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
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
    ClientSecret, EntriesQuery, EventCounts, EventRow, EventsQuery, ExtendReply, Fault, FreeTimesQuery, HoldReply,
    KnownKey, ListQuery, ListReply, Load, MessageCounts, MessageRow, MessagesQuery, MoveReply, OwnReferral, Past,
    PersonCards, PersonMatch, PlaceInLine, PolicyQuery, Published as PublishedSlots, Record, ReleaseReply,
    ReminderPass, Removal, RemoveReply, Replay, Resealed, Result, SchedulePage, ScheduleQuery, Snapshot, Store,
    StoreError, Swept, TicketFacts, TicketReader, WaitReply, WithdrawReply, Work,
};

use crate::{
    backend::PostgresStore,
    book::{self, Done, Item},
    cancel, contacts, entry,
    failure::Failure,
    hold, import, list, message_log, messages, moving, people, posting, publish, reading, reference, reminders,
    removal, schedule,
    session::Session,
    slots,
    snapshot::PostgresSnapshot,
    sweep, verify, wait, webhook_log,
};

#[async_trait]
impl Store for PostgresStore {
    fn reference(&self) -> Arc<Reference> {
        self.published.get().1
    }

    async fn book(&self, command: BookCommand, now: Timestamp) -> Result<BookReply> {
        self.housekeeping.tell(now);
        match self.committer.run(Item::Book(command, now)).await? {
            Done::Booking(reply) => Ok(reply),
            Done::Recorded => Err(StoreError::Bug("a booking that was only recorded".to_owned())),
        }
    }

    async fn is_repetition(&self, command: &BookCommand) -> Result<bool> {
        let reference = self.reference();
        let reference = &reference;
        self.read(|tx| async move { book::is_repetition(&tx, reference, command).await }).await
    }

    async fn cancel(&self, command: CancelCommand, now: Timestamp) -> Result<CancelReply> {
        let (command, published) = (Arc::new(command), Arc::clone(&self.published));
        let cancelled = self.write(move |tx| {
            let (command, published) = (Arc::clone(&command), Arc::clone(&published));
            async move { cancel::cancel(&Session::begin(&tx, &published).await?, &command, now).await }
        });
        cancelled.await.map_err(StoreError::from)
    }

    async fn hold(&self, command: HoldCommand, now: Timestamp) -> Result<HoldReply> {
        self.housekeeping.tell(now);
        let (command, published) = (Arc::new(command), Arc::clone(&self.published));
        let held = self.write(move |tx| {
            let (command, published) = (Arc::clone(&command), Arc::clone(&published));
            async move { hold::hold(&Session::begin(&tx, &published).await?, &command, now).await }
        });
        held.await.map_err(StoreError::from)
    }

    async fn extend_hold(&self, change: HoldChange, terms: HoldTerms, now: Timestamp) -> Result<ExtendReply> {
        let change = Arc::new(change);
        let extended = self.write(move |tx| {
            let change = Arc::clone(&change);
            async move { hold::extend(&tx, &change, &terms, now).await }
        });
        extended.await.map_err(StoreError::from)
    }

    async fn release_hold(&self, change: HoldChange, now: Timestamp) -> Result<ReleaseReply> {
        let (change, published) = (Arc::new(change), Arc::clone(&self.published));
        let released = self.write(move |tx| {
            let (change, published) = (Arc::clone(&change), Arc::clone(&published));
            async move { hold::release(&Session::begin(&tx, &published).await?, &change, now).await }
        });
        released.await.map_err(StoreError::from)
    }

    async fn wait(&self, command: WaitCommand, now: Timestamp) -> Result<WaitReply> {
        let (command, published) = (Arc::new(command), Arc::clone(&self.published));
        let joined = self.write(move |tx| {
            let (command, published) = (Arc::clone(&command), Arc::clone(&published));
            async move { wait::join(&Session::begin(&tx, &published).await?, &command, now).await }
        });
        joined.await.map_err(StoreError::from)
    }

    async fn waiting(&self, person: PersonId, now: Timestamp) -> Result<Vec<PlaceInLine>> {
        self.read(|tx| async move { wait::of_person(&tx, person, now).await }).await
    }

    async fn withdraw(&self, command: WithdrawCommand, now: Timestamp) -> Result<WithdrawReply> {
        let (command, published) = (Arc::new(command), Arc::clone(&self.published));
        let withdrawn = self.write(move |tx| {
            let (command, published) = (Arc::clone(&command), Arc::clone(&published));
            async move { wait::withdraw(&Session::begin(&tx, &published).await?, &command, now).await }
        });
        withdrawn.await.map_err(StoreError::from)
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        self.housekeeping.tell(now);
        sweep::sweep(self, now, limit).await
    }

    async fn move_entry(&self, command: MoveCommand, now: Timestamp) -> Result<MoveReply> {
        let (command, published) = (Arc::new(command), Arc::clone(&self.published));
        let moved = self.write(move |tx| {
            let (command, published) = (Arc::clone(&command), Arc::clone(&published));
            async move { moving::move_entry(&Session::begin(&tx, &published).await?, &command, now).await }
        });
        moved.await.map_err(StoreError::from)
    }

    async fn claim_messages(&self, claim: &ClaimMessages, now: Timestamp) -> Result<ClaimedMessages> {
        // Nearly always there is nothing to do, and that is no commit.
        let claim = *claim;
        if !self.read(|tx| async move { messages::any_due(&tx, &claim, now).await }).await? {
            return Ok(ClaimedMessages::default());
        }
        let published = Arc::clone(&self.published);
        let claimed = self.write(move |tx| {
            let published = Arc::clone(&published);
            async move { messages::claim(&Session::begin(&tx, &published).await?, &claim, now).await }
        });
        claimed.await.map_err(StoreError::from)
    }

    async fn settle_message(&self, attempted: &Attempted, now: Timestamp) -> Result<bool> {
        let attempted = Arc::new(attempted.clone());
        let settled = self.write(move |tx| {
            let attempted = Arc::clone(&attempted);
            async move { messages::settle(&tx, &attempted, now).await }
        });
        settled.await.map_err(StoreError::from)
    }

    async fn plan_reminders(&self, pass: &ReminderPass, now: Timestamp) -> Result<Option<u64>> {
        let pass = *pass;
        if self.read(|tx| async move { reminders::is_made(&tx, &pass).await }).await? {
            return Ok(None);
        }
        let planned = self.write(move |tx| async move { reminders::plan(&tx, &pass, now).await });
        planned.await.map_err(StoreError::from)
    }

    async fn messages(&self, query: &MessagesQuery) -> Result<Vec<MessageRow>> {
        self.read(|tx| async move { message_log::list(&tx, query).await }).await
    }

    async fn message_counts(&self) -> Result<MessageCounts> {
        self.read(|tx| async move { message_log::counts(&tx).await }).await
    }

    async fn forget_messages(&self, before: Timestamp, limit: u32) -> Result<u64> {
        if !self.read(|tx| async move { message_log::any_to_forget(&tx, before).await }).await? {
            return Ok(0);
        }
        let forgotten = self.write(move |tx| async move { message_log::forget(&tx, before, limit).await });
        forgotten.await.map_err(StoreError::from)
    }

    async fn claim_events(&self, claim: &ClaimEvents, now: Timestamp) -> Result<ClaimedEvents> {
        posting::claim(self, claim, now).await
    }

    async fn settle_event(&self, attempted: &AttemptedEvent, now: Timestamp) -> Result<bool> {
        posting::settle(self, attempted, now).await
    }

    async fn replay_events(&self, replay: &Replay, now: Timestamp, limit: u32) -> Result<u64> {
        posting::replay(self, replay, now, limit).await
    }

    async fn events(&self, query: &EventsQuery) -> Result<Vec<EventRow>> {
        self.read(|tx| async move { webhook_log::list(&tx, query).await }).await
    }

    async fn event_counts(&self) -> Result<EventCounts> {
        self.read(|tx| async move { webhook_log::counts(&tx).await }).await
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64> {
        posting::forget(self, before, limit).await
    }

    async fn record(&self, record: AuditRecord) -> Result<()> {
        self.records.run(Item::Record(record)).await.map(drop)
    }

    async fn alternatives(&self, query: &FreeTimesQuery, now: Timestamp) -> Result<Vec<FreeTime>> {
        self.searcher.run(query.clone(), now).await
    }

    async fn cell(&self, key: SlotKey) -> Result<Option<Slot>> {
        self.read(|tx| async move { slots::by_key(&tx, key).await }).await
    }

    async fn free_times(&self, query: &ListQuery, now: Timestamp) -> Result<ListReply> {
        let reference = self.reference();
        let reference = &reference;
        self.read(|tx| async move { list::free_times(&tx, reference, query, now).await }).await
    }

    async fn person_by_policy(&self, query: &PolicyQuery) -> Result<PersonMatch> {
        self.read(|tx| async move { people::by_policy(&tx, query).await }).await
    }

    async fn personal(&self, person: PersonId) -> Result<Option<PersonCards>> {
        self.read(|tx| async move { people::personal(&tx, person).await }).await
    }

    async fn about(&self, person: PersonId) -> Result<Vec<Record>> {
        let tx = self.reading.snapshot().await?;
        let found = removal::about(&tx, person).await;
        self.reading.end(tx).await;
        found.map_err(StoreError::from)
    }

    async fn remove(&self, asked: Removal, now: Timestamp) -> Result<RemoveReply> {
        let published = Arc::clone(&self.published);
        let removed = self.write(move |tx| {
            let published = Arc::clone(&published);
            async move { removal::remove(&Session::begin(&tx, &published).await?, &asked, now).await }
        });
        removed.await.map_err(StoreError::from)
    }

    async fn referrals(&self, person: PersonId) -> Result<Vec<OwnReferral>> {
        let reference = self.reference();
        let reference = &reference;
        self.read(|tx| async move { reading::referrals(&tx, reference, person).await }).await
    }

    async fn entries(&self, query: &EntriesQuery) -> Result<Vec<Entry>> {
        self.read(|tx| async move { reading::entries(&tx, query).await }).await
    }

    async fn past(&self, person: PersonId, entries: &[Entry]) -> Result<Past> {
        self.read(|tx| async move { reading::past(&tx, person, entries).await }).await
    }

    async fn schedule(&self, query: &ScheduleQuery) -> Result<SchedulePage> {
        self.read(|tx| async move { schedule::schedule(&tx, query).await }).await
    }

    async fn ticket(&self, entry: EntryKey, reader: TicketReader) -> Result<Option<TicketFacts>> {
        self.read(|tx| async move { entry::for_ticket(&tx, entry, reader).await }).await
    }

    async fn client_secret(&self, client: ClientId) -> Result<Option<ClientSecret>> {
        self.read(|tx| async move { people::client_secret(&tx, client).await }).await
    }

    async fn known(&self, keys: &[KnownKey]) -> Result<Vec<bool>> {
        self.read(|tx| async move { import::known(&tx, keys).await }).await
    }

    async fn check_page(&self, records: &[Record]) -> Result<Vec<Fault>> {
        self.read(|tx| async move { import::check(&tx, records).await }).await
    }

    async fn import_page(&self, records: Vec<Record>, now: Timestamp) -> Result<Vec<Fault>> {
        let (records, published) = (Arc::new(records), Arc::clone(&self.published));
        let taken = self.write(move |tx| {
            let (records, published) = (Arc::clone(&records), Arc::clone(&published));
            async move { import::page(&Session::begin(&tx, &published).await?, &records, now).await }
        });
        let faults = match taken.await {
            Err(Failure::Page(faults)) => return Ok(faults),
            other => other?,
        };
        // What was just imported is seen at once here, and within a second by other nodes.
        let published = &self.published;
        self.read(|tx| async move { reference::current(&tx, published).await.map(drop) }).await?;
        Ok(faults)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        Ok(Box::new(PostgresSnapshot::take(&self.reading).await?))
    }

    async fn publish(
        &self,
        template: &Template,
        days: (Date, Date),
        slots: Vec<Slot>,
        now: Timestamp,
    ) -> Result<PublishedSlots> {
        let (job, published) = (Arc::new((template.clone(), slots)), Arc::clone(&self.published));
        let made = self.write(move |tx| {
            let (job, published) = (Arc::clone(&job), Arc::clone(&published));
            async move {
                let session = Session::begin(&tx, &published).await?;
                publish::publish(&session, &job.0, days, &job.1, now).await
            }
        });
        made.await.map_err(StoreError::from)
    }

    async fn reseal(&self, after: Option<Vec<u8>>) -> Result<Resealed> {
        let sealed = self.write(move |tx| {
            let after = after.clone();
            async move { contacts::reseal(&tx, after.as_deref()).await }
        });
        sealed.await.map_err(StoreError::from)
    }

    async fn forget_key(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        let forgotten = self.write(move |tx| {
            let id = id.clone();
            async move { contacts::forget_key(&tx, &id).await }
        });
        forgotten.await.map_err(StoreError::from)
    }

    async fn check(&self) -> Result<()> {
        // Written and waited for like any other change, but given up with whoever asks.
        let touched = self.writing.run(|tx| async move {
            tx.execute("UPDATE installation SET value = value WHERE key = 'settled'", &[]).await
        });
        touched.await.map_err(StoreError::from)
    }

    async fn verify(&self) -> Result<Vec<String>> {
        let tx = self.reading.snapshot().await?;
        let found = verify::verify(&tx).await;
        self.reading.end(tx).await;
        found.map_err(StoreError::from)
    }

    fn is_full(&self, work: Work) -> bool {
        let committer = match work {
            Work::Read => &self.records,
            Work::Change => &self.committer,
        };
        committer.queued() >= committer.limit()
    }

    fn load(&self) -> Load {
        let counted = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (writing, reading) = (self.writing.connections(), self.reading.connections());
        Load {
            queued: self.committer.queued(),
            records_queued: self.records.queued(),
            queue_limit: self.committer.limit(),
            batch_size: self.counters.commits.batch_size(),
            commit_seconds: self.counters.commits.seconds(),
            connections: (writing.0 + reading.0, writing.1 + reading.1),
            retries: counted(&self.counters.retries),
            unknown: counted(&self.counters.unknown),
            settled: counted(&self.counters.settled),
        }
    }

    async fn close(&self) {
        self.committer.close().await;
        self.records.close().await;
        self.housekeeping.close();
        self.writing.close();
        self.reading.close();
        self.threads.stop();
    }
}
