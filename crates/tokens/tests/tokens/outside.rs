//! Tokens that other programs made, and our own in other programs' hands.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};
use talon_domain::{access::Channel, ids::PersonId};
use talon_tokens::{KeySource, NewToken, OwnKey, Verifier};

use crate::world::{ClaimsText, NOW, PERSON, PORTAL, at, b64, issuer, reference, slug, write};

/// Loads a set of keys and answers tokens by it.
fn answers(files: &Path, keys: &Value, tokens: &[&str]) -> Vec<&'static str> {
    let path = write(files.join("keys.json"), &json!({ "keys": keys }));
    let issuers = vec![issuer(PORTAL, vec![Channel::Internet], KeySource::JwksFile(path))];
    let verifier = Verifier::new(issuers, 10).unwrap();
    let answer = |token: &&str| {
        slug(verifier.verify(Some(format!("Bearer {token}").as_bytes()), &reference(), at(NOW)).map(drop))
    };
    tokens.iter().map(answer).collect()
}

/// The token with another claim put in.
fn altered(token: &str) -> String {
    let mut segments: Vec<_> = token.split('.').map(str::to_owned).collect();
    segments[1] = b64(ClaimsText::good().with("exp", NOW + 9000).text());
    segments.join(".")
}

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn openssl(arguments: &str) -> Vec<u8> {
    run("openssl", &arguments.split(' ').collect::<Vec<_>>())
}

/// A key that openssl made, what it signs with it, and the public part as openssl writes it.
struct OpensslKey {
    files: tempfile::TempDir,
    path: PathBuf,
}

impl OpensslKey {
    fn new(kind: &str) -> Self {
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("key.pem");
        openssl(&format!("genpkey {kind} -out {}", path.display()));
        Self { files, path }
    }

    fn public_der(&self) -> Vec<u8> {
        openssl(&format!("pkey -in {} -pubout -outform DER", self.path.display()))
    }

    /// A token signed by the openssl command, where KEY and DATA stand for the files.
    fn token(&self, header: &str, command: &str, convert: fn(&[u8]) -> Vec<u8>) -> String {
        let signed = format!("{}.{}", b64(header), b64(ClaimsText::good().text()));
        let data = self.files.path().join("signed");
        fs::write(&data, &signed).unwrap();
        let command = command.replace("KEY", self.path.to_str().unwrap()).replace("DATA", data.to_str().unwrap());
        format!("{signed}.{}", b64(convert(&openssl(&command))))
    }
}

#[test]
fn openssl_rs256() {
    let key = OpensslKey::new("-algorithm RSA -pkeyopt rsa_keygen_bits:2048");
    let modulus = openssl(&format!("rsa -in {} -noout -modulus", key.path.display()));
    let modulus = hex(str::from_utf8(&modulus).unwrap().trim().strip_prefix("Modulus=").unwrap());
    let jwk = json!({ "kty": "RSA", "kid": "o", "n": b64(modulus), "e": "AQAB" });
    let token = key.token(r#"{"typ":"JWT","alg":"RS256","kid":"o"}"#, "dgst -sha256 -sign KEY DATA", <[u8]>::to_vec);
    let tokens = [token.as_str(), &altered(&token)];
    assert_eq!(answers(key.files.path(), &json!([jwk]), &tokens), ["ok", "signature-invalid"]);
}

#[test]
fn openssl_es256() {
    let key = OpensslKey::new("-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let der = key.public_der();
    let point = &der[der.len() - 64..];
    let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": "o", "x": b64(&point[..32]), "y": b64(&point[32..]) });
    let header = r#"{"typ":"JWT","alg":"ES256","kid":"o"}"#;
    let token = key.token(header, "dgst -sha256 -sign KEY DATA", ecdsa_numbers);
    // JWS wants the two numbers bare; as openssl wraps them they are another signature.
    let wrapped = key.token(header, "dgst -sha256 -sign KEY DATA", <[u8]>::to_vec);
    let tokens = [token.as_str(), &altered(&token), &wrapped];
    let answers = answers(key.files.path(), &json!([jwk]), &tokens);
    assert_eq!(answers, ["ok", "signature-invalid", "signature-invalid"]);
}

#[test]
fn openssl_eddsa() {
    let key = OpensslKey::new("-algorithm ed25519");
    let der = key.public_der();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": "o", "x": b64(&der[der.len() - 32..]) });
    let command = "pkeyutl -sign -rawin -inkey KEY -in DATA";
    let token = key.token(r#"{"typ":"JWT","alg":"EdDSA","kid":"o"}"#, command, <[u8]>::to_vec);
    let tokens = [token.as_str(), &altered(&token)];
    assert_eq!(answers(key.files.path(), &json!([jwk]), &tokens), ["ok", "signature-invalid"]);
}

#[test]
fn the_own_key_is_one_that_openssl_reads_and_writes() {
    let made = OpensslKey::new("-algorithm ed25519");
    let ours = OwnKey::load(&made.path).unwrap();
    let der = made.public_der();
    assert_eq!(ours.public_jwk()["x"], b64(&der[der.len() - 32..]));

    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("signing.pem");
    let ours = OwnKey::load_or_create(&path).unwrap();
    let der = openssl(&format!("pkey -in {} -pubout -outform DER", path.display()));
    assert_eq!(ours.public_jwk()["x"], b64(&der[der.len() - 32..]));
}

const PYJWT_SIGNS: &str = r#"
import base64, json, sys
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

def b64(raw): return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
def number(n, size): return b64(n.to_bytes(size, "big"))

claims = json.loads(sys.argv[1])
ed = ed25519.Ed25519PrivateKey.generate()
p256 = ec.generate_private_key(ec.SECP256R1())
r = rsa.generate_private_key(65537, 2048)
x = ed.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
point, modulus = p256.public_key().public_numbers(), r.public_key().public_numbers()
keys = [
    {"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": b64(x)},
    {"kty": "EC", "crv": "P-256", "kid": "ec", "x": number(point.x, 32), "y": number(point.y, 32)},
    {"kty": "RSA", "kid": "rsa", "n": number(modulus.n, 256), "e": number(modulus.e, 3)},
]
tokens = [jwt.encode(claims, key, algorithm=alg, headers={"kid": kid})
          for key, alg, kid in ((ed, "EdDSA", "ed"), (p256, "ES256", "ec"), (r, "RS256", "rsa"))]
print(json.dumps({"keys": keys, "tokens": tokens}))
"#;

const PYJWT_VERIFIES: &str = r#"
import base64, json, sys
import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519

x = json.loads(sys.argv[2])["x"]
key = ed25519.Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))
# The token was made at a fixed time: what the clock says is left out, the rest is checked.
options = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "sub", "aud", "iss"]}
print(json.dumps(jwt.decode(sys.argv[1], key, algorithms=["EdDSA"], audience="talon", issuer="talon", options=options)))
"#;

/// Runs a script in the Python that has PyJWT: the system's, or the first of the path.
fn pyjwt(script: &str, arguments: &[&str]) -> Value {
    let has = |python: &&str| {
        let probe = Command::new(python).args(["-c", "import jwt, cryptography"]).output();
        probe.is_ok_and(|output| output.status.success())
    };
    let python = ["/usr/bin/python3", "python3"].into_iter().find(has);
    let python = python.expect("Python's jwt library is missing: apt-get install python3-jwt python3-cryptography");
    let output = run(python, &[&["-c", script], arguments].concat());
    serde_json::from_slice(&output).unwrap()
}

#[test]
fn pyjwt_signs_and_we_verify() {
    let made = pyjwt(PYJWT_SIGNS, &[&ClaimsText::good().text()]);
    let files = tempfile::tempdir().unwrap();
    let tokens: Vec<&str> = made["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap()).collect();
    assert_eq!(answers(files.path(), &made["keys"], &tokens), ["ok", "ok", "ok"]);
    let altered: Vec<String> = tokens.iter().map(|token| altered(token)).collect();
    let altered: Vec<&str> = altered.iter().map(String::as_str).collect();
    assert_eq!(answers(files.path(), &made["keys"], &altered), ["signature-invalid"; 3]);
}

#[test]
fn we_sign_and_pyjwt_verifies() {
    let key = OwnKey::generate().unwrap();
    let person = PersonId::parse(PERSON).unwrap();
    let new = NewToken { person, client: None, channel: Some(Channel::CallCenter), ttl: Duration::from_secs(900) };
    let token = key.sign(&new, at(NOW)).unwrap();
    let claims = pyjwt(PYJWT_VERIFIES, &[&token, &key.public_jwk().to_string()]);
    let expected = json!({
        "iss": "talon", "aud": "talon", "sub": PERSON, "iat": NOW, "exp": NOW + 900, "channel": "CallCenter",
    });
    assert_eq!(claims, expected);
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

/// `SEQUENCE { INTEGER r, INTEGER s }` to the two numbers of 32 bytes each.
fn ecdsa_numbers(der: &[u8]) -> Vec<u8> {
    let mut rest = &der[2..];
    let mut numbers = Vec::new();
    for _ in 0..2 {
        let length = usize::from(rest[1]);
        let number = &rest[2..2 + length];
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        numbers.extend(vec![0; 32 - number.len()]);
        numbers.extend(number);
        rest = &rest[2 + length..];
    }
    numbers
}
