//! How many requests one person, client or address may make.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use uuid::Uuid;

/// Microseconds in a second: a rate "per second".
pub(crate) const SECOND: i64 = 1_000_000;
/// Microseconds in a minute: a rate "per minute".
pub(crate) const MINUTE: i64 = 60 * SECOND;

/// Below this many entries the map is not cleaned.
const FEW: usize = 1024;

/// At most this many keys are told apart.
const MOST: usize = 1 << 20;

/// Whose allowance all keys share that come when there is no room to tell them apart.
const OTHERS: Uuid = Uuid::nil();

/// Too many requests; none of the allowance was used up by asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// When the next one will be let in.
    pub retry_after: Duration,
}

/// A limit by key: `burst` requests at once, then one each `interval` (the generic cell rate
/// algorithm). Time is a parameter, so that a test and the clock in force decide it.
pub(crate) struct Limiter {
    /// Microseconds that one request costs; 0 does not limit.
    interval: i64,
    /// Microseconds that a key may be ahead of the clock.
    most_ahead: i64,
    keys: Mutex<Keys>,
}

struct Keys {
    /// By key, the instant at which its allowance is whole again.
    whole_at: HashMap<Uuid, i64>,
    /// Cleaned when it has grown to this.
    clean_at: usize,
    /// When it was cleaned last.
    cleaned: i64,
    /// Grows no further.
    most: usize,
}

impl Limiter {
    /// `burst` at once (at least one), then `rate` in each `period` microseconds; a `rate` of 0
    /// does not limit.
    pub(crate) fn new(burst: u32, rate: u32, period: i64) -> Self {
        let interval = if rate == 0 { 0 } else { (period / i64::from(rate)).max(1) };
        let most_ahead = interval * i64::from(burst.max(1));
        let keys = Keys { whole_at: HashMap::new(), clean_at: FEW, cleaned: i64::MIN, most: MOST };
        Self { interval, most_ahead, keys: Mutex::new(keys) }
    }

    /// Lets one request in, or says when to come again.
    pub(crate) fn take(&self, key: Uuid, now: Timestamp) -> Result<(), Limited> {
        if self.interval == 0 {
            return Ok(());
        }
        let now = now.as_microsecond();
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        keys.clean(now);
        let key = if keys.have_room_for(key) { key } else { OTHERS };
        let whole_at = keys.whole_at.entry(key).or_insert(now);
        // Never further ahead than a whole burst: a clock that was set back must not lock anyone
        // out for as long as it was set back by.
        *whole_at = (*whole_at).clamp(now, now + self.most_ahead);
        let next = *whole_at + self.interval;
        if next - now > self.most_ahead {
            let wait = u64::try_from(next - now - self.most_ahead).unwrap_or(0);
            return Err(Limited { retry_after: Duration::from_micros(wait) });
        }
        *whole_at = next;
        Ok(())
    }

    /// Gives back what a request took that was refused all the same.
    pub(crate) fn give_back(&self, key: Uuid) {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(whole_at) = keys.whole_at.get_mut(&key) {
            *whole_at -= self.interval;
        }
    }
}

impl Keys {
    /// Forgets keys whose allowance is whole. What remains asked within the last burst, so memory
    /// is bounded by the rate of requests; cleaning at twice the size keeps its cost constant per request.
    /// A full map of keys that are all in use is looked through once a second and not for each request.
    fn clean(&mut self, now: i64) {
        let recently = now.saturating_sub(self.cleaned).saturating_abs() < SECOND;
        let is_due = if self.whole_at.len() < self.most { self.whole_at.len() >= self.clean_at } else { !recently };
        if !is_due {
            return;
        }
        self.whole_at.retain(|_, whole_at| *whole_at > now);
        self.whole_at.shrink_to(FEW);
        self.clean_at = (self.whole_at.len() * 2).max(FEW);
        self.cleaned = now;
    }

    /// Whether a key can have an allowance of its own.
    fn have_room_for(&self, key: Uuid) -> bool {
        self.whole_at.len() < self.most || self.whole_at.contains_key(&key)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    fn key(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn start() -> Timestamp {
        "2026-04-13T06:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_burst_then_the_rate() {
        let limiter = Limiter::new(3, 5, SECOND);
        for _ in 0..3 {
            assert_eq!(limiter.take(key(1), start()), Ok(()));
        }
        let limited = Limited { retry_after: Duration::from_millis(200) };
        assert_eq!(limiter.take(key(1), start()), Err(limited));
        assert_eq!(limiter.take(key(2), start()), Ok(()), "another key has an allowance of its own");
        assert_eq!(limiter.take(key(1), start() + 200.milliseconds()), Ok(()));
        assert_eq!(limiter.take(key(1), start() + 200.milliseconds()), Err(limited));
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out_for_long() {
        let limiter = Limiter::new(2, 1, SECOND);
        let ahead = start() + 24.hours();
        assert_eq!(limiter.take(key(1), ahead), Ok(()));
        assert_eq!(limiter.take(key(1), start()), Err(Limited { retry_after: Duration::from_secs(1) }));
        assert_eq!(limiter.take(key(1), start() + 1.second()), Ok(()));
    }

    #[test]
    fn a_rate_of_zero_does_not_limit() {
        let limiter = Limiter::new(1, 0, SECOND);
        assert!((0..1000).all(|_| limiter.take(key(1), start()).is_ok()));
    }

    #[test]
    fn memory_is_bounded_by_the_keys_in_use() {
        let limiter = Limiter::new(60, 5, SECOND);
        for n in 0..100_000_u32 {
            let now = start() + i64::from(n).milliseconds();
            assert_eq!(limiter.take(key(u128::from(n)), now), Ok(()));
        }
        assert!(limiter.keys.lock().unwrap().whole_at.len() <= FEW);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let limiter = Limiter::new(1, 1, SECOND);
        assert_eq!(limiter.take(key(1), start()), Ok(()));
        limiter.give_back(key(1));
        limiter.give_back(key(2));
        assert_eq!(limiter.take(key(1), start()), Ok(()));
        assert!(limiter.take(key(1), start()).is_err());
    }

    #[test]
    fn when_there_are_too_many_the_new_ones_share_an_allowance() {
        let limiter = Limiter::new(2, 1, SECOND);
        limiter.keys.lock().unwrap().most = 3;
        let mut let_in = (1..=9).filter(|n| limiter.take(key(*n), start()).is_ok());
        assert_eq!(let_in.by_ref().collect::<Vec<_>>(), [1, 2, 3, 4, 5], "two of those that came too late");
        assert!(limiter.take(key(1), start()).is_ok(), "who was there has an allowance of their own");
        assert!(limiter.keys.lock().unwrap().whole_at.len() <= 4);
        let later = start() + 2.seconds();
        assert!((6..=8).all(|n| limiter.take(key(n), later).is_ok()), "there is room again");
    }
}
