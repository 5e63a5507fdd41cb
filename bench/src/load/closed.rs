//! Closed loop: each connection sends its next request when it has the answer to the last.

use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};

use super::{Latencies, Tally, block_on, connection::Connection, latencies, micros};
use crate::requests::Requests;

/// What a closed loop is to do.
#[derive(Clone, Copy)]
pub(crate) struct Closed {
    pub(crate) connections: usize,
    /// How long it runs before counting begins.
    pub(crate) warm_up: Duration,
    /// How long it counts.
    pub(crate) measured: Duration,
}

/// What came of it.
pub(crate) struct ClosedReport {
    /// Answers a second, of any kind.
    pub(crate) rate: f64,
    pub(crate) tally: Tally,
    pub(crate) latencies: Latencies,
    /// What each of the `meters` grew by while counting.
    pub(crate) metered: [Duration; 2],
    /// How many requests were sent in all, warm-up counted.
    pub(crate) sent: usize,
}

struct State {
    requests: Rc<Requests>,
    next: usize,
    from: Instant,
    until: Instant,
    tally: Tally,
    latencies: Latencies,
}

/// Runs it over `requests` from the `first` on. The `meters` are read when counting begins and ends.
///
/// # Errors
///
/// A request was not answered; or there were too few requests for half of the measured time.
pub(crate) fn closed(
    address: SocketAddr,
    plan: Closed,
    requests: &Rc<Requests>,
    first: usize,
    meters: &dyn Fn() -> anyhow::Result<[Duration; 2]>,
) -> anyhow::Result<ClosedReport> {
    block_on(async {
        let mut open = Vec::with_capacity(plan.connections);
        for _ in 0..plan.connections {
            open.push(Connection::open(address).await?);
        }
        let from = Instant::now() + plan.warm_up;
        let state = Rc::new(RefCell::new(State {
            requests: Rc::clone(requests),
            next: first,
            from,
            until: from + plan.measured,
            tally: Tally::default(),
            latencies: latencies()?,
        }));
        let tasks: Vec<_> =
            open.into_iter().map(|connection| tokio::task::spawn_local(drive(connection, Rc::clone(&state)))).collect();
        tokio::time::sleep_until(from.into()).await;
        let before = meters()?;
        for task in tasks {
            task.await??;
        }
        let after = meters()?;
        let state = state.borrow();
        let elapsed = state.until.saturating_duration_since(from);
        if elapsed < plan.measured / 2 {
            bail!("the region has too few bookings for this run: all {} were made", requests.len() - first);
        }
        let answered = state.latencies.len();
        Ok(ClosedReport {
            rate: answered as f64 / elapsed.as_secs_f64(),
            tally: state.tally.clone(),
            latencies: state.latencies.clone(),
            metered: [0, 1].map(|meter| after[meter].saturating_sub(before[meter])),
            sent: state.next - first,
        })
    })
}

async fn drive(mut connection: Connection, state: Rc<RefCell<State>>) -> anyhow::Result<()> {
    let requests = Rc::clone(&state.borrow().requests);
    loop {
        let began = Instant::now();
        let request = {
            let mut state = state.borrow_mut();
            if began >= state.until {
                return Ok(());
            }
            let Some(request) = requests.get(state.next) else {
                // Everything is booked: what the others still wait for is not counted.
                state.until = began;
                return Ok(());
            };
            state.next += 1;
            request
        };
        let (status, body) = connection.exchange(request).await?;
        let ended = Instant::now();
        let mut state = state.borrow_mut();
        ensure!(status != 429, "a person asks more often than Talon lets one; the figures would mean nothing");
        if ended >= state.from && ended <= state.until {
            state.tally.count(status, body);
            state.latencies.saturating_record(micros(ended - began));
        }
    }
}
