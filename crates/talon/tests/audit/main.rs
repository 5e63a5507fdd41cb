//! I10, on the real binary: each access has one record, what a server sealed and signed is found whole, and what was
//! changed in its file is found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../common/mod.rs"]
mod common;

mod closing;
mod counted;
mod tampered;

use std::process::{Command, Output};

use common::{small_region, told};
use hyper::Method;
use talon_testkit::{Booking, Client, Installation, Ledger, Outcome, Server};

/// A server that signs every second, so that nothing has to be waited for but its stop.
fn installation() -> Installation {
    common::installation()
        .with_env("TALON_NODE", "zapis-1")
        .with_env("TALON_TRUSTED_PROXIES", "127.0.0.0/8")
        .with_env("TALON_AUDIT_CHECKPOINT_EVERY", "1s")
}

/// Books, reads what was booked, and is refused once: four records. Gives the requests' ids.
async fn used(server: &Server, booking: &Booking) -> Vec<String> {
    let mut client = server.client();
    let booked = client.ask_with(booking, &[("X-Forwarded-For", "203.0.113.9")]).await.unwrap();
    let Outcome::Ok { entry, .. } = booked.outcome() else { panic!("not booked") };
    let mut ids = vec![booked.headers["x-request-id"].to_str().unwrap().to_owned()];
    let ticket = format!("/iemk/ticket/{entry}");
    let absent = format!("/iemk/ticket/{}", "0".repeat(72));
    for path in ["/iemk/doctors/visits", &ticket, &absent] {
        let answer = Client::new(server.address).call(Method::GET, path, &booking.token, "").await.unwrap();
        ids.push(answer.headers["x-request-id"].to_str().unwrap().to_owned());
    }
    ids
}

/// An installation that was used and stopped.
async fn stopped() -> Installation {
    let installation = installation();
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let mut server = Server::start(&installation);
    used(&server, &booking).await;
    assert!(server.stop().success(), "{}", server.stderr());
    installation
}

fn run(mut command: Command) -> (i32, String, String) {
    let output: Output = command.output().expect("the binary can be run");
    told(&output)
}

/// What `talon audit verify` says, and its exit code.
fn verify(installation: &Installation) -> (i32, String) {
    let (code, said, errors) = run(installation.command("audit verify"));
    (code, format!("{said}{errors}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_wrote_is_whole_and_says_who_saw_it() {
    let installation = stopped().await;
    let (code, said) = verify(&installation);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("4 records in 2 chains") && said.contains("not covered by a checkpoint yet: 0"), "{said}");

    let person = Ledger::of(&installation).records[0].person.clone().unwrap();
    let mut command = installation.command("audit person");
    command.arg(&person).arg("--json");
    let (code, said, errors) = run(command);
    let records: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, records.len()), (0, 4), "{said}{errors}");
    assert_eq!((&records[0]["action"], &records[0]["from"]), (&"book".into(), &"203.0.113.9".into()));
    assert!(records.iter().all(|record| record["node"] == "zapis-1"), "{said}");
    assert_eq!(records[1]["from"], "127.0.0.1");
    let mut command = installation.command("audit person");
    command.arg(&person).args(["--to", "2020-01-01"]);
    assert!(run(command).1.contains("no record"));

    let (code, said, errors) = run(installation.command("audit export"));
    assert_eq!((code, said.lines().count()), (0, 4), "{errors}");
    for line in said.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["resourceType"], "AuditEvent");
    }
    let doctor = run(installation.command("doctor"));
    assert!(doctor.1.contains("ok   sealing: checkpoints in "), "{}", doctor.1);
}

/// An import into an empty store carries the chains along, and the checkpoints prove them there.
#[tokio::test(flavor = "multi_thread")]
async fn the_proof_moves_with_the_data() {
    let installation = stopped().await;
    let (_, region, _) = run(installation.command("export"));
    let other = common::installation().with_env("TALON_AUDIT_CHECKPOINT_EVERY", "1s");
    assert!(other.try_import(&region).status.success());
    let mut command = other.command("audit verify");
    let beside = |ending: &str| format!("{}.{ending}", installation.store().display());
    command.args(["--checkpoints", &beside("checkpoints")]);
    std::fs::copy(beside("key"), other.directory().join("key")).unwrap();
    command.args(["--set", "signing_key=key"]);
    let (code, said, errors) = run(command);
    assert!(code == 0 && said.contains("4 records in 2 chains"), "{said}{errors}");
}
