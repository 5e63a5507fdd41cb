//! A connection on which anything can be said, also what is no HTTP.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
};

use crate::common::connect;

/// What a caller does after it has said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Reads the answer and goes on.
    Read,
    /// Reads an answer that has no body, and hangs up.
    ReadHead,
    /// Says that this was all, reads the answer, if any, and hangs up.
    Finish,
    /// Hangs up.
    HangUp,
}

/// One connection; made anew when it was closed.
pub(crate) struct Wire {
    address: SocketAddr,
    stream: Option<BufReader<TcpStream>>,
}

/// An answer as it came.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Its head and body.
    pub(crate) bytes: Vec<u8>,
    pub(crate) head: usize,
}

impl Answer {
    pub(crate) fn body(&self) -> &[u8] {
        &self.bytes[self.head..]
    }
}

impl Wire {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, stream: None }
    }

    /// Says something. `None` when there is no answer.
    pub(crate) fn say(&mut self, bytes: &[u8], then: Then) -> Option<Answer> {
        let mut stream = self.stream.take().unwrap_or_else(|| BufReader::new(connect(self.address)));
        // Who is refused early is hung up on before everything is said, and answered nevertheless.
        let _ = stream.get_mut().write_all(bytes);
        if then == Then::HangUp {
            return None;
        }
        if then == Then::Finish {
            let _ = stream.get_mut().shutdown(Shutdown::Write);
        }
        let (answer, goes_on) = read(&mut stream, then == Then::ReadHead)?;
        if goes_on && then == Then::Read {
            self.stream = Some(stream);
        }
        Some(answer)
    }
}

/// An answer, and whether the connection may be used again.
fn read(stream: &mut BufReader<TcpStream>, head_alone: bool) -> Option<(Answer, bool)> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        match stream.read_until(b'\n', &mut bytes) {
            Ok(1..) => {}
            Ok(0) | Err(_) => return None,
        }
    }
    let head = bytes.len();
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let status = text.split(' ').nth(1)?.parse().ok()?;
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let goes_on = length.is_some() && !text.contains("connection: close");
    let mut body = vec![0; length.filter(|_| !head_alone).unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some((Answer { status, bytes, head }, goes_on))
}
