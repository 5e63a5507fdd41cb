//! Whether requests are taken: not while starting, not while stopping.

use std::sync::atomic::{AtomicU8, Ordering};

/// Where the server is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Not ready yet: 503.
    Starting,
    /// Taking requests.
    Serving,
    /// Finishing those it has: 503 for new ones.
    Draining,
}

/// The present phase, shared by every listener.
#[derive(Debug)]
pub struct Gate(AtomicU8);

impl Gate {
    /// A gate in a phase.
    #[must_use]
    pub fn new(phase: Phase) -> Self {
        Self(AtomicU8::new(phase as u8))
    }

    /// Moves to a phase.
    pub fn set(&self, phase: Phase) {
        self.0.store(phase as u8, Ordering::Release);
    }

    /// The present phase.
    #[must_use]
    pub fn phase(&self) -> Phase {
        match self.0.load(Ordering::Acquire) {
            0 => Phase::Starting,
            1 => Phase::Serving,
            _ => Phase::Draining,
        }
    }
}
