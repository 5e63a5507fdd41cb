use std::{collections::BTreeSet, sync::Arc};

use jiff::SignedDuration;
use serde_json::Value;
use talon_domain::event::{EventKind, EventState};
use talon_store::conformance::region::{cancel, move_to, now};
use talon_testkit::{Certificates, Receiver, ReceiverFault};

use crate::world::{GIVE_UP, World};

fn url(receiver: &Receiver) -> String {
    format!("http://{}/talon", receiver.address)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_told_once_by_however_many_nodes() {
    let world = World::new().await;
    let receiver = Receiver::start();
    for who in 100..130 {
        world.book(who, who - 100).await;
    }
    let nodes: Vec<_> = (0..3)
        .map(|_| {
            let postman = world.postman(&[&url(&receiver)]);
            tokio::spawn(async move { postman.send(0).await })
        })
        .collect();
    for node in nodes {
        node.await.unwrap().unwrap();
    }
    let posted = receiver.posted();
    assert_eq!(posted.len(), 30);
    assert_eq!(posted.iter().map(|posted| posted.header("webhook-id")).collect::<BTreeSet<_>>().len(), 30);
    assert_eq!(world.in_state(Some(EventState::Delivered)).await.len(), 30);
    assert_eq!(world.in_state(None).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_events_of_an_entry_come_in_their_order_with_ids_alone() {
    let world = World::new().await;
    let receiver = Receiver::start();
    let postman = world.postman(&[&url(&receiver)]);
    let entry = world.book(100, 3).await;
    world.store.move_entry(move_to(100, entry, None, 9), now()).await.unwrap().unwrap();
    world.store.cancel(cancel(100, entry), now()).await.unwrap().unwrap();
    for _ in 0..3 {
        postman.send(0).await.unwrap();
    }
    let posted = receiver.posted();
    let bodies: Vec<Value> = posted.iter().map(|posted| serde_json::from_str(&posted.body).unwrap()).collect();
    let kinds: Vec<_> = bodies.iter().map(|body| body["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["entry.booked", "entry.moved", "entry.cancelled"]);
    for (body, version) in bodies.iter().zip(1..) {
        let fields: Vec<_> = body["data"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["entry", "facility", "version"]);
        assert_eq!(body["data"]["entry"], entry.to_string());
        assert_eq!(body["data"]["version"], version);
    }
    assert!(posted[0].head.starts_with("POST /talon HTTP/1.1"), "{}", posted[0].head);
    assert_eq!(posted[0].header("content-type"), "application/json");
    let settled = world.counted.settled.lock().unwrap().clone();
    assert_eq!(
        settled,
        [EventKind::Booked, EventKind::Moved, EventKind::Cancelled].map(|it| (it, EventState::Delivered))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_not_taken_is_tried_again_and_keeps_no_other_entry() {
    for status in [400, 404, 500, 307] {
        let world = World::new().await;
        let receiver = Receiver::start();
        let postman = world.postman(&[&url(&receiver)]);
        world.book(100, 3).await;
        receiver.go_wrong(Some(ReceiverFault::Say(status)));
        postman.send(0).await.unwrap();
        let owed = world.in_state(None).await;
        assert_eq!((owed.len(), owed[0].attempts), (1, 1), "{status}");
        assert_eq!(owed[0].reply.as_deref(), Some(status.to_string().as_str()));
        receiver.go_wrong(None);
        world.book(101, 4).await;
        postman.send(0).await.unwrap();
        assert_eq!(receiver.posted().len(), 1, "{status}: the other, and the first not before its time");
        world.pass(SignedDuration::from_secs(30));
        postman.send(0).await.unwrap();
        assert_eq!(receiver.posted().len(), 2, "{status}");
        assert!(world.in_state(Some(EventState::Delivered)).await.iter().any(|row| row.attempts == 2), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_takes_nothing_is_left_in_peace_and_loses_nothing() {
    for fault in [ReceiverFault::Say(503), ReceiverFault::Say(429), ReceiverFault::Refuse, ReceiverFault::Hang] {
        let world = World::new().await;
        let receiver = Receiver::start();
        for who in 100..110 {
            world.book(who, who - 100).await;
        }
        let postman = world.postman(&[&url(&receiver)]);
        receiver.go_wrong(Some(fault));
        postman.send(0).await.unwrap();
        let tried = receiver.connections();
        assert!((1..=4).contains(&tried), "{fault:?}: {tried} connections");
        postman.send(0).await.unwrap();
        assert_eq!(receiver.connections(), tried, "{fault:?}: it is left in peace");
        assert_eq!(world.in_state(None).await.len(), 10);
        receiver.go_wrong(None);
        world.pass(SignedDuration::from_mins(10));
        postman.send(0).await.unwrap();
        assert_eq!(receiver.posted().len(), 10, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_loses_nothing() {
    let world = World::new().await;
    // Bound and not listening, so that nobody else comes to be there meanwhile.
    let nobody = tokio::net::TcpSocket::new_v4().unwrap();
    nobody.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/talon", nobody.local_addr().unwrap());
    world.book(100, 3).await;
    world.postman(&[&url]).send(0).await.unwrap();
    let owed = world.in_state(None).await;
    assert_eq!((owed.len(), owed[0].reply.as_deref()), (1, Some("connection")));
    assert_eq!(*world.counted.put_off.lock().unwrap(), ["connection"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_has_one_id() {
    let world = World::new().await;
    let receiver = Receiver::start();
    let postman = world.postman(&[&url(&receiver)]);
    world.book(100, 3).await;
    receiver.go_wrong(Some(ReceiverFault::CutAfterTaking));
    postman.send(0).await.unwrap();
    let owed = world.in_state(None).await;
    assert_eq!((owed.len(), owed[0].reply.as_deref()), (1, Some("cut")), "nobody knows that it was taken");
    receiver.go_wrong(None);
    world.pass(SignedDuration::from_mins(1));
    postman.send(0).await.unwrap();
    let posted = receiver.posted();
    assert_eq!(posted.len(), 2);
    assert_eq!((posted[0].header("webhook-id"), &posted[0].body), (posted[1].header("webhook-id"), &posted[1].body));
    let second = |at: usize| posted[at].header("webhook-timestamp").parse::<i64>().unwrap();
    assert_eq!(second(1) - second(0), 60, "of this sending, so that a receiver may refuse old ones");
    assert_ne!(posted[0].header("webhook-signature"), posted[1].header("webhook-signature"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_who_hangs_keeps_no_other_waiting() {
    let world = World::new().await;
    let (hangs, works) = (Receiver::start(), Receiver::start());
    let postman = world.postman(&[&url(&hangs), &url(&works)]);
    world.book(100, 3).await;
    hangs.go_wrong(Some(ReceiverFault::Hang));
    let hanging = tokio::spawn({
        let postman = Arc::clone(&postman);
        async move { postman.send(0).await }
    });
    postman.send(1).await.unwrap();
    assert_eq!(works.posted().len(), 1);
    hanging.await.unwrap().unwrap();
    assert_eq!(world.in_state(None).await[0].reply.as_deref(), Some("late"));
    postman.tidy().await.unwrap();
    assert_eq!(*world.counted.owed.lock().unwrap(), [("one".to_owned(), 1), ("two".to_owned(), 0)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_given_up_in_the_end_and_at_once_by_who_is_gone() {
    let world = World::new().await;
    let receiver = Receiver::start();
    let postman = world.postman(&[&url(&receiver)]);
    world.book(100, 3).await;
    receiver.go_wrong(Some(ReceiverFault::Say(500)));
    world.pass(GIVE_UP - SignedDuration::from_secs(1));
    postman.send(0).await.unwrap();
    assert_eq!(world.in_state(None).await.len(), 1);
    world.pass(SignedDuration::from_mins(1));
    postman.send(0).await.unwrap();
    let given_up = world.in_state(Some(EventState::GivenUp)).await;
    assert_eq!((given_up.len(), given_up[0].attempts, given_up[0].reply.as_deref()), (1, 2, Some("500")));
    receiver.go_wrong(Some(ReceiverFault::Say(410)));
    world.book(101, 4).await;
    postman.send(0).await.unwrap();
    assert_eq!(world.in_state(Some(EventState::GivenUp)).await.len(), 2);
    assert_eq!(receiver.posted(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_followed_to_another_place() {
    let world = World::new().await;
    let (receiver, elsewhere) = (Receiver::start(), Receiver::start());
    world.book(100, 3).await;
    receiver.go_wrong(Some(ReceiverFault::Redirect(elsewhere.address)));
    world.postman(&[&url(&receiver)]).send(0).await.unwrap();
    assert_eq!((receiver.connections(), elsewhere.connections()), (1, 0));
    assert_eq!(world.in_state(None).await[0].reply.as_deref(), Some("307"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_sent_behind_our_walls() {
    let world = World::new().await;
    let receiver = Receiver::start();
    world.book(100, 3).await;
    let port = receiver.address.port();
    for url in [format!("https://localhost:{port}/"), format!("http://127.0.0.1:{port}/")] {
        world.postman_with(&[&url], Arc::new(|_| false), None).send(0).await.unwrap();
        assert_eq!(world.in_state(None).await[0].reply.as_deref(), Some("inside"), "{url}");
        world.pass(SignedDuration::from_hours(1));
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_over_tls_to_who_proves_who_it_is() {
    let certificates = Certificates::new();
    let authority = std::fs::read(certificates.authority()).unwrap();
    let receiver = Receiver::with_tls(Some(&certificates));
    let world = World::new().await;
    world.book(100, 3).await;
    let url = format!("https://localhost:{}/talon", receiver.address.port());
    world.postman(&[&url]).send(0).await.unwrap();
    assert_eq!(world.in_state(None).await[0].reply.as_deref(), Some("tls"), "nobody vouches for it");
    assert_eq!(receiver.posted(), []);
    world.pass(SignedDuration::from_mins(10));
    let allowed = Arc::new(|address: std::net::IpAddr| address.is_loopback());
    world.postman_with(&[&url], allowed, Some(&authority)).send(0).await.unwrap();
    assert_eq!(receiver.posted().len(), 1);
}
