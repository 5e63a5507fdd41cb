//! Who may make tokens, and what for.

use std::{fmt, path::PathBuf, sync::Arc};

use talon_domain::access::Channel;

use crate::{KeyError, OwnKey};

/// The name of the installation itself: `iss` and `aud` of the tokens that it makes.
pub const OWN_ISSUER: &str = "talon";

/// An issuer of tokens: its keys and what they may speak for.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// The `iss` that its tokens must have. The key that verifies a token decides the issuer, so
    /// one issuer's key can never speak in another's name.
    pub name: String,
    /// A token's `aud` must contain one of these.
    pub audience: Vec<String>,
    /// The channels it may speak for.
    pub channels: Vec<Channel>,
    /// Its keys.
    pub keys: KeySource,
}

/// Where an issuer's keys are.
#[derive(Clone)]
pub enum KeySource {
    /// A file with a set of public keys (RFC 7517), at most 1 MiB, followed while it changes.
    JwksFile(PathBuf),
    /// A shared secret for HS256, at least 32 bytes (RFC 7518, section 3.2).
    SharedSecret(Vec<u8>),
    /// The installation's own key.
    Own(Arc<OwnKey>),
}

impl Issuer {
    /// The installation itself: name and audience [`OWN_ISSUER`], every channel, because it makes
    /// tokens for its own clients of all kinds.
    #[must_use]
    pub fn own(key: Arc<OwnKey>) -> Self {
        Self {
            name: OWN_ISSUER.to_owned(),
            audience: vec![OWN_ISSUER.to_owned()],
            channels: Channel::ALL.to_vec(),
            keys: KeySource::Own(key),
        }
    }

    /// Refuses settings under which no token could ever be accepted.
    pub(crate) fn check(&self) -> Result<(), KeyError> {
        let fault = if self.name.is_empty() {
            "has no name: say which `iss` its tokens have"
        } else if self.audience.is_empty() {
            "has no audience: say which `aud` its tokens have"
        } else if self.channels.is_empty() {
            "has no channels: say which channels it may speak for"
        } else {
            return Ok(());
        };
        Err(KeyError::BadIssuer { issuer: self.name.clone(), fault })
    }
}

impl fmt::Debug for KeySource {
    /// Never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JwksFile(path) => f.debug_tuple("JwksFile").field(path).finish(),
            Self::SharedSecret(_) => f.write_str("SharedSecret"),
            Self::Own(key) => f.debug_tuple("Own").field(key).finish(),
        }
    }
}
