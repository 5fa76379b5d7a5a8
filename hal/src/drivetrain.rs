//! From what the driver wants to what the wheels do, and back. Pure arithmetic.

use crate::board::{DrivetrainSpec, End, Side};

/// Power for each side, -1 to 1, and sideways.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WheelPower {
    /// Left side, forward positive.
    pub left: f64,
    /// Right side, forward positive.
    pub right: f64,
    /// Sideways, left positive; none but on mecanum wheels.
    pub strafe: f64,
}

impl WheelPower {
    /// The power of a motor by the wheels that it turns: that of its side, or the mean of both; on mecanum
    /// wheels less or more of what goes sideways, by the corner. The rollers of such wheels touch the
    /// ground like the sides of a diamond under the car, so those of the front left and rear right push it to
    /// the right as they turn forward.
    #[must_use]
    pub fn of(&self, side: Side, end: Option<End>) -> f64 {
        let strafe = match (side, end) {
            (Side::Both, _) | (_, None) => 0.0,
            (Side::Left, Some(End::Front)) | (Side::Right, Some(End::Rear)) => -self.strafe,
            (Side::Left, Some(End::Rear)) | (Side::Right, Some(End::Front)) => self.strafe,
        };
        strafe
            + match side {
                Side::Left => self.left,
                Side::Right => self.right,
                Side::Both => f64::midpoint(self.left, self.right),
            }
    }
}

/// The geometry of a car.
#[derive(Clone, Debug, PartialEq)]
pub struct Drivetrain {
    track_m: f64,
    top_speed_mps: f64,
    strafes: bool,
}

impl Drivetrain {
    /// From a board's description.
    #[must_use]
    pub fn new(spec: &DrivetrainSpec) -> Self {
        let strafes = matches!(spec, DrivetrainSpec::Mecanum { .. });
        Self { track_m: spec.track_m(), top_speed_mps: spec.top_speed_mps(), strafes }
    }

    /// Whether it goes sideways too.
    #[must_use]
    pub fn strafes(&self) -> bool {
        self.strafes
    }

    /// Power of the wheels for `throttle`, `steer` and `strafe` (-1 to 1, left positive). What would need
    /// more than full power is scaled down as a whole, so that the way stays the one that was asked.
    #[must_use]
    pub fn mix(&self, throttle: f64, steer: f64, strafe: f64) -> WheelPower {
        let strafe = if self.strafes { strafe } else { 0.0 };
        let (left, right) = (throttle - steer, throttle + steer);
        let over = (left.abs().max(right.abs()) + strafe.abs()).max(1.0);
        WheelPower { left: left / over, right: right / over, strafe: strafe / over }
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
        assert_eq!(drivetrain().mix(0.0, 1.0, 0.0), WheelPower { left: -1.0, right: 1.0, strafe: 0.0 });
    }

    #[test]
    fn too_much_is_scaled_down_as_a_whole() {
        assert_eq!(drivetrain().mix(1.0, 1.0, 0.0), WheelPower { left: 0.0, right: 1.0, strafe: 0.0 });
        assert_eq!(drivetrain().mix(1.0, -0.5, 0.0), WheelPower { left: 1.0, right: 0.5 / 1.5, strafe: 0.0 });
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
            let WheelPower { left, right, .. } = drivetrain().mix(throttle, steer, 0.0);
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
            let wheels = drivetrain.mix(throttle, steer, 0.0);
            let (left, right) = (wheels.left * 0.68, wheels.right * 0.68);
            prop_assert!(((left + right) / 2.0 - linear).abs() < 1e-9);
            prop_assert!(((right - left) / 0.13 - angular).abs() < 1e-9);
        }
    }
}
