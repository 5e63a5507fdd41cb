//! I8: a move that fails at any of its steps leaves the entry where it was, with its claims; and two nodes
//! that move one entry agree on where it is.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

mod common;

use std::sync::Arc;

use talon_store::{
    Kind,
    conformance::{
        region::{ADULTS, ANNA, book, booked, fill, move_to, now},
        tally::{all, all_but_audit, assert_exclusive, entries},
    },
};

/// What a move to another day writes, in whatever order.
const STEPS: [&str; 12] = [
    "INSERT ON claim_specialty",
    "DELETE ON claim_place",
    "INSERT ON claim_place",
    "INSERT ON claim_day",
    "DELETE ON claim_time",
    "INSERT ON claim_time",
    "INSERT ON ticket_counter",
    "UPDATE ON slot",
    "UPDATE ON entry",
    "INSERT ON entry_version",
    "INSERT ON outbox",
    "INSERT ON audit",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_at_any_step_leaves_the_entry_where_it_was() {
    if common::is_citus() {
        println!("not run: Citus has no triggers on distributed tables to plant faults with");
        return;
    }
    let (store, schema) = common::open().await;
    fill(&store, Vec::new()).await;
    let entry = booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    let (before, audit) = (all_but_audit(&store).await, all(&store, Kind::Audit).await);
    schema.psql(
        "CREATE FUNCTION planted() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN RAISE EXCEPTION ''planted''; END'",
    );
    for step in STEPS {
        let table = step.rsplit(' ').next().unwrap();
        schema.psql(&format!("CREATE TRIGGER fault BEFORE {step} FOR EACH ROW EXECUTE FUNCTION planted()"));
        let failed = store.move_entry(move_to(ANNA, entry, None, 31), now()).await;
        assert!(failed.is_err(), "{step}: {failed:?}");
        schema.psql(&format!("DROP TRIGGER fault ON {table}"));
        assert_eq!(all_but_audit(&store).await, before, "{step}");
        assert_eq!(all(&store, Kind::Audit).await, audit, "{step}");
        assert_exclusive(&store).await;
    }
    assert!(store.move_entry(move_to(ANNA, entry, None, 31), now()).await.unwrap().is_ok(), "and then it can be moved");
    assert_exclusive(&store).await;
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_nodes_that_move_one_entry_agree() {
    let schema = common::schema().await;
    let nodes = [common::node(&schema).await, common::node(&schema).await];
    fill(&nodes[0], Vec::new()).await;
    let entry = booked(&nodes[0], book(ANNA, ADULTS, 0, 3, 0)).await.entry;
    for round in 0..10 {
        // The same request on both, then different ones.
        let targets = if round % 2 == 0 { [5, 5] } else { [31, 8] };
        let running: Vec<_> = nodes
            .iter()
            .zip(targets)
            .map(|(node, target)| {
                let (node, command) = (Arc::clone(node), move_to(ANNA, entry, None, target));
                tokio::spawn(async move { node.move_entry(command, now()).await.unwrap() })
            })
            .collect();
        let mut made = 0;
        for reply in running {
            made += usize::from(!reply.await.unwrap().unwrap().repeated);
        }
        assert_eq!(made, if round % 2 == 0 { 1 } else { 2 }, "{round}");
        assert_eq!(entries(&nodes[1]).await.len(), 1);
        assert_exclusive(&nodes[0]).await;
    }
    for node in nodes {
        node.close().await;
    }
}
