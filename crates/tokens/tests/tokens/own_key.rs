//! The installation's own key and its tokens (CR-2).

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    sync::{Arc, Barrier},
    thread,
    time::Duration,
};

use talon_domain::{
    access::Channel,
    ids::{ClientId, PersonId},
};
use talon_tokens::{Issuer, KeyError, NewToken, OwnKey, Verifier};

use crate::world::{KIOSK_CLIENT, NOW, PERSON, WORLD, at, reference};

fn claims() -> NewToken {
    let person = PersonId::parse(PERSON).unwrap();
    NewToken { person, client: None, channel: None, ttl: Duration::from_secs(900) }
}

fn bearer(key: &OwnKey, claims: &NewToken) -> Vec<u8> {
    format!("Bearer {}", key.sign(claims, at(NOW)).unwrap()).into_bytes()
}

#[test]
fn its_tokens_are_let_in_for_as_long_as_they_live() {
    let token = bearer(&WORLD.own, &claims());
    assert_eq!(WORLD.answer(Some(&token), NOW), "ok");
    assert_eq!(WORLD.answer(Some(&token), NOW + 900 + 60), "token-expired");
    let stranger = OwnKey::generate().unwrap();
    assert_eq!(WORLD.answer(Some(&bearer(&stranger, &claims())), NOW), "token-malformed");
}

#[test]
fn its_tokens_carry_client_and_channel() {
    for channel in Channel::ALL {
        let token = bearer(&WORLD.own, &NewToken { channel: Some(*channel), ..claims() });
        let identity = WORLD.verifier.verify(Some(&token), &reference(), at(NOW)).unwrap();
        assert_eq!((identity.channel, identity.client.is_none()), (*channel, true));
    }
    let client = Some(ClientId::parse(KIOSK_CLIENT).unwrap());
    let token = bearer(&WORLD.own, &NewToken { client, channel: Some(Channel::Infomat), ..claims() });
    let identity = WORLD.verifier.verify(Some(&token), &reference(), at(NOW)).unwrap();
    assert_eq!(identity.client.map(|client| client.id), client);
}

#[test]
fn a_life_beyond_the_calendar_is_refused() {
    for ttl in [Duration::MAX, Duration::from_secs(u64::MAX / 2), Duration::from_secs(400_000_000_000)] {
        let error = WORLD.own.sign(&NewToken { ttl, ..claims() }, at(NOW)).unwrap_err();
        assert!(matches!(error, KeyError::LifetimeTooLong), "{error}");
    }
}

#[test]
fn it_is_made_once_for_its_owner_only_and_found_again() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("signing.pem");
    let made = OwnKey::load_or_create(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
    let text = fs::read(&path).unwrap();
    let found = OwnKey::load_or_create(&path).unwrap();
    assert_eq!(made.public_jwk(), found.public_jwk());
    assert_eq!(OwnKey::load(&path).unwrap().public_jwk(), found.public_jwk());
    assert_eq!(fs::read(&path).unwrap(), text);
    assert_eq!(fs::read_dir(files.path()).unwrap().count(), 1, "something was left beside it");

    let verifier = Verifier::new(vec![Issuer::own(Arc::new(found))], 10).unwrap();
    assert!(verifier.verify(Some(&bearer(&made, &claims())), &reference(), at(NOW)).is_ok());
}

#[test]
fn of_many_that_make_it_at_once_all_get_the_same() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("signing.pem");
    let start = Barrier::new(8);
    let make = || {
        start.wait();
        OwnKey::load_or_create(&path).unwrap().public_jwk()
    };
    let made: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(made.iter().all(|jwk| *jwk == made[0]));
}

#[test]
fn a_key_that_others_may_open_is_refused() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("signing.pem");
    OwnKey::load_or_create(&path).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o644, 0o620, 0o601, 0o777] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        for loaded in [OwnKey::load(&path), OwnKey::load_or_create(&path)] {
            let error = loaded.unwrap_err().to_string();
            assert!(error.contains(&format!("chmod 600 {}", path.display())), "{mode:o}: {error}");
        }
    }
    for mode in [0o600, 0o400] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        OwnKey::load(&path).unwrap();
    }
}

#[test]
fn a_file_that_is_no_such_key_is_refused_and_left_alone() {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("signing.pem");
    let public = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n";
    let garbage = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for text in [
        "",
        "key",
        public,
        garbage,
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
    ] {
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        let error = OwnKey::load_or_create(&path).unwrap_err().to_string();
        assert!(error.contains("is not an Ed25519 private key in PKCS#8 PEM"), "{text:?}: {error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::write(&path, vec![b'x'; 70_000]).unwrap();
    assert!(OwnKey::load(&path).unwrap_err().to_string().contains("larger than"));
}

#[test]
fn a_missing_key_is_told_by_load_and_a_missing_directory_by_both() {
    let path = Path::new("/nowhere/signing.pem");
    assert!(OwnKey::load(path).unwrap_err().to_string().contains("/nowhere/signing.pem does not exist"));
    assert!(OwnKey::load_or_create(path).unwrap_err().to_string().contains("/nowhere/signing.pem cannot be created"));
}
