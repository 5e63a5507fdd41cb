//! Sealing: every record in one chain, once, whoever seals.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::Date};
use talon_domain::{
    audit::{Action, AuditKind, AuditRecord, Request},
    ids::{AuditId, RequestId},
    node::NodeName,
};

use super::{
    region::{ADULTS, ANNA, book, booked, drawn, fill, now},
    tally::{all, audit},
};
use crate::{Behind, Chain, ChainEnd, Kind, LEFT_TO_ITS_NODE, Link, Record, RecordsQuery, Seal, Store, StoreError};

fn node(name: &str) -> NodeName {
    name.parse().unwrap()
}

/// The record of a read.
pub fn read_by(node: NodeName, at: Timestamp) -> AuditRecord {
    let request = Request::of(RequestId(drawn()));
    AuditRecord {
        id: AuditId(drawn()),
        at,
        request: request.id,
        from: Some("2001:db8::7".parse().unwrap()),
        node: Some(node),
        person: None,
        client: None,
        channel: None,
        action: Action::ReadEntries,
        facility: None,
        object: None,
        outcome: "ok".to_owned(),
    }
}

/// Every link of a chain, computed anew.
async fn whole(store: &Arc<dyn Store>, chain: &Chain) -> Vec<Link> {
    let snapshot = store.snapshot().await.unwrap();
    let (mut links, mut end) = (Vec::new(), ChainEnd::nothing(*chain));
    loop {
        let page = snapshot.links(chain, end.number).await.unwrap();
        for link in &page {
            let Behind::Record(record) = &link.behind else { panic!("{link:?}") };
            assert_eq!(end.append(record), link.seal);
        }
        if page.is_empty() {
            let stored: Vec<_> = snapshot.ends().await.unwrap();
            assert_eq!(stored.into_iter().find(|it| it.chain == *chain), Some(end));
            return links;
        }
        links.extend(page);
    }
}

async fn loose(store: &Arc<dyn Store>) -> Vec<AuditRecord> {
    store.snapshot().await.unwrap().loose(None).await.unwrap()
}

pub async fn every_record_gets_one_place_in_the_chain_of_its_kind(store: Arc<dyn Store>) {
    let (here, day) = (node("here"), "2026-04-14".parse().unwrap());
    let chain = |kind| Chain { node: here, kind, day };
    assert_eq!(store.seal(here, now(), 10).await, Ok(0));
    fill(&store, Vec::new()).await;
    let mut command = book(ANNA, ADULTS, 0, 3, 0);
    command.request = Request { from: Some("192.0.2.7".parse().unwrap()), node: Some(here), ..command.request };
    let request = command.request;
    booked(&store, command).await;
    for _ in 0..5 {
        store.record(read_by(here, now())).await.unwrap();
    }
    let before = audit(&store).await;
    let told = before.iter().find(|record| record.action == Action::Book).unwrap();
    assert_eq!((told.from, told.node), (request.from, request.node));
    assert_eq!(store.unsealed().await.unwrap().map(|(count, _)| count), Some(6));
    assert_eq!(store.seal(here, now(), 4).await, Ok(4));
    assert_eq!(store.seal(here, now(), 4).await, Ok(2));
    assert_eq!(store.seal(here, now(), 4).await, Ok(0));
    assert_eq!(store.unsealed().await, Ok(None));
    assert_eq!(whole(&store, &chain(AuditKind::Read)).await.len(), 5);
    assert_eq!(whole(&store, &chain(AuditKind::Change)).await.len(), 1);
    assert_eq!(loose(&store).await, []);
    assert_eq!(audit(&store).await, before, "records stay what they are");

    // The next day has chains of its own, and the record of a request that is told twice is there once.
    let tomorrow = now() + SignedDuration::from_hours(24);
    let again = read_by(here, tomorrow);
    store.record(again.clone()).await.unwrap();
    store.record(again).await.unwrap();
    assert_eq!(store.seal(here, tomorrow, 10).await, Ok(1));
    let ends = store.chain_ends(Date::MIN).await.unwrap();
    assert_eq!(ends.iter().map(|end| end.number).sum::<u64>(), 7);
    assert_eq!(store.chain_ends("2026-04-15".parse().unwrap()).await.unwrap().len(), 1);
    let counts = store.snapshot().await.unwrap().counts().await.unwrap();
    assert_eq!((counts.records, counts.seals, counts.vanished), (7, 7, 0));
}

pub async fn two_nodes_never_seal_one_record_twice(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let (one, other) = (node("one"), node("other"));
    for round in 0..10 {
        for _ in 0..20 {
            store.record(read_by(one, now())).await.unwrap();
            store.record(read_by(other, now())).await.unwrap();
        }
        // Late enough that each may take what the other left, and twice under one name.
        let late = now() + LEFT_TO_ITS_NODE + SignedDuration::from_secs(1 + round);
        let seal = |node| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut all = 0;
                loop {
                    match store.seal(node, late, 7).await {
                        Ok(0) => return all,
                        Ok(sealed) => all += sealed,
                        // The others were in the way too often; a sealer comes again.
                        Err(StoreError::Unavailable(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        };
        let (a, b, c) = tokio::join!(seal(one), seal(other), seal(one));
        let sealed = a.unwrap() + b.unwrap() + c.unwrap();
        // Whoever finds the rest of a batch gone stops early; nothing is left and nothing is there twice.
        let rest = store.seal(one, late, 1_000).await.unwrap();
        assert_eq!(sealed + rest, 40);
    }
    let mut links = 0;
    for end in store.chain_ends(Date::MIN).await.unwrap() {
        links += whole(&store, &end.chain).await.len();
    }
    assert_eq!(links, 400);
    assert_eq!(loose(&store).await, []);
}

pub async fn seals_travel_with_their_records(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let there = node("there");
    let chain = Chain { node: there, kind: AuditKind::Read, day: "2026-04-10".parse().unwrap() };
    let mut end = ChainEnd::nothing(chain);
    let records: Vec<_> = (0..3).map(|_| read_by(there, now())).collect();
    let seals: Vec<Seal> = records.iter().map(|record| end.append(record)).collect();
    let page: Vec<_> =
        records.iter().cloned().map(Record::Audit).chain(seals.iter().cloned().map(Record::Seal)).collect();
    for _ in 0..2 {
        assert_eq!(store.import_page(page.clone(), now()).await, Ok(Vec::new()));
        assert_eq!(store.seal(node("here"), now() + LEFT_TO_ITS_NODE * 2, 10).await, Ok(0), "none is sealed anew");
        assert_eq!(whole(&store, &chain).await.len(), 3);
        assert_eq!(all(&store, Kind::Seal).await.len(), 3);
    }
    // Another record for a place that is taken is sealed anew.
    let late = read_by(there, now());
    let rival = ChainEnd { number: 1, ..ChainEnd::nothing(chain) }.append(&late);
    let page = vec![Record::Audit(late), Record::Seal(rival)];
    assert_eq!(store.import_page(page, now()).await, Ok(Vec::new()));
    assert_eq!(store.seal(node("here"), now() + LEFT_TO_ITS_NODE * 2, 10).await, Ok(1));
    assert_eq!(whole(&store, &chain).await.len(), 3);
}

pub async fn a_closed_chain_leaves_and_the_others_stay(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    let here = node("here");
    let tomorrow = now() + SignedDuration::from_hours(24);
    for at in [now(), tomorrow] {
        for _ in 0..3 {
            store.record(read_by(here, at)).await.unwrap();
        }
        store.seal(here, at, 10).await.unwrap();
    }
    let ends = store.chain_ends(Date::MIN).await.unwrap();
    let (first, second) = (ends[0], ends[1]);
    assert_eq!(store.remove_sealed(&first, (1, 2)).await, Ok(2));
    assert_eq!(store.remove_sealed(&first, (3, 3)).await, Ok(1));
    assert_eq!(store.remove_sealed(&first, (1, 3)).await, Ok(0));
    assert_eq!(store.chain_ends(Date::MIN).await, Ok(vec![second]));
    assert_eq!(whole(&store, &second.chain).await.len(), 3);
    assert_eq!(audit(&store).await.len(), 3);
    assert_eq!(store.requeue().await, Ok(0));
}

pub async fn records_are_found_by_person_and_time(store: Arc<dyn Store>) {
    fill(&store, Vec::new()).await;
    booked(&store, book(ANNA, ADULTS, 0, 3, 0)).await;
    store.record(read_by(node("here"), now())).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    let all = RecordsQuery { person: None, from: now(), before: now() + SignedDuration::from_secs(1) };
    let found = |query: RecordsQuery| {
        let snapshot = &snapshot;
        async move { snapshot.records(&query, None).await.unwrap().len() }
    };
    let annas = Some(super::region::person(ANNA));
    assert_eq!(found(all).await, 2);
    assert_eq!(found(RecordsQuery { person: annas, ..all }).await, 1);
    assert_eq!(found(RecordsQuery { before: now(), ..all }).await, 0);
    assert_eq!(
        found(RecordsQuery { from: all.before, before: all.before + SignedDuration::from_hours(1), ..all }).await,
        0
    );
}
