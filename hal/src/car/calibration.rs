//! What a board file says of a motor's own character, in one place: from the power that the wheels shall
//! have to the duty that this motor needs for it. Pure arithmetic.
//!
//! What must never live here: which wheel it turns.

use crate::board::MotorSpec;

/// A motor's own character.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Calibration {
    invert: bool,
    trim: f64,
    deadband: f64,
    min_duty: f64,
}

impl Calibration {
    pub(super) fn new(spec: &MotorSpec) -> Self {
        let MotorSpec { invert, trim, deadband, min_duty, .. } = *spec;
        Self { invert, trim, deadband, min_duty }
    }

    /// The duty for a power, both -1 to 1, before leads that are swapped. Below the deadband none; above it
    /// the power is spread over what turns the motor, of which the trim takes its share: two motors that are
    /// trimmed otherwise begin to turn at the same power.
    fn spread(self, power: f64) -> f64 {
        let size = power.abs();
        if size == 0.0 || size < self.deadband {
            return 0.0;
        }
        // The reader leaves deadbands up to a half.
        let share = (size - self.deadband) / (1.0 - self.deadband);
        let duty = self.min_duty + share * self.trim * (1.0 - self.min_duty);
        duty.copysign(power)
    }

    /// The duty for a power; what is no number, or beyond ±1, stays that.
    pub(super) fn duty(self, power: f64) -> f64 {
        let within = (-1.0..=1.0).contains(&power);
        self.raw(if within { self.spread(power) } else { power })
    }

    /// How fast the wheel then turns, as a share of the car's top speed; as far as anybody can say.
    pub(super) fn turns(self, power: f64) -> f64 {
        let size = power.abs();
        if size < self.deadband {
            0.0
        } else {
            ((size - self.deadband) / (1.0 - self.deadband)).copysign(power)
        }
    }

    /// The same without anything but the swapped leads.
    pub(super) fn raw(self, power: f64) -> f64 {
        if self.invert { -power } else { power }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Board;

    const PLAIN: Calibration = Calibration { invert: false, trim: 1.0, deadband: 0.0, min_duty: 0.0 };

    fn motors() -> impl Strategy<Value = Calibration> {
        (any::<bool>(), 0.5..=1.0, 0.0..=0.5, 0.0..=0.9)
            .prop_map(|(invert, trim, deadband, min_duty)| Calibration { invert, trim, deadband, min_duty })
    }

    #[test]
    fn a_motor_without_a_character_gets_the_power_itself() {
        for power in [-1.0, -0.3, 0.0, 0.001, 1.0] {
            assert_eq!(PLAIN.duty(power), power);
        }
    }

    #[test]
    fn the_least_power_above_the_deadband_is_the_least_duty_that_turns_it() {
        let motor = Calibration { deadband: 0.1, min_duty: 0.3, ..PLAIN };
        assert_eq!((motor.duty(0.099), motor.duty(0.1)), (0.0, 0.3));
        assert_eq!((motor.duty(-0.1), motor.duty(-1.0)), (-0.3, -1.0));
        assert!((motor.duty(0.55) - 0.65).abs() < 1e-12);
    }

    #[test]
    fn the_noise_of_a_stick_turns_no_motor_of_whom_a_file_says_no_more_than_its_least_duty() {
        let duties = |keys: &str| {
            let demo = include_str!("../../boards/demo.toml");
            let text = demo.replacen("side    = \"left\"", &format!("side = \"left\"\n{keys}"), 1);
            let board = Board::parse("b", &text).unwrap();
            [1e-9, -0.019, 0.02, 1.0].map(|power| Calibration::new(&board.motors[0]).duty(power))
        };
        assert_eq!(duties("min_duty = 0.3"), [0.0, 0.0, 0.3, 1.0]);
        assert_eq!(duties(""), [1e-9, -0.019, 0.02, 1.0], "without a leap there is nothing to keep it from");
        assert!(duties("min_duty = 0.3\ndeadband = 0")[0] > 0.3 - 1e-9, "whoever says so has it");
    }

    #[test]
    fn a_trimmed_motor_does_its_share_of_what_turns_it_and_begins_with_the_others() {
        let motor = Calibration { min_duty: 0.2, trim: 0.5, ..PLAIN };
        assert!((motor.duty(1.0) - 0.6).abs() < 1e-12);
        assert!((motor.duty(1e-9) - 0.2).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_power_stays_none() {
        assert!(PLAIN.duty(f64::NAN).is_nan());
        assert_eq!(PLAIN.duty(1.5), 1.5);
    }

    proptest! {
        #[test]
        fn more_power_is_no_less_duty_within_one_none_is_none_and_the_sign_stays(
            motor in motors(), less in -1.0_f64..=1.0, more in -1.0_f64..=1.0
        ) {
            let sign = if motor.invert { -1.0 } else { 1.0 };
            let (less, more) = (less.min(more), less.max(more));
            prop_assert!(sign * motor.duty(less) <= sign * motor.duty(more) + 1e-12);
            prop_assert_eq!(motor.duty(0.0), 0.0);
            prop_assert!(motor.duty(more).abs() <= 1.0);
            prop_assert!(sign * motor.duty(more) * more >= 0.0);
        }

        #[test]
        fn across_zero_it_leaps_by_no_more_than_the_least_duty_and_elsewhere_not_at_all(
            motor in motors(), power in 0.0_f64..=0.999
        ) {
            let step = (motor.duty(power + 0.001) - motor.duty(power)).abs();
            // 0.001 of power is at most twice that of duty, above a deadband of a half.
            prop_assert!(step <= motor.min_duty + 0.0021, "{step}");
            if power >= motor.deadband && power > 0.0 {
                prop_assert!(step <= 0.0021, "{step}");
            }
        }
    }
}
