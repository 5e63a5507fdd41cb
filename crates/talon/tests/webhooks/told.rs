use std::{
    io::Write,
    process::{Command, Stdio},
    time::Instant,
};

use serde_json::{Value, json};
use talon_testkit::{Outcome, Posted, Receiver, ReceiverFault, Server, clock, postgres::Postgres};

use crate::{
    common::{self, get, metrics_address, small_region},
    hooked::{SECRETS, hooked, webhook},
};

/// Which of these secrets, in their order, an event is signed by.
fn signed_by(posted: &Posted, secrets: &[&str]) -> Vec<bool> {
    let told = json!({
        "id": posted.header("webhook-id"), "timestamp": posted.header("webhook-timestamp"),
        "signature": posted.header("webhook-signature"), "body": posted.body, "secrets": secrets,
    });
    let mut judge = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/webhooks/judge.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 can be run");
    judge.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let output = judge.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

fn kind(posted: &Posted) -> String {
    serde_json::from_str::<Value>(&posted.body).unwrap()["type"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_patient_does_is_told_signed_by_every_secret_and_told_again_when_asked_for() {
    let installation = common::installation();
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let mut receiver = Receiver::start();
    let installation = hooked(installation, &receiver);
    let mut server = Server::start(&installation);
    let booked = server.client().book(&booking.with_email("patient@example.ru")).await;
    let Outcome::Ok { entry, .. } = booked.outcome else { panic!("{:?}", booked.outcome) };
    let told = receiver.next().await;
    assert_eq!(kind(&told), "entry.booked");
    assert_eq!(serde_json::from_str::<Value>(&told.body).unwrap()["data"]["entry"], entry.as_str());
    assert_eq!(told.header("webhook-id"), format!("evt_{entry}_1_booked"));
    assert_eq!(
        signed_by(&told, &[SECRETS[0], SECRETS[1], "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]),
        [true, true, false]
    );
    let forged = Posted { body: told.body.replace("booked", "missed"), ..told.clone() };
    assert_eq!(signed_by(&forged, &SECRETS), [false, false]);
    let sent = told.header("webhook-timestamp").parse::<i64>().unwrap();
    assert!((clock::now().as_second() - sent).abs() < 60);
    assert!(server.client().cancel(&booking.token, &entry).await.unwrap().outcome().is_ok());
    assert_eq!(kind(&receiver.next().await), "entry.cancelled");
    assert!(server.stop().success());
    assert!(webhook(&installation, &["count"]).contains("delivered   2"));
    let listed = webhook(&installation, &["list", "--state", "delivered", "--hook", "mis"]);
    assert!(listed.contains("entry.booked") && listed.contains(told.header("webhook-id")), "{listed}");

    let id = format!("evt_{entry}_1_booked");
    assert_eq!(webhook(&installation, &["replay", "--id", &id]), "1 events are owed once more\n");
    assert!(webhook(&installation, &["list"]).contains(&id));
    let mut server = Server::start(&installation);
    let again = receiver.next().await;
    assert_eq!((again.header("webhook-id"), &again.body), (id.as_str(), &told.body), "the receiver knows it");
    assert!(server.stop().success());
    let from = (clock::now() - jiff::SignedDuration::from_hours(1)).to_string();
    assert_eq!(webhook(&installation, &["replay", "--hook", "mis", "--from", &from]), "2 events are owed once more\n");
    assert_eq!(webhook(&installation, &["replay", "--hook", "mis", "--from", &from]), "0 events are owed once more\n");
    let mut server = Server::start(&installation);
    assert_eq!([kind(&receiver.next().await), kind(&receiver.next().await)], ["entry.booked", "entry.cancelled"]);
    assert!(server.stop().success());
    assert!(!receiver.posted().iter().any(|posted| posted.body.contains('@')), "somebody is named");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_nodes_on_one_database_tell_each_event_once() {
    talon_testkit::raise_file_limit();
    let installation = common::installation().on_postgres(Postgres::shared().schema());
    let crowd = talon_testkit::Crowd::new(40, 1, 1);
    installation.import(&crowd.region);
    let receiver = Receiver::start();
    let installation = hooked(installation, &receiver);
    let mut nodes = [Server::start(&installation), Server::start(&installation)];
    for (at, booking) in crowd.bookings(&installation).iter().enumerate() {
        assert!(nodes[at % 2].client().book(booking).await.outcome.is_ok());
    }
    let deadline = Instant::now() + common::PATIENCE;
    while !webhook(&installation, &["count"]).contains("delivered   40") {
        assert!(Instant::now() < deadline, "{}", webhook(&installation, &["count"]));
    }
    assert!(nodes.iter_mut().all(|node| node.stop().success()));
    assert_eq!(receiver.posted().len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_taken_is_counted_shown_and_named_in_the_log() {
    let installation = common::installation();
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let receiver = Receiver::start();
    receiver.go_wrong(Some(ReceiverFault::Say(410)));
    let installation = hooked(installation, &receiver).with_env("TALON_METRICS", "127.0.0.1:0");
    let server = Server::start(&installation);
    assert!(server.client().book(&booking).await.outcome.is_ok());
    let counted = "talon_webhook_events_settled_total{hook=\"mis\",kind=\"entry.booked\",state=\"given-up\"} 1";
    let metrics = metrics_address(&server);
    let deadline = Instant::now() + common::PATIENCE;
    while !get(metrics, "/metrics").contains(counted) {
        assert!(Instant::now() < deadline, "{}", get(metrics, "/metrics"));
    }
    assert!(webhook(&installation, &["list", "--state", "given-up"]).contains("410"));
    assert!(server.stderr().contains("an event was given up"));
}
