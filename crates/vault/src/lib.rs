//! Contacts sealed field by field, under keys that can be changed while servers run.
//!
//! A sealed value is a text, `sealed:KEY:BYTES`, and says under which key it was made. It is bound to its table, column and
//! row: one that is copied elsewhere cannot be opened there. Values that are not sealed (from before there was a key)
//! open as they are.
//!
//! The cipher is AES-256-GCM-SIV with a nonce that is always the same, which it is made for: the same text in the same
//! place under the same key is then the same value, so that a store can tell whether something changes without opening it,
//! and an observer learns that a contact is what it was before, and nothing else.

mod key_file;
mod keys;
mod place;
mod vault;

pub use key_file::{KeyFileError, add, create_if_missing, drop_key};
pub use keys::KeyId;
pub use place::Place;
pub use vault::{Vault, VaultError};
