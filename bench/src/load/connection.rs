//! A connection that is kept: as much of HTTP/1.1 as the servers measured here speak.

use std::{io, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// More than any answer takes.
const LARGEST_ANSWER: usize = 1024 * 1024;

pub(super) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, answer: Vec::with_capacity(4096) })
    }

    /// Whether the server has hung up while nothing was asked.
    pub(super) fn is_closed(&self) -> bool {
        !matches!(self.stream.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Sends a request and reads its answer: status and body.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> io::Result<(u16, &[u8])> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        loop {
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            if let Some((status, body)) = Head::read(&self.answer)?.and_then(|head| head.complete(&self.answer)) {
                return Ok((status, &self.answer[body..]));
            }
            if self.answer.len() > LARGEST_ANSWER {
                return Err(io::Error::other("an answer without end"));
            }
        }
    }
}

struct Head {
    status: u16,
    /// Where the body begins.
    body: usize,
    content_length: usize,
}

impl Head {
    /// `None` while the head is not there as a whole.
    fn read(answer: &[u8]) -> io::Result<Option<Self>> {
        let odd = || io::Error::other("an answer that this client does not understand");
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let head = std::str::from_utf8(&answer[..end]).map_err(|_| odd())?;
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok()).ok_or_else(odd)?;
        let length = head.lines().filter_map(|line| line.split_once(':'));
        let length = length.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let content_length = length.and_then(|(_, value)| value.trim().parse().ok()).ok_or_else(odd)?;
        Ok(Some(Self { status, body: end + 4, content_length }))
    }

    fn complete(&self, answer: &[u8]) -> Option<(u16, usize)> {
        (answer.len() >= self.body + self.content_length).then_some((self.status, self.body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(answer: &str) -> Option<(u16, usize)> {
        Head::read(answer.as_bytes()).unwrap().and_then(|head| head.complete(answer.as_bytes()))
    }

    #[test]
    fn an_answer_is_whole_with_the_last_byte_of_its_body() {
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        for length in 0..answer.len() {
            assert_eq!(whole(&answer[..length]), None, "{length}");
        }
        assert_eq!(whole(answer), Some((200, answer.len() - 2)));
    }

    #[test]
    fn answers_without_a_length_are_not_understood() {
        for odd in ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", "HTTP/2 200\r\ncontent-length: 0\r\n\r\n"]
        {
            assert!(Head::read(odd.as_bytes()).is_err(), "{odd}");
        }
    }
}
