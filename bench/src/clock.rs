//! The present, and waiting for it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// The system's clock.
#[allow(clippy::disallowed_methods, reason = "a measuring program has no composition root to be given a clock by")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

/// Waits until an instant; sooner than a runtime's timers, which count milliseconds.
pub(crate) fn wait_until(due: Instant) {
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left);
    }
}

/// Waits for a while.
pub(crate) fn wait(time: Duration) {
    wait_until(Instant::now() + time);
}
