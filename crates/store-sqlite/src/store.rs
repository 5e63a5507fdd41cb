//! [`SqliteStore`]: the port's methods, each in one line of what the modules beside it do.

use std::{path::Path, sync::Arc, time::Instant};

use async_trait::async_trait;
use jiff::{Timestamp, civil::Date};
use rusqlite::Connection;
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
    ClientSecret, Commits, EntriesQuery, EventCounts, EventRow, EventsQuery, ExtendReply, Fault, FreeTimesQuery,
    HoldReply, KnownKey, ListQuery, ListReply, Load, MessageCounts, MessageRow, MessagesQuery, MoveReply, OwnReferral,
    Past, PersonCards, PersonMatch, PlaceInLine, PolicyQuery, Published as PublishedSlots, Record, ReleaseReply,
    ReminderPass, Removal, RemoveReply, Replay, Resealed, Result, SchedulePage, ScheduleQuery, Snapshot, Store,
    StoreError, Swept, TicketFacts, TicketReader, WaitReply, WithdrawReply, Work,
};
use talon_vault::Vault;

use crate::{
    book, cancel, contacts, entry,
    failure::{Failure, store_error},
    free_times, hold, holds,
    housekeeping::Housekeeping,
    import,
    intake::Intake,
    list, message_log, messages, moving,
    open::{OpenOptions, open_writer},
    people, publish,
    readers::Readers,
    reading, reference, reminders, removal, schedule,
    session::{Published, Session},
    slots,
    snapshot::SqliteSnapshot,
    verify, wait, webhook_log, webhooks,
    writer::Writer,
};

/// A store in a SQLite file, beside its write-ahead log and the file of its intake.
pub struct SqliteStore {
    published: Arc<Published>,
    writer: Writer,
    pub(crate) intake: Intake,
    commits: Arc<Commits>,
    readers: Readers,
    housekeeping: Housekeeping,
    contacts: Option<Arc<Vault>>,
}

impl SqliteStore {
    /// Opens the store at `path`. Blocks.
    ///
    /// # Errors
    ///
    /// [`StoreError::Open`] with what is wrong with the file and what to do about it: missing,
    /// another program's, newer than this build, damaged, locked, not to be written.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Arc<Self>> {
        let connection = open_writer(path, options)?;
        let published = Arc::new(Published::new(options.offers, Arc::clone(&options.hooks)));
        let loaded = reference::generation_and_data(&connection);
        let (generation, data) = loaded.map_err(|error| store_error(&error))?;
        published.set(generation, Arc::new(data));
        let thread = |error: std::io::Error| StoreError::Open(format!("{}: {error}", path.display()));
        let log_is_long = Arc::default();
        let housekeeping =
            Housekeeping::start(path, Arc::clone(&published), Arc::clone(&log_is_long)).map_err(thread)?;
        let commits = Arc::new(Commits::default());
        let writer = Writer::start(connection, Arc::clone(&published), options, log_is_long, Arc::clone(&commits));
        let writer = writer.map_err(thread)?;
        let intake = Intake::start(path, options, Arc::clone(&commits))?;
        let readers = Readers::start(path, options.contacts.clone(), options.readers).map_err(thread)?;
        let contacts = options.contacts.clone();
        Ok(Arc::new(Self { published, writer, intake, commits, readers, housekeeping, contacts }))
    }

    /// Runs a write and answers when it is durable.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Session<'_>) -> crate::failure::Result<T> + Send + 'static,
    {
        self.writer.run(work).await.map_err(StoreError::from)
    }

    /// Runs a read, with the reference data that is published now.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &Reference) -> crate::failure::Result<T> + Send + 'static,
    {
        let reference = self.reference();
        self.readers.run(move |connection| read(connection, &reference)).await
    }
}

#[async_trait]
impl Store for SqliteStore {
    fn reference(&self) -> Arc<Reference> {
        self.published.get().1
    }

    async fn book(&self, command: BookCommand, now: Timestamp) -> Result<BookReply> {
        self.write(move |session| book::book(session, &command, now)).await
    }

    async fn is_repetition(&self, command: &BookCommand) -> Result<bool> {
        let command = command.clone();
        self.read(move |connection, reference| book::is_repetition(connection, reference, &command)).await
    }

    async fn cancel(&self, command: CancelCommand, now: Timestamp) -> Result<CancelReply> {
        self.write(move |session| cancel::cancel(session, &command, now)).await
    }

    async fn hold(&self, command: HoldCommand, now: Timestamp) -> Result<HoldReply> {
        self.write(move |session| hold::hold(session, &command, now)).await
    }

    async fn extend_hold(&self, change: HoldChange, terms: HoldTerms, now: Timestamp) -> Result<ExtendReply> {
        self.write(move |session| hold::extend(session, &change, &terms, now)).await
    }

    async fn release_hold(&self, change: HoldChange, now: Timestamp) -> Result<ReleaseReply> {
        self.write(move |session| hold::release(session, &change, now)).await
    }

    async fn wait(&self, command: WaitCommand, now: Timestamp) -> Result<WaitReply> {
        self.write(move |session| wait::join(session, &command, now)).await
    }

    async fn waiting(&self, person: PersonId, now: Timestamp) -> Result<Vec<PlaceInLine>> {
        self.read(move |connection, _| wait::of_person(connection, person, now)).await
    }

    async fn withdraw(&self, command: WithdrawCommand, now: Timestamp) -> Result<WithdrawReply> {
        self.write(move |session| wait::withdraw(session, &command, now)).await
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept> {
        // Nearly always there is nothing to do, and that is no commit.
        if !self.read(move |connection, _| holds::need_sweeping(connection, now)).await? {
            return Ok(Swept::default());
        }
        self.write(move |session| hold::sweep(session, now, limit)).await
    }

    async fn move_entry(&self, command: MoveCommand, now: Timestamp) -> Result<MoveReply> {
        self.write(move |session| moving::move_entry(session, &command, now)).await
    }

    async fn claim_messages(&self, claim: &ClaimMessages, now: Timestamp) -> Result<ClaimedMessages> {
        let claim = *claim;
        // Nearly always there is nothing to do, and that is no commit.
        if !self.read(move |connection, _| messages::any_due(connection, &claim, now)).await? {
            return Ok(ClaimedMessages::default());
        }
        self.write(move |session| messages::claim(session, &claim, now)).await
    }

    async fn settle_message(&self, attempted: &Attempted, now: Timestamp) -> Result<bool> {
        let attempted = attempted.clone();
        self.write(move |session| messages::settle(session.connection, &attempted, now)).await
    }

    async fn plan_reminders(&self, pass: &ReminderPass, now: Timestamp) -> Result<Option<u64>> {
        let pass = *pass;
        if self.read(move |connection, _| reminders::is_made(connection, &pass)).await? {
            return Ok(None);
        }
        self.write(move |session| reminders::plan(session.connection, &pass, now)).await
    }

    async fn messages(&self, query: &MessagesQuery) -> Result<Vec<MessageRow>> {
        let query = *query;
        self.read(move |connection, _| message_log::list(connection, &query)).await
    }

    async fn message_counts(&self) -> Result<MessageCounts> {
        self.read(move |connection, _| message_log::counts(connection)).await
    }

    async fn forget_messages(&self, before: Timestamp, limit: u32) -> Result<u64> {
        if !self.read(move |connection, _| message_log::any_to_forget(connection, before)).await? {
            return Ok(0);
        }
        self.write(move |session| message_log::forget(session.connection, before, limit)).await
    }

    async fn claim_events(&self, claim: &ClaimEvents, now: Timestamp) -> Result<ClaimedEvents> {
        let (asked, claim) = (claim.clone(), claim.clone());
        // Nearly always there is nothing to do, and that is no commit.
        if !self.read(move |connection, _| webhooks::any_due(connection, &asked, now)).await? {
            return Ok(ClaimedEvents::default());
        }
        self.write(move |session| webhooks::claim(session.connection, &claim, now)).await
    }

    async fn settle_event(&self, attempted: &AttemptedEvent, now: Timestamp) -> Result<bool> {
        let attempted = attempted.clone();
        self.write(move |session| webhooks::settle(session.connection, &attempted, now)).await
    }

    async fn replay_events(&self, replay: &Replay, now: Timestamp, limit: u32) -> Result<u64> {
        let replay = replay.clone();
        self.write(move |session| webhook_log::replay(session.connection, &replay, now, limit)).await
    }

    async fn events(&self, query: &EventsQuery) -> Result<Vec<EventRow>> {
        let query = query.clone();
        self.read(move |connection, _| webhook_log::list(connection, &query)).await
    }

    async fn event_counts(&self) -> Result<EventCounts> {
        self.read(move |connection, _| webhook_log::counts(connection)).await
    }

    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64> {
        if !self.read(move |connection, _| webhook_log::any_to_forget(connection, before)).await? {
            return Ok(0);
        }
        self.write(move |session| webhook_log::forget(session.connection, before, limit)).await
    }

    async fn record(&self, record: AuditRecord) -> Result<()> {
        self.intake.keep(record).await
    }

    async fn alternatives(&self, query: &FreeTimesQuery, now: Timestamp) -> Result<Vec<FreeTime>> {
        let query = query.clone();
        self.read(move |connection, reference| free_times::alternatives(connection, reference, &query, now)).await
    }

    async fn cell(&self, key: SlotKey) -> Result<Option<Slot>> {
        self.read(move |connection, _| Ok(slots::by_key(connection, key)?)).await
    }

    async fn free_times(&self, query: &ListQuery, now: Timestamp) -> Result<ListReply> {
        let query = query.clone();
        self.read(move |connection, reference| list::free_times(connection, reference, &query, now)).await
    }

    async fn person_by_policy(&self, query: &PolicyQuery) -> Result<PersonMatch> {
        let query = query.clone();
        self.read(move |connection, _| Ok(people::by_policy(connection, &query)?)).await
    }

    async fn personal(&self, person: PersonId) -> Result<Option<PersonCards>> {
        self.read(move |connection, _| Ok(people::personal(connection, person)?)).await
    }

    async fn about(&self, person: PersonId) -> Result<Vec<Record>> {
        self.read(move |connection, _| removal::about(connection, person)).await
    }

    async fn remove(&self, asked: Removal, now: Timestamp) -> Result<RemoveReply> {
        let reply = self.write(move |session| removal::remove(session, &asked, now)).await?;
        // Pages as they were before lie in the log as well, until all of it is in the file.
        let began = Instant::now();
        while !self.read(|connection, _| removal::empty_the_log(connection)).await? {
            if began.elapsed() > removal::PATIENCE {
                return Err(removal::remains());
            }
            tokio::time::sleep(removal::A_MOMENT).await;
        }
        Ok(reply)
    }

    async fn referrals(&self, person: PersonId) -> Result<Vec<OwnReferral>> {
        self.read(move |connection, reference| reading::referrals(connection, reference, person)).await
    }

    async fn entries(&self, query: &EntriesQuery) -> Result<Vec<Entry>> {
        let query = *query;
        self.read(move |connection, _| reading::entries(connection, &query)).await
    }

    async fn past(&self, person: PersonId, entries: &[Entry]) -> Result<Past> {
        let entries = entries.to_vec();
        self.read(move |connection, _| reading::past(connection, person, &entries)).await
    }

    async fn schedule(&self, query: &ScheduleQuery) -> Result<SchedulePage> {
        let query = query.clone();
        self.read(move |connection, _| schedule::schedule(connection, &query)).await
    }

    async fn ticket(&self, entry: EntryKey, reader: TicketReader) -> Result<Option<TicketFacts>> {
        self.read(move |connection, _| entry::for_ticket(connection, entry, reader)).await
    }

    async fn client_secret(&self, client: ClientId) -> Result<Option<ClientSecret>> {
        self.read(move |connection, _| Ok(people::client_secret(connection, client)?)).await
    }

    async fn known(&self, keys: &[KnownKey]) -> Result<Vec<bool>> {
        let keys = keys.to_vec();
        self.read(move |connection, _| Ok(import::known(connection, &keys)?)).await
    }

    async fn check_page(&self, records: &[Record]) -> Result<Vec<Fault>> {
        let records = records.to_vec();
        self.read(move |connection, _| import::check(connection, &records)).await
    }

    async fn import_page(&self, records: Vec<Record>, now: Timestamp) -> Result<Vec<Fault>> {
        match self.writer.run(move |session| import::page(session, &records, now)).await {
            Err(Failure::Page(faults)) => Ok(faults),
            other => other.map_err(StoreError::from),
        }
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>> {
        self.take_in_all().await?;
        Ok(Box::new(SqliteSnapshot::new(self.readers.snapshot().await?)))
    }

    async fn publish(
        &self,
        template: &Template,
        days: (Date, Date),
        slots: Vec<Slot>,
        now: Timestamp,
    ) -> Result<PublishedSlots> {
        let template = template.clone();
        self.write(move |session| publish::publish(session, &template, days, &slots, now)).await
    }

    async fn reseal(&self, after: Option<Vec<u8>>) -> Result<Resealed> {
        let keys = self.contacts.clone();
        self.write(move |session| contacts::reseal(session.connection, keys.as_ref(), after.as_deref())).await
    }

    async fn forget_key(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.write(move |session| contacts::forget_key(session.connection, &id)).await
    }

    async fn check(&self) -> Result<()> {
        if self.writer.has_failed() {
            return Err(StoreError::Unavailable("a commit could not be made durable; the process must end".to_owned()));
        }
        // An empty command goes through queue, transaction and commit like any other.
        self.write(|_| Ok(())).await?;
        self.intake.check().await
    }

    async fn verify(&self) -> Result<Vec<String>> {
        self.read(move |connection, _| verify::verify(connection)).await
    }

    fn is_full(&self, work: Work) -> bool {
        let queued = match work {
            Work::Read => self.intake.queued(),
            Work::Change => self.writer.queued(),
        };
        queued >= self.writer.limit()
    }

    fn load(&self) -> Load {
        Load {
            queued: self.writer.queued(),
            records_queued: self.intake.queued(),
            queue_limit: self.writer.limit(),
            batch_size: self.commits.batch_size(),
            commit_seconds: self.commits.seconds(),
            ..Load::default()
        }
    }

    async fn close(&self) {
        // Blocks for what is being written and read; nothing else is left to do when a store is closed.
        self.writer.close();
        self.intake.close();
        self.housekeeping.close();
        self.readers.close();
    }
}
