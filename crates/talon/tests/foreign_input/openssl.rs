//! A token put together with `openssl` and `base64url`, as in a shell script.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};
use talon_testkit::{AUDIENCE, ISSUER, clock};

use crate::tools::{bytes, text};

pub(crate) struct Key {
    pub(crate) jwk: Value,
    directory: tempfile::TempDir,
}

/// An Ed25519 key made by `openssl genpkey`.
pub(crate) fn ed25519() -> Key {
    let directory = tempfile::tempdir().unwrap();
    let pem = directory.path().join("key.pem");
    text(Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&pem).output());
    let der = bytes(Command::new("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).arg(&pem).output());
    // RFC 8410: the last 32 bytes of the structure are the key.
    let x = base64url(&der[der.len() - 32..]);
    Key { jwk: json!({"kty": "OKP", "crv": "Ed25519", "kid": "openssl", "x": x}), directory }
}

impl Key {
    pub(crate) fn token(&self, person: &str) -> String {
        let header = json!({"alg": "EdDSA", "kid": "openssl"}).to_string();
        let expires = clock::now().as_second() + 600;
        let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": person, "exp": expires}).to_string();
        let signed = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
        let message = self.file("message");
        std::fs::write(&message, &signed).unwrap();
        let signature = bytes(
            Command::new("openssl")
                .args(["pkeyutl", "-sign", "-rawin", "-inkey"])
                .arg(self.file("key.pem"))
                .arg("-in")
                .arg(&message)
                .output(),
        );
        format!("{signed}.{}", base64url(&signature))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }
}

/// RFC 4648, section 5, without padding; by `openssl` too.
fn base64url(bytes: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    let plain = text(Command::new("openssl").args(["base64", "-A", "-in"]).arg(file.path()).output());
    plain.trim().trim_end_matches('=').replace('+', "-").replace('/', "_")
}
