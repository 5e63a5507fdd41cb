//! What is counted. The composition root turns it into metrics.

use std::time::Duration;

/// Receives outcomes. Labels are fixed words, never anything of a request.
pub trait Observer: Send + Sync {
    /// A request was answered. `route` is the path's pattern, `outcome` `ok`, `repeated` or the
    /// slug of the refusal.
    fn answered(&self, route: &'static str, status: u16, outcome: &'static str, took: Duration);
}

/// Counts nothing.
impl Observer for () {
    fn answered(&self, _: &'static str, _: u16, _: &'static str, _: Duration) {}
}
