//! When the next picture is due, where a source makes its own pictures.
//!
//! What must never live here: a picture.

use std::thread;
use std::time::{Duration, Instant};

/// A steady pace: what one picture is late, the next is not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    period: Duration,
    due: Instant,
}

impl Pace {
    /// The first picture is due now.
    pub(super) fn new(period: Duration, now: Instant) -> Self {
        Self { period, due: now }
    }

    /// How long until the next picture is due; once it is, the one after it is a period later. Who was kept for longer
    /// than a period is not hurried: what was missed is left out.
    fn left(&mut self, now: Instant) -> Duration {
        let left = self.due.saturating_duration_since(now);
        if left.is_zero() {
            self.due += self.period;
            if self.due <= now {
                self.due = now + self.period;
            }
        }
        left
    }

    /// Sleeps until the next picture is due, `wait` at the longest; whether it is.
    pub(super) fn sleep(&mut self, wait: Duration) -> bool {
        let left = self.left(Instant::now());
        thread::sleep(left.min(wait));
        left.is_zero() || (left <= wait && self.left(Instant::now()).is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_late_now_and_then_loses_no_pictures_and_being_kept_brings_no_burst() {
        let ms = Duration::from_millis;
        let begin = Instant::now();
        let mut pace = Pace::new(ms(100), begin);
        let mut due = Vec::new();
        let mut now = ms(0);
        while now <= ms(1200) {
            match pace.left(begin + now) {
                Duration::ZERO => {
                    due.push(now.as_millis());
                    // Drawing takes its time, once a whole half second.
                    now += if due.len() == 4 { ms(500) } else { ms(30) };
                }
                // A sleep that ends late.
                left => now += left + ms(7),
            }
        }
        assert_eq!(due, [0, 107, 207, 307, 807, 914, 1014, 1114]);
    }
}
