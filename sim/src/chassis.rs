//! How a car moves when its wheels turn. No slip but that of the rollers; what turns the wheels and what
//! stands in the way is not known here.

use std::f64::consts::{PI, TAU};

use hal::Motion;
use hal::board::DrivetrainSpec;

use crate::digest::Digest;
use crate::world::Start;

/// A body on wheels.
#[derive(Debug)]
pub(crate) struct Chassis {
    wheels: Wheels,
    wheel_radius_m: f64,
    top_speed_mps: f64,
    motion: Motion,
}

/// What its wheels let it do.
#[derive(Clone, Copy, Debug)]
enum Wheels {
    /// ω = (v_right - v_left)/b
    Differential { track_m: f64 },
    /// ω = v·tan δ/L
    Ackermann { wheelbase_m: f64 },
    /// w = (vx ∓ vy ∓ (lx + ly)·ω)/r, of which lx and ly are half of wheelbase and track.
    Mecanum { lx_ly_m: f64 },
}

/// How the wheels turned, radians, or turn, radians a second: the mean of each side, and of what goes
/// sideways.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turned {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) sideways: f64,
}

/// The same of the body: metres ahead and leftwards, radians to the left.
struct Twist {
    ahead: f64,
    sideways: f64,
    turn: f64,
}

impl Chassis {
    /// At rest where the world says. `None` for a drivetrain that has no model here.
    pub(crate) fn new(spec: &DrivetrainSpec, start: &Start) -> Option<Self> {
        let wheels = match *spec {
            DrivetrainSpec::Differential { track_m, .. } => Wheels::Differential { track_m },
            DrivetrainSpec::Ackermann { wheelbase_m, .. } => Wheels::Ackermann { wheelbase_m },
            DrivetrainSpec::Mecanum { wheelbase_m, track_m, .. } => {
                Wheels::Mecanum { lx_ly_m: f64::midpoint(wheelbase_m, track_m) }
            }
            _ => return None,
        };
        Some(Self {
            wheels,
            wheel_radius_m: spec.wheel_diameter_m() / 2.0,
            top_speed_mps: spec.top_speed_mps(),
            motion: Motion {
                x_m: start.x_m,
                y_m: start.y_m,
                heading_rad: wrap(start.heading_rad),
                ..Motion::default()
            },
        })
    }

    /// How fast its wheels turn at full power, rad/s.
    pub(crate) fn no_load_rad_s(&self) -> f64 {
        self.top_speed_mps / self.wheel_radius_m
    }

    /// Moves by what the wheels turned, with the front wheels at `steered_rad`, left positive; after that they
    /// turn at `speeds`. Exact at constant speeds: the car goes along the chord of its arc.
    pub(crate) fn step(&mut self, turned: Turned, speeds: Turned, steered_rad: f64) {
        let Twist { ahead, sideways, turn } = self.of_wheels(turned, steered_rad);
        let half = turn / 2.0;
        let (ahead, sideways) = (ahead * sinc(half), sideways * sinc(half));
        let Motion { x_m, y_m, heading_rad, .. } = self.motion;
        let (sin, cos) = (libm::sin(heading_rad + half), libm::cos(heading_rad + half));
        let speed = self.of_wheels(speeds, steered_rad);
        self.motion = Motion {
            x_m: x_m + ahead * cos - sideways * sin,
            y_m: y_m + ahead * sin + sideways * cos,
            heading_rad: wrap(heading_rad + turn),
            linear_mps: speed.ahead,
            lateral_mps: speed.sideways,
            angular_rad_s: speed.turn,
        };
    }

    /// Puts it somewhere else, at rest.
    pub(crate) fn place(&mut self, x_m: f64, y_m: f64, heading_rad: f64) {
        self.motion = Motion { x_m, y_m, heading_rad: wrap(heading_rad), ..Motion::default() };
    }

    /// Where it is and how it moves.
    pub(crate) fn motion(&self) -> Motion {
        self.motion
    }

    /// Takes its motion into a fingerprint.
    pub(crate) fn digest(&self, into: &mut Digest) {
        let Motion { x_m, y_m, heading_rad, linear_mps, lateral_mps, angular_rad_s } = self.motion;
        let all = [x_m, y_m, heading_rad, linear_mps, lateral_mps, angular_rad_s];
        all.iter().for_each(|&value| into.number(value));
    }

    fn of_wheels(&self, turned: Turned, steered_rad: f64) -> Twist {
        let [left, right, sideways] =
            [turned.left, turned.right, turned.sideways].map(|wheel| wheel * self.wheel_radius_m);
        let ahead = f64::midpoint(left, right);
        match self.wheels {
            Wheels::Differential { track_m } => {
                Twist { ahead, sideways: 0.0, turn: (right - left) / track_m }
            }
            Wheels::Ackermann { wheelbase_m } => {
                Twist { ahead, sideways: 0.0, turn: ahead * libm::tan(steered_rad) / wheelbase_m }
            }
            Wheels::Mecanum { lx_ly_m } => Twist { ahead, sideways, turn: (right - left) / 2.0 / lx_ly_m },
        }
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
        Chassis::new(&spec, &Start::default()).unwrap()
    }

    fn sides(left: f64, right: f64) -> Turned {
        Turned { left, right, sideways: 0.0 }
    }

    #[test]
    fn front_wheels_that_steer_put_the_rear_axle_on_a_circle() {
        let (wheelbase_m, angle) = (0.09, 0.4_f64);
        let spec = DrivetrainSpec::Ackermann {
            wheelbase_m,
            track_m: 0.12,
            wheel_diameter_m: 0.065,
            top_speed_mps: 0.68,
        };
        let radius = wheelbase_m / angle.tan();
        for steps in [1, 7, 1000] {
            let mut chassis = Chassis::new(&spec, &Start::default()).unwrap();
            // 0.3 m in all.
            let wheel = 0.3 / 0.0325 / f64::from(steps);
            for _ in 0..steps {
                chassis.step(sides(wheel, wheel), sides(2.0, 2.0), angle);
            }
            let turned = 0.3 / radius;
            let Motion { x_m, y_m, heading_rad, linear_mps, angular_rad_s, .. } = chassis.motion();
            assert!((x_m - radius * turned.sin()).abs() < 1e-9, "{steps} steps");
            assert!((y_m - radius * (1.0 - turned.cos())).abs() < 1e-9, "{steps} steps");
            assert!((heading_rad - turned).abs() < 1e-9, "{steps} steps");
            assert!((angular_rad_s - linear_mps / radius).abs() < 1e-12);
        }
    }

    #[test]
    fn front_wheels_that_steer_turn_no_car_that_stands() {
        let spec = DrivetrainSpec::Ackermann {
            wheelbase_m: 0.09,
            track_m: 0.12,
            wheel_diameter_m: 0.065,
            top_speed_mps: 0.68,
        };
        let mut chassis = Chassis::new(&spec, &Start::default()).unwrap();
        chassis.step(sides(-1.0, 1.0), sides(-1.0, 1.0), 0.4);
        assert_eq!(chassis.motion(), Motion::default());
    }

    #[test]
    fn mecanum_wheels_go_sideways_and_on_while_they_turn() {
        let spec = DrivetrainSpec::Mecanum {
            wheelbase_m: 0.16,
            track_m: 0.12,
            wheel_diameter_m: 0.08,
            top_speed_mps: 0.68,
        };
        // 0.1 m ahead, 0.2 m to the left and 0.5 rad in all: the path in closed form.
        let (ahead, aside, turn) = (0.1_f64, 0.2_f64, 0.5_f64);
        let (sin, versin) = (turn.sin() / turn, (1.0 - turn.cos()) / turn);
        for steps in [1, 1000] {
            let mut chassis = Chassis::new(&spec, &Start::default()).unwrap();
            let part = |metres: f64| metres / 0.04 / f64::from(steps);
            let turned = Turned {
                left: part(ahead - 0.14 * turn),
                right: part(ahead + 0.14 * turn),
                sideways: part(aside),
            };
            for _ in 0..steps {
                chassis.step(turned, Turned { sideways: 1.0, ..Turned::default() }, 0.0);
            }
            let Motion { x_m, y_m, heading_rad, lateral_mps, .. } = chassis.motion();
            assert!((x_m - (ahead * sin - aside * versin)).abs() < 1e-9, "{steps} steps");
            assert!((y_m - (ahead * versin + aside * sin)).abs() < 1e-9, "{steps} steps");
            assert!((heading_rad - turn).abs() < 1e-9, "{steps} steps");
            assert_eq!(lateral_mps, 0.04);
        }
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
                chassis.step(sides(left / part, right / part), Turned::default(), 0.0);
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
            chassis.step(sides(-eighth, eighth), sides(-1.0, 1.0), 0.0);
        }
        let Motion { x_m, y_m, heading_rad, linear_mps, angular_rad_s, .. } = chassis.motion();
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
