//! What the sensors say, as people understand it.
//!
//! What must never live here: where a number comes from.

use crate::board::BatterySpec;
use crate::driver::mpu6050::Sample;

/// The newest of everything. What a board has no sensor for is `None`, and so is what a sensor says that
/// does not answer: never an old number, and never one that was made up.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Readings {
    /// The battery.
    pub battery: Option<Battery>,
    /// Metres to what is ahead; also `None` where nothing is within reach.
    pub range_m: Option<f64>,
    /// What the car feels.
    pub imu: Option<Imu>,
    /// Each sensor that sees the floor, from left to right.
    pub(super) floor: Vec<Option<f64>>,
}

impl Readings {
    /// How dark the floor is under each sensor, from left to right, 0 light to 1 dark. `None` also where
    /// one of them does not answer: half a line leads astray.
    #[must_use]
    pub fn line(&self) -> Option<Vec<f64>> {
        if self.floor.is_empty() { None } else { self.floor.iter().copied().collect() }
    }
}

/// The battery.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Battery {
    /// Volts.
    pub volts: f64,
    /// 0 to 100, linear in the volts between the board's `empty_v` and `full_v`. It sags while the car
    /// drives, as the volts do.
    pub percent: f64,
    /// Amperes that are drawn from it, where that is measured; negative while it is charged.
    pub amps: Option<f64>,
}

impl Battery {
    /// Of a battery that has these `volts` now.
    #[must_use]
    pub fn new(spec: &BatterySpec, volts: f64, amps: Option<f64>) -> Self {
        let share = (volts - spec.empty_v) / (spec.full_v - spec.empty_v);
        Self { volts, percent: share.clamp(0.0, 1.0) * 100.0, amps }
    }
}

/// What the car feels, along and about its axes: x forward, y left, z up, turning left positive about z
/// (REP-103). The chip is to be mounted with its printed x forward and its y to the left.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Imu {
    /// m/s². On level ground 9.81 upwards.
    pub acceleration: [f64; 3],
    /// rad/s
    pub rotation: [f64; 3],
}

impl From<Sample> for Imu {
    fn from(Sample { acceleration, rotation }: Sample) -> Self {
        Self { acceleration, rotation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::BatterySource;

    #[test]
    fn a_percentage_is_linear_and_never_beyond_its_ends() {
        let source = BatterySource::Ina219 { chip: 0 };
        let spec = BatterySpec { source, empty_v: 6.4, full_v: 8.4 };
        let percent = |volts| Battery::new(&spec, volts, None).percent;
        assert_eq!((percent(5.0), percent(6.4), percent(8.4), percent(9.0)), (0.0, 0.0, 100.0, 100.0));
        assert!((percent(7.4) - 50.0).abs() < 1e-9);
    }

    #[test]
    fn a_line_is_known_when_each_of_its_sensors_is() {
        let line = |floor: &[Option<f64>]| Readings { floor: floor.to_vec(), ..Readings::default() }.line();
        assert_eq!(line(&[]), None);
        assert_eq!(line(&[Some(0.0), None]), None);
        assert_eq!(line(&[Some(0.0), Some(1.0)]), Some(vec![0.0, 1.0]));
    }
}
