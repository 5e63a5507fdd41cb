//! I4 and I12 over two nodes: what one has answered the other shows.

use talon_testkit::{
    Client, Crowd, Direction, Ledger, Load, Proxy, Server, check_all, expect_none, postgres::Postgres,
};

use crate::{booked, on};

/// How many bookings: `TALON_TWO_NODES`, 300 by default.
fn count() -> usize {
    std::env::var("TALON_TWO_NODES").map_or(300, |number| number.parse().expect("TALON_TWO_NODES is a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_has_answered_the_other_shows_at_once() {
    let crowd = Crowd::new(count(), 1, 2);
    let installation = on(Postgres::shared().schema());
    installation.import(&crowd.region);
    let nodes = [Server::start(&installation), Server::start(&installation)];
    let mut clients = [nodes[0].client(), nodes[1].client()];
    let mut history = Vec::new();
    for (number, rivals) in crowd.bookings(&installation).chunks(2).enumerate() {
        let (here, there) = (number % 2, (number + 1) % 2);
        let first = clients[here].book(&rivals[0]).await;
        let rival = clients[there].book(&rivals[1]).await;
        assert!(rival.outcome.is_refused("time-taken"), "{:?}", rival.outcome);
        let again = clients[there].book(&rivals[0]).await;
        assert_eq!(booked(&again), booked(&first));
        history.extend([first, rival, again]);
    }
    expect_none(&check_all(&history, &Ledger::of(&installation)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_to_both_nodes_at_once_gives_one_entry() {
    let crowd = Crowd::new(20, 1, 1);
    let installation = on(Postgres::shared().schema());
    installation.import(&crowd.region);
    let nodes = [Server::start(&installation), Server::start(&installation)];
    // Eight times each, next to each other.
    let bookings: Vec<_> = crowd.bookings(&installation).into_iter().flat_map(|it| vec![it; 8]).collect();
    let loads = nodes.each_ref().map(|node| Load::new(node.address, 16));
    let (one, other) = tokio::join!(loads[0].run(bookings.clone()), loads[1].run(bookings));
    let history = [one, other].concat();
    history.iter().for_each(|attempt| drop(booked(attempt)));
    let ledger = Ledger::of(&installation);
    assert_eq!((history.len(), ledger.entries.len()), (320, 20));
    expect_none(&check_all(&history, &ledger));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_the_network_lost_is_had_from_the_other_node() {
    let crowd = Crowd::new(1, 1, 1);
    let installation = on(Postgres::shared().schema());
    installation.import(&crowd.region);
    let nodes = [Server::start(&installation), Server::start(&installation)];
    let booking = crowd.bookings(&installation).remove(0);
    let proxy = Proxy::start(nodes[0].address);
    proxy.cut_after(Direction::FromServer, 0);
    let lost = Client::new(proxy.address).book(&booking).await;
    assert!(lost.answer.is_none(), "the proxy let an answer through");
    let again = nodes[1].client().book(&booking).await;
    let (entry, ticket) = booked(&again);
    let kept = Ledger::of(&installation).entries;
    assert_eq!(kept.iter().map(|row| (&row.id, &row.ticket)).collect::<Vec<_>>(), [(&entry, &ticket)]);
    expect_none(&check_all(&[lost, again], &Ledger::of(&installation)));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_rivals_on_two_nodes_each_slot_takes_one() {
    let crowd = Crowd::new(30, 1, 16);
    let installation = on(Postgres::shared().schema());
    installation.import(&crowd.region);
    let nodes = [Server::start(&installation), Server::start(&installation)];
    let bookings = crowd.bookings(&installation);
    let (here, there): (Vec<_>, Vec<_>) = bookings.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).unzip();
    let loads = nodes.each_ref().map(|node| Load::new(node.address, 16));
    let (one, other) = tokio::join!(loads[0].run(here), loads[1].run(there));
    let history = [one, other].concat();
    for attempt in &history {
        assert!(attempt.outcome.is_ok() || attempt.outcome.is_refused("time-taken"), "{:?}", attempt.outcome);
    }
    let ledger = Ledger::of(&installation);
    assert_eq!(ledger.live(), 30);
    expect_none(&check_all(&history, &ledger));
}
