//! The store's port: what a back end must do, and the suite that proves that it does.
//!
//! A method of [`Store`] is a use case and a transaction, not a table operation. A back end
//! decides nothing: it loads facts, calls the domain, and writes what that returns.

mod audited;
mod checksum;
mod commits;
#[cfg(feature = "conformance")]
pub mod conformance;
mod contacts;
mod delivery;
mod error;
mod migration;
mod page;
mod record;
mod removal;
mod reply;
mod schedule;
mod seal;
mod store;
mod template;
mod trail;
mod webhooks;

pub use audited::{
    booking_record, cancel_record, extend_record, hold_record, move_record, release_record, wait_record,
    withdraw_record,
};
pub use checksum::{entry_checksum, migration_checksum};
pub use commits::{Commits, Histogram};
pub use contacts::Resealed;
pub use delivery::{
    About, Attempted, ClaimMessages, ClaimedMessages, DueMessage, MessageCounts, MessageRow, MessagesQuery,
    ReminderPass, Sending,
};
pub use error::{Result, StoreError};
pub use migration::{Applied, Migration, pending};
pub use page::{LONGEST_CELL, PageFacts, Use};
pub use record::{ANY_PLACE, ClientSecret, ExportPage, Fault, Holder, Kind, KnownKey, Record};
pub use removal::{Removal, RemoveReply, against, merged, removal_record};
pub use reply::{
    BookReply, Booked, CancelReply, EntriesQuery, ExtendReply, FreeTimesQuery, HoldReply, KeptHold, ListQuery,
    ListReply, Load, MOST_ENTRIES, MOST_REFERRALS, MoveReply, OwnReferral, Past, PersonCards, PersonMatch, PlaceInLine,
    PolicyQuery, Published, ReleaseReply, Sought, Swept, TicketFacts, TicketReader, WaitReply, WithdrawReply, Work,
};
pub use schedule::{SchedulePage, ScheduleQuery};
pub use seal::{Chain, ChainEnd, ChainHash, OpenChains, Seal};
pub use store::{Snapshot, Store};
pub use template::{read_template, template_body};
pub use trail::{AUDIT_PAGE, Behind, LEFT_TO_ITS_NODE, Link, RecordsQuery, Trail, TrailCounts, TrailSnapshot};
pub use webhooks::{
    AttemptedEvent, ClaimEvents, ClaimedEvents, DueEvent, EventCounts, EventRow, EventsQuery, Replay, Replayed,
};
