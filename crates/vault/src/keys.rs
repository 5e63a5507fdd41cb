//! Keys and their names.

use std::fmt;

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Bytes of a key.
pub(crate) const KEY_LEN: usize = 32;

/// Bytes of a digest that name a key.
const ID_LEN: usize = 6;

/// The name of a key: the beginning of its SHA-256, so that two keys never go by one name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(String);

impl KeyId {
    pub(crate) fn of(bytes: &[u8; KEY_LEN]) -> Self {
        let digest = digest::digest(&digest::SHA256, bytes);
        Self(URL_SAFE_NO_PAD.encode(&digest.as_ref()[..ID_LEN]))
    }

    /// As it stands in a value.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key.
pub(crate) struct Key {
    pub(crate) id: KeyId,
    key: LessSafeKey,
}

impl Key {
    /// `None` when the library makes no key of it.
    pub(crate) fn of(bytes: &[u8; KEY_LEN]) -> Option<Self> {
        let key = UnboundKey::new(&AES_256_GCM_SIV, bytes).ok()?;
        Some(Self { id: KeyId::of(bytes), key: LessSafeKey::new(key) })
    }

    /// The text and its tag.
    pub(crate) fn seal(&self, place: &[u8], text: &str) -> Option<String> {
        let mut sealed = text.as_bytes().to_vec();
        self.key.seal_in_place_append_tag(nonce(), Aad::from(place), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The text; `None` for what this key did not seal for this place.
    pub(crate) fn open(&self, place: &[u8], sealed: &str) -> Option<String> {
        let mut sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let text = self.key.open_in_place(nonce(), Aad::from(place), &mut sealed).ok()?;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}
