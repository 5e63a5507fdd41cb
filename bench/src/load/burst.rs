//! A burst: every connection sends one request at the same moment.

use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{sync::Barrier, time::timeout};

use super::{Latencies, Tally, block_on, connection::Connection, micros};
use crate::requests::Requests;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends all of `requests` at once, each on a connection of its own that is open already, and adds
/// the latencies, counted from the moment when all are let go.
pub(crate) fn burst(
    address: SocketAddr,
    requests: &Rc<Requests>,
    latencies: &Rc<RefCell<Latencies>>,
) -> anyhow::Result<Tally> {
    block_on(async {
        let gate = Rc::new(Barrier::new(requests.len() + 1));
        let begun = Rc::new(RefCell::new(Instant::now()));
        let mut tasks = Vec::with_capacity(requests.len());
        for number in 0..requests.len() {
            let mut connection = Connection::open(address).await?;
            let (gate, begun) = (Rc::clone(&gate), Rc::clone(&begun));
            let (requests, latencies) = (Rc::clone(requests), Rc::clone(latencies));
            tasks.push(tokio::task::spawn_local(async move {
                let mut tally = Tally::default();
                gate.wait().await;
                let Some(request) = requests.get(number) else { return tally };
                match timeout(PATIENCE, connection.exchange(request)).await {
                    Ok(Ok((status, body))) => tally.count(status, body),
                    _ => tally.count_lost(),
                }
                latencies.borrow_mut().saturating_record(micros(begun.borrow().elapsed()));
                tally
            }));
        }
        // Lets the tasks come to the gate before it opens.
        tokio::task::yield_now().await;
        *begun.borrow_mut() = Instant::now();
        gate.wait().await;
        let mut all = Tally::default();
        for task in tasks {
            all.add(&task.await?);
        }
        Ok(all)
    })
}
