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
        let DrivetrainSpec::Differential { track_m, top_speed_mps, .. } = *spec;
        Self { track_m, top_speed_mps }
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
