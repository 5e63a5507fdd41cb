//! Keys change while the server runs (TK-4).

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::{Value, json};
use talon_domain::access::Channel;
use talon_tokens::{Issuer, KeySource, OwnKey, Verifier};

use crate::world::{By, ClaimsText, KEYS, KIOSKS, NOW, PORTAL, at, ed_jwk, issuer, reference, slug, token, write};

/// A portal and kiosks, each with a file of its own.
struct Rotating {
    verifier: Verifier,
    portal: PathBuf,
    kiosks: PathBuf,
    _files: tempfile::TempDir,
}

impl Rotating {
    fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        let portal = write(files.path().join("portal.json"), &set(&[ed_jwk(&KEYS.ed, "one")]));
        let kiosks = write(files.path().join("kiosks.json"), &set(&[ed_jwk(&KEYS.kiosk, "kiosk")]));
        let issuers = vec![
            issuer(PORTAL, vec![Channel::Internet], KeySource::JwksFile(portal.clone())),
            issuer(KIOSKS, vec![Channel::Internet], KeySource::JwksFile(kiosks.clone())),
        ];
        Self { verifier: Verifier::new(issuers, 10).unwrap(), portal, kiosks, _files: files }
    }

    fn answer(&self, token: &str) -> &'static str {
        slug(self.verifier.verify(Some(format!("Bearer {token}").as_bytes()), &reference(), at(NOW)).map(drop))
    }

    /// The answers to a token by the key that was there first and by the one that follows it.
    fn answers(&self) -> [&'static str; 2] {
        [self.answer(&named("one", By::Ed)), self.answer(&named("two", By::Foreign))]
    }
}

fn set(keys: &[Value]) -> Value {
    json!({ "keys": keys })
}

fn one() -> Value {
    ed_jwk(&KEYS.ed, "one")
}

fn two() -> Value {
    ed_jwk(&KEYS.foreign, "two")
}

fn named(kid: &str, by: By<'_>) -> String {
    token(by, &format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#), &ClaimsText::good().text())
}

#[test]
fn a_new_key_is_taken_and_an_old_one_dropped_without_a_restart() {
    let server = Rotating::new();
    assert!(!server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answers(), ["ok", "token-malformed"]);

    write(server.portal.clone(), &set(&[one(), two()]));
    assert_eq!(server.answers(), ["ok", "token-malformed"], "not before it is looked at");
    assert!(server.verifier.reload_if_changed().unwrap());
    assert!(!server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answers(), ["ok", "ok"]);

    write(server.portal.clone(), &set(&[two()]));
    assert!(server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answers(), ["token-malformed", "ok"], "a remembered token outlived its key");
}

#[test]
fn a_key_changed_under_its_name_is_another_key() {
    let server = Rotating::new();
    assert_eq!(server.answers(), ["ok", "token-malformed"]);
    write(server.portal.clone(), &set(&[ed_jwk(&KEYS.foreign, "one")]));
    assert!(server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answer(&named("one", By::Ed)), "signature-invalid");
    assert_eq!(server.answer(&named("one", By::Foreign)), "ok");
}

#[test]
fn a_broken_file_keeps_the_old_keys_and_is_told_once() {
    let server = Rotating::new();
    let huge = " ".repeat(1024 * 1024 + 1);
    for broken in ["", "{", "{\"keys\":[]}", "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", &huge] {
        std::fs::write(&server.portal, broken).unwrap();
        let error = server.verifier.reload_if_changed().unwrap_err().to_string();
        assert!(error.contains("portal.json"), "{error}");
        assert!(!server.verifier.reload_if_changed().unwrap(), "told twice");
        assert_eq!(server.answers(), ["ok", "token-malformed"]);
    }
    std::fs::remove_file(&server.portal).unwrap();
    assert!(server.verifier.reload_if_changed().unwrap_err().to_string().contains("does not exist"));
    assert!(!server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answers(), ["ok", "token-malformed"]);

    // The same file as before is no change, another is.
    write(server.portal.clone(), &set(&[one()]));
    assert!(!server.verifier.reload_if_changed().unwrap());
    write(server.portal.clone(), &set(&[two()]));
    assert!(server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answers(), ["token-malformed", "ok"]);
}

#[test]
fn one_broken_file_does_not_hold_up_another() {
    let server = Rotating::new();
    std::fs::write(&server.portal, "broken").unwrap();
    write(server.kiosks.clone(), &set(&[ed_jwk(&KEYS.kiosk, "newer")]));
    assert!(server.verifier.reload_if_changed().unwrap_err().to_string().contains("portal.json"));
    let claims = ClaimsText::of(KIOSKS).text();
    let kiosk = |kid: &str| server.answer(&token(By::Kiosk, &format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#), &claims));
    assert_eq!([kiosk("kiosk"), kiosk("newer")], ["token-malformed", "ok"]);
    assert_eq!(server.answers(), ["ok", "token-malformed"]);
}

#[test]
fn a_name_that_another_issuer_has_is_refused_until_it_is_free() {
    let server = Rotating::new();
    write(server.kiosks.clone(), &set(&[ed_jwk(&KEYS.kiosk, "one")]));
    assert!(server.verifier.reload_if_changed().unwrap_err().to_string().contains("\"one\" is used by two keys"));
    assert!(!server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answers(), ["ok", "token-malformed"]);

    write(server.portal.clone(), &set(&[two()]));
    assert!(server.verifier.reload_if_changed().unwrap());
    assert_eq!(server.answers(), ["signature-invalid", "ok"], "the name is the kiosks' now");
}

#[test]
fn rotation_under_load_refuses_no_good_token() {
    let server = Rotating::new();
    let stop = AtomicBool::new(false);
    let steady = named("one", By::Ed);
    let check = || {
        let mut checked = 0;
        while checked < 100 || !stop.load(Ordering::Relaxed) {
            assert_eq!(server.answer(&steady), "ok");
            checked += 1;
        }
    };
    thread::scope(|scope| {
        let _stopping = StopAtEnd(&stop);
        for _ in 0..3 {
            scope.spawn(check);
        }
        let next = named("two", By::Foreign);
        for _ in 0..100 {
            for (keys, answer) in [(vec![two(), one()], "ok"), (vec![one()], "token-malformed")] {
                write(server.portal.clone(), &set(&keys));
                assert!(server.verifier.reload_if_changed().unwrap());
                assert_eq!(server.answer(&next), answer);
            }
        }
    });
}

/// Lets the other threads end also when this one fails, so that a failure is told and not waited for.
struct StopAtEnd<'a>(&'a AtomicBool);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A portal with one key need not name it, also where the installation signs with the same
/// algorithm; with two keys it must.
#[test]
fn a_portals_only_key_needs_no_name_beside_the_installations_own() {
    let files = tempfile::tempdir().unwrap();
    let portal = write(files.path().join("portal.json"), &set(&[one()]));
    let own = Issuer::own(Arc::new(OwnKey::generate().unwrap()));
    let issuers = vec![own, issuer(PORTAL, vec![Channel::Internet], KeySource::JwksFile(portal.clone()))];
    let verifier = Verifier::new(issuers, 10).unwrap();
    let nameless = format!("Bearer {}", token(By::Ed, r#"{"alg":"EdDSA"}"#, &ClaimsText::good().text()));
    let answer = || slug(verifier.verify(Some(nameless.as_bytes()), &reference(), at(NOW)).map(drop));
    assert_eq!(answer(), "ok");
    write(portal, &set(&[one(), two()]));
    assert!(verifier.reload_if_changed().unwrap());
    assert_eq!(answer(), "token-malformed");
}
