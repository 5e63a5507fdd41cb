//! A nemesis that strikes amid a load.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    attempt::{Attempt, Booking},
    chance::Chance,
    drive::{Load, Trigger},
    installation::Installation,
    server::Server,
};

/// When to strike: a while after a number of requests was sent.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// Requests.
    pub after: usize,
    /// And then this long.
    pub then: Duration,
}

impl Moment {
    /// A random one within a load of this many requests: each step from reading a request to
    /// answering it can be the last.
    pub fn random(chance: &mut Chance, requests: usize) -> Self {
        let after = 1 + chance.below(requests as u64 * 3 / 4);
        let then = Duration::from_micros(chance.below(3_000));
        Self { after: usize::try_from(after).expect("less than a usize"), then }
    }
}

/// Starts a server, sends it the bookings from this many clients, strikes, and gives what the
/// clients know. The server is dead in the end, whatever `strike` does.
pub async fn strike_under_load(
    installation: &Installation,
    bookings: Vec<Booking>,
    clients: usize,
    moment: Moment,
    strike: impl FnOnce(&Server),
) -> Vec<Attempt> {
    let mut server = Server::start(installation);
    let trigger = Trigger::after(moment.after);
    let load = Load::new(server.address, clients).counted_by(&trigger);
    let load = tokio::spawn(async move { load.run(bookings).await });
    trigger.reached().await;
    // Not to wait for anything: which step of the work is hit is what chance decides here.
    sleep(moment.then).await;
    strike(&server);
    server.kill();
    load.await.expect("the clients end when the server is gone")
}
