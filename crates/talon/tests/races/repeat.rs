//! I4: the same request again gives the same entry.

use talon_testkit::{
    Attempt, Client, Crowd, Direction, Installation, Ledger, Load, Outcome, Proxy, Rows, Server, check_all, expect_none,
};

use crate::{On, in_process};

on_each_store!(
    in_parallel,
    after_an_answer_that_the_network_lost,
    after_a_crash,
    after_a_cancel_it_is_a_new_entry_with_a_new_ticket
);

fn with_one_patient(on: On) -> (Installation, Crowd) {
    let installation = on.installation();
    let crowd = Crowd::new(2, 1, 1);
    installation.import(&crowd.region);
    (installation, crowd)
}

#[track_caller]
fn booked(attempt: &Attempt) -> (String, String) {
    match &attempt.outcome {
        Outcome::Ok { entry, ticket } => (entry.clone(), ticket.clone()),
        other => panic!("not booked: {other:?}"),
    }
}

async fn in_parallel(on: On) {
    let (installation, crowd) = with_one_patient(on);
    let server = Server::start(&installation);
    let booking = crowd.bookings(&installation).remove(0);
    let history = Load::new(server.address, 64).run(vec![booking; 64]).await;
    assert_eq!(history.len(), 64);
    history.iter().for_each(|attempt| drop(booked(attempt)));
    let ledger = Ledger::of(&installation);
    assert_eq!(ledger.entries.len(), 1);
    expect_none(&check_all(&history, &ledger));
}

async fn after_an_answer_that_the_network_lost(on: On) {
    let (installation, crowd) = with_one_patient(on);
    let server = Server::start(&installation);
    let booking = crowd.bookings(&installation).remove(0);
    let proxy = Proxy::start(server.address);
    proxy.cut_after(Direction::FromServer, 0);
    let lost = Client::new(proxy.address).book(&booking).await;
    assert!(matches!(lost.outcome, Outcome::Unknown(_)), "the proxy let an answer through");
    let kept = Ledger::of(&installation).entries;
    assert_eq!(kept.len(), 1, "it was committed before the answer was lost");
    let again = server.client().book(&booking).await;
    assert_eq!(booked(&again), (kept[0].id.clone(), kept[0].ticket.clone()));
    expect_none(&check_all(&[lost, again], &Ledger::of(&installation)));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_another_email_which_changes_nothing() {
    let (installation, crowd) = with_one_patient(On::Sqlite);
    let server = Server::start(&installation);
    let booking = crowd.bookings(&installation).remove(0);
    let first = server.client().book(&booking.with_email("first@example.org")).await;
    let before = Rows::read(installation.store());
    let again = server.client().book(&booking.with_email("second@example.org")).await;
    assert_eq!(booked(&first), booked(&again));
    let changes = before.changes(&Rows::read(installation.store()));
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert!(changes[0].starts_with("audit + ") && changes[0].contains(" outcome=repeated "), "{changes:#?}");
}

async fn after_a_crash(on: On) {
    let (installation, crowd) = with_one_patient(on);
    let booking = crowd.bookings(&installation).remove(0);
    let mut server = Server::start(&installation);
    let first = server.client().book(&booking).await;
    server.kill();
    let server = Server::start(&installation);
    let again = server.client().book(&booking).await;
    assert_eq!(booked(&first), booked(&again));
    expect_none(&check_all(&[first, again], &Ledger::of(&installation)));
}

async fn after_a_cancel_it_is_a_new_entry_with_a_new_ticket(on: On) {
    let (installation, crowd) = with_one_patient(on);
    let booking = crowd.bookings(&installation).remove(0);
    let mut server = Server::start(&installation);
    let (first, first_ticket) = booked(&server.client().book(&booking).await);
    assert!(server.stop().success());

    let store = in_process::open(&installation).await;
    in_process::cancel(&*store, &crowd.patients[0].person, &first).await.expect("one's own entry can be cancelled");
    in_process::close(store).await;

    let server = Server::start(&installation);
    let again = server.client().book(&booking).await;
    let (second, second_ticket) = booked(&again);
    assert_ne!(first, second);
    assert_ne!(first_ticket, second_ticket);
    expect_none(&check_all(&[again], &Ledger::of(&installation)));
}
