//! The real clock and the real source of guids: the only place where either is read.

use std::sync::Mutex;

use jiff::Timestamp;
use talon_app::{Clock, IdSource};
use uuid::{ContextV7, Uuid};

/// The system's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the clock that everybody else is given")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Guids from the system's random numbers.
#[derive(Debug, Default)]
pub(crate) struct SystemIds {
    /// Counts within a millisecond, so that guids drawn in the same one keep their order.
    order: Mutex<ContextV7>,
}

impl IdSource for SystemIds {
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn ordered(&self, now: Timestamp) -> Uuid {
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(&self.order, seconds, nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordered_guids_keep_the_order_of_drawing_within_one_instant() {
        let (ids, now) = (SystemIds::default(), "2026-04-14T06:00:00Z".parse().unwrap());
        let drawn: Vec<_> = (0..1000).map(|_| ids.ordered(now)).collect();
        assert!(drawn.is_sorted());
    }
}
