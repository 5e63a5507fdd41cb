//! Waiting, outside the runtime.

use std::time::{Duration, Instant};

/// Waits for a while.
pub(crate) fn wait(time: Duration) {
    let due = Instant::now() + time;
    loop {
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::park_timeout(left);
    }
}
