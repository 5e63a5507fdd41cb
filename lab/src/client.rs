//! A client: goes through its operations one by one, and writes down what it is told.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use talon_testkit::{Answer, Booking, Client, Lost, Outcome, TestKey};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

use crate::{
    history::Attempt,
    plan::{Kind, Operation, Plan},
    site::Board,
};

/// How long it leaves a server alone that did not answer, or says that it cannot now. Without it a
/// network that is down would use up the attempts of a whole run.
const RESPITE: Duration = Duration::from_millis(50);

/// How often a step of a journey is asked until it is answered, each time at the next node. The next step depends on
/// the answer.
const MOST_TRIES: u8 = 40;

/// A client, with a connection to each node.
pub(crate) struct Caller {
    number: u16,
    plan: Arc<Plan>,
    key: Arc<TestKey>,
    board: watch::Receiver<Board>,
    connections: Vec<Option<(SocketAddr, Client)>>,
    epoch: Instant,
    patience: Duration,
}

impl Caller {
    pub(crate) fn new(
        number: u16,
        plan: &Arc<Plan>,
        key: &Arc<TestKey>,
        board: watch::Receiver<Board>,
        epoch: Instant,
        patience: Duration,
    ) -> Self {
        let connections = board.borrow().iter().map(|_| None).collect();
        Self { number, plan: Arc::clone(plan), key: Arc::clone(key), board, connections, epoch, patience }
    }

    pub(crate) fn number(&self) -> u16 {
        self.number
    }

    /// Carries out an operation. Nothing is sent, and nothing given back, when no node will ever be up again.
    pub(crate) async fn carry_out(&mut self, operation: Operation) -> Vec<Attempt> {
        let Operation { request, steps, node, again } = operation;
        if self.plan.requests[request as usize].journey.is_none() {
            return self.ask_again(request, node, again, &Ids::default()).await;
        }
        let (mut attempts, mut ids) = (Vec::new(), Ids::default());
        for request in request..request + steps {
            let kind = self.plan.requests[request as usize].kind;
            attempts.extend(self.ask_again(request, node, MOST_TRIES, &ids).await);
            match attempts.last().map(|attempt| &attempt.outcome) {
                Some(Outcome::Ok { entry, .. }) => ids.learn(kind, entry),
                // The visit stays where it is.
                Some(Outcome::Refused(_)) if kind == Kind::Move => {}
                _ => break,
            }
        }
        attempts
    }

    /// Asks until there is an answer, each time at the next node, and not more often than this.
    async fn ask_again(&mut self, request: u32, node: u8, again: u8, ids: &Ids) -> Vec<Attempt> {
        let mut attempts = Vec::new();
        for again in 0..=again {
            let Some(attempt) = self.ask(request, node + again, ids).await else { break };
            let is_unknown = attempt.is_unknown();
            attempts.push(attempt);
            if !is_unknown {
                break;
            }
        }
        attempts
    }

    async fn ask(&mut self, request: u32, wanted: u8, ids: &Ids) -> Option<Attempt> {
        let (node, address) = self.node_that_is_up(wanted).await?;
        let booking = self.plan.booking(request, &self.key);
        let kind = self.plan.requests[request as usize].kind;
        let connection = &mut self.connections[node];
        let known = connection.take().filter(|(at, _)| *at == address);
        let (_, mut client) = known.unwrap_or_else(|| (address, Client::new(address)));
        let began = self.now();
        let answer = match timeout(self.patience, ids.ask(&mut client, kind, &booking)).await {
            Ok(answer) => answer,
            Err(_) => Err(Lost(format!("no answer in {:?}", self.patience))),
        };
        let ended = self.now();
        // A connection on which an answer is still owed is of no use: it is dropped, which hangs up.
        if answer.is_ok() {
            self.connections[node] = Some((address, client));
        }
        let (outcome, status, trace) = match answer {
            Ok(answer) => (answer.outcome(), Some(answer.status.as_u16()), trace(&answer)),
            Err(Lost(why)) => (Outcome::Unknown(why), None, None),
        };
        let (client, node) = (self.number, u8::try_from(node).unwrap_or(u8::MAX));
        let attempt = Attempt { request, client, node, began, ended, outcome, status, trace };
        if attempt.is_unknown() {
            sleep(RESPITE).await;
        }
        Some(attempt)
    }

    /// This node (their numbers begin anew after the last), or the next one that is up; waits when all are
    /// down.
    async fn node_that_is_up(&mut self, wanted: u8) -> Option<(usize, SocketAddr)> {
        let board = self.board.wait_for(|board| board.iter().any(Option::is_some)).await.ok()?;
        let from = usize::from(wanted);
        (from..from + board.len()).map(|node| node % board.len()).find_map(|node| Some((node, board[node]?)))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What a journey goes on with.
#[derive(Default)]
struct Ids {
    hold: String,
    entry: String,
}

impl Ids {
    fn learn(&mut self, kind: Kind, told: &str) {
        match kind {
            Kind::Hold => told.clone_into(&mut self.hold),
            Kind::Book | Kind::Move => told.clone_into(&mut self.entry),
            Kind::Release | Kind::Cancel => {}
        }
    }

    async fn ask(&self, client: &mut Client, kind: Kind, booking: &Booking) -> Result<Answer, Lost> {
        match kind {
            Kind::Book => client.ask(booking).await,
            Kind::Hold => client.hold(booking).await,
            Kind::Release => client.release(&booking.token, &self.hold).await,
            Kind::Move => client.move_to(booking, &self.entry).await,
            Kind::Cancel => client.cancel(&booking.token, &self.entry).await,
        }
    }
}

fn trace(answer: &Answer) -> Option<uuid::Uuid> {
    answer.headers.get("x-request-id")?.to_str().ok()?.parse().ok()
}
