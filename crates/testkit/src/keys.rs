//! Tokens as a portal mints them. Deliberately none of the product's own code: what signs here and
//! what verifies there have only RFC 7515 in common.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::clock;

/// A portal's signing key (Ed25519).
pub struct TestKey {
    pair: Ed25519KeyPair,
    kid: String,
}

impl TestKey {
    /// A fresh key under this `kid`.
    #[must_use]
    pub fn generate(kid: &str) -> Self {
        let pair = Ed25519KeyPair::generate().expect("an Ed25519 key can be generated");
        Self { pair, kid: kid.to_owned() }
    }

    /// The public half as a JWK (RFC 8037).
    #[must_use]
    pub fn jwk(&self) -> Value {
        let x = BASE64_URL_SAFE_NO_PAD.encode(self.pair.public_key());
        json!({"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.kid, "x": x})
    }

    /// A compact JWT over any claims.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "JWT", "kid": self.kid});
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.pair.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// A token for a person's guid, valid for an hour.
    #[must_use]
    pub fn token(&self, issuer: &str, audience: &str, person: &str) -> String {
        let expires = clock::now().as_second() + 3600;
        self.sign(&json!({"iss": issuer, "aud": audience, "sub": person, "exp": expires}))
    }
}
