use std::process::Output;

use base64::{Engine, engine::general_purpose::STANDARD};
use talon_testkit::{Fault, Installation, Mail, MailRelay, Server, Step};

use crate::common::{self, get, metrics_address, small_region};

/// `talon messages WORD …` on an installation's store.
fn messages(installation: &Installation, words: &[&str]) -> String {
    let output: Output = std::process::Command::new(env!("CARGO_BIN_EXE_talon"))
        .current_dir(installation.directory())
        .arg("messages")
        .args(words)
        .args(["--store", &installation.store_url()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The parts of a letter that are written in base64, which are those in Russian.
fn said(letter: &Mail) -> String {
    let blocks = letter.text.split("\r\n\r\n");
    let bodies = blocks.map(|block| block.lines().take_while(|line| !line.starts_with("--")).collect::<String>());
    bodies.filter_map(|body| String::from_utf8(STANDARD.decode(body).ok()?).ok()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_is_confirmed_with_a_link_that_opens_its_ticket() {
    let installation = common::installation();
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let mut relay = MailRelay::start();
    let installation = installation
        .with_env("TALON_MAIL_SMTP", &format!("smtp-plain://{}", relay.address))
        .with_env("TALON_MAIL_FROM", "Регистратура <noreply@talon.test>")
        .with_env("TALON_PUBLIC_URL", "https://zapis.test")
        .with_env("TALON_METRICS", "127.0.0.1:0");
    let mut server = Server::start(&installation);
    let booked = server.client().book(&booking.with_email("patient@example.ru")).await;
    assert!(booked.outcome.is_ok(), "{:?}", booked.outcome);
    let letter = relay.next().await;
    assert_eq!(letter.to, "patient@example.ru");
    assert!(letter.id().ends_with(".1.booked@talon.test>"), "{}", letter.id());
    let said = said(&letter);
    let (_, link) = said.split_once("Талон: https://zapis.test").unwrap_or_else(|| panic!("{said}"));
    let ticket = get(server.address, link.lines().next().unwrap());
    assert!(ticket.starts_with("HTTP/1.1 200") && ticket.contains("Т-001"), "{ticket}");
    assert!(server.stop().success());
    let counted = messages(&installation, &["count"]);
    assert!(counted.contains("owed        0") && counted.contains("sent        1"), "{counted}");
    let listed = messages(&installation, &["list", "--state", "sent"]);
    assert!(listed.contains("booked") && listed.contains("250 2.0.0"), "{listed}");
    assert!(!listed.contains('@') && !server.stderr().contains("patient@"), "an address is shown");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_rejects_is_counted_and_shown() {
    let installation = common::installation();
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let relay = MailRelay::start();
    relay.go_wrong(Some((Step::Rcpt, Fault::Say("550 5.1.1 <nobody@example.ru> is not here"))));
    let installation = installation
        .with_env("TALON_MAIL_SMTP", &format!("smtp-plain://{}", relay.address))
        .with_env("TALON_MAIL_FROM", "noreply@talon.test")
        .with_env("TALON_METRICS", "127.0.0.1:0");
    let server = Server::start(&installation);
    assert!(server.client().book(&booking.with_email("nobody@example.ru")).await.outcome.is_ok());
    let counted = "talon_messages_settled_total{kind=\"booked\",state=\"rejected\"} 1";
    let metrics = metrics_address(&server);
    let deadline = std::time::Instant::now() + common::PATIENCE;
    while !get(metrics, "/metrics").contains(counted) {
        assert!(std::time::Instant::now() < deadline, "{}", get(metrics, "/metrics"));
    }
    assert!(messages(&installation, &["list", "--state", "rejected"]).contains("550"));
    assert!(server.stderr().contains("a message was rejected") && !server.stderr().contains("nobody@"));
}
