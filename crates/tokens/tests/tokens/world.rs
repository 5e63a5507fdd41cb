//! Issuers, clients and keys for the tests, and a maker of tokens that follows no rules.

use std::{
    path::PathBuf,
    sync::{Arc, LazyLock},
};

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use talon_domain::{
    access::{Channel, Client},
    ids::ClientId,
    reference::Reference,
};
use talon_tokens::{Issuer, KeySource, OwnKey, TokenFault, Verifier};

pub(crate) const PORTAL: &str = "https://portal.example";
pub(crate) const KIOSKS: &str = "https://kiosks.example";
pub(crate) const SHARED: &str = "https://shared.example";
pub(crate) const AUDIENCE: &str = "booking";
pub(crate) const PERSON: &str = "0f8fad5b-d9cb-469f-a165-70867728950e";
pub(crate) const PORTAL_CLIENT: &str = "11111111-1111-4111-8111-111111111111";
pub(crate) const KIOSK_CLIENT: &str = "22222222-2222-4222-8222-222222222222";
pub(crate) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
/// 2026-04-14T09:00:00Z.
pub(crate) const NOW: i64 = 1_776_157_200;

/// The one world of the tests that change nothing in it.
pub(crate) static WORLD: LazyLock<World> = LazyLock::new(World::new);
pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(Keys::generate);

/// Four issuers: a portal with a key of each kind, kiosks with one, one with a shared secret, and
/// the installation itself. So EdDSA has three keys and every other algorithm one.
pub(crate) struct World {
    pub(crate) verifier: Verifier,
    pub(crate) reference: Reference,
    pub(crate) own: Arc<OwnKey>,
    _files: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let own = Arc::new(OwnKey::generate().unwrap());
        let portal = write(files.path().join("portal.json"), &KEYS.portal_set());
        let kiosks = write(files.path().join("kiosks.json"), &json!({ "keys": [ed_jwk(&KEYS.kiosk, "kiosk")] }));
        let self_service = vec![Channel::Internet, Channel::Infomat, Channel::CallCenter];
        let issuers = vec![
            issuer(PORTAL, self_service, KeySource::JwksFile(portal)),
            issuer(KIOSKS, vec![Channel::Infomat], KeySource::JwksFile(kiosks)),
            issuer(SHARED, vec![Channel::Internet], KeySource::SharedSecret(SECRET.to_vec())),
            Issuer::own(Arc::clone(&own)),
        ];
        Self { verifier: Verifier::new(issuers, 100).unwrap(), reference: reference(), own, _files: files }
    }

    /// What the verifier says to a header, as its slug; `ok` when it lets in.
    pub(crate) fn answer(&self, authorization: Option<&[u8]>, now: i64) -> &'static str {
        slug(self.verifier.verify(authorization, &self.reference, at(now)).map(drop))
    }
}

pub(crate) fn slug(answer: Result<(), TokenFault>) -> &'static str {
    answer.map_or_else(TokenFault::slug, |()| "ok")
}

pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

pub(crate) fn issuer(name: &str, channels: Vec<Channel>, keys: KeySource) -> Issuer {
    Issuer { name: name.to_owned(), audience: vec!["other".to_owned(), AUDIENCE.to_owned()], channels, keys }
}

pub(crate) fn write(path: PathBuf, set: &Value) -> PathBuf {
    std::fs::write(&path, set.to_string()).unwrap();
    path
}

pub(crate) fn reference() -> Reference {
    let client = |id, channel| Client {
        id: ClientId::parse(id).unwrap(),
        name: "клиент".to_owned(),
        channel,
        functions: Vec::new(),
        schedule_days: 14,
    };
    let clients = vec![client(PORTAL_CLIENT, Channel::Internet), client(KIOSK_CLIENT, Channel::Infomat)];
    Reference::new(Vec::new(), Vec::new(), Vec::new(), clients)
}

/// Private keys. `foreign` is in no set.
pub(crate) struct Keys {
    pub(crate) ed: Ed25519KeyPair,
    pub(crate) kiosk: Ed25519KeyPair,
    pub(crate) foreign: Ed25519KeyPair,
    ec: EcdsaKeyPair,
    rsa: RsaKeyPair,
}

impl Keys {
    fn generate() -> Self {
        Self {
            ed: Ed25519KeyPair::generate().unwrap(),
            kiosk: Ed25519KeyPair::generate().unwrap(),
            foreign: Ed25519KeyPair::generate().unwrap(),
            ec: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
        }
    }

    pub(crate) fn portal_set(&self) -> Value {
        json!({ "keys": [ed_jwk(&self.ed, "ed"), self.ec_jwk(), self.rsa_jwk()] })
    }

    pub(crate) fn ec_jwk(&self) -> Value {
        let point = self.ec.public_key().as_ref();
        json!({ "kty": "EC", "crv": "P-256", "kid": "ec", "x": b64(&point[1..33]), "y": b64(&point[33..]) })
    }

    pub(crate) fn rsa_jwk(&self) -> Value {
        json!({ "kty": "RSA", "kid": "rsa", "alg": "RS256", "use": "sig", "n": b64(self.rsa_modulus()), "e": "AQAB" })
    }

    pub(crate) fn rsa_modulus(&self) -> Vec<u8> {
        // `SEQUENCE { INTEGER n, INTEGER e }`: heads of 4 and 4 bytes, a zero for the sign, 2048 bits.
        self.rsa.public_key().as_ref()[9..265].to_vec()
    }

    /// The RSA public key as DER, as a server may have it on its disk.
    pub(crate) fn rsa_der(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = self.rsa.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    /// The same as PEM, without the last line's end.
    pub(crate) fn rsa_pem(&self) -> String {
        let body = STANDARD.encode(self.rsa_der());
        let lines: Vec<_> = body.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"))
    }
}

pub(crate) fn ed_jwk(pair: &Ed25519KeyPair, kid: &str) -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": b64(pair.public_key()) })
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Who signs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum By<'a> {
    Ed,
    Kiosk,
    Foreign,
    Ec,
    Rsa,
    Hmac(&'a [u8]),
}

impl By<'_> {
    /// The signature over any bytes.
    pub(crate) fn sign(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed => KEYS.ed.sign(message).as_ref().to_vec(),
            Self::Kiosk => KEYS.kiosk.sign(message).as_ref().to_vec(),
            Self::Foreign => KEYS.foreign.sign(message).as_ref().to_vec(),
            Self::Ec => KEYS.ec.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            Self::Rsa => {
                let mut signature = vec![0; KEYS.rsa.public_modulus_len()];
                KEYS.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Self::Hmac(secret) => hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec(),
        }
    }
}

/// A token over any header and claims, properly signed.
pub(crate) fn token(by: By<'_>, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", b64(header), b64(claims));
    let signature = by.sign(signed.as_bytes());
    format!("{signed}.{}", b64(signature))
}

/// The header of the portal's usual tokens.
pub(crate) const ED_HEADER: &str = r#"{"alg":"EdDSA","kid":"ed"}"#;

/// Claims as text, so that a value can be anything.
#[derive(Clone)]
pub(crate) struct ClaimsText(Vec<(String, String)>);

impl ClaimsText {
    /// The least that is accepted, from the portal, for a quarter of an hour.
    pub(crate) fn good() -> Self {
        Self::of(PORTAL)
    }

    pub(crate) fn of(issuer: &str) -> Self {
        let text = |value: &str| Value::from(value).to_string();
        let exp = (NOW + 900).to_string();
        Self(vec![
            ("iss".to_owned(), text(issuer)),
            ("aud".to_owned(), text(AUDIENCE)),
            ("sub".to_owned(), text(PERSON)),
            ("exp".to_owned(), exp),
        ])
    }

    /// Sets a claim to a piece of JSON, or of anything else.
    pub(crate) fn with(mut self, name: &str, json: impl ToString) -> Self {
        self.0.retain(|(given, _)| given != name);
        self.and(name, json)
    }

    /// Adds a claim, whether it is there or not.
    pub(crate) fn and(mut self, name: &str, json: impl ToString) -> Self {
        self.0.push((name.to_owned(), json.to_string()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.0.retain(|(given, _)| given != name);
        self
    }

    pub(crate) fn text(&self) -> String {
        let members: Vec<_> = self.0.iter().map(|(name, json)| format!("\"{name}\":{json}")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// The portal's token with these claims.
    pub(crate) fn signed(&self) -> String {
        token(By::Ed, ED_HEADER, &self.text())
    }

    /// The same signed by a key that is not the portal's.
    pub(crate) fn forged(&self) -> String {
        token(By::Foreign, ED_HEADER, &self.text())
    }
}
