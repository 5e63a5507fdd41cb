//! Open loop past what a server can do: each request is sent when it is due, whatever became of those
//! before it, on a connection that no other is on. One that finds none free is not sent, as a balancer
//! with so many connections would refuse it, and counted.

use std::{
    cell::RefCell,
    net::SocketAddr,
    rc::Rc,
    time::{Duration, Instant},
};

use anyhow::ensure;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

use super::{Latencies, Tally, block_on, connection::Connection, latencies, micros};
use crate::requests::Requests;

/// The runtime's timers count milliseconds; what became due meanwhile is sent at once.
const TICK: Duration = Duration::from_millis(1);

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stretch of time with a rate of its own.
#[derive(Clone, Copy)]
pub(crate) struct Phase {
    /// Requests offered a second.
    pub(crate) rate: f64,
    pub(crate) time: Duration,
}

impl Phase {
    fn requests(self) -> usize {
        (self.rate * self.time.as_secs_f64()) as usize
    }
}

/// What came of a phase.
#[derive(Clone)]
pub(crate) struct PhaseReport {
    /// Requests that were due.
    pub(crate) due: u64,
    /// Those of them for which no connection was free.
    pub(crate) unsent: u64,
    /// Bookings a second that were answered while it lasted, whenever they had been due.
    pub(crate) goodput: f64,
    /// The answers to what was due in it, whenever they came.
    pub(crate) tally: Tally,
    /// How long the bookings among these took, from when each was due.
    pub(crate) booked: Latencies,
    /// How late the generator sent what was due: it shares the cores.
    pub(crate) late: Latencies,
}

/// Offers one phase after the other.
///
/// # Errors
///
/// There are too few requests; or the server takes no connection.
pub(crate) fn flood(
    address: SocketAddr,
    connections: usize,
    phases: &[Phase],
    requests: &Rc<Requests>,
) -> anyhow::Result<Vec<PhaseReport>> {
    let needed: usize = phases.iter().map(|phase| phase.requests()).sum();
    ensure!(needed <= requests.len(), "the region has {} bookings, and {needed} are to be asked for", requests.len());
    block_on(async {
        let mut open = Vec::with_capacity(connections);
        for _ in 0..connections {
            open.push(Connection::open(address).await?);
        }
        let begin = Instant::now() + Duration::from_millis(50);
        let state = Rc::new(RefCell::new(State::new(begin, phases)?));
        let (mut links, mut tasks) = (Vec::with_capacity(connections), Vec::with_capacity(connections));
        for connection in open {
            let (link, dues) = unbounded_channel();
            let number = links.len();
            state.borrow_mut().idle.push(number);
            let (requests, state) = (Rc::clone(requests), Rc::clone(&state));
            tasks.push(tokio::task::spawn_local(async move {
                drive(number, connection, address, dues, &requests, &state).await
            }));
            links.push(link);
        }
        offer(&links, phases, begin, &state).await;
        drop(links);
        for task in tasks {
            task.await??;
        }
        Ok(state.borrow().reports())
    })
}

/// A request that is due.
#[derive(Clone, Copy)]
struct Due {
    request: usize,
    phase: usize,
    when: Instant,
}

/// Hands each request, when it is due, to the connection that became free last: few connections are
/// busy while few are needed.
async fn offer(links: &[UnboundedSender<Due>], phases: &[Phase], begin: Instant, state: &Rc<RefCell<State>>) {
    let (mut request, mut from) = (0, begin);
    for (number, phase) in phases.iter().enumerate() {
        let (total, mut offered) = (phase.requests(), 0);
        while offered < total {
            let passed = Instant::now().saturating_duration_since(from);
            let due = total.min((phase.rate * passed.as_secs_f64()) as usize);
            while offered < due {
                let when = from + Duration::from_secs_f64(offered as f64 / phase.rate);
                let due = Due { request, phase: number, when };
                let mut state = state.borrow_mut();
                state.counted[number].due += 1;
                let taken =
                    state.idle.pop().and_then(|free| links.get(free)).is_some_and(|link| link.send(due).is_ok());
                state.counted[number].unsent += u64::from(!taken);
                (offered, request) = (offered + 1, request + 1);
            }
            sleep(TICK).await;
        }
        from += phase.time;
    }
}

/// A connection that is broken is made anew, as whoever has requests to send would do.
async fn drive(
    number: usize,
    mut connection: Connection,
    address: SocketAddr,
    mut dues: UnboundedReceiver<Due>,
    requests: &Requests,
    state: &RefCell<State>,
) -> anyhow::Result<()> {
    while let Some(due) = dues.recv().await {
        let Some(request) = requests.get(due.request) else { return Ok(()) };
        if connection.is_closed() {
            // It stood idle for too long, and the server hung up. Whoever keeps connections looks before they use one.
            connection = Connection::open(address).await?;
        }
        state.borrow_mut().sent(due, Instant::now());
        let lost = match timeout(PATIENCE, connection.exchange(request)).await {
            Ok(Ok((status, body))) => {
                state.borrow_mut().answered(due, Instant::now(), status, body);
                false
            }
            _ => {
                state.borrow_mut().counted[due.phase].tally.count_lost();
                true
            }
        };
        if lost {
            connection = Connection::open(address).await?;
        }
        state.borrow_mut().idle.push(number);
    }
    Ok(())
}

struct State {
    /// Connections without a request, the one that became free last at the end.
    idle: Vec<usize>,
    counted: Vec<Counted>,
}

/// A phase, while it is counted.
struct Counted {
    from: Instant,
    until: Instant,
    due: u64,
    unsent: u64,
    /// Bookings answered while it lasts.
    booked_meanwhile: u64,
    tally: Tally,
    booked: Latencies,
    late: Latencies,
}

impl State {
    fn new(begin: Instant, phases: &[Phase]) -> anyhow::Result<Self> {
        let (mut from, mut counted) = (begin, Vec::new());
        for phase in phases {
            let until = from + phase.time;
            let (tally, booked, late) = (Tally::default(), latencies()?, latencies()?);
            counted.push(Counted { from, until, due: 0, unsent: 0, booked_meanwhile: 0, tally, booked, late });
            from = until;
        }
        Ok(Self { idle: Vec::new(), counted })
    }

    fn sent(&mut self, due: Due, now: Instant) {
        self.counted[due.phase].late.saturating_record(micros(now.saturating_duration_since(due.when)));
    }

    fn answered(&mut self, due: Due, now: Instant, status: u16, body: &[u8]) {
        let own = &mut self.counted[due.phase];
        own.tally.count(status, body);
        if status != 200 {
            return;
        }
        own.booked.saturating_record(micros(now.saturating_duration_since(due.when)));
        if let Some(present) = self.counted.iter_mut().find(|phase| phase.from <= now && now < phase.until) {
            present.booked_meanwhile += 1;
        }
    }

    fn reports(&self) -> Vec<PhaseReport> {
        let report = |it: &Counted| PhaseReport {
            due: it.due,
            unsent: it.unsent,
            goodput: it.booked_meanwhile as f64 / (it.until - it.from).as_secs_f64(),
            tally: it.tally.clone(),
            booked: it.booked.clone(),
            late: it.late.clone(),
        };
        self.counted.iter().map(report).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_for_the_phase_it_was_due_in_and_for_the_rate_of_the_one_it_came_in() {
        let (begin, second) = (Instant::now(), Duration::from_secs(1));
        let phase = Phase { rate: 10.0, time: second };
        let mut state = State::new(begin, &[phase, phase]).unwrap();
        let due = Due { request: 0, phase: 0, when: begin + second / 2 };
        state.answered(due, begin + second * 3 / 4, 200, b"{}");
        state.answered(due, begin + second * 3 / 2, 200, b"{}");
        state.answered(due, begin + second * 3, 200, b"{}");
        state.answered(due, begin + second * 3 / 4, 503, b"");
        let [first, last] = &state.reports()[..] else { panic!("two phases") };
        assert_eq!((first.tally.to_string(), last.tally.to_string()), ("3 × 200, 1 × 503".into(), "0 × 200".into()));
        assert_eq!((first.goodput, last.goodput), (1.0, 1.0));
        assert_eq!((first.booked.len(), first.booked.max() / 1000), (3, 2500));
    }

    #[test]
    fn a_request_without_a_free_connection_is_not_sent() {
        let phases = [Phase { rate: 1000.0, time: Duration::from_millis(3) }];
        block_on(async {
            let state = Rc::new(RefCell::new(State::new(Instant::now(), &phases)?));
            state.borrow_mut().idle.push(0);
            let (link, mut dues) = unbounded_channel();
            offer(&[link], &phases, Instant::now(), &state).await;
            assert_eq!(dues.recv().await.map(|due| due.request), Some(0));
            let report = &state.borrow().reports()[0];
            assert_eq!((report.due, report.unsent), (3, 2));
            Ok(())
        })
        .unwrap();
    }
}
