//! Clients that come to no end: a byte of a request's head, or of its body, now and then.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout_at},
};

use super::block_on;

/// Between two bytes.
const PAUSE: Duration = Duration::from_secs(1);

/// A server that has not ended a connection by then would never do so.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is sent slowly. All before it is sent at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Head,
    Body,
}

/// How the server ended such connections.
#[derive(Default)]
pub(crate) struct SlowReport {
    /// How many it ended.
    pub(crate) ended: usize,
    /// How long the longest of these lasted.
    pub(crate) longest: Duration,
    /// By the status that it gave, 0 for none.
    statuses: BTreeMap<u16, usize>,
}

/// Sends each of the requests on a connection of its own, slowly, until the server ends that.
///
/// # Errors
///
/// The server takes no connection.
pub(crate) fn slow(address: SocketAddr, requests: Vec<Vec<u8>>, part: Part) -> anyhow::Result<SlowReport> {
    block_on(async {
        let mut tasks = Vec::with_capacity(requests.len());
        for request in requests {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            tasks.push(tokio::task::spawn_local(dawdle(stream, request, part)));
        }
        let mut report = SlowReport::default();
        for task in tasks {
            if let Some((status, lasted)) = task.await? {
                report.ended += 1;
                report.longest = report.longest.max(lasted);
                *report.statuses.entry(status).or_default() += 1;
            }
        }
        Ok(report)
    })
}

/// The status that the server gave and how long it took; `None` if it never ended the connection.
async fn dawdle(mut stream: TcpStream, request: Vec<u8>, part: Part) -> Option<(u16, Duration)> {
    let began = Instant::now();
    let (mut answer, deadline) = (Vec::new(), began + PATIENCE);
    let whole = timeout_at(deadline.into(), async {
        let (mut reader, mut writer) = stream.split();
        let write = async {
            // A server that has ended it takes no more; the reading half says so.
            let _ = trickle(&mut writer, &request, part).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = write => {}
            _ = reader.read_to_end(&mut answer) => {}
        }
    });
    whole.await.ok()?;
    let status = answer.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    Some((status.unwrap_or(0), began.elapsed()))
}

async fn trickle(writer: &mut (impl AsyncWriteExt + Unpin), request: &[u8], part: Part) -> std::io::Result<()> {
    let body = request.windows(4).position(|window| window == b"\r\n\r\n").map_or(request.len(), |end| end + 4);
    let at_once = if part == Part::Head { 1 } else { body };
    writer.write_all(&request[..at_once]).await?;
    for byte in &request[at_once..] {
        sleep(PAUSE).await;
        writer.write_all(&[*byte]).await?;
    }
    Ok(())
}

impl fmt::Display for SlowReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ended after at most {:.1} s", self.ended, self.longest.as_secs_f64())?;
        for (status, count) in &self.statuses {
            match status {
                0 => write!(f, ", {count} without a word")?,
                _ => write!(f, ", {count} with {status}")?,
            }
        }
        Ok(())
    }
}
