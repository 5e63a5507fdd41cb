//! What a serving node does beside answering: it sends the messages that are owed, and tells integrators what happened.
//!
//! Beside the façades, on top of the use cases. What is promised, and by which keys, is in
//! `docs/decisions/0010-messages.md` and `0012-webhooks.md`.

mod backoff;
mod compose;
mod content;
mod courier;
mod folder;
mod letter;
mod reminders;
mod smtp;
mod stopping;
mod texts;
mod webhooks;
mod worker;

pub use compose::{BadSender, Composer, ComposerParts};
pub use courier::{Courier, Handed};
pub use folder::Folder;
pub use letter::Letter;
pub use reminders::passes;
pub use smtp::{Relay, RelayAddress, RelayError, Security};
pub use texts::{Texts, TextsError};
pub use webhooks::{
    Allowed, BadEndpoint, BadSecret, Endpoint, Hook, HookWatcher, Post, PostError, Postman, PostmanParts, PostmanTerms,
    Secrets,
};
pub use worker::{Watcher, Worker, WorkerParts, WorkerTerms};
