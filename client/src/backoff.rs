//! How long to wait before the next attempt to connect. Pure: chance is an argument.

use std::time::Duration;

/// Pauses that double from the first to the longest.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(crate) fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first.min(longest) }
    }

    /// The next pause: half of it certain, half by `chance` (0 to 1), so that thirty clients of a
    /// daemon that restarts do not all come at once.
    pub(crate) fn pause(&mut self, chance: f64) -> Duration {
        let pause = self.next.mul_f64(0.5 + 0.5 * chance.clamp(0.0, 1.0));
        self.next = self.next.saturating_mul(2).min(self.longest);
        pause
    }

    /// A connection proved good: begin again with the first pause.
    pub(crate) fn reset(&mut self) {
        self.next = self.first.min(self.longest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let mut backoff = Backoff::new(MS(100), MS(500));
        let pauses: Vec<_> = (0..5).map(|_| backoff.pause(1.0)).collect();
        assert_eq!(pauses, [MS(100), MS(200), MS(400), MS(500), MS(500)]);
        backoff.reset();
        assert_eq!(backoff.pause(1.0), MS(100));
    }

    #[test]
    fn chance_takes_away_at_most_half() {
        let mut backoff = Backoff::new(MS(100), MS(100));
        assert_eq!(backoff.pause(0.0), MS(50));
        assert_eq!(backoff.pause(0.5), MS(75));
        assert_eq!(backoff.pause(7.0), MS(100));
    }
}
