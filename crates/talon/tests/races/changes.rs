//! I7 and I8 over HTTP: one's own entry cancelled and moved by many requests at once.

use std::net::SocketAddr;

use hyper::Method;
use talon_testkit::{
    Answer, Attempt, Booking, Client, Crowd, Installation, Ledger, Load, Outcome, Server, check_all, expect_none,
};
use tokio::task::JoinSet;

use crate::{On, booked_else};

on_each_store!(
    sixteen_deletes_free_one_place,
    moves_and_bookings_for_one_place_make_one_visit,
    a_move_and_a_cancel_leave_nothing_behind
);

/// Gives an entry up as its owner.
async fn cancel(address: SocketAddr, booking: Booking, entry: String) -> Answer {
    let path = format!("/iemk/doctors/visit/{entry}");
    Client::new(address).call(Method::DELETE, &path, &booking.token, "{}").await.expect("an answer")
}

/// Moves an entry as its owner to the time that another booking asks for.
async fn move_to(address: SocketAddr, owner: Booking, entry: String, target: Booking) -> Outcome {
    let path = format!("/iemk/doctors/visit/{entry}/move");
    let Booking { resource_id, day, time, .. } = target;
    let body = format!(r#"{{"resource_id":"{resource_id}","day":"{day}","time":"{time}"}}"#);
    Client::new(address).call(Method::POST, &path, &owner.token, &body).await.expect("an answer").outcome()
}

fn entry_of(attempt: &Attempt) -> String {
    match &attempt.outcome {
        Outcome::Ok { entry, .. } => entry.clone(),
        other => panic!("not booked: {other:?}"),
    }
}

async fn serving(on: On, crowd: &Crowd) -> (Installation, Server, Vec<Booking>) {
    let installation = on.installation();
    installation.import(&crowd.region);
    let server = Server::start(&installation);
    let bookings = crowd.bookings(&installation);
    (installation, server, bookings)
}

async fn sixteen_deletes_free_one_place(on: On) {
    let crowd = Crowd::new(1, 3, 20);
    let (installation, server, bookings) = serving(on, &crowd).await;
    let history = Load::new(server.address, 3).run(bookings[..3].to_vec()).await;
    assert_eq!(booked_else(&history, "time-taken"), 3);
    let entry = entry_of(&history[1]);
    let mut cancels = JoinSet::new();
    for _ in 0..16 {
        cancels.spawn(cancel(server.address, history[1].booking.clone(), entry.clone()));
    }
    for answer in cancels.join_all().await {
        assert_eq!((answer.status.as_u16(), &answer.json()["Message_code"]), (200, &"2000".into()));
    }
    let ledger = Ledger::of(&installation);
    let told = ledger.messages.iter().filter(|message| message.kind == "cancelled").count();
    assert_eq!((ledger.live(), told), (2, 1));
    let after = Load::new(server.address, 17).run(bookings[3..].to_vec()).await;
    assert_eq!(booked_else(&after, "time-taken"), 1, "one place was freed");
    expect_none(&check_all(&[], &Ledger::of(&installation)));
}

async fn moves_and_bookings_for_one_place_make_one_visit(on: On) {
    // The first slot is wanted by all; ten patients have one of their own to move from.
    let crowd = Crowd::new(11, 1, 10);
    let (installation, server, bookings) = serving(on, &crowd).await;
    let holders: Vec<Booking> = bookings[10..].iter().step_by(10).cloned().collect();
    let held = Load::new(server.address, 10).run(holders).await;
    assert_eq!(booked_else(&held, "time-taken"), 10);
    let mut asked = JoinSet::new();
    for attempt in &held {
        asked.spawn(move_to(server.address, attempt.booking.clone(), entry_of(attempt), bookings[0].clone()));
    }
    let rivals = Load::new(server.address, 10);
    let (booked, moved) = tokio::join!(rivals.run(bookings[..10].to_vec()), asked.join_all());
    let by_moving = moved.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(moved.iter().all(|outcome| outcome.is_ok() || outcome.is_refused("time-taken")), "{moved:?}");
    let by_booking = booked_else(&booked, "time-taken");
    assert_eq!(by_moving + by_booking, 1, "one place");
    let ledger = Ledger::of(&installation);
    assert_eq!(ledger.live(), 10 + by_booking, "whoever was refused has what they had");
    expect_none(&check_all(&[], &ledger));
}

async fn a_move_and_a_cancel_leave_nothing_behind(on: On) {
    let crowd = Crowd::new(2, 1, 1);
    let (installation, server, bookings) = serving(on, &crowd).await;
    for round in 0..10 {
        let held = server.client().book(&bookings[0]).await;
        let entry = entry_of(&held);
        let (moved, cancelled) = tokio::join!(
            move_to(server.address, bookings[0].clone(), entry.clone(), bookings[1].clone()),
            cancel(server.address, bookings[0].clone(), entry),
        );
        assert_eq!(cancelled.status, 200, "{round}");
        assert!(moved.is_ok() || moved.is_refused("entry-cancelled"), "{round}: {moved:?}");
        let ledger = Ledger::of(&installation);
        assert_eq!(ledger.live(), 0, "{round}");
        expect_none(&check_all(&[], &ledger));
    }
}
