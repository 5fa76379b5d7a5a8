//! Geometry, against what the wheels of each kind of car do by their own equations.

use proptest::prelude::*;

use super::*;

const TOP: f64 = 0.68;
const TRACK: f64 = 0.12;
const BASE: f64 = 0.09;
const LOCK_DEG: f64 = 30.0;

fn board(drivetrain: DrivetrainSpec) -> Board {
    Board { drivetrain, ..Board::preset("demo").expect("a preset") }
}

fn differential() -> Drivetrain {
    Drivetrain::new(&board(DrivetrainSpec::Differential {
        track_m: TRACK,
        wheel_diameter_m: 0.065,
        top_speed_mps: TOP,
    }))
}

fn mecanum() -> Drivetrain {
    Drivetrain::new(&board(DrivetrainSpec::Mecanum {
        wheelbase_m: BASE,
        track_m: TRACK,
        wheel_diameter_m: 0.065,
        top_speed_mps: TOP,
    }))
}

/// A motor for each rear wheel, or one for both.
fn ackermann(sided: bool) -> Drivetrain {
    let mut board = board(DrivetrainSpec::Ackermann {
        wheelbase_m: BASE,
        track_m: TRACK,
        wheel_diameter_m: 0.065,
        top_speed_mps: TOP,
    });
    let servo = &mut board.servos[0];
    servo.role = ServoRole::Steering;
    (servo.min_deg, servo.center_deg, servo.max_deg) = (4.0 - LOCK_DEG, 4.0, 4.0 + LOCK_DEG);
    if !sided {
        board.motors.truncate(1);
        board.motors[0].side = Side::Both;
    }
    Drivetrain::new(&board)
}

fn power(left: f64, right: f64) -> WheelPower {
    WheelPower { left, right, strafe: 0.0 }
}

/// How the car moves (forward, turning) by the speeds of its two sides.
fn of_sides(wheels: WheelPower, arm_m: f64) -> (f64, f64) {
    let (left, right) = (wheels.left * TOP, wheels.right * TOP);
    (f64::midpoint(left, right), (right - left) / 2.0 / arm_m)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

#[test]
fn a_left_turn_on_the_spot_runs_the_right_wheel_forward() {
    assert_eq!(differential().mix(0.0, 1.0, 0.0), power(-1.0, 1.0));
}

#[test]
fn too_much_is_scaled_down_as_a_whole() {
    assert_eq!(differential().mix(1.0, 1.0, 0.0), power(0.0, 1.0));
    assert_eq!(differential().mix(1.0, -0.5, 0.0), power(1.0, 0.5 / 1.5));
    let mixed = mecanum().mix(1.0, 0.0, -1.0);
    assert_eq!(mixed, WheelPower { left: 0.5, right: 0.5, strafe: -0.5 });
}

#[test]
fn only_mecanum_wheels_go_sideways() {
    assert_eq!(differential().mix(0.5, 0.0, 1.0), power(0.5, 0.5));
    assert_eq!(ackermann(true).mix(0.5, 0.0, 1.0), power(0.5, 0.5));
    assert!(mecanum().strafes() && !differential().strafes() && !ackermann(true).strafes());
}

#[test]
fn to_the_left_the_front_left_and_rear_right_wheels_turn_back() {
    let wheels = mecanum().mix(0.0, 0.0, 0.5);
    let corner = |side, end| wheels.of(side, Some(end));
    assert_eq!((corner(Side::Left, End::Front), corner(Side::Right, End::Front)), (-0.5, 0.5));
    assert_eq!((corner(Side::Left, End::Rear), corner(Side::Right, End::Rear)), (0.5, -0.5));
    assert_eq!((wheels.of(Side::Both, None), wheels.of(Side::Left, None)), (0.0, 0.0));
}

#[test]
fn the_top_speeds_are_those_of_full_power() {
    for drivetrain in [differential(), mecanum()] {
        let ahead = drivetrain.power_for(drivetrain.top_speed_mps(), 0.0);
        assert_eq!(ahead, Demand { throttle: 1.0, steer: 0.0, beyond: None });
        let turn = drivetrain.power_for(0.0, drivetrain.top_turn_rad_s());
        assert!(turn.throttle == 0.0 && near(turn.steer, 1.0));
    }
    for sided in [true, false] {
        let drivetrain = ackermann(sided);
        let outer = if sided { 1.0 + TRACK / 2.0 / BASE * LOCK_DEG.to_radians().tan() } else { 1.0 };
        let turn = drivetrain.power_for(TOP / outer, drivetrain.top_turn_rad_s());
        assert!(near(turn.throttle * outer, 1.0) && near(turn.steer, 1.0), "{turn:?}");
    }
}

#[test]
fn steer_turns_the_servo_to_its_ends_about_its_centre() {
    let angles = [-1.0, -0.5, 0.0, 1.0, 7.0].map(|steer| ackermann(true).steering_deg(steer));
    assert_eq!(angles, [Some(-26.0), Some(-11.0), Some(4.0), Some(34.0), Some(34.0)]);
    assert_eq!(differential().steering_deg(1.0), None);
}

#[test]
fn the_outer_rear_wheel_is_the_faster_one_and_one_motor_for_both_has_the_whole_power() {
    let wheels = ackermann(true).mix(0.5, 1.0, 0.0);
    // tan 30° · 60 mm / 90 mm
    let difference = 30.0_f64.to_radians().tan() * 0.06 / 0.09;
    assert!(near(wheels.left, 0.5 * (1.0 - difference)) && near(wheels.right, 0.5 * (1.0 + difference)));
    assert_eq!(ackermann(false).mix(1.0, 1.0, 0.0), power(1.0, 1.0));
    assert_eq!(ackermann(false).mix(0.0, 1.0, 0.0), power(0.0, 0.0));
}

#[test]
fn a_car_with_front_wheels_says_that_it_cannot_turn_on_the_spot() {
    let demand = ackermann(true).power_for(0.0, -1.0);
    assert_eq!(demand, Demand { throttle: 0.0, steer: -1.0, beyond: Some(Beyond::Turn) });
    assert!(!ackermann(true).turns_on_the_spot() && mecanum().turns_on_the_spot());
    assert_eq!(ackermann(true).power_for(0.0, 0.0), Demand::default());
}

#[test]
fn a_curve_that_is_too_tight_is_the_tightest_and_says_so() {
    let demand = ackermann(false).power_for(0.2, 100.0);
    assert_eq!((demand.steer, demand.beyond), (1.0, Some(Beyond::Turn)));
    assert!(near(demand.throttle, 0.2 / TOP));
}

#[test]
fn what_is_no_number_gives_none() {
    for drivetrain in [differential(), mecanum(), ackermann(true), ackermann(false)] {
        assert!(drivetrain.mix(f64::NAN, 0.0, 0.0).left.is_nan());
        assert!(drivetrain.mix(0.5, f64::NAN, 0.0).left.is_nan());
    }
}

#[test]
fn a_car_whose_servo_turns_nothing_goes_straight_and_says_so() {
    let mut board = board(DrivetrainSpec::Ackermann {
        wheelbase_m: BASE,
        track_m: TRACK,
        wheel_diameter_m: 0.065,
        top_speed_mps: TOP,
    });
    board.servos.clear();
    let drivetrain = Drivetrain::new(&board);
    assert_eq!(drivetrain.mix(0.5, 1.0, 0.0), power(0.5, 0.5));
    assert_eq!(drivetrain.power_for(0.1, 0.5).beyond, Some(Beyond::Turn));
    assert_eq!(drivetrain.steering_deg(1.0), Some(0.0));
}

proptest! {
    #[test]
    fn no_wheel_gets_more_than_full_power_and_the_way_stays(
        throttle in -10.0_f64..10.0, steer in -10.0_f64..10.0, strafe in -10.0_f64..10.0
    ) {
        for drivetrain in [differential(), mecanum(), ackermann(true), ackermann(false)] {
            let wheels = drivetrain.mix(throttle, steer, strafe);
            for (side, end) in [(Side::Left, End::Front), (Side::Left, End::Rear), (Side::Right, End::Front)] {
                prop_assert!(wheels.of(side, Some(end)).abs() <= 1.0 + 1e-12);
            }
            prop_assert!(wheels.of(Side::Both, None).abs() <= 1.0);
            if drivetrain.turns_on_the_spot() {
                // Sums and differences of the wheels are in the ratio of what was asked.
                let (sum, turn) = (wheels.left + wheels.right, wheels.right - wheels.left);
                prop_assert!((sum * steer - turn * throttle).abs() < 1e-9);
                let sideways = if drivetrain.strafes() { strafe } else { 0.0 };
                prop_assert!((2.0 * wheels.strafe * throttle - sum * sideways).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_twist_within_the_limits_is_what_the_wheels_then_give(
        linear in -0.3_f64..0.3, angular in -2.0_f64..2.0
    ) {
        for (drivetrain, arm_m) in [(differential(), TRACK / 2.0), (mecanum(), (TRACK + BASE) / 2.0)] {
            let Demand { throttle, steer, beyond } = drivetrain.power_for(linear, angular);
            prop_assert_eq!(beyond, None);
            let (ahead, turn) = of_sides(drivetrain.mix(throttle, steer, 0.0), arm_m);
            prop_assert!(near(ahead, linear) && near(turn, angular));
        }
    }

    #[test]
    fn a_twist_of_a_car_with_front_wheels_is_what_its_angle_and_its_rear_wheels_then_give(
        linear in -2.0_f64..2.0, angular in -20.0_f64..20.0, sided: bool
    ) {
        let drivetrain = ackermann(sided);
        let Demand { throttle, steer, beyond } = drivetrain.power_for(linear, angular);
        prop_assert!(throttle.abs() <= 1.0 && steer.abs() <= 1.0);
        let wheels = drivetrain.mix(throttle, steer, 0.0);
        let ahead = f64::midpoint(wheels.left, wheels.right) * TOP;
        prop_assert!(near(ahead, throttle * TOP), "nothing was scaled down once more");
        let angle = (drivetrain.steering_deg(steer).unwrap() - 4.0).to_radians();
        let turn = ahead * angle.tan() / BASE;
        if sided {
            // The rear wheels roll on the same curve as the front ones steer.
            prop_assert!(near((wheels.right - wheels.left) * TOP / TRACK, turn));
        }
        match beyond {
            None => prop_assert!(near(ahead, linear) && near(turn, angular)),
            Some(Beyond::Speed) => prop_assert!((turn * linear - angular * ahead).abs() < 1e-6),
            Some(Beyond::Turn) => prop_assert_eq!(steer.abs(), 1.0),
        }
    }
}

#[test]
fn whatever_is_asked_of_mecanum_wheels_no_corner_is_told_more_than_full_power() {
    let parts = |index: i32| f64::from(index) / 7.0;
    for (throttle, steer, strafe) in (-7..=7)
        .flat_map(|a| (-7..=7).flat_map(move |b| (-7..=7).map(move |c| (parts(a), parts(b), parts(c)))))
    {
        let wheels = mecanum().mix(throttle, steer, strafe);
        for (side, end) in [
            (Side::Left, End::Front),
            (Side::Left, End::Rear),
            (Side::Right, End::Front),
            (Side::Right, End::Rear),
        ] {
            assert!(wheels.of(side, Some(end)).abs() <= 1.0, "{throttle} {steer} {strafe}");
        }
    }
}
