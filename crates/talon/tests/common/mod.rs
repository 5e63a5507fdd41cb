//! What the tests of the binary share beside the test kit.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub(crate) mod running;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Output},
    time::Duration,
};

use serde_json::Value;
use talon_testkit::{Booking, Installation, RegionBuilder, Server, SlotRef, clock};

/// Longer than anything here may take; reached only when something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An installation of the binary under test.
pub(crate) fn installation() -> Installation {
    Installation::new(env!("CARGO_BIN_EXE_talon"))
}

/// The binary in a folder, with none of the machine's own settings.
pub(crate) fn talon(folder: &std::path::Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_talon"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("TALON_")) {
        command.env_remove(name);
    }
    command.current_dir(folder);
    command
}

/// Exit code, standard output and standard error.
pub(crate) fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// A region of one doctor with three free cells, and a patient's request for the first of them.
pub(crate) fn small_region(installation: &Installation) -> (RegionBuilder, Booking, Vec<SlotRef>) {
    let mut region = RegionBuilder::new();
    region.specialty("1", "Терапия", "Т");
    let facility = region.facility("Поликлиника № 1", "Europe/Moscow");
    let doctor = region.doctor(&facility, "1");
    let slots = region.slots(&doctor, clock::day_ahead(3), 3, 1);
    let (person, referral) = region.patient(&facility, "1");
    let booking = installation.booking(&person, &referral, &slots[0]);
    (region, booking, slots)
}

/// A connection that fails a test rather than hang it.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("somebody listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time-out can be set");
    stream
}

/// Reads until the other side closes.
pub(crate) fn read_to_end(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // A reset ends it as well as an orderly close.
    let _ = stream.read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Sends bytes and reads one answer with a `Content-Length`.
pub(crate) fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("the request can be sent");
    read_answer(stream)
}

/// Reads one answer with a `Content-Length`.
pub(crate) fn read_answer(stream: &mut TcpStream) -> String {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(b"\r\n\r\n") {
        match stream.read(&mut byte) {
            Ok(1) => text.push(byte[0]),
            _ => return String::from_utf8_lossy(&text).into_owned(),
        }
    }
    let head = String::from_utf8_lossy(&text).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or("0", str::trim);
    let mut body = vec![0; length.parse().expect("a length")];
    stream.read_exact(&mut body).expect("the whole body");
    text.extend(body);
    String::from_utf8_lossy(&text).into_owned()
}

/// A GET on a connection of its own.
pub(crate) fn get(address: SocketAddr, path: &str) -> String {
    exchange(&mut connect(address), &format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"))
}

/// Where a server's metrics are, from the log line that says so.
pub(crate) fn metrics_address(server: &Server) -> SocketAddr {
    let logs = server.stderr();
    let mut lines = logs.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let address = lines.find_map(|line| line["metrics"].as_str().map(ToOwned::to_owned));
    address.unwrap_or_else(|| panic!("no metrics in {logs}")).parse().expect("an address")
}

/// The bytes of a request to book.
pub(crate) fn book_request(booking: &Booking) -> String {
    let body = booking.body().to_string();
    format!(
        "POST /iemk/directions/entry HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        booking.token,
        body.len()
    )
}
