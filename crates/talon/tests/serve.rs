//! `talon serve` as a service: start, time-outs, limits, health, metrics, keys, stop.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    time::{Duration, Instant},
};

use common::{
    PATIENCE, book_request, connect, exchange, get, installation, metrics_address, read_answer, read_to_end,
    running::Running, small_region, talon,
};
use serde_json::Value;
use talon_testkit::{Booking, Server, TestKey};

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn the_demos_printed_command_books_and_the_others_answer_as_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Running::start(talon(folder.path()).args(["serve", "--demo", "--listen", "127.0.0.1:0"]));
    let printed = demo.read_until("Остальные строки");
    let lines = printed.lines();
    let command: Vec<&str> =
        lines.skip_while(|line| !line.starts_with("curl")).take_while(|line| !line.is_empty()).collect();
    let answer = json_of(Command::new("sh").arg("-c").arg(command.join("\n")));
    assert!(answer["Entry_id"].as_str().is_some_and(|id| id.len() == 72), "{answer}");
    assert!(answer["Ticket"].is_string(), "{answer}");

    let (_, second) = printed.trim_end().rsplit_once("sh ").unwrap();
    let scripts = std::path::Path::new(second).parent().unwrap().to_owned();
    let rows: Vec<&str> = printed.lines().filter(|line| row_number(line).is_some()).collect();
    let mut refused = 0;
    for row in &rows[1..] {
        let answer = json_of(Command::new("sh").arg(scripts.join(format!("{}.sh", row_number(row).unwrap()))));
        match answer["Message_code"].as_str() {
            None => assert!(row.contains("можно записаться") && answer["Ticket"].is_string(), "{row}: {answer}"),
            Some(code) => {
                refused += 1;
                assert!(row.contains(&format!("{code}: ")), "{row}: {answer}");
            }
        }
    }
    assert!(refused >= 5, "{printed}");
    demo.signal("TERM");
    assert!(demo.wait().success());
    assert!(!scripts.exists(), "{} should be gone", scripts.display());
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "nothing is left where it was started");
}

/// The number that a row of the demo's table begins with.
fn row_number(line: &str) -> Option<usize> {
    line.strip_prefix('│')?.split('┆').next()?.trim().parse().ok()
}

fn json_of(command: &mut Command) -> Value {
    let (code, output, errors) = common::told(&command.output().unwrap());
    assert_eq!(code, 0, "{errors}");
    serde_json::from_str(&output).unwrap_or_else(|_| panic!("not JSON: {output}"))
}

#[test]
fn slow_headers_are_cut_and_idle_connections_live_longer() {
    let installation =
        installation().with_env("TALON_LIMITS_HEADER_TIMEOUT", "500ms").with_env("TALON_LIMITS_IDLE_TIMEOUT", "5s");
    let server = Server::start(&installation);

    // Never a word: the first request's headers are counted from the start.
    let began = Instant::now();
    assert_eq!(read_to_end(&mut connect(server.address)), "");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());

    // A byte now and then does not keep it alive.
    let mut slow = connect(server.address);
    slow.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let began = Instant::now();
    let endless = std::iter::once("GET /health/live HTTP/1.1\r\nX-Slow: ").chain(std::iter::repeat("a"));
    for piece in endless {
        let sent = slow.write_all(piece.as_bytes());
        // Waits a tenth of a second while the connection is open.
        if sent.is_err() || !is_quiet(&slow.read(&mut [0; 16])) {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(4), "not cut");
    }

    // Between requests the idle time-out holds, not the headers'.
    let mut idle = connect(server.address);
    assert!(exchange(&mut idle, LIVE).starts_with("HTTP/1.1 200"));
    idle.set_read_timeout(Some(Duration::from_millis(1500))).unwrap();
    let still_open = idle.read(&mut [0; 16]);
    assert!(is_quiet(&still_open), "{still_open:?}");
    idle.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(exchange(&mut idle, LIVE).starts_with("HTTP/1.1 200"));
    // A second request that stalls in its headers is cut by the headers' time-out.
    let began = Instant::now();
    idle.write_all(b"GET /health").unwrap();
    let answer = read_to_end(&mut idle);
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());

    let mut idle = connect(server.address);
    assert!(exchange(&mut idle, LIVE).starts_with("HTTP/1.1 200"));
    let began = Instant::now();
    assert_eq!(read_to_end(&mut idle), "");
    assert!(began.elapsed() > Duration::from_secs(4), "{:?}", began.elapsed());
}

/// Whether a read ended because nothing came.
fn is_quiet(read: &std::io::Result<usize>) -> bool {
    read.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}

#[test]
fn more_connections_than_allowed_wait_for_a_place() {
    let installation = installation().with_env("TALON_LIMITS_CONNECTIONS", "2");
    let server = Server::start(&installation);
    let mut held: Vec<_> = (0..2).map(|_| connect(server.address)).collect();
    for stream in &mut held {
        assert!(exchange(stream, LIVE).starts_with("HTTP/1.1 200"));
    }
    let mut third = connect(server.address);
    third.write_all(LIVE.as_bytes()).unwrap();
    third.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(third.read(&mut [0; 1]).is_err(), "it should wait");
    drop(held.pop());
    third.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(read_answer(&mut third).starts_with("HTTP/1.1 200"));
}

#[test]
fn a_stop_finishes_the_request_at_hand_and_takes_no_other() {
    let installation = installation();
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let mut server = serving(&installation);
    let mut idle = connect(server.address);
    assert!(exchange(&mut idle, LIVE).starts_with("HTTP/1.1 200"));
    let (mut stream, rest) = half_a_request(server.address, &booking);
    server.signal("TERM");
    assert_eq!(read_to_end(&mut idle), "", "idle connections are closed at once");
    assert!(std::net::TcpStream::connect(server.address).is_err(), "nothing new is taken");
    stream.write_all(rest.as_bytes()).unwrap();
    let answer = read_to_end(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Ticket"), "{answer}");
    assert!(server.wait().success());
}

#[test]
fn a_stop_waits_no_longer_than_it_may_and_a_second_signal_ends_at_once() {
    let installation = installation().with_env("TALON_LIMITS_DRAIN", "500ms");
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let mut server = serving(&installation);
    let _stuck = half_a_request(server.address, &booking);
    let began = Instant::now();
    server.signal("TERM");
    assert!(server.wait().success());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    let installation = installation.with_env("TALON_LIMITS_DRAIN", "60s").with_env("TALON_LIMITS_BODY_TIMEOUT", "60s");
    let mut server = serving(&installation);
    let _stuck = half_a_request(server.address, &booking);
    let mut idle = connect(server.address);
    assert!(exchange(&mut idle, LIVE).starts_with("HTTP/1.1 200"));
    let began = Instant::now();
    server.signal("TERM");
    assert_eq!(read_to_end(&mut idle), "");
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(1));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

fn serving(installation: &talon_testkit::Installation) -> Running {
    let mut command = installation.command("serve");
    Running::start(command.args(["--listen", "127.0.0.1:0", "--keys"]).arg(installation.keys_path()))
}

/// A request that the server is at work on and waits for the end of, and that end.
fn half_a_request(address: SocketAddr, booking: &Booking) -> (TcpStream, String) {
    let request = book_request(booking);
    // That the server asks for the body shows that it has taken the request up.
    let request = request.replacen("Host: test\r\n", "Host: test\r\nExpect: 100-continue\r\n", 1);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut stream = connect(address);
    let asked = exchange(&mut stream, &format!("{head}\r\n\r\n"));
    assert!(asked.starts_with("HTTP/1.1 100"), "{asked}");
    let (sent, rest) = body.split_at(10);
    stream.write_all(sent.as_bytes()).unwrap();
    (stream, rest.to_owned())
}

#[test]
fn health_and_metrics_tell_how_it_is_and_nothing_about_the_program() {
    let installation = installation().with_env("TALON_METRICS", "127.0.0.1:0");
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let server = Server::start(&installation);
    for path in ["/health/live", "/health/ready"] {
        let answer = get(server.address, path);
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"Message_code\":\"2000\""), "{answer}");
        assert!(!answer.to_lowercase().contains("server:") && !answer.contains(env!("CARGO_PKG_VERSION")), "{answer}");
    }
    assert!(get(server.address, "/metrics").starts_with("HTTP/1.1 404"), "metrics have a listener of their own");
    let mut stream = connect(server.address);
    assert!(exchange(&mut stream, &book_request(&booking)).starts_with("HTTP/1.1 200"));
    let page = get(metrics_address(&server), "/metrics");
    for line in [
        "content-type: application/openmetrics-text",
        "talon_requests_total{route=\"/iemk/directions/entry\",status=\"200\",outcome=\"ok\"} 1",
        "talon_refusals_total{reason=\"path-unknown\"} 1",
        "talon_store_records_queue_length 0",
        "talon_store_queue_limit 1024",
        "# TYPE talon_store_batch_size histogram",
        "# TYPE talon_store_commit_seconds histogram",
        "talon_request_duration_seconds_bucket",
        "# EOF",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert!(!page.contains(&booking.token) && !page.contains(&booking.direction_id));
    let logs = server.stderr();
    assert!(logs.contains("\"trace_id\""), "{logs}");
    assert!(!logs.contains(&booking.token) && !logs.contains("Кузнецова"), "{logs}");
}

#[test]
fn commits_are_seen_as_histograms_of_size_and_time() {
    const SIZE: &str = "talon_store_batch_size";
    const TIME: &str = "talon_store_commit_seconds";
    let installation = installation().with_env("TALON_METRICS", "127.0.0.1:0");
    let (region, booking, _) = small_region(&installation);
    installation.import(&region);
    let server = Server::start(&installation);
    let address = metrics_address(&server);
    let before = get(address, "/metrics");
    assert!(exchange(&mut connect(server.address), &book_request(&booking)).starts_with("HTTP/1.1 200"));
    let after = get(address, "/metrics");

    for page in [&before, &after] {
        for (name, first, last) in [(SIZE, "1.0", "128.0"), (TIME, "0.0001", "1.0")] {
            let buckets = buckets(page, name);
            let bounds: Vec<&str> = buckets.iter().map(|(bound, _)| *bound).collect();
            assert_eq!((bounds[0], bounds[bounds.len() - 2], bounds[bounds.len() - 1]), (first, last, "+Inf"));
            assert!(buckets.is_sorted_by_key(|(_, count)| *count), "{name} is not cumulative: {buckets:?}");
            assert_eq!(buckets[buckets.len() - 1].1, figure(page, &format!("{name}_count")), "{page}");
        }
        assert_eq!(figure(page, &format!("{SIZE}_count")), figure(page, &format!("{TIME}_count")), "{page}");
    }
    let grown = |figure_of: &str| figure(&after, figure_of) - figure(&before, figure_of);
    let (commits, commands) = (grown(&format!("{SIZE}_count")), grown(&format!("{SIZE}_sum")));
    assert!(commits >= 1.0 && commands >= commits, "{commands} commands in {commits} commits");
    assert!(grown(&format!("{TIME}_sum")) > 0.0, "a commit took no time");
}

/// A histogram's buckets: bound and figure, as the page has them.
fn buckets<'p>(page: &'p str, name: &str) -> Vec<(&'p str, f64)> {
    let start = format!("{name}_bucket{{le=\"");
    let lines = page.lines().filter_map(|line| line.strip_prefix(&start)?.split_once("\"} "));
    lines.map(|(bound, count)| (bound, count.parse().unwrap())).collect()
}

/// The figure behind a name without labels.
fn figure(page: &str, name: &str) -> f64 {
    let found = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {name} in {page}")).parse().unwrap()
}

#[test]
fn keys_are_reloaded_while_it_runs() {
    let installation = installation();
    let (region, mut booking, _) = small_region(&installation);
    installation.import(&region);
    let server = Server::start(&installation);
    let key = TestKey::generate("portal-2");
    let person = region.text().lines().find_map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        (line["type"] == "person").then(|| line["guid"].as_str().unwrap().to_owned())
    });
    let old = booking.token.clone();
    booking.token = key.token(talon_testkit::ISSUER, talon_testkit::AUDIENCE, &person.unwrap());
    let mut stream = connect(server.address);
    let answer = exchange(&mut stream, &book_request(&booking));
    assert!(answer.contains("token-malformed"), "{answer}");
    installation.trust(&[key.jwk()]);
    let began = Instant::now();
    while !exchange(&mut stream, &book_request(&booking)).starts_with("HTTP/1.1 200") {
        assert!(began.elapsed() < Duration::from_secs(10), "{}", server.stderr());
    }
    booking.token = old;
    let answer = exchange(&mut stream, &book_request(&booking));
    assert!(answer.contains("token-malformed"), "the key that was taken back still works: {answer}");
}

#[test]
fn tokens_of_the_installations_own_are_believed_and_issued_to_clients() {
    let installation = installation().with_env("TALON_TOKEN_ENDPOINT", "true");
    let (region, mut booking, _) = small_region(&installation);
    installation.import(&region);
    let text = region.text();
    let person: Value =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).find(|l| l["type"] == "person").unwrap();
    let run = |command: &mut Command| {
        let (code, output, errors) = common::told(&command.output().unwrap());
        assert_eq!(code, 0, "{errors}");
        output
    };
    let store = format!("sqlite:{}", installation.store().display());
    let add = ["client", "add", "--name", "Портал", "--channel", "Internet", "--store", &store];
    let credentials = run(talon(installation.directory()).args(add));
    let field = |name: &str| {
        let line = credentials.lines().find_map(|line| line.strip_prefix(&format!("{name}: "))).unwrap();
        line.to_owned()
    };
    let listed = run(talon(installation.directory()).args(["client", "list", "--store", &store]));
    let guid = field("guid");
    assert_eq!(
        listed.trim(),
        format!(
            "--guid {guid} --name 'Портал' --channel Internet --days 365 --function VisitDirection=Doctor,Internet \
             --function VisitDirectionOtherLpu=Doctor,Internet,DoctorOtherLpu --function VisitDoctor=Internet"
        )
    );
    let server = Server::start(&installation);
    let url = format!(
        "http://{}/auth/rpgu/token?Birthday={}&n_pol={}",
        server.address,
        person["birth_date"].as_str().unwrap(),
        person["policy"]["number"].as_str().unwrap()
    );
    let user = format!("{}:{}", field("guid"), field("secret"));
    let issued = json_of(Command::new("curl").args(["-sS", "-u", &user, &url]));
    assert_eq!(issued["Expires_in"], 900, "{issued}");
    let own = run(installation.command("token").args(["--person", person["guid"].as_str().unwrap()]));
    let mut stream = connect(server.address);
    for token in [issued["Token"].as_str().unwrap(), own.trim()] {
        booking.token = token.to_owned();
        let answer = exchange(&mut stream, &book_request(&booking));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}
