//! I19, PR-2: what is kept of a person can be given out, and erased so that nothing of it is found any more: not in
//! the store's files, its log, the messages or the server's log. Beside a server that goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use common::{book_request, connect, exchange, installation, talon, told};
use serde_json::{Value, json};
use talon_testkit::{Booking, Installation, PersonRef, ReferralRef, RegionBuilder, Server, SlotRef, clock};

/// Planted wherever a person's data can stand.
const CANARIES: [&str; 8] = [
    "Канарейкина",
    "Кенарь",
    "Пернатовна",
    "5550001112223334",
    "kanareyka@mail.ru",
    "second-kanareyka@mail.ru",
    "70000000042",
    "КАРТА-КЕНАРЯ",
];

struct World {
    installation: Installation,
    person: PersonRef,
    other: PersonRef,
    slots: Vec<SlotRef>,
    referral: ReferralRef,
}

fn world() -> World {
    let installation = installation();
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
    let doctor = region.doctor(&facility, "1");
    let slots = region.slots(&doctor, clock::day_ahead(3), 3, 1);
    let person = region.person();
    region.set("family", json!("Канарейкина"));
    region.set("given", json!("Кенарь"));
    region.set("patronymic", json!("Пернатовна"));
    region.set("policy", json!({"number": "5550001112223334"}));
    region.card(&facility, &person);
    region.set("number", json!("КАРТА-КЕНАРЯ"));
    region.set("email", json!("kanareyka@mail.ru"));
    region.set("phone", json!("70000000042"));
    let referral = region.referral(&facility, &person, "1");
    let other = region.person();
    region.card(&facility, &other);
    installation.import(&region);
    World { installation, person, other, slots, referral }
}

impl World {
    fn person(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = talon(self.installation.directory());
        command.arg("person").args(args).args(["--store", &self.installation.store_url()]);
        told(&command.output().unwrap())
    }

    /// Which canaries are found, and in which file.
    fn found(&self) -> Vec<(String, &'static str)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.installation.directory()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !is_input(&path) {
                let bytes = fs::read(&path).unwrap();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let has = |canary: &&str| bytes.windows(canary.len()).any(|part| part == canary.as_bytes());
                found.extend(CANARIES.into_iter().filter(has).map(|canary| (name.clone(), canary)));
            }
        }
        found
    }
}

fn book(server: &Server, booking: &Booking) -> String {
    exchange(&mut connect(server.address), &book_request(booking))
}

/// The region file and what a test writes itself are not the server's to erase.
fn is_input(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "ndjson")
}

#[test]
fn an_erased_person_is_in_no_file_any_more() {
    let world = world();
    let server = Server::start(&world.installation);
    let booking = world.installation.booking(&world.person, &world.referral, &world.slots[0]);
    // The e-mail of the card is replaced: what it was before must go as well.
    let booked = book(&server, &booking.with_email("second-kanareyka@mail.ru"));
    assert!(booked.starts_with("HTTP/1.1 200"), "{booked}");
    let there: BTreeSet<_> = world.found().into_iter().map(|(_, canary)| canary).collect();
    assert_eq!(there.len(), CANARIES.len() - 3, "all but the contacts, which are sealed: {there:?}");

    let guid = world.person.guid.as_str();
    let (code, foretold, _) = world.person(&["erase", guid]);
    assert!(code == 0 && foretold.contains("would be erased") && foretold.contains("1 of the entries"), "{foretold}");
    let (code, erased, errors) = world.person(&["erase", guid, "--yes"]);
    assert!(code == 0 && erased.contains(&format!("erased: {guid}")), "{erased}{errors}");
    assert_eq!(world.found(), [], "beside a running server");

    let refused = book(&server, &booking);
    assert!(refused.contains("card-not-found"), "{refused}");
    let (code, _, errors) = world.person(&["export", guid]);
    assert!(code == 1 && errors.contains("nothing is kept"), "{errors}");
    drop(server);
    assert_eq!(world.found(), []);
}

#[test]
fn a_person_is_given_out_whole_and_it_is_on_record() {
    let world = world();
    let server = Server::start(&world.installation);
    let booking = world.installation.booking(&world.person, &world.referral, &world.slots[0]);
    assert!(book(&server, &booking).starts_with("HTTP/1.1 200"));
    let guid = world.person.guid.as_str();
    let (code, lines, errors) = world.person(&["export", guid]);
    assert_eq!(code, 0, "{errors}");
    let types: Vec<String> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["type"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(types, ["person", "card", "referral", "entry", "message"], "{lines}");
    assert!(lines.contains("Канарейкина") && !lines.contains(&world.other.guid));
    let file = world.installation.directory().join("all.ndjson");
    let exported = world.installation.command("export").arg("--output").arg(&file).output().unwrap();
    assert!(exported.status.success());
    let all = fs::read_to_string(file).unwrap();
    let given_out = all.lines().filter(|line| line.contains("\"action\":\"export\"") && line.contains(guid));
    assert_eq!(given_out.count(), 1);
}

#[test]
fn two_persons_become_one() {
    let world = world();
    let server = Server::start(&world.installation);
    let (guid, other) = (world.person.guid.as_str(), world.other.guid.as_str());
    let (code, _, errors) = world.person(&["merge", guid, guid, "--yes"]);
    assert!(code == 1 && errors.contains("the same person"), "{errors}");
    let (code, merged, errors) = world.person(&["merge", guid, other, "--yes"]);
    assert!(code == 0 && merged.contains("merged"), "{merged}{errors}");
    let booking = world.installation.booking(&world.other, &world.referral, &world.slots[0]);
    assert!(book(&server, &booking).starts_with("HTTP/1.1 200"), "the referral is theirs");
    let (_, lines, _) = world.person(&["export", other]);
    assert!(lines.contains("kanareyka@mail.ru"), "the card that is kept had no contact: {lines}");
}
