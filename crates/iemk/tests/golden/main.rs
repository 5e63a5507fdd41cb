//! Replays `docs/contract/iemk/golden` over a real socket, byte for byte.
//!
//! `UPDATE_GOLDEN=1 cargo test -p talon-iemk --test golden` writes the answers into the files
//! instead; what changed is then to be read in the difference.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at what it did not expect")]

mod exchange;
mod region;
mod schema;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use exchange::Exchange;
use serde_json::Value;
use server::{On, Server};

#[tokio::test]
async fn every_exchange_is_answered_byte_for_byte() {
    answers_are_those_of_the_files(On::Sqlite, updates()).await;
}

/// I21: the same input gives the same answer on every store.
#[tokio::test]
async fn every_exchange_is_answered_byte_for_byte_from_postgresql() {
    answers_are_those_of_the_files(On::Postgres, false).await;
}

async fn answers_are_those_of_the_files(on: On, update: bool) {
    let exchanges = exchange::all();
    let mut different = Vec::new();
    for exchange in exchanges.values() {
        let answer = play(on, exchange, &exchanges).await;
        if update {
            exchange.rewrite(&answer);
        } else if answer != exchange.answer {
            different.push(format!("{}\n--- expected\n{}\n--- got\n{answer}\n", exchange.name, exchange.answer));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Whether the files are to be written, not compared.
fn updates() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}

/// Plays what comes before, then the exchange, and checks what it left in the audit.
async fn play(on: On, exchange: &Exchange, exchanges: &BTreeMap<String, Exchange>) -> String {
    let server = Server::start_on(on, &exchange.server).await;
    let mut chain = Vec::new();
    let mut next = exchange.before.as_deref();
    while let Some(name) = next {
        let before = exchanges.get(name).unwrap_or_else(|| panic!("{}: there is no {name}", exchange.name));
        chain.push(before);
        next = before.before.as_deref();
    }
    for before in chain.iter().rev() {
        let answer = server.play(before).await;
        assert!(updates() || answer == before.answer, "{}, before {}: {answer}", before.name, exchange.name);
    }
    let audited = server.audited().await;
    let answer = server.play(exchange).await;
    let mut left = server.audited().await;
    left.retain(|id, _| !audited.contains_key(id));
    let left: Vec<String> = left.into_values().collect();
    server.close().await;
    assert_eq!(left, expected_audit(exchange, &answer), "the audit after {}", exchange.name);
    answer
}

/// A request of a known caller leaves one record with its outcome, any other none; one over a
/// limit or without a body is none either.
fn expected_audit(exchange: &Exchange, answer: &str) -> Vec<String> {
    let (_, body) = answer.split_once("\n\n").unwrap();
    // A page or a calendar is no JSON.
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let issues = exchange.request_head.contains(" /auth/rpgu/token");
    let status = answer.split(' ').nth(1).unwrap();
    match (status, body["Reason"].as_str()) {
        ("200", _) if body.get("openapi").is_some() => vec![],
        ("200", _) if ["same entry", "same hold"].iter().any(|same| exchange.notes.contains(same)) => {
            vec!["repeated".into()]
        }
        // What the request did, and the offer that came of it.
        ("200", _) if exchange.notes.contains("is offered to") => vec!["ok".into(), "ok".into()],
        ("200", _) => vec!["ok".into()],
        ("404", Some(reason)) if reason != "path-unknown" && !exchange.notes.contains("did not make") => {
            vec![reason.into()]
        }
        ("400" | "409" | "413" | "415" | "422", Some(reason)) => vec![reason.into()],
        ("403", Some(reason)) if issues => vec![reason.into()],
        // The token is valid, and names somebody who is not there.
        ("403", Some("person-unknown")) => vec!["person-unknown".into()],
        _ => vec![],
    }
}

#[test]
fn every_reason_of_the_catalogue_has_an_exchange() {
    let shown: BTreeSet<String> = exchange::all()
        .values()
        .filter_map(|exchange| {
            let body: Value = serde_json::from_str(exchange.answer_body()).unwrap_or_default();
            body["Reason"].as_str().map(str::to_owned)
        })
        .collect();
    let catalogue: BTreeSet<String> = talon_iemk::catalogue::rows().iter().map(|row| row.reason.to_owned()).collect();
    assert_eq!(shown, catalogue);
}

#[test]
fn every_answer_has_only_the_keys_that_the_openapi_document_lists() {
    let document: Value = serde_json::from_str(include_str!("../../../../docs/contract/iemk/openapi.json")).unwrap();
    for exchange in exchange::all().values() {
        if exchange.answer.contains("\ncontent-type: text/") {
            continue;
        }
        let body: Value = serde_json::from_str(exchange.answer_body()).unwrap();
        if body.get("openapi").is_some() {
            continue;
        }
        let schema = match exchange.answer.starts_with("HTTP/1.1 200 ") {
            true => described(&document, exchange),
            false => &document["components"]["schemas"]["StandardResponse"],
        };
        assert_eq!(schema::faults(&document, schema, &body, ""), Vec::<String>::new(), "{}", exchange.name);
    }
}

/// The schema of a 200 of the operation that an exchange calls. A base stands before the described path.
fn described<'a>(document: &'a Value, exchange: &Exchange) -> &'a Value {
    let mut line = exchange.request_head.split(' ');
    let (method, target) = (line.next().unwrap().to_lowercase(), line.next().unwrap());
    let path = target.split('?').next().unwrap();
    let fits = |described: &str| {
        let (mut named, mut given) = (described.rsplit('/'), path.rsplit('/'));
        named.all(|name| name.is_empty() || given.next().is_some_and(|value| name.starts_with('{') || name == value))
    };
    let mut paths = document["paths"].as_object().unwrap().iter().filter(|(described, _)| fits(described));
    let (_, operations) = paths.next().unwrap_or_else(|| panic!("{}: {path} is not described", exchange.name));
    let schema = &operations[&method]["responses"]["200"]["content"]["application/json"]["schema"];
    assert!(schema.is_object(), "{}: {method} {path} has no schema", exchange.name);
    schema
}

/// AZ-2: what is somebody else's and what is absent differ in no byte.
#[test]
fn what_is_foreign_is_answered_like_what_is_absent() {
    let exchanges = exchange::all();
    let answer = |ending: &str| {
        let named = exchanges.values().find(|exchange| exchange.name.ends_with(ending));
        named.unwrap_or_else(|| panic!("there is no {ending}")).answer.clone()
    };
    let pairs = [
        "-referral-not-found",
        "-free-times-referral-not-found",
        "-hold-not-found",
        "-hold-release-not-found",
        "-waiting-not-found",
    ];
    for absent in pairs {
        assert_eq!(answer(absent), answer(&format!("{absent}-foreign")));
    }
}

/// No audit, no answer: also a refusal by shape is put off when its record cannot be kept.
#[tokio::test]
async fn a_store_that_does_not_serve_is_a_503_and_never_a_refusal() {
    let exchanges = exchange::all();
    let server = Server::start(&["closed-store".to_owned(), "issues-tokens".to_owned()]).await;
    for ending in ["-booked", "-validation", "-time-taken", "-token-issued", "-client-unknown", "-personal", "-doctors"]
    {
        let named = exchanges.values().find(|exchange| exchange.name.ends_with(ending)).unwrap();
        let answer = server.play(named).await;
        assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\n"), "{ending}: {answer}");
        assert!(answer.contains("\nretry-after: 1\n"), "{ending}: {answer}");
    }
}

#[tokio::test]
async fn the_openapi_document_is_served_as_it_is_written() {
    let server = Server::start(&[]).await;
    let answer = server.send(b"GET /openapi.json HTTP/1.1\r\nHost: talon\r\n\r\n").await;
    let (head, body) = answer.split_once("\n\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\ncontent-type: application/json; charset=utf-8\n"), "{head}");
    assert_eq!(body, include_str!("../../../../docs/contract/iemk/openapi.json"));
}

#[tokio::test]
async fn a_large_body_is_drained_so_that_the_answer_can_be_read() {
    let server = Server::start(&[]).await;
    for (path, status) in [("/iemk/directions/entry", "403"), ("/nowhere", "404")] {
        let body = "x".repeat(900_000);
        let request = format!("POST {path} HTTP/1.1\r\nHost: talon\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        let answer = server.send(request.as_bytes()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(!answer.contains("\nconnection: close"), "{answer}");
    }
}

/// What the composition root adds to the listener gets the same frame.
#[tokio::test]
async fn a_route_merged_in_is_framed() {
    let server = Server::start(&[]).await;
    let answer = server.send(b"GET /health/live HTTP/1.1\r\nHost: talon\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\n") && answer.ends_with("\n\nlive"), "{answer}");
    for header in ["x-request-id: 00000000-", "cache-control: no-store", "x-content-type-options: nosniff"] {
        assert!(answer.contains(&format!("\n{header}")), "{answer}");
    }
    let answer = server.send(b"POST /health/live HTTP/1.1\r\nHost: talon\r\nContent-Length: 0\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405 Method Not Allowed\n"), "{answer}");
    assert!(answer.contains("\nallow: GET") && answer.contains(r#""Reason":"method-not-allowed""#), "{answer}");
}

#[tokio::test]
async fn a_head_request_is_a_405_too() {
    let server = Server::start(&[]).await;
    let answer = server.send(b"HEAD /iemk/directions/entry HTTP/1.1\r\nHost: talon\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405 Method Not Allowed\n"), "{answer}");
}
