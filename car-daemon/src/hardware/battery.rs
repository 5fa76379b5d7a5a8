//! When a battery counts as empty: what is worth telling people, and no more often.
//!
//! What must never live here: how a battery is measured, and what the car does about it.

use std::time::Duration;

use protocol::Event;

/// How long the volts must stay where they are. Motors that start make them sag for a tenth of a second.
const LASTS: Duration = Duration::from_secs(2);
/// How far above empty they must rise, as a percentage, to count as charged: an empty battery that rests
/// recovers a little.
const CHARGED_PERCENT: f64 = 10.0;

/// Watches a battery.
#[derive(Debug, Default)]
pub(super) struct Watch {
    empty: bool,
    /// Since when it has been otherwise than it is known.
    since: Option<Duration>,
}

impl Watch {
    /// Takes what was measured, and says what people are to be told.
    pub(super) fn look(&mut self, measured: Option<hal::sensor::Battery>, now: Duration) -> Option<Event> {
        let Some(hal::sensor::Battery { volts, percent, .. }) = measured else {
            // Nobody knows what it was meanwhile.
            self.since = None;
            return None;
        };
        let otherwise = if self.empty { percent >= CHARGED_PERCENT } else { percent <= 0.0 };
        if !otherwise {
            self.since = None;
            return None;
        }
        let since = *self.since.get_or_insert(now);
        if now.saturating_sub(since) < LASTS {
            return None;
        }
        (self.empty, self.since) = (!self.empty, None);
        Some(Event::Battery { empty: self.empty, volts: crate::shared::round(volts, 1e3) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is told while the volts are each of these for 100 ms; 6 V is empty, 8 V full, not a number not
    /// measured.
    fn told(volts: impl IntoIterator<Item = f64>) -> Vec<(u128, bool)> {
        let mut watch = Watch::default();
        let mut told = Vec::new();
        for (step, volts) in (0..).zip(volts) {
            let now = Duration::from_millis(100) * step;
            let percent = ((volts - 6.0) * 50.0).clamp(0.0, 100.0);
            let measured = hal::sensor::Battery { volts, percent, amps: None };
            let measured = Some(measured).filter(|_| !volts.is_nan());
            if let Some(Event::Battery { empty, .. }) = watch.look(measured, now) {
                told.push((now.as_millis(), empty));
            }
        }
        told
    }

    #[test]
    fn one_that_stays_below_empty_is_told_once() {
        assert_eq!(told([5.9; 100]), [(2_000, true)]);
    }

    #[test]
    fn one_that_sags_while_the_motors_start_is_not_empty() {
        assert_eq!(told((0..100).map(|step| if step % 10 < 3 { 5.5 } else { 7.0 })), []);
    }

    #[test]
    fn one_that_recovers_a_little_is_still_empty_and_one_that_was_charged_is_not() {
        let volts = [5.9; 30].into_iter().chain([6.1; 60]).chain([7.0; 30]);
        assert_eq!(told(volts), [(2_000, true), (11_000, false)]);
    }

    #[test]
    fn two_moments_of_a_sagging_battery_with_nothing_measured_between_are_no_two_seconds() {
        let lost = [5.5].into_iter().chain([f64::NAN; 40]).chain([5.5; 3]);
        assert_eq!(told(lost.chain([7.0; 20])), []);
    }

    #[test]
    fn what_is_not_measured_says_nothing() {
        assert_eq!(Watch::default().look(None, Duration::from_secs(60)), None);
    }
}
