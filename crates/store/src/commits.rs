//! What a back end counts of its commits: how many commands are in one, and how long it takes.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Commands. A batch is as small as one and, in a back end that gathers them, some hundred at most.
const SIZES: [u64; 8] = [1, 2, 4, 8, 16, 32, 64, 128];

/// Nanoseconds, 0.1 ms to 1 s: from a disk that keeps a write in its cache to one that is failing.
const NANOS: [u64; 13] = [
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
    1_000_000_000,
];

/// The commits since the start. Whoever commits counts, others read, and neither waits for the other.
#[derive(Debug)]
pub struct Commits {
    sizes: Buckets<{ SIZES.len() }>,
    nanos: Buckets<{ NANOS.len() }>,
}

impl Default for Commits {
    fn default() -> Self {
        Self { sizes: Buckets::new(SIZES), nanos: Buckets::new(NANOS) }
    }
}

impl Commits {
    /// Counts a batch of `commands` that is durable now, `took` after its transaction was begun.
    pub fn count(&self, commands: usize, took: Duration) {
        self.sizes.count(commands as u64);
        self.nanos.count(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Commands per commit.
    pub fn batch_size(&self) -> Histogram {
        self.sizes.read(1.0)
    }

    /// Seconds per commit.
    pub fn seconds(&self) -> Histogram {
        self.nanos.read(1e9)
    }
}

/// A histogram as it was when somebody looked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Histogram {
    /// An upper bound, which belongs to its bucket, and how many values are in that bucket alone.
    /// Ascending; the last bound is infinity. Empty when nobody counts.
    pub buckets: Vec<(f64, u64)>,
    /// All values together. Read apart from the buckets, so it can be a value ahead or behind.
    pub sum: f64,
}

impl Histogram {
    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum()
    }
}

#[derive(Debug)]
struct Buckets<const N: usize> {
    bounds: [u64; N],
    counts: [AtomicU64; N],
    beyond: AtomicU64,
    sum: AtomicU64,
}

impl<const N: usize> Buckets<N> {
    fn new(bounds: [u64; N]) -> Self {
        Self { bounds, counts: [const { AtomicU64::new(0) }; N], beyond: AtomicU64::new(0), sum: AtomicU64::new(0) }
    }

    fn count(&self, value: u64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        self.counts.get(at).unwrap_or(&self.beyond).fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// In units of which one is `per_unit` of what was counted.
    fn read(&self, per_unit: f64) -> Histogram {
        let bounds = self.bounds.iter().map(|bound| *bound as f64 / per_unit).chain([f64::INFINITY]);
        let counts = self.counts.iter().chain([&self.beyond]).map(|count| count.load(Ordering::Relaxed));
        Histogram { buckets: bounds.zip(counts).collect(), sum: self.sum.load(Ordering::Relaxed) as f64 / per_unit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(histogram: &Histogram) -> Vec<(f64, u64)> {
        histogram.buckets.iter().copied().filter(|(_, count)| *count > 0).collect()
    }

    #[test]
    fn a_value_is_in_the_first_bucket_whose_bound_it_does_not_exceed() {
        let commits = Commits::default();
        for (commands, micros) in [(1, 1), (2, 100), (3, 101), (128, 1_000_000), (129, 1_000_001)] {
            commits.count(commands, Duration::from_micros(micros));
        }
        let (sizes, seconds) = (commits.batch_size(), commits.seconds());
        assert_eq!(filled(&sizes), [(1.0, 1), (2.0, 1), (4.0, 1), (128.0, 1), (f64::INFINITY, 1)]);
        assert_eq!(filled(&seconds), [(0.0001, 2), (0.0002, 1), (1.0, 1), (f64::INFINITY, 1)]);
        assert_eq!((sizes.sum, sizes.count()), (263.0, 5));
        assert_eq!((seconds.sum, seconds.count()), (2.000203, 5));
    }

    #[test]
    fn bounds_ascend_to_infinity() {
        for histogram in [Commits::default().batch_size(), Commits::default().seconds()] {
            assert!(histogram.buckets.is_sorted_by(|one, next| one.0 < next.0), "{histogram:?}");
            assert_eq!(histogram.buckets.last(), Some(&(f64::INFINITY, 0)));
        }
    }
}
