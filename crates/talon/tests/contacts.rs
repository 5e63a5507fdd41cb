//! CR-1: e-mails and telephones lie sealed in either store, and their keys change while a server books.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use common::{book_request, connect, exchange, installation, talon, told};
use talon_testkit::{Installation, RegionBuilder, Server, clock, postgres::Postgres};

#[test]
fn keys_change_while_a_server_books_and_nothing_is_lost() {
    keys_change(installation());
}

#[test]
fn keys_change_while_a_server_books_and_nothing_is_lost_on_postgres() {
    let installation = installation().on_postgres(Postgres::shared().schema());
    let file = installation.directory().join("shared.contacts");
    keys_change(installation.with_env("TALON_CONTACT_KEYS", file.to_str().unwrap()));
}

/// Patients, each of whom books with an e-mail while the keys change.
const PATIENTS: usize = 60;

fn keys_change(installation: Installation) {
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
    let doctor = region.doctor(&facility, "1");
    let slots = region.slots(&doctor, clock::day_ahead(3), PATIENTS, 1);
    let patients: Vec<_> = (0..PATIENTS).map(|_| region.patient(&facility, "1")).collect();
    installation.import(&region);
    let server = Server::start(&installation);
    let requests: Vec<_> = patients
        .iter()
        .zip(&slots)
        .enumerate()
        .map(|(nth, ((person, referral), slot))| {
            book_request(&installation.booking(person, referral, slot).with_email(&format!("kanareyka-{nth}@mail.ru")))
        })
        .collect();
    let (address, changed) = (server.address, AtomicBool::new(false));
    let (first, rest) = requests.split_at(PATIENTS / 3);
    for request in first {
        assert!(exchange(&mut connect(address), request).starts_with("HTTP/1.1 200"));
    }
    let old = listed(&installation);
    let (during, after) = rest.split_at(PATIENTS / 3);
    thread::scope(|scope| {
        let booking = scope.spawn(|| {
            for request in during {
                assert!(exchange(&mut connect(address), request).starts_with("HTTP/1.1 200"));
            }
            while !changed.load(Ordering::Acquire) {
                // Repetitions, which read the card each time, as long as the keys are being changed.
                assert!(exchange(&mut connect(address), &during[0]).starts_with("HTTP/1.1 200"));
                thread::yield_now();
            }
        });
        let (code, out, errors) = keys(&installation, &["rotate"]);
        changed.store(true, Ordering::Release);
        assert!(code == 0 && out.contains("sealed anew: "), "{out}{errors}");
        booking.join().unwrap();
    });
    for request in after {
        assert!(exchange(&mut connect(address), request).starts_with("HTTP/1.1 200"));
    }
    assert_eq!(listed(&installation).len(), 2);
    let (code, _, errors) = keys(&installation, &["drop", &listed(&installation)[0]]);
    assert!(code == 1 && errors.contains("seals what is written now"), "{errors}");
    // No option is meant by this, and it is no key's name either.
    let (code, _, errors) = keys(&installation, &["drop", "-Uabcdef"]);
    assert!(code == 1 && !errors.contains("unexpected argument"), "{errors}");
    let (code, _, errors) = keys(&installation, &["drop", &old[0]]);
    assert_eq!(code, 0, "{errors}");
    let exported = installation.command("export").output().unwrap();
    let lines = String::from_utf8(exported.stdout).unwrap();
    for nth in 0..PATIENTS {
        assert!(lines.contains(&format!("\"kanareyka-{nth}@mail.ru\"")), "{nth}");
    }
    drop(server);
    // Whoever has the store has no contact.
    if installation.store_url().starts_with("sqlite:") {
        for ending in ["", "-wal"] {
            let path = format!("{}{ending}", installation.store().display());
            let bytes = fs::read(&path).unwrap_or_default();
            assert!(!bytes.windows(9).any(|part| part == b"kanareyka"), "{path}");
        }
    }
    let file = installation.directory().join("talon.db.contacts");
    if file.exists() {
        fs::remove_file(file).unwrap();
        let refused = installation.command("export").output().unwrap();
        let (code, _, errors) = told(&refused);
        assert!(code == 1 && errors.contains("contacts are sealed by key"), "{errors}");
    }
}

fn keys(installation: &Installation, args: &[&str]) -> (i32, String, String) {
    let mut command = talon(installation.directory());
    command.arg("keys").args(args).args(["--store", &installation.store_url()]);
    if !installation.store_url().starts_with("sqlite:") {
        command.env("TALON_CONTACT_KEYS", installation.directory().join("shared.contacts"));
    }
    told(&command.output().unwrap())
}

/// The names of the keys.
fn listed(installation: &Installation) -> Vec<String> {
    let (code, out, errors) = keys(installation, &["list"]);
    assert_eq!(code, 0, "{errors}");
    out.lines().filter_map(|line| line.split_whitespace().next()).map(ToOwned::to_owned).collect()
}
