//! Sealing and opening.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use crate::{KeyFileError, KeyId, Place, key_file, keys::Key};

/// How a sealed value begins.
const SEALED: &str = "sealed:";

/// Why a value cannot be sealed or opened. The value itself is never named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// It was sealed by a key that is not there.
    #[error("{column} is sealed by key {key}, which is not among the keys of contacts; put it back into their file")]
    NoKey {
        /// Table and column.
        column: String,
        /// The key's name.
        key: String,
    },
    /// It is not what was sealed for this place.
    #[error("{column} holds a value that was not sealed for it; restore it from the newest backup")]
    NotSealedHere {
        /// Table and column.
        column: String,
    },
    /// The library failed.
    #[error("{column} cannot be sealed")]
    Crypto {
        /// Table and column.
        column: String,
    },
}

/// The keys of an installation's contacts.
pub struct Vault {
    path: PathBuf,
    keys: RwLock<Arc<Keys>>,
}

struct Keys {
    /// The first seals.
    keys: Vec<Key>,
    /// The state of the file that they were read from.
    state: Option<(u64, i64, i64)>,
}

impl Vault {
    /// The keys in a file.
    ///
    /// # Errors
    ///
    /// It is missing, open to others, or holds no keys.
    pub fn open_file(path: &Path) -> Result<Self, KeyFileError> {
        Ok(Self { path: path.to_owned(), keys: RwLock::new(Arc::new(Keys::read(path)?)) })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes over what the file holds by now; whether it had changed.
    ///
    /// # Errors
    ///
    /// It cannot be used; the keys that were read before stay.
    pub fn reload_if_changed(&self) -> Result<bool, KeyFileError> {
        if self.keys().state == key_file::state(&self.path) {
            return Ok(false);
        }
        let read = Arc::new(Keys::read(&self.path)?);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = read;
        Ok(true)
    }

    /// The names of the keys, the one that seals first.
    #[must_use]
    pub fn ids(&self) -> Vec<KeyId> {
        self.keys().keys.iter().map(|key| key.id.clone()).collect()
    }

    /// Seals a text for a place.
    ///
    /// # Errors
    ///
    /// [`VaultError::Crypto`]
    pub fn seal(&self, place: &Place<'_>, text: &str) -> Result<String, VaultError> {
        let keys = self.keys();
        let sealed =
            keys.keys.first().and_then(|key| Some(format!("{SEALED}{}:{}", key.id, key.seal(&place.bytes(), text)?)));
        sealed.ok_or_else(|| VaultError::Crypto { column: place.column.to_owned() })
    }

    /// Opens what a place holds.
    ///
    /// # Errors
    ///
    /// The key is gone, or the value belongs elsewhere.
    pub fn open(&self, place: &Place<'_>, stored: &str) -> Result<String, VaultError> {
        let Some((id, sealed)) = key_and_value(stored) else { return Ok(stored.to_owned()) };
        let mut keys = self.keys();
        if !keys.has(id) {
            // Another process may have put a key into the file and sealed by it a moment ago.
            let _ = self.reload_if_changed();
            keys = self.keys();
        }
        let column = || place.column.to_owned();
        let key = keys.keys.iter().find(|key| key.id.as_str() == id);
        let key = key.ok_or_else(|| VaultError::NoKey { column: column(), key: id.to_owned() })?;
        key.open(&place.bytes(), sealed).ok_or_else(|| VaultError::NotSealedHere { column: column() })
    }

    /// Whether a value is sealed by the key that seals now.
    #[must_use]
    pub fn is_current(&self, stored: &str) -> bool {
        let keys = self.keys();
        key_and_value(stored).is_some_and(|(id, _)| keys.keys.first().is_some_and(|key| key.id.as_str() == id))
    }

    /// By which key a value is sealed; `None` when it is not.
    #[must_use]
    pub fn key_of(stored: &str) -> Option<&str> {
        key_and_value(stored).map(|(id, _)| id)
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Vault {
    /// The keys' names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vault({:?})", self.ids())
    }
}

impl Keys {
    fn read(path: &Path) -> Result<Self, KeyFileError> {
        // Before the keys: a file that is replaced in between is then read once more.
        let state = key_file::state(path);
        Ok(Self { keys: key_file::read(path)?, state })
    }

    fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id.as_str() == id)
    }
}

fn key_and_value(stored: &str) -> Option<(&str, &str)> {
    stored.strip_prefix(SEALED)?.split_once(':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ONE: [u8; 16] = [1; 16];
    const TWO: [u8; 16] = [2; 16];

    fn place<'a>(column: &'a str, row: [&'a [u8; 16]; 2]) -> Place<'a> {
        Place { column, row }
    }

    fn vault() -> (tempfile::TempDir, Vault) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("contacts.keys");
        key_file::create_if_missing(&path).unwrap();
        let vault = Vault::open_file(&path).unwrap();
        (folder, vault)
    }

    #[test]
    fn a_value_opens_in_its_place_and_nowhere_else() {
        let (_folder, vault) = vault();
        let here = place("card.email", [&ONE, &TWO]);
        let sealed = vault.seal(&here, "some@mail.ru").unwrap();
        assert!(!sealed.contains("some"), "{sealed}");
        assert_eq!(vault.open(&here, &sealed).unwrap(), "some@mail.ru");
        assert_eq!(vault.seal(&here, "some@mail.ru").unwrap(), sealed, "unchanged is seen without opening");
        for elsewhere in [place("card.phone", [&ONE, &TWO]), place("card.email", [&TWO, &ONE])] {
            let moved = vault.open(&elsewhere, &sealed);
            assert!(matches!(moved, Err(VaultError::NotSealedHere { .. })), "{moved:?}");
        }
        assert_eq!(vault.open(&here, "plain@mail.ru").unwrap(), "plain@mail.ru", "from before there was a key");
    }

    #[test]
    fn a_changed_byte_opens_nothing() {
        let (_folder, vault) = vault();
        let here = place("card.phone", [&ONE, &TWO]);
        let sealed = vault.seal(&here, "+7 900 000-00-00").unwrap();
        let begins = sealed.rfind(':').unwrap() + 1;
        for at in begins..sealed.len() {
            let mut other = sealed.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert!(vault.open(&here, &String::from_utf8(other).unwrap()).is_err(), "{at}");
        }
    }

    #[test]
    fn keys_change_while_others_hold_the_vault() {
        let (_folder, vault) = vault();
        let here = place("card.email", [&ONE, &TWO]);
        let old = vault.seal(&here, "some@mail.ru").unwrap();
        let first = vault.ids()[0].clone();
        let second = key_file::add(vault.path()).unwrap();
        let other = Vault::open_file(vault.path()).unwrap();
        let new = other.seal(&here, "some@mail.ru").unwrap();
        assert_eq!(vault.open(&here, &new).unwrap(), "some@mail.ru", "looked up in the file by itself");
        assert_eq!(vault.ids(), [second.clone(), first.clone()]);
        assert!(vault.is_current(&new) && !vault.is_current(&old) && !vault.is_current("plain"));
        assert!(matches!(key_file::drop_key(vault.path(), second.as_str()), Err(KeyFileError::InUse(_))));
        key_file::drop_key(vault.path(), first.as_str()).unwrap();
        assert!(vault.reload_if_changed().unwrap());
        assert!(matches!(vault.open(&here, &old), Err(VaultError::NoKey { .. })));
        assert_eq!(vault.open(&here, &new).unwrap(), "some@mail.ru");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_and_a_bad_line_is_named() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, vault) = vault();
        let path = vault.path().to_owned();
        std::fs::write(&path, "AAAA\n").unwrap();
        let told = Vault::open_file(&path).unwrap_err().to_string();
        assert!(told.ends_with(":1: a key is 32 bytes in base64, one in a line"), "{told}");
        assert!(vault.reload_if_changed().is_err() && vault.ids().len() == 1, "the old keys stay in force");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(Vault::open_file(&path), Err(KeyFileError::Open { .. })));
    }

    proptest! {
        #[test]
        fn whatever_is_stored_opens_or_is_refused(stored in ".{0,80}", text in ".{0,300}") {
            let (_folder, vault) = vault();
            let here = place("card.email", [&ONE, &TWO]);
            let _ = vault.open(&here, &stored);
            let _ = vault.open(&here, &format!("sealed:{}:{stored}", vault.ids()[0]));
            prop_assert_eq!(vault.open(&here, &vault.seal(&here, &text).unwrap()).unwrap(), text);
        }
    }
}
