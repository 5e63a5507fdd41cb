//! Plans go along the keys, whatever the server knew of a table when it made them.

#![allow(clippy::unwrap_used, reason = "helpers of tests are not themselves marked as tests")]

mod common;

use std::sync::Arc;

use talon_store::{
    FreeTimesQuery, Record, Sought, Store,
    conformance::{
        listing,
        region::{ADULTS, book, booked, fill, local_start, now, person, person_records, portal, referral, refused},
    },
};
use talon_store_postgres::{OpenOptions, PostgresStore};

use common::{is_citus, schema};

/// What is empty after an import and grows with every booking.
const GROWING: &str = "'claim_referral', 'claim_specialty', 'claim_place', 'claim_time', 'claim_day', 'entry'";

/// A booking, its repetition, a refusal with what is offered instead, and a list.
async fn requests(store: &Arc<dyn Store>, who: u64, cell: u64) {
    let command = book(who, ADULTS, 0, cell, 0);
    let first = booked(store, command.clone()).await;
    assert_eq!(booked(store, command).await.entry, first.entry);
    let rival = book(who + 50, ADULTS, 0, cell, 0);
    assert_eq!(refused(store, rival.clone()).await.slug(), "time-taken");
    let query = FreeTimesQuery {
        person: person(who + 50),
        caller: portal(),
        lpu: rival.lpu,
        sought: Sought::Referral(referral(who + 50, 0)),
        near: local_start(cell),
    };
    assert!(!store.alternatives(&query, now()).await.unwrap().is_empty());
    for lpu in [Some(ADULTS), None] {
        assert!(!store.free_times(&listing::query(who + 50, 0, lpu), now()).await.unwrap().unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_planned_for_empty_tables_does_not_read_full_ones_through() {
    if is_citus() {
        return eprintln!("this test did NOT run: Citus plans with the values, on each node for itself");
    }
    let schema = schema().await;
    let url = schema.url().with_parameter("application_name", schema.name());
    let open = PostgresStore::open(&url.parse().unwrap(), &OpenOptions::new(now())).await;
    let store: Arc<dyn Store> = open.unwrap();
    let patients: Vec<Record> = (100..200).flat_map(person_records).collect();
    fill(&store, patients).await;
    // As an operator does after an import. Nobody looks at the tables again until the test is over.
    schema.psql(&format!(
        "SELECT format('ALTER TABLE %I SET (autovacuum_enabled = off)', relname) FROM pg_class \
         WHERE relnamespace = current_schema()::regnamespace AND relname IN ({GROWING}) \\gexec\n\
         VACUUM (ANALYZE) {}",
        GROWING.replace('\'', "")
    ));
    for round in 0..3 {
        requests(&store, 100 + round, round).await;
    }
    schema.psql(
        "CREATE VIEW day AS SELECT n, md5(n::text)::uuid AS id FROM generate_series(1, 4000) n;
         INSERT INTO claim_referral SELECT facility, id, facility, id FROM day, (SELECT facility FROM referral LIMIT 1) f;
         INSERT INTO claim_specialty SELECT id, 'therapy', id, id, 9000000000 FROM day;
         INSERT INTO claim_place SELECT facility, id, 1, id FROM day, (SELECT facility FROM slot LIMIT 1) f;
         INSERT INTO claim_time SELECT id, 9000000000, id, id FROM day;
         INSERT INTO claim_day SELECT id, '2255-03-14', 1 FROM day;
         INSERT INTO entry SELECT facility, id, person, id, id, resource, slot, place, specialty, start, minutes, ticket,
         state, version, booked_at, client, channel, checksum FROM day, (SELECT * FROM entry LIMIT 1) e;
         DROP VIEW day",
    );
    for round in 3..6 {
        requests(&store, 100 + round, round).await;
    }
    store.close().await;
    // A connection's counts are there when it has ended.
    let left = format!("SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}'", schema.name());
    while schema.psql(&left) != "0" {}
    let read: u64 = schema
        .psql(&format!(
            "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes \
             WHERE schemaname = current_schema() AND relname IN ({GROWING})"
        ))
        .parse()
        .unwrap();
    assert!((1..1_000).contains(&read), "{read} rows were read for six bookings, repetitions, refusals and lists");
}
