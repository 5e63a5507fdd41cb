//! What a serving node does beside answering: it sends the messages that are owed.
//!
//! Beside the façades, on top of the use cases. What is promised, and by which keys, is in
//! `docs/decisions/0010-messages.md`.

mod backoff;
mod compose;
mod content;
mod courier;
mod folder;
mod letter;
mod reminders;
mod smtp;
mod texts;
mod worker;

pub use compose::{BadSender, Composer, ComposerParts};
pub use courier::{Courier, Handed};
pub use folder::Folder;
pub use letter::Letter;
pub use reminders::passes;
pub use smtp::{Relay, RelayAddress, RelayError, Security};
pub use texts::{Texts, TextsError};
pub use worker::{Watcher, Worker, WorkerParts, WorkerTerms};
