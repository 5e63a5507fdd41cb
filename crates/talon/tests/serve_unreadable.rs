//! What `talon serve` answers to what is no request: the standard response, whole, and then the end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use common::{connect, exchange, get, installation, metrics_address, read_answer, read_to_end};
use talon_testkit::Server;

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sent wherever a client can put it; must not come back in an answer or reach a log.
const CANARY: &str = "Kanareyka";

const NOT_HTTP: &str = r#"{"Code":400,"Message":"Запрос заполнен с ошибками","Message_code":"4600","Reason":"validation","Errors":[{"Field":"","Message":"Ожидается запрос HTTP/1.1"}],"Trace_id":"*"}"#;
const TOO_LARGE: &str = r#"{"Code":431,"Message":"Запрос заполнен с ошибками","Message_code":"4600","Reason":"validation","Errors":[{"Field":"","Message":"Строка запроса и заголовки слишком длинны, или заголовков слишком много"}],"Trace_id":"*"}"#;
const TOO_LATE: &str = r#"{"Code":408,"Message":"Запрос не был передан вовремя","Message_code":"4608","Reason":"request-timeout","Trace_id":"*"}"#;

/// Checks a last answer in full, its body with `*` for the id, and gives the id.
#[track_caller]
fn assert_refused(answer: &str, status: &str, body: &str) -> String {
    let (head, sent) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer:?}"));
    let (line, headers) = head.split_once("\r\n").unwrap();
    assert_eq!(line, format!("HTTP/1.1 {status}"));
    let mut headers: BTreeMap<&str, &str> = headers.lines().map(|line| line.split_once(": ").unwrap()).collect();
    let date = headers.remove("date").unwrap();
    assert!(date.len() == 29 && date.ends_with(" GMT"), "{date}");
    let trace = headers.remove("x-request-id").unwrap();
    assert_eq!(trace.len(), 36, "{trace}");
    let length = sent.len().to_string();
    let expected = BTreeMap::from([
        ("cache-control", "no-store"),
        ("connection", "close"),
        ("content-length", length.as_str()),
        ("content-type", "application/json; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
    ]);
    assert_eq!(headers, expected);
    assert_eq!(sent, body.replace('*', trace));
    trace.to_owned()
}

/// Reads until an orderly close; a reset fails the test.
fn read_all(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    stream.read_to_end(&mut text).expect("an orderly close");
    String::from_utf8(text).unwrap()
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    read_all(&mut stream)
}

fn post(headers: &str) -> String {
    format!("POST /iemk/directions/entry HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n")
}

#[test]
fn what_is_no_request_gets_the_standard_response() {
    let installation = installation();
    let server = Server::start(&installation);
    for garbage in [
        format!("\u{16}\u{3}\u{1}{CANARY}\r\n\r\n"),
        format!("GET /{CANARY} HTTP/1.1 and more\r\n\r\n"),
        format!("GET /{CANARY} HTTP/2.0\r\n\r\n"),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        format!("GET /{CANARY} HTTP/1.1\r\nbad header: x\r\n\r\n"),
        post(&format!("Content-Length: {CANARY}")),
        post("Content-Length: -1"),
        post("Content-Length: 1\r\nContent-Length: 2"),
        post("Transfer-Encoding: gzip"),
    ] {
        let trace = assert_refused(&ask(server.address, &garbage), "400 Bad Request", NOT_HTTP);
        let logs = server.stderr();
        let line = logs.lines().find(|line| line.contains(&trace)).unwrap_or_else(|| panic!("{trace}: {logs}"));
        for told in [r#""route":"none""#, r#""status":400"#, r#""outcome":"refused""#, r#""reason":"validation""#] {
            assert!(line.contains(told), "{told}: {line}");
        }
    }
    assert!(!server.stderr().contains(CANARY), "{}", server.stderr());
}

#[test]
fn too_long_and_too_many_headers_get_the_standard_response() {
    let installation = installation().with_env("TALON_METRICS", "127.0.0.1:0");
    let server = Server::start(&installation);
    let long = format!("GET /health/live HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(16 * 1024));
    let endless = "x".repeat(17 * 1024);
    let many = format!("GET /health/live HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(65));
    for large in [long, endless, many] {
        assert_refused(&ask(server.address, &large), "431 Request Header Fields Too Large", TOO_LARGE);
    }
    let most = format!("GET /health/live HTTP/1.1\r\nConnection: close\r\n{}\r\n", "X: x\r\n".repeat(63));
    assert!(ask(server.address, &most).starts_with("HTTP/1.1 200"), "64 headers are not too many");

    let metrics = metrics_address(&server);
    let page = get(metrics, "/metrics");
    for line in [
        r#"talon_requests_total{route="none",status="431",outcome="validation"} 3"#,
        r#"talon_refusals_total{reason="validation"} 3"#,
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    let answer = ask(metrics, "garbage\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n") && answer.contains("content-length: 0\r\n"), "{answer}");
}

#[test]
fn slow_headers_get_the_standard_response_and_idle_connections_none() {
    let installation =
        installation().with_env("TALON_LIMITS_HEADER_TIMEOUT", "300ms").with_env("TALON_LIMITS_IDLE_TIMEOUT", "900ms");
    let server = Server::start(&installation);
    let mut fresh = connect(server.address);
    fresh.write_all(b"GET /health").unwrap();
    assert_refused(&read_all(&mut fresh), "408 Request Timeout", TOO_LATE);

    let mut used = connect(server.address);
    assert!(exchange(&mut used, LIVE).starts_with("HTTP/1.1 200"));
    used.write_all(format!("GET /{CANARY}").as_bytes()).unwrap();
    let trace = assert_refused(&read_all(&mut used), "408 Request Timeout", TOO_LATE);
    let logs = server.stderr();
    assert!(logs.contains(&trace) && !logs.contains(CANARY), "{logs}");

    // A beginning that came together with the request before it is seen by the idle time-out alone.
    let mut together = connect(server.address);
    together.write_all(format!("{LIVE}GET /health").as_bytes()).unwrap();
    assert!(read_answer(&mut together).starts_with("HTTP/1.1 200"));
    assert_refused(&read_all(&mut together), "408 Request Timeout", TOO_LATE);

    assert_eq!(read_all(&mut connect(server.address)), "", "never a word");
    let mut blank = connect(server.address);
    blank.write_all(b"\r\n\r\n").unwrap();
    assert_eq!(read_to_end(&mut blank), "", "empty lines begin no request");
    let mut idle = connect(server.address);
    assert!(exchange(&mut idle, LIVE).starts_with("HTTP/1.1 200"));
    assert_eq!(read_all(&mut idle), "", "between requests");
    let mut gone = connect(server.address);
    gone.write_all(b"GET /health").unwrap();
    gone.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut gone), "", "one that went away is not late");
}

#[test]
fn requests_before_a_bad_one_are_answered_as_usual() {
    let installation = installation();
    let server = Server::start(&installation);
    let document = "GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n";
    // With a body that the route does not read: hyper has it out of the way only after the answer.
    let unread = "GET /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    for good in [LIVE, document, unread] {
        let usual = exchange(&mut connect(server.address), good);
        assert!(usual.starts_with("HTTP/1.1 200"), "{usual}");
        let (_, body) = usual.split_once("\r\n\r\n").unwrap();

        let mut one_by_one = connect(server.address);
        let first = exchange(&mut one_by_one, good);
        assert!(first.starts_with("HTTP/1.1 200") && first.ends_with(body), "{first}");
        one_by_one.write_all(b"garbage\r\n\r\n").unwrap();
        assert_refused(&read_all(&mut one_by_one), "400 Bad Request", NOT_HTTP);

        let mut at_once = connect(server.address);
        at_once.write_all(format!("{good}{good}garbage\r\n\r\n").as_bytes()).unwrap();
        for _ in 0..2 {
            let answer = read_answer(&mut at_once);
            assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with(body), "{answer}");
        }
        assert_refused(&read_all(&mut at_once), "400 Bad Request", NOT_HTTP);
    }
}

#[test]
fn the_answer_arrives_though_the_client_keeps_sending() {
    let installation = installation();
    let server = Server::start(&installation);
    let mut stream = connect(server.address);
    let piece = b"x".repeat(32 * 1024);
    stream.write_all(&piece).unwrap();
    assert_eq!(stream.peek(&mut [0]).unwrap(), 1, "the answer is there before the end");
    for _ in 0..27 {
        stream.write_all(&piece).expect("what follows is taken");
    }
    assert_refused(&read_all(&mut stream), "431 Request Header Fields Too Large", TOO_LARGE);
}

#[test]
fn a_client_that_sends_without_end_is_cut() {
    let installation = installation();
    let server = Server::start(&installation);
    let mut stream = connect(server.address);
    let (began, piece) = (Instant::now(), b"x".repeat(64 * 1024));
    while stream.write_all(&piece).is_ok() {
        assert!(began.elapsed() < Duration::from_secs(10), "not cut");
    }
}
