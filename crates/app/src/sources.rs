//! Where time and ids come from: parameters of the whole, so that a test can choose them.

use jiff::Timestamp;
use uuid::Uuid;

/// A clock.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Timestamp;
}

/// A source of new guids.
pub trait IdSource: Send + Sync {
    /// A guid that cannot be guessed and says nothing.
    fn random(&self) -> Uuid;

    /// A guid that sorts after those drawn before it, so that what is written together lies
    /// together on disk.
    fn ordered(&self, now: Timestamp) -> Uuid;
}
