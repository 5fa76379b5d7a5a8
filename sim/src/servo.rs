//! A hobby servo: reads the length of its pulse and turns there as fast as it can. What it carries
//! is not known here.

use hal::board::{PinRef, ServoRole, ServoSpec};

use crate::clock::STEP_S;
use crate::digest::Digest;
use crate::signal::Signal;

/// The usual 0.1 s for 60°, in degrees a second, where the board does not say how fast it is.
const SPEED_DEG_S: f64 = 600.0;

/// A servo and the horn on it.
#[derive(Debug)]
pub(crate) struct Servo {
    spec: ServoSpec,
    angle_deg: f64,
    target_deg: f64,
}

impl Servo {
    /// At its centre. (A real one is wherever it was left.)
    pub(crate) fn new(spec: &ServoSpec) -> Self {
        Self { spec: spec.clone(), angle_deg: spec.center_deg, target_deg: spec.center_deg }
    }

    /// What the board calls it.
    pub(crate) fn name(&self) -> &str {
        &self.spec.name
    }

    /// The wire that it listens to.
    pub(crate) fn pin(&self) -> &PinRef {
        &self.spec.pwm
    }

    /// Reads the wire. Without pulses it stays where it was sent; a pulse beyond either end presses
    /// it against its stop.
    pub(crate) fn listen(&mut self, signal: Option<Signal>) {
        let Some(pulse_us) = signal.and_then(|signal| signal.pulse_us()) else { return };
        let ServoSpec { min_us, max_us, min_deg, max_deg, invert, .. } = self.spec;
        let (from, to) = if invert { (max_deg, min_deg) } else { (min_deg, max_deg) };
        let share = ((pulse_us - min_us) / (max_us - min_us)).clamp(0.0, 1.0);
        self.target_deg = from + share * (to - from);
    }

    /// Turns for one step.
    pub(crate) fn step(&mut self) {
        let reach = self.spec.speed_deg_s.unwrap_or(SPEED_DEG_S) * STEP_S;
        let way = self.target_deg - self.angle_deg;
        self.angle_deg =
            if way.abs() <= reach { self.target_deg } else { self.angle_deg + reach.copysign(way) };
    }

    /// How far what it carries is turned from straight ahead, radians, left and up positive. Front wheels are
    /// straight at its centre: that is how a board says how its linkage is screwed on. What looks around looks
    /// ahead at 0°, and its centre is only where it rests.
    pub(crate) fn turns_rad(&self) -> f64 {
        let ahead_deg = match self.spec.role {
            ServoRole::Steering => self.spec.center_deg,
            ServoRole::Pan | ServoRole::Tilt => 0.0,
        };
        (self.angle_deg - ahead_deg).to_radians()
    }

    /// The same of the one that has this role; 0 of a car without.
    pub(crate) fn turned_rad(all: &[Self], role: ServoRole) -> f64 {
        all.iter().find(|servo| servo.spec.role == role).map_or(0.0, Self::turns_rad)
    }

    /// Where it is, in the degrees of the board.
    pub(crate) fn angle_deg(&self) -> f64 {
        self.angle_deg
    }

    /// Takes its position into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        into.number(self.angle_deg);
        into.number(self.target_deg);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servo(invert: bool) -> Servo {
        Servo::new(&ServoSpec {
            name: "pan".into(),
            role: ServoRole::Pan,
            pwm: PinRef::Pwm { device: "pwmchip0".into(), channel: 0 },
            frequency_hz: 50.0,
            min_us: 500.0,
            max_us: 2500.0,
            min_deg: -90.0,
            max_deg: 90.0,
            invert,
            center_deg: 0.0,
            speed_deg_s: None,
        })
    }

    fn pulse(us: f64) -> Option<Signal> {
        Some(Signal { rise: 0.0, duty: us * 50e-6, frequency_hz: 50.0 })
    }

    #[test]
    fn it_turns_sixty_degrees_in_a_tenth_of_a_second() {
        let mut servo = servo(false);
        servo.listen(pulse(2500.0));
        (0..100).for_each(|_| servo.step());
        assert!((servo.angle_deg() - 60.0).abs() < 1e-6);
        (0..100).for_each(|_| servo.step());
        assert_eq!(servo.angle_deg(), 90.0);
    }

    #[test]
    fn an_inverted_one_turns_the_other_way_and_a_stop_is_a_stop() {
        for (us, deg) in [(500.0, 90.0), (2000.0, -45.0), (1500.0, 0.0), (4000.0, -90.0), (100.0, 90.0)] {
            let mut servo = servo(true);
            servo.listen(pulse(us));
            (0..500).for_each(|_| servo.step());
            assert!((servo.angle_deg() - deg).abs() < 1e-9, "{us} µs");
        }
    }

    #[test]
    fn without_pulses_it_stays() {
        let mut servo = servo(false);
        servo.listen(pulse(2000.0));
        (0..500).for_each(|_| servo.step());
        for wire in [None, Some(Signal::LOW), Some(Signal::HIGH)] {
            servo.listen(wire);
            (0..500).for_each(|_| servo.step());
            assert!((servo.angle_deg() - 45.0).abs() < 1e-9);
        }
    }
}
