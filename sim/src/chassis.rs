//! How a car moves when its wheels turn. Two sides, no slip; what turns the wheels and what stands
//! in the way is not known here.

use std::f64::consts::{PI, TAU};

use hal::Motion;
use hal::board::DrivetrainSpec;

use crate::digest::Digest;

/// A body on a left and a right pair of wheels.
#[derive(Debug)]
pub(crate) struct Chassis {
    track_m: f64,
    wheel_radius_m: f64,
    top_speed_mps: f64,
    motion: Motion,
}

impl Chassis {
    /// At rest at the origin, looking along x. `None` for a drivetrain that has no model here.
    pub(crate) fn new(spec: &DrivetrainSpec) -> Option<Self> {
        match *spec {
            DrivetrainSpec::Differential { track_m, wheel_diameter_m, top_speed_mps } => Some(Self {
                track_m,
                wheel_radius_m: wheel_diameter_m / 2.0,
                top_speed_mps,
                motion: Motion::default(),
            }),
            _ => None,
        }
    }

    /// How fast its wheels turn at full power, rad/s.
    pub(crate) fn no_load_rad_s(&self) -> f64 {
        self.top_speed_mps / self.wheel_radius_m
    }

    /// Moves by what the wheels of each side turned, in radians; after that they turn at `speeds`,
    /// in rad/s. Exact for a turn at constant speeds: the car goes along the chord of its arc.
    pub(crate) fn step(&mut self, [left, right]: [f64; 2], speeds: [f64; 2]) {
        let (ahead, turn) = self.of_wheels(left, right);
        let half = turn / 2.0;
        let chord = ahead * sinc(half);
        let Motion { x_m, y_m, heading_rad, .. } = self.motion;
        let along = heading_rad + half;
        let (linear_mps, angular_rad_s) = self.of_wheels(speeds[0], speeds[1]);
        self.motion = Motion {
            x_m: x_m + chord * libm::cos(along),
            y_m: y_m + chord * libm::sin(along),
            heading_rad: wrap(heading_rad + turn),
            linear_mps,
            angular_rad_s,
        };
    }

    /// Where it is and how it moves.
    pub(crate) fn motion(&self) -> Motion {
        self.motion
    }

    /// Takes its motion into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        let Motion { x_m, y_m, heading_rad, linear_mps, angular_rad_s } = self.motion;
        [x_m, y_m, heading_rad, linear_mps, angular_rad_s].iter().for_each(|&value| into.number(value));
    }

    /// Ahead and leftwards, from the wheels' left and right.
    fn of_wheels(&self, left: f64, right: f64) -> (f64, f64) {
        let (left, right) = (left * self.wheel_radius_m, right * self.wheel_radius_m);
        (f64::midpoint(left, right), (right - left) / self.track_m)
    }
}

/// The ratio of a chord to its arc, for half of the arc's angle.
fn sinc(half: f64) -> f64 {
    // Near 0 the quotient loses digits that the first two terms of its series keep.
    if half.abs() < 1e-4 { 1.0 - half * half / 6.0 } else { libm::sin(half) / half }
}

/// The same angle, -π to π.
fn wrap(angle: f64) -> f64 {
    if (-PI..=PI).contains(&angle) { angle } else { angle - TAU * ((angle + PI) / TAU).floor() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chassis() -> Chassis {
        let spec =
            DrivetrainSpec::Differential { track_m: 0.13, wheel_diameter_m: 0.065, top_speed_mps: 0.68 };
        Chassis::new(&spec).unwrap()
    }

    #[test]
    fn a_turn_ends_where_geometry_says_in_many_steps_and_in_one() {
        // Left 0.2 m, right 0.4 m: a quarter-odd turn of radius 0.195 m.
        let (left, right) = (0.2 / 0.0325, 0.4 / 0.0325);
        let angle: f64 = 0.2 / 0.13;
        let radius = 0.3 / angle;
        for steps in [1, 7, 1000] {
            let mut chassis = chassis();
            let part = f64::from(steps);
            for _ in 0..steps {
                chassis.step([left / part, right / part], [0.0; 2]);
            }
            let Motion { x_m, y_m, heading_rad, .. } = chassis.motion();
            assert!((x_m - radius * angle.sin()).abs() < 1e-9, "{steps} steps");
            assert!((y_m - radius * (1.0 - angle.cos())).abs() < 1e-9, "{steps} steps");
            assert!((heading_rad - angle).abs() < 1e-9, "{steps} steps");
        }
    }

    #[test]
    fn a_turn_on_the_spot_goes_nowhere_and_its_heading_wraps() {
        let mut chassis = chassis();
        let eighth = PI / 4.0 * 0.13 / 2.0 / 0.0325;
        for _ in 0..5 {
            chassis.step([-eighth, eighth], [-1.0, 1.0]);
        }
        let Motion { x_m, y_m, heading_rad, linear_mps, angular_rad_s } = chassis.motion();
        assert!(x_m.abs() < 1e-12 && y_m.abs() < 1e-12);
        assert!((heading_rad + 3.0 * PI / 4.0).abs() < 1e-9, "{heading_rad}");
        assert_eq!(linear_mps, 0.0);
        assert!((angular_rad_s - 2.0 * 0.0325 / 0.13).abs() < 1e-12);
    }

    #[test]
    fn every_angle_wraps_to_within_half_a_turn() {
        for turns in -5..=5 {
            assert!((wrap(1.0 + TAU * f64::from(turns)) - 1.0).abs() < 1e-9);
        }
        assert_eq!((wrap(PI), wrap(-PI)), (PI, -PI));
    }
}
