//! Where the keys come from, and whether they have changed since.

use std::{path::PathBuf, sync::Arc};

use aws_lc_rs::digest;

use crate::{
    KeyError,
    issuer::{Issuer, KeySource},
    jwks,
    key::{BadMaterial, Key, VerifyingKey},
};

/// An issuer's keys as they were last good.
pub(crate) struct Source {
    keys: Vec<Arc<Key>>,
    file: Option<Watched>,
}

struct Watched {
    path: PathBuf,
    issuer: usize,
    /// What the file held when it was last looked at, good or not.
    seen: Seen,
    /// What it held when `keys` were read from it.
    good: Seen,
}

/// A file's state. Its bytes are compared, not its times: two writes can fall into one tick of
/// the file system's clock, and the second would be missed.
#[derive(Clone, PartialEq, Eq)]
enum Seen {
    Bytes(Vec<u8>),
    Unreadable(String),
}

impl Source {
    /// Loads an issuer's keys; `issuer` is its place in the settings.
    pub(crate) fn load(index: usize, issuer: &Issuer) -> Result<Self, KeyError> {
        let fixed = |kid, verifying| Self { keys: vec![Arc::new(Key { issuer: index, kid, verifying })], file: None };
        let bad = |BadMaterial(fault)| KeyError::BadIssuer { issuer: issuer.name.clone(), fault };
        match &issuer.keys {
            KeySource::SharedSecret(secret) => Ok(fixed(None, VerifyingKey::secret(secret).map_err(bad)?)),
            KeySource::Own(own) => Ok(fixed(Some(own.kid().to_owned()), own.verifying().map_err(bad)?)),
            KeySource::JwksFile(path) => {
                let bytes = jwks::read(path)?;
                let keys = jwks::parse(path, &bytes, index)?;
                let seen = Seen::of(&Ok(bytes));
                let file = Watched { path: path.clone(), issuer: index, good: seen.clone(), seen };
                Ok(Self { keys: keys.into_iter().map(Arc::new).collect(), file: Some(file) })
            }
        }
    }

    /// The keys as they were last good.
    pub(crate) fn keys(&self) -> &[Arc<Key>] {
        &self.keys
    }

    /// Looks at the file again. `Ok(true)` when its keys were read anew; `Err` when it has changed
    /// into something that cannot be used, once for each change, the keys staying as they were.
    pub(crate) fn refresh(&mut self) -> Result<bool, KeyError> {
        let Some(file) = &mut self.file else { return Ok(false) };
        let read = jwks::read(&file.path);
        let seen = Seen::of(&read);
        if seen == file.seen {
            return Ok(false);
        }
        file.seen = seen;
        if file.seen == file.good {
            return Ok(false);
        }
        let keys = jwks::parse(&file.path, &read?, file.issuer)?;
        self.keys = keys.into_iter().map(Arc::new).collect();
        file.good = file.seen.clone();
        Ok(true)
    }
}

impl Seen {
    fn of(read: &Result<Vec<u8>, KeyError>) -> Self {
        match read {
            Ok(bytes) => Self::Bytes(digest::digest(&digest::SHA256, bytes).as_ref().to_vec()),
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }
}
