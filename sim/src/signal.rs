//! What a wire carries: a level, or a pulse that repeats. Never who drives it.

use crate::clock::Nanos;

/// A wire as the chip at its other end sees it, in the steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signal {
    /// Where in the cycle it rises, as a fraction of the cycle, 0 to below 1.
    pub rise: f64,
    /// The fraction of the cycle that it is high, 0 to 1.
    pub duty: f64,
    /// Hertz; 0 for a wire that nothing pulses.
    pub frequency_hz: f64,
}

impl Signal {
    /// Always low.
    pub const LOW: Self = Self { rise: 0.0, duty: 0.0, frequency_hz: 0.0 };
    /// Always high.
    pub const HIGH: Self = Self { rise: 0.0, duty: 1.0, frequency_hz: 0.0 };

    /// A constant level.
    #[must_use]
    pub const fn level(high: bool) -> Self {
        if high { Self::HIGH } else { Self::LOW }
    }

    /// The length of its pulse in µs; `None` of a wire that never changes.
    #[must_use]
    pub fn pulse_us(&self) -> Option<f64> {
        let pulses = self.frequency_hz > 0.0 && self.duty > 0.0 && self.duty < 1.0;
        pulses.then(|| self.duty / self.frequency_hz * 1e6)
    }

    /// The same wire behind an inverter.
    #[must_use]
    pub fn inverted(self) -> Self {
        Self { rise: self.fall(), duty: 1.0 - self.duty, ..self }
    }

    /// Where in the cycle it falls.
    pub(crate) fn fall(&self) -> f64 {
        fraction(self.rise + self.duty)
    }

    /// How many cycles it has done at a time; none where nothing pulses it.
    pub(crate) fn cycles(&self, now: Nanos) -> f64 {
        now as f64 * 1e-9 * self.frequency_hz
    }

    /// Whether it is high at a moment of the cycle, 0 to 1.
    pub(crate) fn is_high_at(&self, moment: f64) -> bool {
        fraction(moment - self.rise) < self.duty
    }
}

/// What is beyond a whole number of cycles, 0 to 1.
fn fraction(cycles: f64) -> f64 {
    cycles - libm::floor(cycles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_may_wrap_around_the_end_of_the_cycle() {
        let signal = Signal { rise: 0.75, duty: 0.5, frequency_hz: 50.0 };
        assert!(signal.is_high_at(0.8) && signal.is_high_at(0.1));
        assert!(!signal.is_high_at(0.3) && !signal.is_high_at(0.7));
        assert_eq!(signal.fall(), 0.25);
        assert_eq!(signal.pulse_us(), Some(10_000.0));
    }

    #[test]
    fn behind_an_inverter_high_is_low() {
        let signal = Signal { rise: 0.75, duty: 0.5, frequency_hz: 50.0 };
        for moment in [0.1, 0.3, 0.6, 0.8] {
            assert_ne!(signal.is_high_at(moment), signal.inverted().is_high_at(moment));
        }
        assert!(Signal::LOW.inverted().is_high_at(0.5));
    }

    #[test]
    fn a_wire_that_never_changes_has_no_pulse() {
        assert_eq!(Signal::HIGH.pulse_us(), None);
        assert_eq!(Signal { duty: 0.0, ..Signal::HIGH }.pulse_us(), None);
        assert_eq!(Signal { rise: 0.0, duty: 1.0, frequency_hz: 50.0 }.pulse_us(), None);
    }
}
