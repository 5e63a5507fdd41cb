//! Open loop: requests are sent at a fixed rate, whether those before them are answered or not, and
//! a latency counts from when its request was due. A server that stalls so pays for every request
//! that had to wait, not for one.

use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::sync::{
    Mutex,
    mpsc::{UnboundedReceiver, unbounded_channel},
};

use super::{Latencies, Tally, block_on, connection::Connection, latencies, micros};
use crate::{clock, requests::Requests};

/// Connections that take turns: more than are ever busy unless a stall lasts longer than all of
/// them at this rate, and then the waiting counts all the same.
const CONNECTIONS: usize = 64;

/// Offers `rate` requests a second for `warm_up` and then for `measured`; what came of the latter.
pub(crate) fn open(
    address: SocketAddr,
    rate: u32,
    (warm_up, measured): (Duration, Duration),
    requests: &Rc<Requests>,
) -> anyhow::Result<(Tally, Latencies)> {
    block_on(async {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            connections.push(Connection::open(address).await?);
        }
        let begin = Instant::now() + Duration::from_millis(50);
        let from = begin + warm_up;
        let total = (warm_up + measured).as_secs_f64() * f64::from(rate);
        let total = requests.len().min(total as usize);
        let (send, due) = unbounded_channel();
        // A thread of its own: a runtime's timers count milliseconds, and one answer takes less.
        let pacer = std::thread::spawn(move || {
            for number in 0..total {
                let when = begin + Duration::from_secs_f64(number as f64 / f64::from(rate));
                clock::wait_until(when);
                if send.send((number, when)).is_err() {
                    return;
                }
            }
        });
        let due = Rc::new(Mutex::new(due));
        let counts = Rc::new(RefCell::new((Tally::default(), latencies()?)));
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|connection| {
                let work = drive(connection, Rc::clone(&due), Rc::clone(requests), from, Rc::clone(&counts));
                tokio::task::spawn_local(work)
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        pacer.join().map_err(|_| anyhow::anyhow!("the pacer panicked"))?;
        let counts = counts.borrow();
        Ok(counts.clone())
    })
}

async fn drive(
    mut connection: Connection,
    due: Rc<Mutex<UnboundedReceiver<(usize, Instant)>>>,
    requests: Rc<Requests>,
    from: Instant,
    counts: Rc<RefCell<(Tally, Latencies)>>,
) -> anyhow::Result<()> {
    loop {
        let next = due.lock().await.recv().await;
        let Some((number, when)) = next else { return Ok(()) };
        let Some(request) = requests.get(number) else { return Ok(()) };
        let (status, body) = connection.exchange(request).await?;
        if when >= from {
            let mut counts = counts.borrow_mut();
            counts.0.count(status, body);
            counts.1.saturating_record(micros(when.elapsed()));
        }
    }
}
