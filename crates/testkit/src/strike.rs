//! A nemesis that strikes amid a load.

use std::time::Duration;

use tokio::time::sleep;

use crate::{
    attempt::{Attempt, Booking},
    chance::Chance,
    drive::{Load, Trigger},
    installation::Installation,
    ledger::{EntryRow, Ledger},
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

/// Requests that come to a server before it is struck by [`strikes_while_booking`].
const SHARE: usize = 24;

/// How many patients must want to book for so many strikes: twice as many as are needed when chance is even.
#[must_use]
pub fn patients_for_strikes(times: usize) -> usize {
    2 * times * SHARE
}

/// Strikes so many servers, each while the next of the bookings come to it from eight clients, and goes on until an eighth
/// of what was asked of these is booked: how much a server books before its end is chance. What is booked then.
///
/// # Panics
///
/// When the bookings come to their end before.
pub async fn strikes_while_booking(
    installation: &Installation,
    bookings: &[Booking],
    times: usize,
    chance: &mut Chance,
) -> Vec<EntryRow> {
    for (struck, share) in bookings.chunks(SHARE).enumerate() {
        if struck >= times {
            let entries = Ledger::of(installation).entries;
            if entries.len() > times * SHARE / 8 {
                return entries;
            }
        }
        drop(strike_under_load(installation, share.to_vec(), 8, Moment::random(chance, SHARE), |_| ()).await);
    }
    panic!("hardly anything was booked by {} requests", bookings.len());
}
