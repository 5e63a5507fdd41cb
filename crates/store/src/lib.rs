//! The store's port: what a back end must do, and the suite that proves that it does.
//!
//! A method of [`Store`] is a use case and a transaction, not a table operation. A back end
//! decides nothing: it loads facts, calls the domain, and writes what that returns.

#[cfg(feature = "conformance")]
pub mod conformance;
mod error;
mod migration;
mod record;
mod reply;
mod store;

pub use error::{Result, StoreError};
pub use migration::{Migration, pending};
pub use record::{ANY_PLACE, ClientSecret, ExportPage, Fault, Kind, KnownKey, Record};
pub use reply::{BookReply, Booked, CancelReply, FreeTimesQuery, Load, PersonMatch, PolicyQuery, Published};
pub use store::{Snapshot, Store};
