//! How long something took, counted in buckets: what a histogram of `/metrics` is made of.
//!
//! What must never live here: what is measured, and how it is printed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper ends of the buckets, in milliseconds: a picture that is a frame late at 30 a second, and one that is
/// many, lie in different ones.
const ENDS_MS: [u64; 12] = [2, 5, 10, 20, 35, 50, 75, 100, 200, 500, 1_000, 5_000];

/// What was measured so far. Counts only grow.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// Of each bucket alone; the last is of what is longer than all.
    counts: [AtomicU64; ENDS_MS.len() + 1],
    sum_us: AtomicU64,
}

/// The same at one moment.
#[derive(Clone, Debug, PartialEq)]
#[allow(dead_code, reason = "the metrics ask")]
pub(super) struct Histogram {
    /// Upper end in seconds, and how many took no longer: of each bucket and those before it.
    pub(super) buckets: Vec<(f64, u64)>,
    /// How many there are, longer ones too.
    pub(super) count: u64,
    /// What all took together, in seconds.
    pub(super) sum: f64,
}

impl Measured {
    /// Something took this long.
    pub(super) fn add(&self, took: Duration) {
        let bucket = ENDS_MS.partition_point(|end| Duration::from_millis(*end) < took);
        self.counts[bucket].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// What there is now. What is added meanwhile may be in one figure and not yet in another.
    #[allow(dead_code, reason = "the metrics ask")]
    pub(super) fn histogram(&self) -> Histogram {
        let mut count = 0;
        let counts = self.counts.each_ref().map(|bucket| {
            count += bucket.load(Ordering::Relaxed);
            count
        });
        #[allow(clippy::cast_precision_loss, reason = "2^53 microseconds are 285 years")]
        let sum = self.sum_us.load(Ordering::Relaxed) as f64 / 1e6;
        let ends = ENDS_MS.iter().map(|end| Duration::from_millis(*end).as_secs_f64());
        Histogram { buckets: ends.zip(counts).collect(), count, sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_as_long_as_a_bucket_is_in_it_and_in_all_that_are_longer() {
        let measured = Measured::default();
        for ms in [0, 2, 3, 35, 36, 60_000] {
            measured.add(Duration::from_millis(ms));
        }
        let Histogram { buckets, count, sum } = measured.histogram();
        let within = |end: f64| buckets.iter().find(|(e, _)| *e == end).map(|(_, count)| *count);
        assert_eq!([0.002, 0.005, 0.02, 0.035, 0.05, 5.0].map(within), [2, 3, 3, 4, 5, 5].map(Some));
        assert_eq!((count, sum), (6, 60.076));
    }
}
