//! Key files as operators get them wrong: each error names the file and says what to do.

use std::path::Path;

use serde_json::{Value, json};
use talon_domain::access::Channel;
use talon_tokens::{Issuer, KeySource, Verifier};

use crate::world::{By, ClaimsText, KEYS, NOW, PORTAL, at, b64, ed_jwk, issuer, reference, slug, token, write};

fn load(path: &Path) -> Result<Verifier, String> {
    let keys = KeySource::JwksFile(path.to_owned());
    Verifier::new(vec![issuer(PORTAL, vec![Channel::Internet], keys)], 10).map_err(|error| error.to_string())
}

/// What loading a file of this text says.
fn error_of(text: &str) -> String {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("keys.json");
    std::fs::write(&path, text).unwrap();
    let error = load(&path).unwrap_err();
    assert!(error.contains(path.to_str().unwrap()), "the file is not named: {error}");
    error
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn with(mut jwk: Value, name: &str, value: impl Into<Value>) -> Value {
    jwk[name] = value.into();
    jwk
}

fn without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

#[test]
fn files_that_are_no_key_sets() {
    let missing = load(Path::new("/nowhere/keys.json")).unwrap_err();
    assert!(missing.contains("/nowhere/keys.json does not exist"), "{missing}");
    let directory = tempfile::tempdir().unwrap();
    assert!(load(directory.path()).unwrap_err().contains("cannot be read"));

    for (text, said) in [
        (String::new(), "is not JSON (line 1"),
        (KEYS.rsa_pem(), "is not JSON"),
        ("{\"keys\":[\n}".to_owned(), "is not JSON (line 2"),
        ("[]".to_owned(), "is not a JWKS"),
        ("{\"keys\":{}}".to_owned(), "is not a JWKS"),
        (KEYS.ec_jwk().to_string(), "is not a JWKS"),
        (set(&[]), "no key that can be used"),
        (format!("{{\"keys\":[]}}{}", " ".repeat(1024 * 1024)), "larger than 1048576 bytes"),
    ] {
        let error = error_of(&text);
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn secrets_in_a_set_of_public_keys_are_refused() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        let error = error_of(&set(&[KEYS.ec_jwk(), with(KEYS.rsa_jwk(), member, "c2VjcmV0LXBhcnQ")]));
        assert!(
            error.contains("key 2 (kid \"rsa\")") && error.contains(&format!("private part `{member}`")),
            "{error}"
        );
        assert!(!error.contains("c2VjcmV0"), "{error}");
    }
    let shared = json!({ "kty": "oct", "kid": "s", "k": b64(b"0123456789abcdef0123456789abcdef") });
    let error = error_of(&set(&[KEYS.rsa_jwk(), shared]));
    assert!(error.contains("symmetric key"), "{error}");
}

#[test]
fn keys_that_contradict_themselves_or_are_weak_are_refused() {
    let (rsa, ec, ed) = (KEYS.rsa_jwk(), KEYS.ec_jwk(), ed_jwk(&KEYS.ed, "ed"));
    let modulus = |bytes: usize, high: u8| {
        let mut modulus = vec![0xff; bytes];
        modulus[0] = high;
        with(KEYS.rsa_jwk(), "n", b64(modulus))
    };
    for (jwk, said) in [
        (modulus(128, 0xff), "less than 2048 bits"),
        (modulus(256, 0x7f), "less than 2048 bits"),
        (with(rsa.clone(), "n", b64([[0; 128], [0xff; 128]].concat())), "less than 2048 bits"),
        (with(rsa.clone(), "n", ""), "less than 2048 bits"),
        (modulus(1025, 1), "more than 8192 bits"),
        (with(rsa.clone(), "e", "AQ"), "not an RSA exponent"),
        (with(rsa.clone(), "e", "AAE"), "not an RSA exponent"),
        (with(rsa.clone(), "e", "AQAC"), "not an RSA exponent"),
        (with(rsa.clone(), "e", ""), "not an RSA exponent"),
        (with(rsa.clone(), "e", "AQAB="), "not base64url"),
        (with(rsa.clone(), "n", 5), "not base64url"),
        (without(rsa.clone(), "n"), "not base64url"),
        (with(rsa.clone(), "alg", "HS256"), "`alg` is not for this kind"),
        (with(rsa.clone(), "alg", "ES256"), "`alg` is not for this kind"),
        (with(rsa.clone(), "kid", 5), "must be a text"),
        (with(rsa.clone(), "use", Value::Null), "must be a text"),
        (with(rsa.clone(), "key_ops", "verify"), "`key_ops` is not an array"),
        (without(rsa.clone(), "kty"), "has no `kty`"),
        (with(ec.clone(), "alg", "RS256"), "`alg` is not for this kind"),
        (with(with(ec.clone(), "crv", "P-384"), "alg", "ES256"), "`alg` is not for this kind"),
        (with(ec.clone(), "y", b64([7; 32])), "not a point of P-256"),
        (with(ec.clone(), "x", b64([7; 31])), "not a point of P-256"),
        (without(ec.clone(), "y"), "not base64url"),
        (with(ed.clone(), "x", b64([7; 33])), "not an Ed25519 public key"),
        (with(ed.clone(), "alg", "HS256"), "`alg` is not for this kind"),
        (Value::from("key"), "is not an object"),
    ] {
        let error = error_of(&set(&[jwk]));
        assert!(error.contains(said) && error.contains("key 1"), "{said}: {error}");
    }
}

#[test]
fn keys_for_something_else_are_passed_over() {
    let others = [
        with(KEYS.rsa_jwk(), "use", "enc"),
        with(KEYS.rsa_jwk(), "alg", "PS256"),
        with(KEYS.rsa_jwk(), "key_ops", json!(["encrypt"])),
        with(KEYS.ec_jwk(), "crv", "P-521"),
        with(ed_jwk(&KEYS.ed, "x"), "crv", "X25519"),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA" }),
    ];
    assert!(error_of(&set(&others)).contains("no key that can be used"));

    let files = tempfile::tempdir().unwrap();
    let mut keys = others.to_vec();
    keys.push(with(with(KEYS.rsa_jwk(), "key_ops", json!(["verify"])), "x5c", json!(["MIIB"])));
    let verifier = load(&write(files.path().join("keys.json"), &json!({ "keys": keys }))).unwrap();
    let token = token(By::Rsa, r#"{"alg":"RS256","kid":"rsa"}"#, &ClaimsText::good().text());
    let answer = verifier.verify(Some(format!("Bearer {token}").as_bytes()), &reference(), at(NOW));
    assert_eq!(slug(answer.map(drop)), "ok");
}

#[test]
fn a_key_without_a_name_serves_tokens_without_one() {
    let files = tempfile::tempdir().unwrap();
    let keys = json!({ "keys": [without(KEYS.ec_jwk(), "kid"), KEYS.rsa_jwk()] });
    let verifier = load(&write(files.path().join("keys.json"), &keys)).unwrap();
    let answer = |header: &str| {
        let token = token(By::Ec, header, &ClaimsText::good().text());
        slug(verifier.verify(Some(format!("Bearer {token}").as_bytes()), &reference(), at(NOW)).map(drop))
    };
    assert_eq!(answer(r#"{"alg":"ES256"}"#), "ok");
    assert_eq!(answer(r#"{"alg":"ES256","kid":""}"#), "token-malformed");
}

#[test]
fn two_keys_of_one_name_are_refused() {
    let error = error_of_set_pair("same", "same");
    assert!(error.contains("\"same\"") && error.contains("https://a.example") && error.contains("https://b.example"));

    let files = tempfile::tempdir().unwrap();
    let keys = json!({ "keys": [KEYS.ec_jwk(), with(KEYS.rsa_jwk(), "kid", "ec")] });
    let error = load(&write(files.path().join("keys.json"), &keys)).unwrap_err();
    assert!(error.contains("\"ec\" is used by two keys"), "{error}");
}

fn error_of_set_pair(first: &str, second: &str) -> String {
    let files = tempfile::tempdir().unwrap();
    let a = write(files.path().join("a.json"), &json!({ "keys": [ed_jwk(&KEYS.ed, first)] }));
    let b = write(files.path().join("b.json"), &json!({ "keys": [ed_jwk(&KEYS.kiosk, second)] }));
    let issuers = [("https://a.example", a), ("https://b.example", b)]
        .map(|(name, path)| issuer(name, vec![Channel::Internet], KeySource::JwksFile(path)));
    Verifier::new(issuers.to_vec(), 10).unwrap_err().to_string()
}

#[test]
fn settings_that_let_nobody_in_are_refused() {
    let secret = || KeySource::SharedSecret(vec![b'x'; 32]);
    let error = |issuer: Issuer| Verifier::new(vec![issuer], 10).unwrap_err().to_string();
    assert!(error(issuer("", vec![Channel::Internet], secret())).contains("has no name"));
    assert!(error(issuer("a", Vec::new(), secret())).contains("has no channels"));
    let deaf = Issuer { audience: Vec::new(), ..issuer("a", vec![Channel::Internet], secret()) };
    assert!(error(deaf).contains("has no audience"));
    let short = KeySource::SharedSecret(b"top-secret-but-of-31-bytes-only".to_vec());
    let error = error(issuer("a", vec![Channel::Internet], short));
    assert!(error.contains("shorter than 32 bytes") && !error.contains("top-secret"), "{error}");
}
