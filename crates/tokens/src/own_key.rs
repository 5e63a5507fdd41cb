//! The installation's own key, and the tokens made with it.

use std::{fmt, path::Path, time::Duration};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use talon_domain::{
    access::Channel,
    ids::{ClientId, PersonId},
};

use crate::{
    KeyError, OWN_ISSUER, compact,
    key::{BadMaterial, VerifyingKey},
    pem,
    public_key::{PublicKey, statement, thumbprint},
    secret_file,
};

/// The installation's own Ed25519 key: signs tokens as issuer and audience [`OWN_ISSUER`].
pub struct OwnKey {
    pair: Ed25519KeyPair,
    /// The key's name: its thumbprint (RFC 7638), so that it changes with the key and with nothing
    /// else.
    kid: String,
}

/// What a token is to say.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The person: `sub`.
    pub person: PersonId,
    /// The client application: `client`. Its channel must then be given too unless it is
    /// [`Channel::Internet`], since a token is only accepted with its client's channel.
    pub client: Option<ClientId>,
    /// The channel; absent means Internet.
    pub channel: Option<Channel>,
    /// How long it counts, from now; whole seconds.
    pub ttl: Duration,
}

impl OwnKey {
    /// Loads the key from a PKCS#8 PEM file.
    ///
    /// # Errors
    ///
    /// The file is missing, open to others than its owner, or not an Ed25519 private key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let text = secret_file::read(path)?;
        pem::decode(&text)
            .and_then(|der| Ed25519KeyPair::from_pkcs8(&der).ok())
            .map(Self::of)
            .ok_or_else(|| KeyError::NotOwnKey { path: path.to_owned() })
    }

    /// Loads the key, or makes one with mode 0600 where there is none. Of two processes that do so
    /// at once, both get the same key.
    ///
    /// # Errors
    ///
    /// Those of [`Self::load`], and a directory that cannot be written.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Missing { .. }) => {}
            loaded => return loaded,
        }
        let new = Self::generate()?;
        // Version 1 of PKCS#8, without the public key: openssl 3.0 reads no other.
        let der = new.pair.to_pkcs8v1().map_err(|_| KeyError::Crypto("writing a key"))?;
        if secret_file::create(path, pem::encode(der.as_ref()).as_bytes())? { Ok(new) } else { Self::load(path) }
    }

    /// Makes a key that lives in memory only: for a demonstration or a test.
    ///
    /// # Errors
    ///
    /// The system has no random numbers to give.
    pub fn generate() -> Result<Self, KeyError> {
        Ed25519KeyPair::generate().map(Self::of).map_err(|_| KeyError::Crypto("making a key"))
    }

    /// Makes a token: EdDSA, with `kid`, `iss`, `aud`, `sub`, `iat` and `exp`.
    ///
    /// # Errors
    ///
    /// The end of the token's life lies beyond the calendar.
    pub fn sign(&self, claims: &NewToken, now: Timestamp) -> Result<String, KeyError> {
        let header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": self.kid });
        let issued = now.as_second();
        let ttl = i64::try_from(claims.ttl.as_secs()).map_err(|_| KeyError::LifetimeTooLong)?;
        let expires = issued.checked_add(ttl).filter(|end| Timestamp::from_second(*end).is_ok());
        let mut body = Map::new();
        body.insert("iss".to_owned(), OWN_ISSUER.into());
        body.insert("aud".to_owned(), OWN_ISSUER.into());
        body.insert("sub".to_owned(), claims.person.to_string().into());
        body.insert("iat".to_owned(), issued.into());
        body.insert("exp".to_owned(), expires.ok_or(KeyError::LifetimeTooLong)?.into());
        if let Some(client) = claims.client {
            body.insert("client".to_owned(), client.to_string().into());
        }
        if let Some(channel) = claims.channel {
            body.insert("channel".to_owned(), channel.code().into());
        }
        let signed =
            format!("{}.{}", compact::encode(header.to_string()), compact::encode(Value::Object(body).to_string()));
        let signature = self.signature(signed.as_bytes())?;
        Ok(format!("{signed}.{}", compact::encode(signature)))
    }

    /// The public part as a JWK (RFC 8037), for whoever verifies this installation's tokens.
    #[must_use]
    pub fn public_jwk(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": compact::encode(self.pair.public_key()),
            "kid": self.kid,
            "alg": "EdDSA",
            "use": "sig",
        })
    }

    /// Signs a statement of the installation's for a purpose, in base64url. What is signed begins with the purpose and a
    /// line break; what a token signs has none.
    ///
    /// # Errors
    ///
    /// [`KeyError::Crypto`]
    pub fn sign_statement(&self, purpose: &'static str, text: &str) -> Result<String, KeyError> {
        self.signature(statement(purpose, text).as_bytes()).map(compact::encode)
    }

    /// The public part, to verify statements with.
    ///
    /// # Errors
    ///
    /// [`KeyError::Crypto`]
    pub fn public(&self) -> Result<PublicKey, KeyError> {
        let verifying = self.verifying().map_err(|_| KeyError::Crypto("reading a public key"))?;
        Ok(PublicKey { kid: self.kid.clone(), verifying })
    }

    /// The signature of a text.
    pub(crate) fn signature(&self, text: &[u8]) -> Result<impl AsRef<[u8]> + use<>, KeyError> {
        self.pair.try_sign(text).map_err(|_| KeyError::Crypto("signing"))
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) fn verifying(&self) -> Result<VerifyingKey, BadMaterial> {
        VerifyingKey::ed25519(self.pair.public_key().as_ref())
    }

    fn of(pair: Ed25519KeyPair) -> Self {
        let kid = thumbprint(&compact::encode(pair.public_key()));
        Self { pair, kid }
    }
}

impl fmt::Debug for OwnKey {
    /// The key's name only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnKey({})", self.kid)
    }
}
