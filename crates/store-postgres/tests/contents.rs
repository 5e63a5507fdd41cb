//! What is read of the whole database: pages of an export, and contradictions.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are not themselves marked as tests")]

mod common;

use std::sync::Arc;

use jiff::{SignedDuration, ToSpan};
use talon_domain::{
    access::Channel,
    audit::{Action, AuditRecord},
    entry::TicketCounter,
    ids::{AuditId, EntryId, EntryKey, RequestId, SlotId},
    message::{Message, MessageKind},
};
use talon_store::{
    Kind, Record, Store,
    conformance::{
        region::{
            ADULTS, ANNA, EAST, book, booked, facility, facility_records, fill, local_start, now, person,
            person_records, slot, tomorrow,
        },
        tally::all,
    },
};
use talon_store_postgres::{OpenOptions, PostgresStore};
use uuid::Uuid;

use common::open;

/// More than two pages of each kind, in the order of their keys.
fn records(kind: Kind) -> Vec<Record> {
    let some = 0..2_345_u64;
    let home = |number: u64| facility(if number < 1_000 { ADULTS } else { EAST });
    let id = |number: u64| Uuid::from_u128(u128::from(number));
    let person_record = |kind: Kind| {
        let all = (1_000..3_345).flat_map(person_records);
        all.filter(move |record| match record {
            Record::Person(_) => kind == Kind::Person,
            Record::Card(_) => kind == Kind::Card,
            _ => false,
        })
    };
    match kind {
        Kind::Person | Kind::Card => {
            let mut records: Vec<_> = person_record(kind).collect();
            records.sort_by_key(|record| match record {
                Record::Card(card) => (card.facility.0, card.person.0),
                _ => (Uuid::nil(), Uuid::nil()),
            });
            records
        }
        Kind::Slot => some
            .map(|number| {
                let mut cell = slot(if number < 1_000 { ADULTS } else { EAST }, 0, number, local_start(0));
                cell.key.slot = SlotId(id(number ^ 0x3ff));
                cell.start += SignedDuration::from_mins(20 * i64::try_from(number).unwrap());
                Record::Slot(cell)
            })
            .collect(),
        Kind::Counter => some
            .map(|number| {
                let day = tomorrow().saturating_add(i64::try_from(number).unwrap().days());
                Record::Counter(TicketCounter { facility: home(number), day, last: 1 })
            })
            .collect(),
        Kind::Message => some
            .map(|number| {
                let entry = EntryKey { facility: home(number), entry: EntryId(id(number / 3)) };
                let version = u32::try_from(number % 3).unwrap();
                Record::Message(Message { entry, version, kind: MessageKind::Booked, created: now() })
            })
            .collect(),
        Kind::Audit => some
            .map(|number| {
                Record::Audit(AuditRecord {
                    id: AuditId(id(number)),
                    at: now(),
                    request: RequestId(id(number / 2)),
                    from: None,
                    node: None,
                    person: Some(person(ANNA)),
                    client: None,
                    channel: Some(Channel::Infomat),
                    action: Action::Book,
                    facility: Some(home(number)),
                    object: None,
                    outcome: "ok".to_owned(),
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_of_many_pages_has_everything_in_the_order_of_the_keys() {
    let (store, _schema) = open().await;
    let facilities = [ADULTS, EAST].into_iter().flat_map(facility_records).collect();
    assert_eq!(store.import_page(facilities, now()).await, Ok(Vec::new()));
    for kind in [Kind::Person, Kind::Card, Kind::Slot, Kind::Counter, Kind::Message, Kind::Audit] {
        let given = records(kind);
        assert!(given.len() > 2_000, "{kind:?}");
        for page in given.chunks(1_000) {
            assert_eq!(store.import_page(page.to_vec(), now()).await, Ok(Vec::new()), "{kind:?}");
        }
        assert!(all(&store, kind).await == given, "{kind:?}");
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_has_read_a_state_gives_the_connection_back() {
    let schema = common::schema().await;
    let url = schema.url().with_parameter("application_name", schema.name());
    let options = OpenOptions { readers: 1, ..OpenOptions::new(now()) };
    let store: Arc<dyn Store> = PostgresStore::open(&url.parse().unwrap(), &options).await.unwrap();
    fill(&store, Vec::new()).await;
    let connections = || {
        let mine = format!("SELECT pid FROM pg_stat_activity WHERE application_name = '{}' ORDER BY 1", schema.name());
        schema.psql(&mine)
    };
    let before = connections();
    for _ in 0..3 {
        // With one connection the next state waits for the last to be done with.
        let snapshot = store.snapshot().await.unwrap();
        assert_eq!(snapshot.page(Kind::Facility, None).await.unwrap().records.len(), 3);
        drop(snapshot);
        assert_eq!(store.verify().await, Ok(Vec::new()));
    }
    assert_eq!(connections(), before);
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_contradiction_is_named() {
    let (store, schema) = open().await;
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry.entry;
    let as_it_was = format!("UPDATE claim_referral SET entry = '{entry}'");
    assert_eq!(store.verify().await, Ok(Vec::new()));
    // What spoils it, what mends it, and what is said meanwhile.
    let contradictions: &[(&str, &str, &[&str])] = &[
        (
            "UPDATE claim_place SET place = 9",
            "UPDATE claim_place SET place = 1",
            &["1 live entries whose place is not claimed", "1 claimed places that their cells do not have"],
        ),
        (
            "INSERT INTO claim_place SELECT facility, slot, 1, facility FROM slot ORDER BY start DESC LIMIT 1",
            "DELETE FROM claim_place WHERE entry = facility",
            &["1 claimed places without a live entry"],
        ),
        (
            "UPDATE claim_referral SET entry = facility",
            &as_it_was,
            &["1 entries whose referral is not claimed", "1 claimed referrals without an entry"],
        ),
        (
            "UPDATE claim_specialty SET specialty = 'eyes'",
            "UPDATE claim_specialty SET specialty = 'therapy'",
            &["1 live entries ahead whose specialty is not claimed", "1 claimed specialties without a live entry"],
        ),
        (
            "UPDATE claim_specialty SET start = start - 1",
            "UPDATE claim_specialty SET start = start + 1",
            &["1 live entries ahead whose specialty is not claimed", "1 claimed specialties without a live entry"],
        ),
        (
            "INSERT INTO claim_specialty SELECT facility, specialty, facility, entry, start FROM claim_specialty",
            "DELETE FROM claim_specialty WHERE person = facility",
            &["1 claimed specialties without a live entry"],
        ),
        (
            "UPDATE claim_time SET start = start + 1",
            "UPDATE claim_time SET start = start - 1",
            &["1 live entries that are not among their person's visits"],
        ),
        (
            "INSERT INTO claim_time SELECT person, start, facility, person FROM claim_time",
            "DELETE FROM claim_time WHERE entry = person",
            &["1 visits without a live entry"],
        ),
    ];
    for (spoil, mend, said) in contradictions {
        schema.psql(spoil);
        let mut found = store.verify().await.unwrap();
        found.sort();
        let mut said: Vec<_> = said.iter().map(ToString::to_string).collect();
        said.sort();
        assert_eq!(found, said, "{spoil}");
        schema.psql(mend);
        assert_eq!(store.verify().await, Ok(Vec::new()), "{mend}");
    }
    schema.psql("UPDATE entry SET ticket = 'Т-002'");
    let found = store.verify().await.unwrap();
    assert!(found.len() == 1 && found[0].contains("does not match its checksum"), "{found:?}");
    store.close().await;
}
