//! Guids and chances, the same on every run.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use uuid::{Builder, Uuid};

/// What is drawn for. Each has a stream of its own, so that a facility, a doctor or a patient of
/// the demo keeps its guid whatever the day, though more be booked on some days.
#[derive(Clone, Copy)]
pub(super) enum Topic {
    Facilities,
    Staff,
    Patients,
    Cards,
    Referrals,
    Templates,
    Entries,
    Crowd,
}

/// A stream of random numbers.
pub(super) struct Draw(ChaCha8Rng);

impl Draw {
    pub(super) fn of(topic: Topic) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(0x7A10_u64);
        rng.set_stream(topic as u64);
        Self(rng)
    }

    /// A random guid, version 4.
    pub(super) fn guid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        self.0.fill_bytes(&mut bytes);
        Builder::from_random_bytes(bytes).into_uuid()
    }

    /// Sixty-four random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number below `count`, 0 when that is 0.
    pub(super) fn below(&mut self, count: u32) -> u32 {
        self.0.next_u32() % count.max(1)
    }

    /// Whether an event of so many percent happens.
    pub(super) fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance
    }

    /// One of a list; `None` of an empty one.
    pub(super) fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        let index = self.below(u32::try_from(list.len()).unwrap_or(u32::MAX));
        list.get(usize::try_from(index).ok()?)
    }
}
