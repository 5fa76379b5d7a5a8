//! What is to be told of a camera.
//!
//! What must never live here: who is told.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// A camera at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Status {
    /// Its source, as people are told of it: without what may be secret.
    pub(crate) source: String,
    /// How many look.
    pub(crate) viewers: usize,
    /// Its source is open.
    pub(crate) open: bool,
    /// Pictures since the daemon's start, without those that are words.
    pub(crate) pictures: u64,
    /// Of them in the last two seconds, per second, in hertz.
    pub(crate) rate_hz: f64,
    /// Since the light of the last picture fell in; `None` before the first.
    pub(crate) age: Option<Duration>,
    /// Columns and rows of the last picture.
    pub(crate) size: Option<(u16, u16)>,
    /// Why there is no picture, as far as anybody has looked for one.
    pub(crate) trouble: Option<String>,
}

/// Over how long pictures are counted.
const WINDOW: Duration = Duration::from_secs(2);

/// Times that are remembered: more than any source gives in that time.
const MOST: usize = 512;

/// When the last pictures came.
#[derive(Debug, Default)]
pub(super) struct Tally {
    all: u64,
    times: VecDeque<Instant>,
}

impl Tally {
    pub(super) fn count(&mut self, now: Instant) {
        self.all += 1;
        self.times.push_back(now);
        let old = |time: &Instant| now.saturating_duration_since(*time) > WINDOW;
        while self.times.len() > MOST || self.times.front().is_some_and(old) {
            self.times.pop_front();
        }
    }

    pub(super) fn all(&self) -> u64 {
        self.all
    }

    pub(super) fn rate_hz(&self, now: Instant) -> f64 {
        let recent = |time: &&Instant| now.saturating_duration_since(**time) < WINDOW;
        self.times.iter().filter(recent).count() as f64 / WINDOW.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_that_of_the_last_two_seconds_and_memory_does_not_grow() {
        let (begin, mut tally) = (Instant::now(), Tally::default());
        for picture in 0..100_u32 {
            tally.count(begin + Duration::from_millis(50) * picture);
        }
        let last = begin + Duration::from_millis(50) * 99;
        assert_eq!((tally.all(), tally.rate_hz(last)), (100, 20.0));
        assert_eq!(tally.rate_hz(last + Duration::from_secs(1)), 10.0);
        assert_eq!(tally.rate_hz(last + Duration::from_secs(2)), 0.0);
        (0..10_000).for_each(|_| tally.count(last));
        assert!(tally.times.len() <= MOST, "{}", tally.times.len());
    }
}
