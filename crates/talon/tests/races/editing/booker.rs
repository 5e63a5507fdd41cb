//! One who books and gives up again, and again.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use talon_testkit::{Attempt, Booking, Chance, Client, Outcome, ReferralRef, SlotRef};

/// What somebody asked and was told.
pub(super) struct Story {
    /// Every booking that was asked for.
    pub(super) attempts: Vec<Attempt>,
    /// The visit that they have in the end.
    pub(super) has: Option<String>,
}

pub(super) struct Booker {
    bookings: Vec<Booking>,
    chance: Chance,
}

impl Booker {
    /// Wants any of these times.
    pub(super) fn new(token: &str, referral: &ReferralRef, times: &[SlotRef], seed: u64) -> Self {
        let bookings = times.iter().map(|time| Booking::new(token, referral, time)).collect();
        Self { bookings, chance: Chance::new(seed) }
    }

    /// Books one time after another, each time giving up what they have, and keeps the last.
    pub(super) async fn book_until(mut self, address: SocketAddr, is_over: Arc<AtomicBool>) -> Story {
        let mut client = Client::new(address);
        let mut story = Story { attempts: Vec::new(), has: None };
        while !is_over.load(Ordering::Relaxed) {
            if let Some(entry) = story.has.take() {
                let token = &self.bookings[0].token;
                let answer = client.cancel(token, &entry).await.unwrap();
                assert_eq!(answer.status, 200, "{answer:?}");
            }
            let wanted = self.chance.below(self.bookings.len() as u64) as usize;
            let attempt = client.book(&self.bookings[wanted]).await;
            if let Outcome::Ok { entry, .. } = &attempt.outcome {
                story.has = Some(entry.clone());
            }
            story.attempts.push(attempt);
        }
        story
    }
}
