//! AU-3, TK-5: names, policy numbers, e-mails and tokens never reach a log or a metric, whatever is
//! asked and however it is answered.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{connect, exchange, installation};
use serde_json::json;
use talon_testkit::{Booking, RegionBuilder, Server, clock};

/// Planted wherever a person's data can stand, and sent wherever a caller can put it.
const CANARIES: [&str; 6] =
    ["Канарейкина", "Кенарь", "5550001112223334", "kanareyka@mail.ru", "70000000042", "canary-secret"];

#[test]
fn nothing_personal_reaches_a_log_or_a_metric() {
    let metrics = free_port();
    let installation = installation()
        .with_env("TALON_TOKEN_ENDPOINT", "true")
        .with_env("TALON_LOG_LEVEL", "trace")
        .with_env("TALON_METRICS", &metrics);
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
    let doctor = region.doctor(&facility, "1");
    let slots = region.slots(&doctor, clock::day_ahead(3), 3, 1);
    let person = region.person();
    region.set("family", json!("Канарейкина"));
    region.set("given", json!("Кенарь"));
    region.set("policy", json!({"number": "5550001112223334"}));
    region.card(&facility, &person);
    region.set("email", json!("kanareyka@mail.ru"));
    region.set("phone", json!("70000000042"));
    let referral = region.referral(&facility, &person, "1");
    let (other, _) = region.patient(&facility, "1");
    installation.import(&region);

    let booking = installation.booking(&person, &referral, &slots[0]).with_email("kanareyka@mail.ru");
    let foreign = installation.booking(&other, &referral, &slots[1]);
    let server = Server::start(&installation);
    let mut stream = connect(server.address);
    let mut ask = |request: String| exchange(&mut stream, &request);

    assert!(ask(post(&booking)).starts_with("HTTP/1.1 200"));
    assert!(ask(post(&foreign)).contains("referral-not-found"));
    let second = installation.booking(&person, &referral, &slots[2]);
    assert!(ask(post(&second)).contains("referral-used"));
    let faulty = Booking {
        day: "Канарейкина".into(), email: Some("kanareyka@mail.ru\r\nx".into()), ..booking.clone()
    };
    assert!(ask(post(&faulty)).contains("validation"));
    let expired = Booking { token: format!("{}x", booking.token), ..booking.clone() };
    assert!(ask(post(&expired)).contains("signature-invalid"));
    let query = "Birthday=1984-05-17&s_pol=canary-secret&n_pol=5550001112223334";
    let asked = ask(format!(
        "GET /auth/rpgu/token?{query} HTTP/1.1\r\nHost: x\r\nAuthorization: Basic Y2FuYXJ5LXNlY3JldDp4\r\n\r\n"
    ));
    assert!(asked.contains("client-unknown"), "{asked}");
    assert!(ask(format!("GET /kanareyka@mail.ru?{query} HTTP/1.1\r\nHost: x\r\n\r\n")).contains("path-unknown"));
    assert!(
        ask(format!("DELETE /iemk/directions/entry?{query} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .contains("method-not-allowed")
    );

    let told = exchange(&mut connect(metrics.parse().unwrap()), "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(told.contains("talon_requests_total"), "{told}");
    let logs = server.stderr();
    assert!(logs.lines().count() > 8, "the requests are logged:\n{logs}");
    for canary in CANARIES.into_iter().chain([booking.token.as_str(), "Y2FuYXJ5LXNlY3JldDp4"]) {
        assert!(!logs.contains(canary), "{canary} is in the log:\n{logs}");
        assert!(!told.contains(canary), "{canary} is in the metrics");
    }
}

fn post(booking: &Booking) -> String {
    let body = booking.body().to_string();
    format!(
        "POST /iemk/directions/entry HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        booking.token,
        body.len()
    )
}

/// An address that nobody listens on at this moment.
fn free_port() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}
