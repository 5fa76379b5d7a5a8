//! How old pictures are when they are handed over, and how much is.
//!
//! What must never live here: how it is printed.

use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, IntCounter};

/// Upper ends of the buckets, in seconds: a picture that is a frame late at 30 a second, and one that is many, lie in
/// different ones.
const ENDS: [f64; 12] = [0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.2, 0.5, 1.0, 5.0];

/// What was measured so far of all viewers together. Counts only grow.
#[derive(Debug)]
pub(super) struct Measured {
    latency: Histogram,
    bytes: IntCounter,
}

impl Measured {
    /// A picture of so many bytes was this old.
    pub(super) fn add(&self, took: Duration, bytes: usize) {
        self.latency.observe(took.as_secs_f64());
        self.bytes.inc_by(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// What there is to be gathered.
    pub(super) fn collectors(&self) -> [Box<dyn Collector>; 2] {
        [Box::new(self.latency.clone()), Box::new(self.bytes.clone())]
    }
}

impl Default for Measured {
    /// # Panics
    /// Never: the names are those below, and a test makes them.
    fn default() -> Self {
        let latency = "From the light to the socket, of each picture to each viewer.";
        let latency = HistogramOpts::new("car_camera_latency_seconds", latency).buckets(ENDS.into());
        let bytes = "Pictures that were handed over to viewers.";
        Self {
            latency: Histogram::with_opts(latency).expect("its name is valid"),
            bytes: IntCounter::new("car_camera_bytes_total", bytes).expect("its name is valid"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_as_long_as_a_bucket_is_in_it_and_in_all_that_are_longer() {
        let measured = Measured::default();
        for ms in [0, 2, 3, 35, 36, 60_000] {
            measured.add(Duration::from_millis(ms), 1_000);
        }
        let family = measured.latency.collect();
        let histogram = family[0].get_metric()[0].get_histogram();
        let within = |end: f64| {
            let buckets = histogram.get_bucket().iter();
            buckets
                .filter(|bucket| bucket.upper_bound() == end)
                .map(|bucket| bucket.cumulative_count())
                .next()
        };
        assert_eq!([0.002, 0.005, 0.02, 0.035, 0.05, 5.0].map(within), [2, 3, 3, 4, 5, 5].map(Some));
        assert_eq!((histogram.get_sample_count(), measured.bytes.get()), (6, 6_000));
    }
}
