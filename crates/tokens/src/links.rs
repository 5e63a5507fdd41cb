//! Links to tickets: tokens that open one entry for reading, and say nothing by themselves.

use aws_lc_rs::{
    aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest,
};
use talon_domain::ids::{EntryId, EntryKey, FacilityId};

use crate::{KeyError, OwnKey, compact};

/// What keeps links apart from whatever else may be sealed with a key made in this way.
const PURPOSE: &[u8] = b"talon ticket link 1";

/// Two guids.
const IDS: usize = 32;

/// Makes and opens links. An entry has one link as long as the installation has the key: nothing is stored, and
/// who has no key can neither read an entry's ids out of a link nor make one.
pub struct Links(LessSafeKey);

impl Links {
    /// The links of an installation. Every node with the same key opens those of the others.
    ///
    /// # Errors
    ///
    /// [`KeyError::Crypto`]
    pub fn of(own: &OwnKey) -> Result<Self, KeyError> {
        // An Ed25519 signature is always the same for the same text and known to nobody without the key. It
        // cannot be taken for a token's: what a token signs has a dot in it.
        let secret = digest::digest(&digest::SHA256, own.signature(PURPOSE)?.as_ref());
        let key = UnboundKey::new(&AES_256_GCM_SIV, secret.as_ref()).map_err(|_| KeyError::Crypto("making a key"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The link's token: 64 characters that may stand in an address.
    ///
    /// # Errors
    ///
    /// [`KeyError::Crypto`]
    pub fn token(&self, entry: EntryKey) -> Result<String, KeyError> {
        let mut ids = [0; IDS];
        ids[..16].copy_from_slice(entry.facility.bytes());
        ids[16..].copy_from_slice(entry.entry.bytes());
        // The mode is made for a nonce that repeats: it then shows that two texts are equal and nothing else.
        let tag = self.0.seal_in_place_separate_tag(nonce(), Aad::from(PURPOSE), &mut ids);
        let tag = tag.map_err(|_| KeyError::Crypto("sealing"))?;
        Ok(compact::encode([&ids[..], tag.as_ref()].concat()))
    }

    /// The entry that a token opens; `None` for whatever this installation did not make.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<EntryKey> {
        let mut sealed = compact::decode(token).filter(|sealed| sealed.len() == IDS + AES_256_GCM_SIV.tag_len())?;
        let ids = self.0.open_in_place(nonce(), Aad::from(PURPOSE), &mut sealed).ok()?;
        let (facility, entry) = ids.split_first_chunk::<16>()?;
        Some(EntryKey {
            facility: FacilityId::from_bytes(*facility),
            entry: EntryId::from_bytes(entry.try_into().ok()?),
        })
    }
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; NONCE_LEN])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> EntryKey {
        EntryKey { facility: FacilityId::from_bytes([1; 16]), entry: EntryId::from_bytes([2; 16]) }
    }

    #[test]
    fn a_link_opens_its_entry_and_shows_nothing_of_it() {
        let links = Links::of(&OwnKey::generate().unwrap()).unwrap();
        let token = links.token(entry()).unwrap();
        assert_eq!((token.len(), links.open(&token)), (64, Some(entry())));
        assert_eq!(links.token(entry()).unwrap(), token, "the same however often it is printed");
        let bytes = compact::decode(&token).unwrap();
        assert!(!bytes.windows(8).any(|part| part == [1; 8] || part == [2; 8]));
    }

    #[test]
    fn whatever_else_opens_nothing() {
        let own = OwnKey::generate().unwrap();
        let links = Links::of(&own).unwrap();
        let token = links.token(entry()).unwrap();
        assert_eq!(Links::of(&OwnKey::generate().unwrap()).unwrap().open(&token), None, "another installation's");
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(links.open(&String::from_utf8(other).unwrap()), None, "{at}");
        }
        for other in ["", "A", &token[1..], &format!("{token}A"), &format!("{token}="), &"ё".repeat(32)] {
            assert_eq!(links.open(other), None, "{other}");
        }
        assert!(Links::of(&own).unwrap().open(&token).is_some(), "after a restart");
    }
}
