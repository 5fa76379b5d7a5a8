//! An HC-SR04: a pulse on its trigger, and an echo as long as the sound travels there and back.
//!
//! What must never live here: who listens to the echo, and what is ahead.

use hal::board::RangeSpec;

use crate::beam::{FURTHEST_M, NEAREST_M};
use crate::clock::Nanos;
use crate::digest::Digest;

/// The shortest pulse that it takes for a trigger (data sheet).
const TRIGGER: Nanos = 10_000;
/// From the end of the trigger to the beginning of the echo: measured ones take so long.
const BEGIN: Nanos = 450_000;
/// How long its echo is where nothing answers (data sheet).
const NOTHING: Nanos = 38_000_000;
/// Of sound at 20 °C, metres a second.
const SOUND_MPS: f64 = 343.0;
/// How unevenly its comparator finds the echo, metres: the data sheet's accuracy of 3 mm as three deviations.
const UNEVEN_M: f64 = 0.001;

/// The sensor.
#[derive(Debug)]
pub(crate) struct Sonar {
    pub(crate) trigger: String,
    pub(crate) echo: String,
    /// It hears no trigger.
    pub(crate) silent: bool,
    high_since: Option<Nanos>,
    /// When its echo rises and falls.
    rises_at: Option<Nanos>,
    falls_at: Option<Nanos>,
    /// How many measurements it began.
    begun: u64,
}

impl Sonar {
    /// Idle.
    pub(crate) fn new(spec: &RangeSpec) -> Self {
        let (trigger, echo) = (spec.trigger.clone(), spec.echo.clone());
        let (silent, begun) = (false, 0);
        Self { trigger, echo, silent, high_since: None, rises_at: None, falls_at: None, begun }
    }

    /// What is on its trigger now. The number of the measurement that begins with it, if one does: while its
    /// echo is under way it hears none.
    pub(crate) fn hear(&mut self, high: bool, now: Nanos) -> Option<u64> {
        if high {
            self.high_since.get_or_insert(now);
            return None;
        }
        let since = self.high_since.take()?;
        if self.silent || self.falls_at.is_some() || now.saturating_sub(since) < TRIGGER {
            return None;
        }
        self.begun += 1;
        Some(self.begun)
    }

    /// The measurement that begins now will hear something that far ahead, or nothing; with so much noise, in
    /// deviations.
    pub(crate) fn measure(&mut self, distance_m: Option<f64>, noise: f64, now: Nanos) {
        let travels = |metres: f64| (2.0 * metres / SOUND_MPS * 1e9) as Nanos;
        let heard = distance_m.filter(|metres| *metres <= FURTHEST_M);
        let length = heard.map_or(NOTHING, |metres| travels((metres + noise * UNEVEN_M).max(NEAREST_M)));
        self.rises_at = Some(now.saturating_add(BEGIN));
        self.falls_at = Some(now.saturating_add(BEGIN + length));
    }

    /// The next edge of its echo that is due by `until`, with its time, and whether it rises.
    pub(crate) fn next(&mut self, until: Nanos) -> Option<(Nanos, bool)> {
        if let Some(at) = self.rises_at.take_if(|at| *at <= until) {
            return Some((at, true));
        }
        self.falls_at.take_if(|at| *at <= until).map(|at| (at, false))
    }

    /// Takes all that makes a difference into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.integer(self.begun);
        for at in [self.high_since, self.rises_at, self.falls_at] {
            into.integer(at.unwrap_or(Nanos::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sonar() -> Sonar {
        let spec =
            RangeSpec { trigger: "T".into(), echo: "E".into(), max_m: 4.0, on: hal::board::Mount::Body };
        Sonar::new(&spec)
    }

    /// How long its echo is, µs.
    fn echo_us(distance_m: Option<f64>, noise: f64) -> f64 {
        let mut sonar = sonar();
        sonar.measure(distance_m, noise, 0);
        let rises = sonar.next(Nanos::MAX).expect("it rises").0;
        (sonar.next(Nanos::MAX).expect("it falls").0 - rises) as f64 / 1e3
    }

    #[test]
    fn an_echo_of_a_metre_takes_5831_microseconds() {
        let mut sonar = sonar();
        assert_eq!((sonar.hear(true, 0), sonar.hear(false, 10_000)), (None, Some(1)));
        sonar.measure(Some(1.0), 0.0, 10_000);
        assert_eq!(sonar.next(459_999), None);
        assert_eq!(sonar.next(1_000_000), Some((460_000, true)));
        assert_eq!(sonar.next(6_000_000), None);
        let (at, rising) = sonar.next(7_000_000).unwrap();
        assert!(!rising && (at - 460_000).abs_diff(5_831_000) < 1_000, "{at}");
        assert_eq!(sonar.next(Nanos::MAX), None);
    }

    #[test]
    fn a_trigger_that_is_too_short_or_comes_too_soon_is_none() {
        let mut sonar = sonar();
        assert_eq!((sonar.hear(true, 0), sonar.hear(false, 9_999)), (None, None));
        assert_eq!((sonar.hear(true, 1_000_000), sonar.hear(false, 1_010_000)), (None, Some(1)));
        sonar.measure(None, 0.0, 1_010_000);
        assert_eq!((sonar.hear(true, 2_000_000), sonar.hear(false, 2_010_000)), (None, None));
        assert_eq!(sonar.next(Nanos::MAX), Some((1_460_000, true)));
        assert_eq!(sonar.next(Nanos::MAX), Some((39_460_000, false)));
        assert_eq!(sonar.next(Nanos::MAX), None);
    }

    #[test]
    fn nothing_is_nearer_than_2_cm_and_from_4_m_on_nothing_answers() {
        assert!((echo_us(Some(0.0), 0.0) - 116.6).abs() < 0.1);
        assert!((echo_us(Some(4.0), 0.0) - 23_323.6).abs() < 0.1);
        assert_eq!([Some(4.01), None].map(|distance_m| echo_us(distance_m, 0.0)), [38_000.0; 2]);
    }

    #[test]
    fn three_deviations_of_noise_are_3_mm() {
        assert!((echo_us(Some(1.0), 3.0) - echo_us(Some(1.003), 0.0)).abs() < 0.01);
        assert_eq!(echo_us(None, 3.0), 38_000.0);
    }
}
