//! Many clients at once.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::{
    sync::{Barrier, Notify},
    task::JoinSet,
};

use crate::{
    attempt::{Attempt, Booking, Outcome},
    client::Client,
};

/// Fires when a load has sent a given number of requests: the moment at which a nemesis strikes is
/// counted in requests, so it falls amid them on a machine of any speed.
pub struct Trigger {
    after: usize,
    sent: AtomicUsize,
    reached: Notify,
}

impl Trigger {
    /// Fires at the `after`-th request.
    #[must_use]
    pub fn after(after: usize) -> Arc<Self> {
        Arc::new(Self { after, sent: AtomicUsize::new(0), reached: Notify::new() })
    }

    /// Waits until it has fired.
    pub async fn reached(&self) {
        self.reached.notified().await;
    }

    fn one_sent(&self) {
        if self.sent.fetch_add(1, Ordering::Relaxed) + 1 == self.after {
            self.reached.notify_one();
        }
    }
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Wish {
    Book,
    Hold,
}

/// A load: bookings shared out among clients that each keep a connection.
pub struct Load {
    address: SocketAddr,
    clients: usize,
    trigger: Option<Arc<Trigger>>,
}

impl Load {
    /// This many clients at once. All are connected before the first request is sent.
    #[must_use]
    pub fn new(address: SocketAddr, clients: usize) -> Self {
        Self { address, clients, trigger: None }
    }

    /// Counts its requests on a trigger.
    #[must_use]
    pub fn counted_by(self, trigger: &Arc<Trigger>) -> Self {
        Self { trigger: Some(Arc::clone(trigger)), ..self }
    }

    /// Sends all the bookings, each once. A client stops when its connection is lost, since what it
    /// would send next would find no server; what was never sent is not in the history.
    pub async fn run(&self, bookings: Vec<Booking>) -> Vec<Attempt> {
        self.send(bookings, Wish::Book).await
    }

    /// The same, but the times are to be held.
    pub async fn hold(&self, bookings: Vec<Booking>) -> Vec<Attempt> {
        self.send(bookings, Wish::Hold).await
    }

    async fn send(&self, bookings: Vec<Booking>, wish: Wish) -> Vec<Attempt> {
        let bookings = Arc::new(bookings);
        let next = Arc::new(AtomicUsize::new(0));
        let all_connected = Arc::new(Barrier::new(self.clients));
        let mut clients = JoinSet::new();
        for _ in 0..self.clients {
            let (bookings, next, all_connected) = (bookings.clone(), next.clone(), all_connected.clone());
            let (address, trigger) = (self.address, self.trigger.clone());
            clients.spawn(async move {
                let mut client = Client::new(address);
                let connected = client.connect().await;
                all_connected.wait().await;
                connected.expect("the server takes a connection before the load begins");
                let mut history = Vec::new();
                while let Some(booking) = bookings.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(trigger) = &trigger {
                        trigger.one_sent();
                    }
                    let attempt = match wish {
                        Wish::Book => client.book(booking).await,
                        Wish::Hold => {
                            let began = Instant::now();
                            Attempt::of(booking, client.hold(booking).await, began)
                        }
                    };
                    let lost = matches!(attempt.outcome, Outcome::Unknown(_)) && attempt.answer.is_none();
                    history.push(attempt);
                    if lost {
                        break;
                    }
                }
                history
            });
        }
        clients.join_all().await.into_iter().flatten().collect()
    }
}
