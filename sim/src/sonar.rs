//! An HC-SR04: a pulse on its trigger, and an echo as long as the sound travels there and back.
//!
//! What must never live here: who listens to the echo.

use hal::board::RangeSpec;

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

/// The sensor.
#[derive(Debug)]
pub(crate) struct Sonar {
    pub(crate) trigger: String,
    pub(crate) echo: String,
    /// It hears no trigger.
    pub(crate) silent: bool,
    /// Metres to what is ahead.
    distance_m: Option<f64>,
    high_since: Option<Nanos>,
    /// When its echo rises and falls.
    rises_at: Option<Nanos>,
    falls_at: Option<Nanos>,
}

impl Sonar {
    /// With nothing ahead.
    pub(crate) fn new(spec: &RangeSpec) -> Self {
        let (trigger, echo) = (spec.trigger.clone(), spec.echo.clone());
        Self {
            trigger,
            echo,
            silent: false,
            distance_m: None,
            high_since: None,
            rises_at: None,
            falls_at: None,
        }
    }

    /// What is ahead from now on; an echo that is under way stays what it is.
    pub(crate) fn set_distance(&mut self, distance_m: Option<f64>) {
        self.distance_m = distance_m;
    }

    /// What is on its trigger now. While its echo is under way it hears none.
    pub(crate) fn hear(&mut self, high: bool, now: Nanos) {
        if high {
            self.high_since.get_or_insert(now);
            return;
        }
        let Some(since) = self.high_since.take() else { return };
        if !self.silent && self.falls_at.is_none() && now.saturating_sub(since) >= TRIGGER {
            let travels = |metres: f64| (2.0 * metres.max(0.0) / SOUND_MPS * 1e9) as Nanos;
            let length = self.distance_m.map_or(NOTHING, travels).min(NOTHING);
            self.rises_at = Some(now.saturating_add(BEGIN));
            self.falls_at = Some(now.saturating_add(BEGIN + length));
        }
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
        into.number(self.distance_m.unwrap_or(-1.0));
        for at in [self.high_since, self.rises_at, self.falls_at] {
            into.integer(at.unwrap_or(Nanos::MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sonar(distance_m: Option<f64>) -> Sonar {
        let spec =
            RangeSpec { trigger: "T".into(), echo: "E".into(), max_m: 4.0, on: hal::board::Mount::Body };
        let mut sonar = Sonar::new(&spec);
        sonar.set_distance(distance_m);
        sonar
    }

    #[test]
    fn an_echo_of_a_metre_takes_5831_microseconds() {
        let mut sonar = sonar(Some(1.0));
        sonar.hear(true, 0);
        sonar.hear(false, 10_000);
        assert_eq!(sonar.next(459_999), None);
        assert_eq!(sonar.next(1_000_000), Some((460_000, true)));
        assert_eq!(sonar.next(6_000_000), None);
        let (at, rising) = sonar.next(7_000_000).unwrap();
        assert!(!rising && (at - 460_000).abs_diff(5_831_000) < 1_000, "{at}");
        assert_eq!(sonar.next(Nanos::MAX), None);
    }

    #[test]
    fn a_trigger_that_is_too_short_or_comes_too_soon_is_none() {
        let mut sonar = sonar(None);
        sonar.hear(true, 0);
        sonar.hear(false, 9_999);
        assert_eq!(sonar.next(Nanos::MAX), None);
        for at in [1_000_000, 2_000_000] {
            sonar.hear(true, at);
            sonar.hear(false, at + 10_000);
        }
        assert_eq!(sonar.next(Nanos::MAX), Some((1_460_000, true)));
        assert_eq!(sonar.next(Nanos::MAX), Some((39_460_000, false)));
        assert_eq!(sonar.next(Nanos::MAX), None);
    }
}
