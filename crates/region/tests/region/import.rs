//! Importing: what is kept, what is faulty, what is said of it.

use crate::common::*;

use serde_json::json;
use talon_domain::{entry::EntryState, ids::SlotId};
use talon_region::{ImportOptions, Progress, import};
use talon_store::{ANY_PLACE, Fault, Kind, Record};

const START: &str = "2026-04-14T09:00";

#[tokio::test]
async fn a_region_is_applied_in_pages_by_kind() {
    let store = FakeStore::default();
    let lines = [
        card(4, PERSON),
        referral(5, PERSON),
        slot(6, START),
        template(7),
        client(8),
        entry(9, 6, PERSON),
        json!({"type": "entry_version", "facility": guid(FACILITY), "entry": guid(9), "version": 1,
            "resource": guid(RESOURCE), "slot": guid(12), "place": 1, "start": "2026-04-13T06:00:00Z", "minutes": 20,
            "ticket": "Т-001", "until": "2026-04-10T09:00:00Z"}),
        json!({"type": "cancellation", "facility": guid(FACILITY), "entry": guid(9), "code": 1,
            "at": "2026-04-10T10:00:00Z"}),
        json!({"type": "waiting", "facility": guid(FACILITY), "guid": guid(13), "person": guid(PERSON),
            "specialty": "therapy", "from": "2026-04-14", "until": "2026-05-14", "since": "2026-04-10T08:00:00Z",
            "state": "waiting"}),
        json!({"type": "counter", "facility": guid(FACILITY), "day": "2026-04-14", "last": 1}),
        json!({"type": "message", "facility": guid(FACILITY), "entry": guid(9), "version": 1, "kind": "booked",
            "created": "2026-04-10T08:00:00Z"}),
        json!({"type": "audit", "guid": guid(10), "at": "2026-04-10T08:00:00Z", "request": guid(11),
            "action": "book", "outcome": "ok"}),
        json!({"type": "audit-seal", "node": "zapis-1", "kind": "change", "day": "2026-04-10", "number": 1,
            "request": guid(11), "audit": guid(10), "hash": "0".repeat(64)}),
    ];
    let report = load(&store, based(&lines), false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    assert_eq!((report.lines, report.applied_lines(), report.faulty_lines), (17, 17, 0));
    assert!(report.templates_changed);
    let kinds: Vec<Kind> = report.applied.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, Kind::ALL);

    let [Record::Slot(slot)] = &store.of_kind(Kind::Slot)[..] else { panic!() };
    assert_eq!((slot.start.to_string().as_str(), slot.places), ("2026-04-14T06:00:00Z", 1), "Moscow is three ahead");
    let [Record::Entry(entry)] = &store.of_kind(Kind::Entry)[..] else { panic!() };
    assert_eq!((entry.start, entry.minutes, entry.specialty.0.as_str()), (slot.start, 20, "therapy"));
    assert_eq!((entry.place, entry.version, entry.state), (ANY_PLACE, 1, EntryState::Booked));
}

#[tokio::test]
async fn the_order_of_lines_is_free_and_importing_again_changes_nothing() {
    let lines = [base(), vec![card(4, PERSON), referral(5, PERSON), slot(6, START), entry(9, 6, PERSON)]].concat();
    let store = FakeStore::default();
    load(&store, text(&lines), false).await.unwrap();
    let first = store.all();
    let mut reversed = lines.clone();
    reversed.reverse();
    for again in [lines, reversed.clone()] {
        let report = load(&store, text(&again), false).await.unwrap();
        assert_eq!(report.faulty_lines, 0);
        assert_eq!(store.all(), first);
    }
    let other = FakeStore::default();
    load(&other, text(&reversed), false).await.unwrap();
    assert_eq!(other.all(), first);
}

#[tokio::test]
async fn references_may_lead_to_the_store() {
    let store = FakeStore::default();
    load(&store, based(&[referral(5, PERSON), slot(6, START)]), false).await.unwrap();
    let entry = with(entry(9, 6, PERSON), "referral", json!(guid(FACILITY) + &guid(5)));
    let lines = [card(4, PERSON), slot(7, "2026-04-14T10:00"), entry];
    let report = load(&store, text(&lines), false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    let [Record::Entry(entry)] = &store.of_kind(Kind::Entry)[..] else { panic!() };
    assert_eq!((entry.start.to_string().as_str(), entry.minutes), ("2026-04-14T06:00:00Z", 20), "the cell's");
}

#[tokio::test]
async fn faults_are_shown_by_file_and_line_and_nothing_is_applied() {
    let store = FakeStore::default();
    let first = format!("\u{feff}{}\r\n\r\n{{\"type\":\"slot\"", specialty());
    let second = [
        text(&[with(person(3), "sex", json!("x"))]).into_bytes(),
        b"{\"\xff\":1}\n".to_vec(),
        text(&[card(4, 77), with(resource(2), "facility", json!("?"))]).into_bytes(),
    ]
    .concat();
    let inputs = vec![input("a.ndjson", first), input("b.ndjson", second)];
    let report = import(&store, inputs, ImportOptions::new(jiff::Timestamp::UNIX_EPOCH), &mut |_| ()).await.unwrap();
    let expected = [
        "a.ndjson:3: not JSON: EOF while parsing an object at column 14",
        "b.ndjson:1: must be one of male, female, key `sex`",
        "b.ndjson:2: not UTF-8",
        "b.ndjson:3: there is no such person, or its line is faulty, key `person`",
        "b.ndjson:3: there is no such facility, or its line is faulty, key `facility`",
        "b.ndjson:4: must be a guid, key `facility`",
    ];
    assert_eq!(shown(&report), expected);
    assert_eq!((report.lines, report.faulty_lines, report.further_faults), (6, 5, 0));
    assert_eq!(store.all(), []);
}

#[tokio::test]
async fn a_hundred_faults_are_shown_and_the_rest_counted() {
    let store = FakeStore::default();
    let lines: Vec<_> = (100..350).map(|number| card(number, number)).collect();
    let report = load(&store, based(&lines), false).await.unwrap();
    assert_eq!((report.faults.len(), report.further_faults, report.faulty_lines), (100, 150, 250));
    assert_eq!(report.faults[0].line, 5);
    assert_eq!(report.faults[99].line, 104);
}

#[tokio::test]
async fn what_is_good_is_kept_when_asked_for_without_what_hangs_on_the_rest() {
    let store = FakeStore::default();
    let lines = [
        with(person(30), "birth_date", json!("1980-02-30")),
        card(40, 30),
        card(41, PERSON),
        referral(50, 30),
        with(resource(20), "specialty", json!("unknown")),
        with(slot(60, START), "resource", json!(guid(20))),
        slot(61, START),
        with(with(entry(90, 60, PERSON), "resource", json!(guid(20))), "state", json!("booked")),
        with(entry(91, 61, PERSON), "referral", json!(guid(FACILITY) + &guid(50))),
        entry(92, 61, PERSON),
        json!({"type": "message", "facility": guid(FACILITY), "entry": guid(91), "version": 1, "kind": "booked",
            "created": "2026-04-10T08:00:00Z"}),
    ];
    let report = load(&store, based(&lines), true).await.unwrap();
    let faulty: Vec<u64> = report.faults.iter().map(|fault| fault.line).collect();
    assert_eq!(faulty, [5, 6, 8, 9, 10, 12, 12, 13, 15], "{:#?}", shown(&report));
    assert_eq!((report.faulty_lines, report.applied_lines()), (8, 7));
    assert_eq!(store.of_kind(Kind::Card).len(), 1);
    assert_eq!(store.of_kind(Kind::Slot).len(), 1);
    assert_eq!(store.of_kind(Kind::Entry).len(), 1);
    assert!(!report.templates_changed);
}

#[tokio::test]
async fn of_lines_with_one_key_the_last_counts() {
    let store = FakeStore::default();
    let mut lines = base();
    lines.push(with(person(PERSON), "family", json!("Сидоров")));
    lines.push(with(resource(RESOURCE), "room", json!("12")));
    lines.extend([slot(6, START), slot(7, "2026-04-14T11:00"), slot(6, "2026-04-14T10:00")]);
    // Replaced lines are not asked where they lead.
    lines.extend([card(4, 77), card(4, PERSON)]);
    let report = load(&store, text(&lines), false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    assert_eq!((report.lines, report.applied_lines()), (11, 7));
    let [Record::Person(person)] = &store.of_kind(Kind::Person)[..] else { panic!() };
    assert_eq!(person.family, "Сидоров");
    let [Record::Resource(resource)] = &store.of_kind(Kind::Resource)[..] else { panic!() };
    assert_eq!(resource.room.as_deref(), Some("12"));
    let id = SlotId::parse(&guid(6)).unwrap();
    let slots = store.of_kind(Kind::Slot);
    assert_eq!(slots.len(), 2);
    assert!(slots.iter().any(|record| matches!(record, Record::Slot(slot) if slot.key.slot == id
        && slot.start.to_string() == "2026-04-14T07:00:00Z")));
}

#[tokio::test]
async fn objects_of_two_facilities_may_share_a_guid() {
    let store = FakeStore::default();
    let elsewhere = |line| with(line, "facility", json!(guid(100)));
    let lines = [
        facility(100),
        elsewhere(resource(RESOURCE)),
        slot(6, START),
        elsewhere(slot(6, START)),
        card(4, PERSON),
        elsewhere(card(4, PERSON)),
        entry(9, 6, PERSON),
        elsewhere(entry(9, 6, PERSON)),
    ];
    let report = load(&store, based(&lines), false).await.unwrap();
    assert_eq!(shown(&report), Vec::<String>::new());
    assert_eq!(report.applied_lines(), 12);
}

#[tokio::test]
async fn what_excludes_one_another_is_found_in_the_input() {
    let store = FakeStore::default();
    let referred = |number| with(entry(number, 6, PERSON), "referral", json!(guid(FACILITY) + &guid(5)));
    let lines = [
        with(facility(200), "mkod", json!("1")),
        slot(61, "2026-04-14T09:10"),
        slot(6, START),
        slot(62, "2026-04-14T09:30"),
        with(slot(63, "2026-04-14T09:50"), "resource", json!(guid(RESOURCE))),
        card(4, PERSON),
        card(3, PERSON),
        referral(5, PERSON),
        with(with(referred(9), "state", json!("fulfilled")), "slot", json!(guid(62))),
        with(with(referred(8), "state", json!("booked")), "slot", json!(guid(62))),
        with(with(referred(7), "state", json!("missed")), "slot", json!(guid(62))),
        with(entry(92, 63, PERSON), "place", json!(1)),
        entry(91, 63, PERSON),
    ];
    let report = load(&store, based(&lines), false).await.unwrap();
    let expected = [
        "f:5: f:2 has this МКОД too, key `mkod`",
        "f:7: overlaps the cell of f:6, which is of the same resource, key `start`",
        "f:11: f:10 gives this person a card in this facility, too, key `person`",
        "f:14: the entry of f:13 uses it already, key `referral`",
        "f:17: it has more live entries than places, key `slot`",
    ];
    assert_eq!(shown(&report), expected);
}

#[tokio::test]
async fn what_the_store_objects_to_is_a_fault_of_its_line() {
    let store = FakeStore::default();
    load(&store, based(&[slot(6, START)]), false).await.unwrap();
    let lines = [with(facility(200), "mkod", json!("1")), slot(7, "2026-04-14T09:10")];
    let report = load(&store, text(&lines), false).await.unwrap();
    let expected = [
        "f:1: another facility of the store has this МКОД, key `mkod`",
        "f:2: overlaps a cell of the store, key `start`",
    ];
    assert_eq!(shown(&report), expected);
}

#[tokio::test]
async fn a_local_time_that_clocks_skip_is_a_fault_and_one_of_two_is_the_earlier() {
    let store = FakeStore::default();
    let berlin = with(facility(FACILITY), "zone", json!("Europe/Berlin"));
    let lines = [slot(6, "2026-03-29T02:30"), slot(7, "2026-10-25T02:30"), slot(8, "2026-10-25T01:30:00Z"), berlin];
    let report = load(&store, based(&lines), true).await.unwrap();
    assert_eq!(shown(&report), ["f:5: the clocks of the facility's zone skip this time, key `start`"]);
    let starts: Vec<String> = store
        .of_kind(Kind::Slot)
        .iter()
        .map(|record| if let Record::Slot(slot) = record { slot.start.to_string() } else { panic!() })
        .collect();
    assert_eq!(starts, ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"]);
}

#[tokio::test]
async fn entries_must_come_together() {
    let store = FakeStore::default();
    let lines = [
        resource(20),
        slot(6, START),
        with(entry(9, 6, PERSON), "resource", json!(guid(20))),
        entry(8, 66, PERSON),
        with(entry(7, 6, PERSON), "client", json!(guid(50))),
        with(entry(6, 6, 77), "specialty", json!("surgery")),
    ];
    let report = load(&store, based(&lines), false).await.unwrap();
    let expected = [
        "f:7: the cell is another resource's, key `resource`",
        "f:8: there is no such cell of the schedule, or its line is faulty, key `slot`",
        "f:9: there is no such client application, or its line is faulty, key `client`",
        "f:10: there is no such person, or its line is faulty, key `person`",
        "f:10: there is no such specialty, or its line is faulty, key `specialty`",
    ];
    assert_eq!(shown(&report), expected);
}

#[tokio::test]
async fn a_page_has_a_thousand_lines_at_most() {
    let store = FakeStore::default();
    let mut lines = base();
    lines.extend((1000..3500).map(person));
    let report = load(&store, text(&lines), false).await.unwrap();
    assert_eq!(report.applied_lines(), 2504);
    assert_eq!(store.pages(), [1, 1, 1, 1000, 1000, 501]);
    assert_eq!(store.checks(), store.pages(), "each is checked once");
}

#[tokio::test]
async fn a_page_that_the_store_refuses_after_all_stops_the_import_or_loses_the_line() {
    let fault = || Some(Fault { index: 1, key: "guid", what: "taken meanwhile".into(), holders: vec![] });
    let lines = based(&[person(5), person(6)]);
    let store = FakeStore::default();
    *store.surprise.lock().unwrap() = fault();
    let report = load(&store, lines.clone(), false).await.unwrap();
    assert_eq!(shown(&report), ["f:5: taken meanwhile, key `guid`"]);
    assert_eq!(store.of_kind(Kind::Person), []);

    let store = FakeStore::default();
    *store.surprise.lock().unwrap() = fault();
    let report = load(&store, lines, true).await.unwrap();
    assert_eq!((report.faulty_lines, report.applied_lines()), (1, 5));
    assert_eq!(store.of_kind(Kind::Person).len(), 2);
}

#[tokio::test]
async fn a_client_without_a_hash_leaves_the_stored_one_alone() {
    let store = FakeStore::default();
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$aGFzaA";
    load(&store, text(&[with(client(8), "secret_hash", json!(hash))]), false).await.unwrap();
    let before = store.all();
    assert_eq!(before.len(), 2);
    load(&store, text(&[client(8)]), false).await.unwrap();
    assert_eq!(store.all(), before);
}

#[tokio::test]
async fn progress_is_told() {
    let store = FakeStore::default();
    let mut stages = Vec::new();
    let mut tell = |progress| stages.push(progress);
    let lines = based(&[]);
    let bytes = lines.len() as u64;
    import(&store, vec![input("f", lines)], ImportOptions::new(jiff::Timestamp::UNIX_EPOCH), &mut tell).await.unwrap();
    assert_eq!(stages[0], Progress::Reading { lines: 4, bytes });
    assert_eq!(stages.last(), Some(&Progress::Applying { done: 4, total: 4 }));
    assert!(stages.contains(&Progress::Checking { done: 4, total: 4 }));
}
