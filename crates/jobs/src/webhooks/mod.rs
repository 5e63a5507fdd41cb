//! Events to integrators, as Standard Webhooks (<https://www.standardwebhooks.com>) have them.

mod body;
mod endpoint;
mod post;
mod postman;
mod public;
mod secrets;

pub use endpoint::{BadEndpoint, Endpoint};
pub use post::{Allowed, Post, PostError};
pub use postman::{Hook, HookWatcher, Postman, PostmanParts, PostmanTerms};
pub use secrets::{BadSecret, Secrets};
