//! Tokens of PyJWT, with keys of Python's `cryptography`.

use std::process::Command;

use serde_json::Value;
use talon_testkit::{AUDIENCE, ISSUER, clock};

use crate::tools::{python, text};

pub(crate) struct Key {
    pub(crate) jwk: Value,
    algorithm: &'static str,
    pem: String,
}

/// Prints the private key as PEM and the public one as a JWK.
const GENERATE: &str = r#"
import base64, json, sys
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

def number(value, length):
    return base64.urlsafe_b64encode(value.to_bytes(length, "big")).rstrip(b"=").decode()

if sys.argv[1] == "RS256":
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_numbers()
    jwk = {"kty": "RSA", "n": number(public.n, 256), "e": number(public.e, 3)}
else:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256", "x": number(public.x, 32), "y": number(public.y, 32)}
jwk |= {"kid": "python", "alg": sys.argv[1], "use": "sig"}
pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
print(json.dumps({"jwk": jwk, "pem": pem.decode()}))
"#;

/// Prints a token over the claims.
const SIGN: &str = r#"
import json, jwt, sys
print(jwt.encode(json.loads(sys.argv[3]), sys.argv[1], algorithm=sys.argv[2], headers={"kid": "python"}))
"#;

/// A fresh key for an algorithm.
pub(crate) fn key(algorithm: &'static str) -> Key {
    let made = text(Command::new(python()).args(["-c", GENERATE, algorithm]).output());
    let mut made: Value = serde_json::from_str(&made).unwrap();
    Key { jwk: made["jwk"].take(), algorithm, pem: made["pem"].as_str().unwrap().to_owned() }
}

impl Key {
    pub(crate) fn token(&self, person: &str) -> String {
        let expires = clock::now().as_second() + 600;
        let claims = serde_json::json!({"iss": ISSUER, "aud": AUDIENCE, "sub": person, "exp": expires});
        let arguments = ["-c", SIGN, &self.pem, self.algorithm, &claims.to_string()];
        text(Command::new(python()).args(arguments).output()).trim().to_owned()
    }
}
