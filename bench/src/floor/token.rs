//! The check of a token: its signature, its end, and whose it is.

use aws_lc_rs::{
    hmac,
    signature::{ED25519, UnparsedPublicKey},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Deserialize;
use uuid::Uuid;

/// The one key that is trusted.
pub(super) enum Key {
    Hs256(Box<hmac::Key>),
    Ed25519(UnparsedPublicKey<Vec<u8>>),
}

#[derive(Deserialize)]
struct Claims<'a> {
    sub: &'a str,
    exp: i64,
}

impl Key {
    pub(super) fn hs256(secret: &[u8]) -> Self {
        Self::Hs256(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret)))
    }

    pub(super) fn ed25519(public: &[u8]) -> Self {
        Self::Ed25519(UnparsedPublicKey::new(&ED25519, public.to_vec()))
    }

    /// Whom a header's token speaks for, if it is good.
    pub(super) fn person(&self, header: &[u8], now: i64) -> Option<Uuid> {
        let token = std::str::from_utf8(header).ok()?.strip_prefix("Bearer ")?;
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?;
        match self {
            Self::Hs256(key) => hmac::verify(key, signed.as_bytes(), &signature).ok()?,
            Self::Ed25519(key) => key.verify(signed.as_bytes(), &signature).ok()?,
        }
        let claims = BASE64_URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let claims: Claims<'_> = serde_json::from_slice(&claims).ok()?;
        if claims.exp > now { Uuid::try_parse(claims.sub).ok() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use talon_domain::ids::PersonId;

    use super::*;
    use crate::{
        clock,
        tokens::{Algorithm, Issuers},
    };

    #[test]
    fn a_token_is_good_under_its_own_key_until_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let issuers = Issuers::make(folder.path()).unwrap();
        let hs256 = Key::hs256(&std::fs::read(issuers.secret_file()).unwrap());
        let ed25519 = Key::ed25519(&std::fs::read(issuers.public_key_file()).unwrap());
        let (person, now) = (PersonId(Uuid::from_u128(7)), clock::now().as_second());
        for (algorithm, key, other) in [(Algorithm::Hs256, &hs256, &ed25519), (Algorithm::EdDsa, &ed25519, &hs256)] {
            let header = format!("Bearer {}", issuers.token(algorithm, person));
            assert_eq!(key.person(header.as_bytes(), now), Some(person.0));
            assert_eq!(other.person(header.as_bytes(), now), None);
            assert_eq!(key.person(header.as_bytes(), now + 2 * 24 * 3600), None);
            let forged = header.replacen(".ey", ".fy", 1);
            assert_eq!(key.person(forged.as_bytes(), now), None);
        }
    }
}
