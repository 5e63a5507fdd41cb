//! Tokens as a portal makes them, and the files by which servers know them.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use talon_domain::ids::PersonId;

use crate::clock;

const AUDIENCE: &str = "talon-bench";

/// How tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    EdDsa,
    Hs256,
}

impl Algorithm {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
        }
    }

    fn issuer(self) -> &'static str {
        match self {
            Self::EdDsa => "https://portal.example.com",
            Self::Hs256 => "https://kiosks.example.com",
        }
    }
}

/// One issuer for each algorithm, both trusted by every server.
pub(crate) struct Issuers {
    pair: Ed25519KeyPair,
    secret: hmac::Key,
    folder: PathBuf,
    expires: i64,
}

impl Issuers {
    /// Makes keys, and the files that tell servers of them.
    pub(crate) fn make(folder: &Path) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::generate().context("an Ed25519 key cannot be made")?;
        let mut random = [0; 32];
        aws_lc_rs::rand::fill(&mut random).context("the system gives no random numbers")?;
        // As text, so that no byte of it can be taken for the end of a line.
        let secret = BASE64_URL_SAFE_NO_PAD.encode(random);
        let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key());
        let keys = json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": "portal", "x": x}]});
        let issuers = Self {
            pair,
            secret: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            folder: folder.to_owned(),
            expires: clock::now().as_second() + 24 * 3600,
        };
        write(&folder.join("keys.json"), keys.to_string().as_bytes())?;
        write(&issuers.public_key_file(), issuers.pair.public_key().as_ref())?;
        write(&issuers.secret_file(), secret.as_bytes())?;
        write(&issuers.settings_file(), issuers.settings().as_bytes())?;
        Ok(issuers)
    }

    /// Settings under which Talon trusts both issuers.
    pub(crate) fn settings_file(&self) -> PathBuf {
        self.folder.join("talon.toml")
    }

    pub(crate) fn public_key_file(&self) -> PathBuf {
        self.folder.join("portal.pub")
    }

    pub(crate) fn secret_file(&self) -> PathBuf {
        self.folder.join("kiosks.secret")
    }

    /// A token of a person, valid for a day.
    pub(crate) fn token(&self, algorithm: Algorithm, person: PersonId) -> String {
        let header = match algorithm {
            Algorithm::EdDsa => r#"{"alg":"EdDSA","typ":"JWT","kid":"portal"}"#,
            Algorithm::Hs256 => r#"{"alg":"HS256","typ":"JWT"}"#,
        };
        let claims =
            format!(r#"{{"iss":"{}","aud":"{AUDIENCE}","sub":"{person}","exp":{}}}"#, algorithm.issuer(), self.expires);
        let mut token = BASE64_URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        BASE64_URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = match algorithm {
            Algorithm::EdDsa => BASE64_URL_SAFE_NO_PAD.encode(self.pair.sign(token.as_bytes())),
            Algorithm::Hs256 => BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.secret, token.as_bytes())),
        };
        token.push('.');
        token.push_str(&signature);
        token
    }

    fn settings(&self) -> String {
        let issuer = |algorithm: Algorithm, source: &str, file: &Path| {
            format!(
                "[[issuers]]\nname = {:?}\naudience = {AUDIENCE:?}\n{source} = {:?}\n\n",
                algorithm.issuer(),
                file.display().to_string()
            )
        };
        issuer(Algorithm::EdDsa, "jwks", &self.folder.join("keys.json"))
            + &issuer(Algorithm::Hs256, "shared_secret_file", &self.secret_file())
    }
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(bytes)).with_context(|| format!("{} cannot be written", path.display()))
}
