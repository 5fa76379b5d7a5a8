//! Power rises and falls no faster than gears and batteries like.

use std::time::Duration;

/// One axis of motion on its way to what was asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Slew {
    value: f64,
}

impl Slew {
    pub(crate) fn value(self) -> f64 {
        self.value
    }

    /// Moves toward `wanted` by what `elapsed` allows, when 0 to 1 takes `full`.
    pub(crate) fn approach(&mut self, wanted: f64, elapsed: Duration, full: Duration) {
        let step = if full.is_zero() { f64::INFINITY } else { elapsed.as_secs_f64() / full.as_secs_f64() };
        self.value += (wanted - self.value).clamp(-step, step);
    }

    /// Stopping is exempt.
    pub(crate) fn stop(&mut self) {
        self.value = 0.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Duration = Duration::from_millis(200);
    const TICK: Duration = Duration::from_millis(10);

    #[test]
    fn full_power_takes_as_long_as_configured() {
        let mut slew = Slew::default();
        for _ in 0..19 {
            slew.approach(1.0, TICK, FULL);
        }
        assert!(slew.value() < 1.0);
        slew.approach(1.0, 2 * TICK, FULL);
        assert_eq!(slew.value(), 1.0);
    }

    #[test]
    fn a_reversal_passes_through_zero() {
        let mut slew = Slew::default();
        slew.approach(1.0, FULL, FULL);
        let mut seen = Vec::new();
        for _ in 0..40 {
            slew.approach(-1.0, TICK, FULL);
            seen.push(slew.value());
        }
        assert!(seen.windows(2).all(|w| w[0] - w[1] <= 0.05 + 1e-9));
        assert_eq!(seen.last().copied().map(|v| (v * 1e9).round()), Some(-1e9));
    }

    #[test]
    fn no_slew_means_at_once() {
        let mut slew = Slew::default();
        slew.approach(-0.7, Duration::ZERO, Duration::ZERO);
        assert_eq!(slew.value(), -0.7);
    }
}
