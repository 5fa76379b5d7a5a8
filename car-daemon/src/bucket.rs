//! How often something may happen: a token bucket. Time is an argument; what happens is not known here.

use std::time::Duration;

/// Less than any part of a token that matters: sums of binary fractions carry dust.
const DUST: f64 = 1e-6;

/// So much a second on average, and so much at once.
#[derive(Debug)]
pub(crate) struct Bucket {
    per_s: f64,
    burst: f64,
    left: f64,
    at: Duration,
}

impl Bucket {
    /// Full. At least one at a time.
    pub(crate) fn new(per_s: usize, burst: usize) -> Self {
        let burst = burst.max(1) as f64;
        Self { per_s: per_s as f64, burst, left: burst, at: Duration::ZERO }
    }

    /// Whether it may happen `cost` times more at `now`. A clock that goes back gives nothing.
    pub(crate) fn take(&mut self, cost: usize, now: Duration) -> bool {
        // What costs more than there can ever be is as dear as all of it.
        let cost = (cost as f64).min(self.burst);
        let passed = now.saturating_sub(self.at);
        self.at = self.at.max(now);
        self.left = (self.left + passed.as_secs_f64() * self.per_s).min(self.burst);
        let takes = self.left >= cost - DUST;
        if takes {
            self.left -= cost;
        }
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn taken(bucket: &mut Bucket, asked: usize, now: Duration) -> usize {
        (0..asked).filter(|_| bucket.take(1, now)).count()
    }

    #[test]
    fn a_burst_is_granted_to_the_last_and_nothing_past_it() {
        let mut bucket = Bucket::new(10, 5);
        assert_eq!(taken(&mut bucket, 100, ms(0)), 5);
        assert_eq!(taken(&mut bucket, 100, ms(99)), 0);
        assert_eq!(taken(&mut bucket, 100, ms(100)), 1);
        assert_eq!(taken(&mut bucket, 100, ms(60_000)), 5, "rest is not saved up past the burst");
    }

    #[test]
    fn who_keeps_to_the_rate_is_never_refused_and_who_does_not_gets_the_rate() {
        for (per_s, step_us) in [(2_000, 500), (10_000_000, 1), (1, 1_000_000), (3, 333_334)] {
            let mut bucket = Bucket::new(per_s, 20);
            let each = per_s as u64 * step_us / 1_000_000;
            let steps = (1..20_000_u64).map(|n| Duration::from_micros(n * step_us));
            assert!(
                steps
                    .clone()
                    .all(|now| taken(&mut bucket, each.max(1) as usize, now) == each.max(1) as usize)
            );
        }
        let mut bucket = Bucket::new(2_000, 2_000);
        let all: usize = (0..10_000).map(|n| taken(&mut bucket, 100, ms(n))).sum();
        assert_eq!(all, 2_000 + 9_999 * 2, "ten seconds of a flood");
    }

    #[test]
    fn a_clock_that_goes_back_gives_nothing() {
        let mut bucket = Bucket::new(1_000, 1);
        assert!(bucket.take(1, ms(500)));
        assert!(!bucket.take(1, ms(0)) && !bucket.take(1, ms(500)));
        assert!(bucket.take(1, ms(501)));
    }
}
