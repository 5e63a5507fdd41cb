//! The public part of an installation's own key, and statements that it verifies.

use std::{fmt, path::Path};

use aws_lc_rs::digest;
use serde_json::Value;

use crate::{KeyError, bounded_file, compact, key::VerifyingKey};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 64 * 1024;

/// A key by which somebody without the private part verifies what an installation has signed.
pub struct PublicKey {
    pub(crate) kid: String,
    pub(crate) verifying: VerifyingKey,
}

impl PublicKey {
    /// Reads a JWK (RFC 8037) of an Ed25519 key.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or holds something else.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = bounded_file::read(&bounded_file::open(path)?, path, LARGEST)?;
        serde_json::from_slice(&text)
            .ok()
            .and_then(|jwk| Self::of(&jwk))
            .ok_or_else(|| KeyError::NotPublicKey { path: path.to_owned() })
    }

    fn of(jwk: &Value) -> Option<Self> {
        let member = |name| jwk.get(name).and_then(Value::as_str);
        if (member("kty"), member("crv"), jwk.get("d")) != (Some("OKP"), Some("Ed25519"), None) {
            return None;
        }
        let x = member("x")?;
        let verifying = VerifyingKey::ed25519(&compact::decode(x)?).ok()?;
        Some(Self { kid: thumbprint(x), verifying })
    }

    /// The key's name: its thumbprint (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Whether the signature is this key's over a statement for this purpose.
    #[must_use]
    pub fn verifies(&self, purpose: &'static str, text: &str, signature: &str) -> bool {
        compact::decode(signature)
            .is_some_and(|signature| self.verifying.verifies(statement(purpose, text).as_bytes(), &signature))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.kid)
    }
}

/// What is signed.
pub(crate) fn statement(purpose: &'static str, text: &str) -> String {
    format!("{purpose}\n{text}")
}

/// The thumbprint of an Ed25519 key with this `x`.
pub(crate) fn thumbprint(x: &str) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    compact::encode(digest::digest(&digest::SHA256, members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OwnKey;

    #[test]
    fn a_statement_is_its_keys_for_its_purpose_alone() {
        let own = OwnKey::generate().unwrap();
        let signature = own.sign_statement("purpose", "text").unwrap();
        let public = PublicKey::of(&own.public_jwk()).unwrap();
        assert_eq!(public.kid(), own.public().unwrap().kid());
        assert!(public.verifies("purpose", "text", &signature));
        assert!(!public.verifies("other", "text", &signature));
        assert!(!public.verifies("purpose", "text2", &signature));
        assert!(!public.verifies("purpose", "text", &signature[1..]));
        assert!(!OwnKey::generate().unwrap().public().unwrap().verifies("purpose", "text", &signature));
    }

    #[test]
    fn a_private_key_is_no_public_one() {
        let mut jwk = OwnKey::generate().unwrap().public_jwk();
        jwk["d"] = "secret".into();
        assert!(PublicKey::of(&jwk).is_none());
    }
}
