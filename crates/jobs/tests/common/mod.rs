//! What the worker and the postman are given in place of the machine's own clock and chance.

use std::sync::Mutex;

use jiff::Timestamp;
use talon_app::{Clock, IdSource};
use uuid::Uuid;

/// Time stands still until a test moves it.
pub(crate) struct TestClock(pub(crate) Mutex<Timestamp>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

/// Random ones.
pub(crate) struct Ids;

impl IdSource for Ids {
    fn random(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn ordered(&self, _: Timestamp) -> Uuid {
        Uuid::new_v4()
    }
}
