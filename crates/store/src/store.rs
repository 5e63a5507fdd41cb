//! The port.

use std::sync::Arc;

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

use crate::{
    Attempted, AttemptedEvent, BookReply, CancelReply, ClaimEvents, ClaimMessages, ClaimedEvents, ClaimedMessages,
    ClientSecret, EntriesQuery, EventCounts, EventRow, EventsQuery, ExportPage, ExtendReply, Fault, FreeTimesQuery,
    HoldReply, Kind, KnownKey, ListQuery, ListReply, Load, MessageCounts, MessageRow, MessagesQuery, MoveReply,
    OwnReferral, Past, PersonCards, PersonMatch, PlaceInLine, PolicyQuery, Published, Record, ReleaseReply,
    ReminderPass, Removal, RemoveReply, Replay, Resealed, Result, SchedulePage, ScheduleQuery, Swept, TicketFacts,
    TicketReader, Trail, TrailSnapshot, WaitReply, WithdrawReply, Work,
};

/// A store of one installation.
///
/// Every implementation MUST:
///
/// * answer a write only after it is durable: an answered booking survives the loss of power;
/// * keep each [`Claim`](talon_domain::booking::Claim) under a key of its own, written in the
///   entry's transaction, so that no promise rests on reading first and writing later;
/// * write entry, claims, ticket counter, message and audit record of a booking all or not at all,
///   and of a refused one the audit record alone;
/// * decide a command again, on fresh facts, when it loses a claim;
/// * say [`StoreError::Unknown`](crate::StoreError::Unknown), never success and never a refusal,
///   when it cannot tell whether a commit was kept;
/// * never report a failure of its own as "there is no such thing".
#[async_trait]
pub trait Store: Trail {
    /// The reference data in force, no older than a second behind what is stored. Decisions are
    /// made on what is stored, not on this.
    fn reference(&self) -> Arc<Reference>;

    /// Books by referral: facts, decision, rows and audit record in one transaction.
    async fn book(&self, command: BookCommand, now: Timestamp) -> Result<BookReply>;

    /// Whether a command asks once more for exactly what its person already has. A hint, read
    /// outside any transaction; [`Store::book`] decides.
    async fn is_repetition(&self, command: &BookCommand) -> Result<bool>;

    /// Cancels the person's own entry: state, claims, message and audit record in one transaction.
    async fn cancel(&self, command: CancelCommand, now: Timestamp) -> Result<CancelReply>;

    /// Holds a time for the person, by the rules of booking it: the place's claim with an end, one of the
    /// person's numbers, the hold and its audit record in one transaction. Booking the time turns the hold into
    /// the entry. Who holds the time already is given the same hold.
    async fn hold(&self, command: HoldCommand, now: Timestamp) -> Result<HoldReply>;

    /// Holds a time longer, if it is the person's own and still held: one that somebody took over never comes
    /// back.
    async fn extend_hold(&self, change: HoldChange, terms: HoldTerms, now: Timestamp) -> Result<ExtendReply>;

    /// Gives the person's own hold up. Its place is freed once, however often this is asked.
    async fn release_hold(&self, change: HoldChange, now: Timestamp) -> Result<ReleaseReply>;

    /// Puts the person on a waiting list, or says why not: the place, its claim and the audit record in one
    /// transaction. From then on every place of a cell that becomes free (cancelled, moved away, its hold ended, or
    /// new) MUST go, in the very transaction that frees it, to the first in line who may have it, as a hold with its
    /// message and audit record; only when nobody may is it free to all.
    async fn wait(&self, command: WaitCommand, now: Timestamp) -> Result<WaitReply>;

    /// The person's places on waiting lists, ended ones too, the newest first.
    async fn waiting(&self, person: PersonId, now: Timestamp) -> Result<Vec<PlaceInLine>>;

    /// Takes the person off a waiting list. A time that was offered to them goes to the next.
    async fn withdraw(&self, command: WithdrawCommand, now: Timestamp) -> Result<WithdrawReply>;

    /// Ends holds whose time is over, the longest over first, at most `limit` of them, and places on waiting lists
    /// whose last day has passed; forgets holds that ended a day ago, and counts of given up visits that are over. Any
    /// number of nodes may do it at once, and a store that nobody sweeps stays right:
    /// [`GRACE`](talon_domain::booking::GRACE) after its end a hold keeps nobody out.
    async fn sweep(&self, now: Timestamp, limit: u32) -> Result<Swept>;

    /// Moves the person's own entry to another time: entry, what it was, claims, message and audit record in
    /// one transaction. Whoever reads at any time sees the entry at one place, with its claims.
    async fn move_entry(&self, command: MoveCommand, now: Timestamp) -> Result<MoveReply>;

    /// Claims messages that are owed, whose entry nobody else sends a message of, and settles those that need no
    /// sending. Whether one is still true MUST be asked in the transaction that claims it. The order of an entry's
    /// messages is kept, and no two claims have the same message at once before the earlier one has ended.
    async fn claim_messages(&self, claim: &ClaimMessages, now: Timestamp) -> Result<ClaimedMessages>;

    /// Writes what came of an attempt. False when the claim had ended and the message is somebody else's by now.
    async fn settle_message(&self, attempted: &Attempted, now: Timestamp) -> Result<bool>;

    /// Owes the reminders of a facility's day, one to each person who has a visit then; how many. `None` when that was
    /// done before.
    async fn plan_reminders(&self, pass: &ReminderPass, now: Timestamp) -> Result<Option<u64>>;

    /// Messages with what is known of their sending, the newest first.
    async fn messages(&self, query: &MessagesQuery) -> Result<Vec<MessageRow>>;

    /// How many messages there are.
    async fn message_counts(&self) -> Result<MessageCounts>;

    /// Forgets messages that were settled before an instant, at most `limit` of them; how many.
    async fn forget_messages(&self, before: Timestamp, limit: u32) -> Result<u64>;

    /// Claims events that are owed to a receiver, of entries of which nobody else sends it an event. An event MUST be
    /// written by the transaction that makes it, once for each receiver that the store was opened with and that wants
    /// to know. The order of an entry's events is kept, and no two claims have the same event at once before the earlier
    /// one has ended.
    async fn claim_events(&self, claim: &ClaimEvents, now: Timestamp) -> Result<ClaimedEvents>;

    /// Writes what came of an attempt. False when the claim had ended and the event is somebody else's by now.
    async fn settle_event(&self, attempted: &AttemptedEvent, now: Timestamp) -> Result<bool>;

    /// Owes events once more that were settled by now, at most `limit` of them; how many. Asked again with the same `now`
    /// it goes on, and leaves alone what was sent in between.
    async fn replay_events(&self, replay: &Replay, now: Timestamp, limit: u32) -> Result<u64>;

    /// Events with what is known of their sending, the newest first.
    async fn events(&self, query: &EventsQuery) -> Result<Vec<EventRow>>;

    /// How many events there are.
    async fn event_counts(&self) -> Result<EventCounts>;

    /// Forgets events that were settled before an instant, and those that have been owed for as long: their receiver is
    /// not in the settings any more. At most `limit` of each; how many in the greater part.
    async fn forget_events(&self, before: Timestamp, limit: u32) -> Result<u64>;

    /// Keeps the audit record of a request that came to no transaction of its own. It MUST NOT wait for bookings: what a
    /// patient reads leaves after it.
    async fn record(&self, audit: AuditRecord) -> Result<()>;

    /// Up to three times that the person could book right now, nearest to the time asked for
    /// first. A hint.
    async fn alternatives(&self, query: &FreeTimesQuery, now: Timestamp) -> Result<Vec<FreeTime>>;

    /// A cell of the schedule. A hint; [`Store::book`] decides.
    async fn cell(&self, key: SlotKey) -> Result<Option<Slot>>;

    /// Every time that the person could book right now under a referral, in one facility or wherever they have a
    /// card: no cell that [`Store::book`] would refuse, and none left out that it would not, but for those beyond
    /// [`MOST_IN_A_FACILITY`](talon_domain::booking::MOST_IN_A_FACILITY) or
    /// [`MOST_ANYWHERE`](talon_domain::booking::MOST_ANYWHERE). Read in one transaction; a hint, for somebody may take
    /// one of them at any moment.
    async fn free_times(&self, query: &ListQuery, now: Timestamp) -> Result<ListReply>;

    /// The person with this policy, if they have a card anywhere.
    async fn person_by_policy(&self, query: &PolicyQuery) -> Result<PersonMatch>;

    /// A person with all their cards; `None` when there is no such person.
    async fn personal(&self, person: PersonId) -> Result<Option<PersonCards>>;

    /// Everything that is kept of a person but the audit and holds, which last for minutes: the person, their cards,
    /// referrals, entries with what these were, why they were cancelled and the messages that are owed about them, and
    /// places on waiting lists; one state of it, in the order of [`Kind::ALL`]. Empty when nothing is.
    async fn about(&self, person: PersonId) -> Result<Vec<Record>>;

    /// Removes a person from everything but the audit, or gives it to another who is the same person, in one
    /// transaction with its audit record. What a booking that was under way leaves MUST be gone as well. Places that
    /// become free are offered to those who wait. The second time there is nothing to remove.
    async fn remove(&self, removal: Removal, now: Timestamp) -> Result<RemoveReply>;

    /// A person's referrals, those issued last first, at most [`MOST_REFERRALS`](crate::MOST_REFERRALS).
    async fn referrals(&self, person: PersonId) -> Result<Vec<OwnReferral>>;

    /// A person's entries, those that begin last first, at most [`MOST_ENTRIES`](crate::MOST_ENTRIES).
    async fn entries(&self, query: &EntriesQuery) -> Result<Vec<Entry>>;

    /// What these entries of the person's were before, and why those of them that are cancelled are.
    async fn past(&self, person: PersonId, entries: &[Entry]) -> Result<Past>;

    /// Some of a facility's resources with their cells, and the places that are left in these.
    async fn schedule(&self, query: &ScheduleQuery) -> Result<SchedulePage>;

    /// The entry that a ticket is of; `None` when there is none that the reader may read.
    async fn ticket(&self, entry: EntryKey, reader: TicketReader) -> Result<Option<TicketFacts>>;

    /// The hash of a client application's secret, if it has one.
    async fn client_secret(&self, client: ClientId) -> Result<Option<ClientSecret>>;

    /// Which of these exist, in their order.
    async fn known(&self, keys: &[KnownKey]) -> Result<Vec<bool>>;

    /// What would keep these records from being taken as one page, beside missing references: another
    /// object under a unique value, cells of one resource that overlap, a booked cell that would move.
    /// They are judged by what would be there afterwards, so what one of them gives up another may
    /// take. A fault names who holds what the record wants: more records in the page may help.
    /// Nothing is changed.
    async fn check_page(&self, records: &[Record]) -> Result<Vec<Fault>>;

    /// Takes records, in the order of [`Kind::ALL`], in one transaction: new ones are added, known
    /// ones updated, equal ones left alone. Claims are rebuilt from entries; an entry whose place
    /// is [`ANY_PLACE`](crate::ANY_PLACE) gets the lowest free one. The same page twice changes
    /// nothing. A page may be long; nobody sees a part of it.
    ///
    /// When the page cannot be taken (something came in between since [`Store::check_page`]),
    /// nothing of it is kept and the faults are returned; no faults means that it was taken. New cells, and places that
    /// its entries give up, are offered to those who wait, which is what `now` is for.
    async fn import_page(&self, records: Vec<Record>, now: Timestamp) -> Result<Vec<Fault>>;

    /// A state of the store to read records from: what is written later is not in it.
    async fn snapshot(&self) -> Result<Box<dyn Snapshot>>;

    /// Replaces a template's slots between two days by these, without touching booked ones: slots
    /// it already made at the same start are left as they are or updated, free ones that it does
    /// not make any more are removed, with those that it made for a resource it has left. In one transaction.
    async fn publish(
        &self,
        template: &Template,
        days: (Date, Date),
        slots: Vec<Slot>,
        now: Timestamp,
    ) -> Result<Published>;

    /// Seals contacts anew that are not sealed by the key that seals now: a page of them, from where the page before
    /// ended. What is written at the same time is never lost by it. Nothing is to be done where contacts are not sealed.
    async fn reseal(&self, after: Option<Vec<u8>>) -> Result<Resealed>;

    /// Notes that no contact is sealed by a key any more, so that the store opens without it.
    async fn forget_key(&self, id: &str) -> Result<()>;

    /// Proves that the store can read and write now.
    async fn check(&self) -> Result<()>;

    /// Every contradiction in what is stored, in words: structure, checksums, entries and claims that
    /// do not fit each other. Reads everything; empty when all is well.
    async fn verify(&self) -> Result<Vec<String>>;

    /// Whether one more request would be refused now because too many wait. A hint, and cheap: it is asked before anything
    /// else of a request is looked at.
    fn is_full(&self, work: Work) -> bool;

    /// How busy it is. A batch MUST be counted (with [`Commits`](crate::Commits)) once it is durable, and
    /// before anybody in it is answered.
    fn load(&self) -> Load;

    /// Takes no new writes, finishes those it has, and lets go of its files.
    async fn close(&self);
}

/// One state of a store. It holds that state until it is dropped, so it should not be kept longer
/// than it takes to read.
#[async_trait]
pub trait Snapshot: TrailSnapshot {
    /// A page of records of one kind, in the order of their keys, from the cursor that the page
    /// before gave.
    async fn page(&self, kind: Kind, after: Option<Vec<u8>>) -> Result<ExportPage>;
}
