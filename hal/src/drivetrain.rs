//! From what the driver wants to what the wheels do, and back. Pure arithmetic.

use crate::board::DrivetrainSpec;

/// Power for each side, -1 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WheelPower {
    /// Left side, forward positive.
    pub left: f64,
    /// Right side, forward positive.
    pub right: f64,
}

/// The geometry of a car.
#[derive(Clone, Debug, PartialEq)]
pub struct Drivetrain {
    track_m: f64,
    top_speed_mps: f64,
}

impl Drivetrain {
    /// From a board's description.
    #[must_use]
    pub fn new(spec: &DrivetrainSpec) -> Self {
        Self { track_m: spec.track_m(), top_speed_mps: spec.top_speed_mps() }
    }

    /// Power of the wheels for `throttle` and `steer` (-1 to 1, left positive). What would need more
    /// than full power is scaled down as a whole, so that the curve stays the one that was asked.
    #[must_use]
    pub fn mix(&self, throttle: f64, steer: f64) -> WheelPower {
        let (left, right) = (throttle - steer, throttle + steer);
        let over = left.abs().max(right.abs()).max(1.0);
        WheelPower { left: left / over, right: right / over }
    }

    /// `(throttle, steer)` that give `linear_mps` and `angular_rad_s`, in the steady state. May be
    /// beyond ±1 where the car is not that fast.
    #[must_use]
    pub fn power_for(&self, linear_mps: f64, angular_rad_s: f64) -> (f64, f64) {
        (linear_mps / self.top_speed_mps, angular_rad_s * self.track_m / 2.0 / self.top_speed_mps)
    }

    /// Metres a second at full power, straight ahead.
    #[must_use]
    pub fn top_speed_mps(&self) -> f64 {
        self.top_speed_mps
    }

    /// Radians a second at full power, on the spot.
    #[must_use]
    pub fn top_turn_rad_s(&self) -> f64 {
        2.0 * self.top_speed_mps / self.track_m
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn drivetrain() -> Drivetrain {
        Drivetrain::new(&DrivetrainSpec::Differential {
            track_m: 0.13,
            wheel_diameter_m: 0.065,
            top_speed_mps: 0.68,
        })
    }

    #[test]
    fn a_left_turn_on_the_spot_runs_the_right_wheel_forward() {
        assert_eq!(drivetrain().mix(0.0, 1.0), WheelPower { left: -1.0, right: 1.0 });
    }

    #[test]
    fn too_much_is_scaled_down_as_a_whole() {
        assert_eq!(drivetrain().mix(1.0, 1.0), WheelPower { left: 0.0, right: 1.0 });
        assert_eq!(drivetrain().mix(1.0, -0.5), WheelPower { left: 1.0, right: 0.5 / 1.5 });
    }

    #[test]
    fn the_top_speeds_are_those_of_full_power() {
        let drivetrain = drivetrain();
        assert_eq!(drivetrain.top_speed_mps(), 0.68);
        let (throttle, steer) = drivetrain.power_for(drivetrain.top_speed_mps(), 0.0);
        assert_eq!((throttle, steer), (1.0, 0.0));
        let (throttle, steer) = drivetrain.power_for(0.0, drivetrain.top_turn_rad_s());
        assert_eq!(throttle, 0.0);
        assert!((steer - 1.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn no_wheel_gets_more_than_full_power_and_the_curve_stays(
            throttle in -10.0_f64..10.0, steer in -10.0_f64..10.0
        ) {
            let WheelPower { left, right } = drivetrain().mix(throttle, steer);
            prop_assert!(left.abs() <= 1.0 && right.abs() <= 1.0);
            // Sum and difference of the wheels are in the ratio of throttle and steer.
            prop_assert!(((left + right) * steer - (right - left) * throttle).abs() < 1e-9);
        }

        #[test]
        fn a_twist_within_the_limits_is_what_the_wheels_then_give(
            linear in -0.3_f64..0.3, angular in -4.0_f64..4.0
        ) {
            let drivetrain = drivetrain();
            let (throttle, steer) = drivetrain.power_for(linear, angular);
            let wheels = drivetrain.mix(throttle, steer);
            let (left, right) = (wheels.left * 0.68, wheels.right * 0.68);
            prop_assert!(((left + right) / 2.0 - linear).abs() < 1e-9);
            prop_assert!(((right - left) / 0.13 - angular).abs() < 1e-9);
        }
    }
}
