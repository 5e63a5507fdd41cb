//! Bearer tokens: key sets, verification in the contract's order, the installation's own key.
//!
//! Contract: section 6 (tokens) and step 1 of section 3 (order of checks). Signatures are checked
//! by aws-lc-rs directly, with each key parsed once when it is loaded and bound there to one
//! algorithm; everything around the signature is read here, because the order and the types of the
//! checks are part of the contract and no general library keeps them.
//!
//! ```
//! use std::{sync::Arc, time::Duration};
//!
//! use jiff::Timestamp;
//! use talon_domain::{access::Channel, ids::PersonId, reference::Reference};
//! use talon_tokens::{Issuer, NewToken, OwnKey, TokenFault, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = Arc::new(OwnKey::generate()?);
//! let verifier = Verifier::new(vec![Issuer::own(Arc::clone(&key))], 10_000)?;
//!
//! let now: Timestamp = "2026-04-14T09:00:00Z".parse()?;
//! let person = PersonId::parse("0f8fad5b-d9cb-469f-a165-70867728950e")?;
//! let claims = NewToken { person, client: None, channel: None, ttl: Duration::from_secs(900) };
//! let header = format!("Bearer {}", key.sign(&claims, now)?);
//!
//! let reference = Reference::default();
//! let identity = verifier.verify(Some(header.as_bytes()), &reference, now)?;
//! assert_eq!((identity.person, identity.channel), (person, Channel::Internet));
//! assert_eq!(verifier.verify(None, &reference, now).unwrap_err(), TokenFault::BearerMissing);
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod bearer;
mod bounded_file;
mod claims;
mod compact;
mod fault;
mod header;
mod issuer;
mod jwks;
mod key;
mod key_error;
mod keyring;
mod links;
mod object;
mod own_key;
mod pem;
mod public_key;
mod secret_file;
mod self_test;
mod sources;
mod verified;
mod verifier;

pub use fault::TokenFault;
pub use issuer::{Issuer, KeySource, OWN_ISSUER};
pub use key_error::KeyError;
pub use links::Links;
pub use own_key::{NewToken, OwnKey};
pub use public_key::PublicKey;
pub use self_test::assert_crypto;
pub use verified::{Identity, LEEWAY_SECONDS};
pub use verifier::Verifier;
