//! Leaving out pictures of a source that gives more of them than are wanted.
//!
//! What must never live here: a clock, a picture.

use std::time::{Duration, Instant};

/// Keeps a rate, as a camera's pictures come: now and then one is early or late.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thin {
    period: Duration,
    due: Option<Instant>,
}

impl Thin {
    pub(super) fn new(period: Duration) -> Self {
        Self { period, due: None }
    }

    /// Whether a picture that comes now is wanted. One that is early by less than a quarter of the period is.
    pub(super) fn wants(&mut self, now: Instant) -> bool {
        let due = self.due.unwrap_or(now);
        if now + self.period / 4 < due {
            return false;
        }
        // What was missed is not made up for.
        self.due = Some((due + self.period).max(now + self.period * 3 / 4));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of the pictures of a source are wanted in ten seconds, at 30 a second.
    fn wanted(rate_hz: f64, jitter: impl Fn(u32) -> f64) -> usize {
        let (begin, mut thin) = (Instant::now(), Thin::new(Duration::from_secs_f64(1.0 / 30.0)));
        let count = (rate_hz * 10.0) as u32;
        let at = |index: u32| Duration::from_secs_f64(1.0 + f64::from(index) / rate_hz + jitter(index));
        (0..count).filter(|index| thin.wants(begin + at(*index))).count()
    }

    #[test]
    fn a_camera_of_the_wanted_rate_loses_nothing_though_its_pictures_come_unevenly() {
        assert_eq!(wanted(30.0, |_| 0.0), 300);
        assert_eq!(wanted(30.0, |index| [0.0, 0.004, -0.003, 0.002][index as usize % 4]), 300);
        assert_eq!(wanted(15.0, |_| 0.0), 150);
    }

    #[test]
    fn of_more_pictures_as_many_are_kept_as_are_wanted() {
        for rate_hz in [31.0, 45.0, 60.0, 120.0, 1000.0] {
            let kept = wanted(rate_hz, |_| 0.0);
            assert!((290..=303).contains(&kept), "{kept} of {rate_hz} a second");
        }
    }
}
