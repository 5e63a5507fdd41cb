//! Chance that can be replayed.

use crate::clock;

/// A stream of numbers from a seed (SplitMix64): the same seed gives the same test.
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// From `TALON_SEED`, or from the clock; printed either way, so that a failure can be replayed.
    ///
    /// # Panics
    ///
    /// When the variable is not a number.
    #[must_use]
    pub fn from_env() -> Self {
        let seed = match std::env::var("TALON_SEED") {
            Ok(text) => text.parse().expect("TALON_SEED is a number"),
            Err(_) => clock::now().as_second().cast_unsigned(),
        };
        println!("TALON_SEED={seed}");
        Self(seed)
    }

    /// A number from 0 up to, not including, `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound.max(1)
    }
}
