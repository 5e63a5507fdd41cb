//! The word to stop, and who waits for it.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Said once to everybody.
#[derive(Default)]
pub(crate) struct Stopping {
    said: AtomicBool,
    waiting: Notify,
}

impl Stopping {
    /// Says it.
    pub(crate) fn tell(&self) {
        self.said.store(true, Ordering::Release);
        self.waiting.notify_waiters();
    }

    /// Waits until it is said.
    pub(crate) async fn told(&self) {
        // Made before the look: what is said in between is heard.
        let told = self.waiting.notified();
        if !self.is_told() {
            told.await;
        }
    }

    /// Whether it was said.
    pub(crate) fn is_told(&self) -> bool {
        self.said.load(Ordering::Acquire)
    }
}
