//! Ways that geometry knows the end of.

use proptest::prelude::*;

use super::*;

const TRACK: f64 = 0.13;
const BASE: f64 = 0.2;

fn differential() -> Odometry {
    let drivetrain =
        DrivetrainSpec::Differential { track_m: TRACK, wheel_diameter_m: 0.065, top_speed_mps: 0.68 };
    Odometry::new(&drivetrain)
}

fn mecanum() -> Odometry {
    Odometry::new(&DrivetrainSpec::Mecanum {
        wheelbase_m: BASE,
        track_m: TRACK,
        wheel_diameter_m: 0.06,
        top_speed_mps: 0.5,
    })
}

fn ackermann() -> Odometry {
    Odometry::new(&DrivetrainSpec::Ackermann {
        wheelbase_m: BASE,
        track_m: TRACK,
        wheel_diameter_m: 0.065,
        top_speed_mps: 2.0,
    })
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn sides(left: f64, right: f64) -> Wheels {
    Wheels { left, right, sideways: 0.0 }
}

#[track_caller]
fn stands_at(motion: Motion, x: f64, y: f64, heading: f64) {
    let there = (motion.x_m - x).abs() < 1e-9 && (motion.y_m - y).abs() < 1e-9;
    assert!(there && (motion.heading_rad - heading).abs() < 1e-9, "{motion:?}");
}

#[test]
fn an_arc_ends_where_geometry_says_in_many_steps_and_in_one() {
    let angle: f64 = 0.2 / TRACK;
    let radius = 0.3 / angle;
    for steps in [1, 7, 1_000] {
        let mut odometry = differential();
        let part = 1.0 / f64::from(steps);
        for step in 1..=steps {
            odometry.measured(sides(0.2 * part, 0.4 * part), 0.0, ms(u64::from(step as u32)));
        }
        stands_at(odometry.motion(), radius * angle.sin(), radius * (1.0 - angle.cos()), angle);
    }
}

#[test]
fn a_turn_on_the_spot_goes_nowhere_and_its_heading_wraps() {
    let mut odometry = differential();
    let eighth = PI / 4.0 * TRACK / 2.0;
    for step in 0..5 {
        odometry.measured(sides(-eighth, eighth), 0.0, ms(step));
    }
    stands_at(odometry.motion(), 0.0, 0.0, -3.0 * PI / 4.0);
}

#[test]
fn front_wheels_that_steer_make_the_curve_of_their_angle() {
    // A quarter of a circle of one metre: tan δ = L/R.
    let mut odometry = ackermann();
    let way = PI / 2.0;
    for step in 0..100 {
        odometry.measured(sides(way / 100.0, way / 100.0), (BASE / 1.0).atan(), ms(step));
    }
    stands_at(odometry.motion(), 1.0, 1.0, PI / 2.0);
}

#[test]
fn mecanum_wheels_go_sideways_and_turn_by_track_and_wheelbase() {
    let corners = |[front_left, front_right, rear_left, rear_right]: [f64; 4]| {
        Wheels::of([
            (Side::Left, Some(End::Front), front_left),
            (Side::Right, Some(End::Front), front_right),
            (Side::Left, Some(End::Rear), rear_left),
            (Side::Right, Some(End::Rear), rear_right),
        ])
    };
    let mut odometry = mecanum();
    odometry.measured(corners([-0.3, 0.3, 0.3, -0.3]), 0.0, ms(1));
    stands_at(odometry.motion(), 0.0, 0.3, 0.0);
    // w = (vx ∓ vy ∓ (lx + ly)·ω)/r: a quarter turn to the left on the spot.
    let way = (BASE + TRACK) / 2.0 * PI / 2.0;
    odometry.measured(corners([-way, way, -way, way]), 0.0, ms(2));
    stands_at(odometry.motion(), 0.0, 0.3, PI / 2.0);
    odometry.measured(corners([1.0; 4]), 0.0, ms(3));
    stands_at(odometry.motion(), 0.0, 1.3, PI / 2.0);
}

#[test]
fn one_motor_for_both_sides_is_both_sides() {
    assert_eq!(Wheels::of([(Side::Both, None, 0.5)]), sides(0.5, 0.5));
    let four = [(Side::Left, 0.1), (Side::Left, 0.3), (Side::Right, 0.4), (Side::Right, 0.8)];
    let Wheels { left, right, .. } = Wheels::of(four.map(|(side, value)| (side, None, value)));
    assert!((left - 0.2).abs() < 1e-12 && (right - 0.6).abs() < 1e-12);
}

#[test]
fn a_commanded_car_moves_until_it_is_told_to_stand_and_then_not_at_all() {
    let mut odometry = differential();
    odometry.commanded(Wheels::default(), 0.0, ms(1_000));
    odometry.commanded(sides(0.5, 0.5), 0.0, ms(2_000));
    assert_eq!(odometry.motion().linear_mps, 0.5);
    stands_at(odometry.motion(), 0.0, 0.0, 0.0);
    odometry.commanded(sides(0.5, 0.5), 0.0, ms(2_400));
    odometry.commanded(Wheels::default(), 0.0, ms(3_000));
    assert_eq!(odometry.motion().linear_mps, 0.0);
    odometry.commanded(Wheels::default(), 0.0, ms(9_000));
    stands_at(odometry.motion(), 0.5, 0.0, 0.0);
}

#[test]
fn a_measured_speed_is_that_of_a_tenth_of_a_second_and_dies_down_within_it() {
    let mut odometry = differential();
    // A pulse of 10 mm each 25 ms, looked at each 5 ms: 0.4 m/s.
    for step in 0..100 {
        let turned = if step % 5 == 0 { 0.01 } else { 0.0 };
        odometry.measured(sides(turned, turned), 0.0, ms(step * 5));
        let speed = odometry.motion().linear_mps;
        assert!(step < 25 || (speed - 0.4).abs() <= 0.1 + 1e-9, "{speed} after {step}");
    }
    for step in 100..=121 {
        odometry.measured(Wheels::default(), 0.0, ms(step * 5));
    }
    assert_eq!(odometry.motion().linear_mps, 0.0);
    assert!(odometry.recent.len() < 30, "what is kept has a bound");
}

#[test]
fn encoders_that_fail_are_followed_by_what_is_commanded_without_a_jump() {
    let mut odometry = differential();
    odometry.measured(sides(0.3, 0.3), 0.0, ms(1_000));
    odometry.commanded(sides(0.5, 0.5), 0.0, ms(5_000));
    stands_at(odometry.motion(), 0.3, 0.0, 0.0);
    odometry.commanded(sides(0.5, 0.5), 0.0, ms(6_000));
    stands_at(odometry.motion(), 0.8, 0.0, 0.0);
}

proptest! {
    #[test]
    fn there_and_back_the_same_way_ends_where_it_began(
        steps in proptest::collection::vec((-0.1_f64..0.1, -0.1_f64..0.1, -0.1_f64..0.1), 1..50)
    ) {
        let mut odometry = mecanum();
        let wheels = |sign: f64| {
            move |&(left, right, sideways): &(f64, f64, f64)| Wheels {
                left: sign * left, right: sign * right, sideways: sign * sideways,
            }
        };
        for turned in steps.iter().map(wheels(1.0)).chain(steps.iter().rev().map(wheels(-1.0))) {
            odometry.measured(turned, 0.0, ms(0));
        }
        let Motion { x_m, y_m, heading_rad, .. } = odometry.motion();
        prop_assert!(x_m.abs() < 1e-9 && y_m.abs() < 1e-9 && heading_rad.abs() < 1e-9);
    }
}

#[test]
fn a_way_that_begins_anew_begins_at_the_origin_and_remembers_no_speed() {
    let mut odometry = differential();
    odometry.measured(sides(0.2, 0.4), 0.0, ms(10));
    odometry.restart();
    stands_at(odometry.motion(), 0.0, 0.0, 0.0);
    odometry.commanded(sides(0.5, 0.5), 0.0, ms(1_000));
    odometry.restart();
    odometry.commanded(sides(0.5, 0.5), 0.0, ms(9_000));
    stands_at(odometry.motion(), 0.0, 0.0, 0.0);
    odometry.commanded(sides(0.0, 0.0), 0.0, ms(10_000));
    stands_at(odometry.motion(), 0.5, 0.0, 0.0);
}
