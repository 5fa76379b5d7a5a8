//! Every kind of drivetrain and of motor driver that is not an H-bridge on two sides, through its real
//! drivers: an ESC with a steering servo, a Robot HAT, mecanum wheels.

use std::time::Duration;

use hal::board::PinRef;
use hal::{Board, Car, Drive, Motion, Platform, Target};
use sim::{Fault, Setup, Signal, Sim, Terminals};

use crate::rig;
use crate::steady::{Steady, calibrated};

/// A touring car: one ESC for the rear axle, one servo for the front wheels.
const RC_CAR: &str = r#"
name        = "rc-car"
description = "An ESC that brakes before it reverses, and a steering servo, behind a PCA9685"

[[chips]]
driver  = "pca9685"
address = 0x40

[drive]
kind             = "ackermann"
track_m          = 0.16
wheelbase_m      = 0.25
wheel_diameter_m = 0.065
top_speed_mps    = 2.0

[motors.rear]
side    = "both"
driver  = "esc"
pwm     = "pca9685@0x40:0"
arm_ms  = 500
reverse = "brake-first"

[servos.steering]
role    = "steering"
pwm     = "pca9685@0x40:1"
min_us  = 1100
max_us  = 1900
min_deg = -25
max_deg = 25
"#;

/// Two rear motors and three servos on the microcontroller of a Robot HAT.
const ROBOT_HAT: &str = r#"
name        = "hat-car"
description = "A Robot HAT with two rear motors and a steering servo"

[[chips]]
driver  = "robot-hat"
address = 0x14
reset   = "gpio:GPIO5"

[drive]
kind             = "ackermann"
track_m          = 0.117
wheelbase_m      = 0.087
wheel_diameter_m = 0.065
top_speed_mps    = 0.5

[motors.left]
side         = "left"
driver       = "robot-hat"
pwm          = "robot-hat@0x14:P13"
direction    = "gpio:GPIO23"
invert       = true
frequency_hz = 100

[motors.right]
side         = "right"
driver       = "robot-hat"
pwm          = "robot-hat@0x14:P12"
direction    = "gpio:GPIO24"
frequency_hz = 100

[servos.steering]
role    = "steering"
pwm     = "robot-hat@0x14:P2"
min_us  = 1167
max_us  = 1833
min_deg = -30
max_deg = 30
"#;

/// Four mecanum wheels on TB6612FNG bridges; the right ones look the other way.
fn mecanum() -> String {
    let mut text = r#"
name        = "crab"
description = "Four mecanum wheels on two TB6612FNG behind a PCA9685"

[[chips]]
driver  = "pca9685"
address = 0x40

[drive]
kind             = "mecanum"
track_m          = 0.14
wheelbase_m      = 0.12
wheel_diameter_m = 0.08
top_speed_mps    = 0.6
"#
    .to_owned();
    for (index, (end, side)) in
        [("front", "left"), ("front", "right"), ("rear", "left"), ("rear", "right")].into_iter().enumerate()
    {
        let (pwm, in1, in2) = (3 * index, 3 * index + 1, 3 * index + 2);
        text += &format!(
            "\n[motors.{end}-{side}]\nside = \"{side}\"\nend = \"{end}\"\ndriver = \"hbridge\"\n\
             bridge = \"tb6612\"\npwm = \"pca9685@0x40:{pwm}\"\nin1 = \"pca9685@0x40:{in1}\"\nin2 = \"pca9685@0x40:{in2}\"\n\
             invert = {}\n",
            side == "right"
        );
    }
    text
}

fn board(text: &str) -> Board {
    Board::parse("board.toml", text).unwrap_or_else(|faults| panic!("{faults}"))
}

struct Run {
    board: Board,
    sim: Sim,
    car: Car,
}

impl Run {
    fn new(text: &str) -> Self {
        Self::of(board(text), &Setup::default())
    }

    fn of(board: Board, setup: &Setup) -> Self {
        let sim = Sim::of(&board, setup);
        let car = Car::assemble(&board, &mut sim.clone()).unwrap_or_else(|error| panic!("{error}"));
        Self { board, sim, car }
    }

    /// After its ESCs have armed.
    fn ready(text: &str) -> Self {
        Self::new(text).armed()
    }

    fn armed(self) -> Self {
        let mut run = self;
        run.drive(Drive::Brake, 600);
        run
    }

    /// Does that for so many milliseconds, told as a control loop tells it, and says how it then moves.
    fn drive(&mut self, drive: Drive, ms: u64) -> Motion {
        let end = self.sim.now() + Duration::from_millis(ms);
        while self.sim.now() < end {
            let now = self.sim.now();
            self.car.apply(&Target { drive, ..Target::default() }, now).expect("hardware");
            self.sim.step(Duration::from_millis(10));
        }
        self.sim.motion().expect("a chassis")
    }
}

fn power(throttle: f64, steer: f64) -> Drive {
    Drive::Power { throttle, steer, strafe: 0.0 }
}

fn near(got: f64, expected: f64) -> bool {
    // A pulse of twelve bits is within a percent of 500 µs.
    (got - expected).abs() <= 0.015 * expected.abs() + 1e-3
}

#[test]
fn a_car_with_an_esc_does_not_move_before_it_is_armed_and_then_goes_as_fast_as_it_is_told() {
    let mut run = Run::new(RC_CAR);
    let motion = run.drive(power(1.0, 0.0), 490);
    assert_eq!((motion.x_m, motion.linear_mps), (0.0, 0.0));
    assert!(near(run.drive(power(1.0, 0.0), 1500).linear_mps, 2.0));
    assert!(near(run.drive(power(0.5, 0.0), 1500).linear_mps, 1.0));
    assert!(near(run.drive(Drive::Brake, 5000).linear_mps, 0.0));
}

#[test]
fn a_car_whose_esc_brakes_first_is_led_through_brake_and_neutral_into_reverse() {
    let mut run = Run::ready(RC_CAR);
    run.drive(power(1.0, 0.0), 1500);
    let braking = run.drive(power(-0.5, 0.0), 190);
    assert!((0.0..1.0).contains(&braking.linear_mps), "{braking:?}");
    assert!(near(run.drive(power(-0.5, 0.0), 2000).linear_mps, -1.0));
    // Once it reverses it does so again without a brake.
    run.drive(Drive::Brake, 1000);
    assert!(run.drive(power(-0.5, 0.0), 100).linear_mps < -0.3);
}

#[test]
fn an_esc_that_was_asked_for_next_to_no_reverse_has_seen_its_brake_and_reverses_when_asked_for_more() {
    let mut run = Run::ready(RC_CAR);
    run.drive(power(-0.015, 0.0), 1000);
    assert!(near(run.drive(power(-0.6, 0.0), 2000).linear_mps, -1.2));
}

#[test]
fn a_car_with_an_esc_rolls_out_after_a_stop() {
    let mut run = Run::ready(RC_CAR);
    run.drive(power(1.0, 0.0), 1500);
    let stopped = run.drive(Drive::Brake, 500);
    // Nothing but friction: 0.04 N·m at a wheel of 32.5 mm, of a car of 1 kg and its wheel.
    let slows = 0.04 / 0.0325 / (1.0 + 2e-5 / 0.0325 / 0.0325);
    assert!((stopped.linear_mps - (2.0 - 0.5 * slows)).abs() < 0.02, "{stopped:?}");
    assert!(run.drive(Drive::Brake, 5000).linear_mps < 1e-3);
    assert_eq!(run.car.wheels(), hal::WheelPower::default());
}

#[test]
fn an_esc_that_was_without_its_chip_is_armed_again_before_it_drives() {
    let mut run = Run::ready(RC_CAR);
    run.drive(power(1.0, 0.0), 1000);
    run.sim.fault(Fault::ChipReset("pca9685@0x40".into()));
    run.car.check().unwrap_err();
    run.car.recover().unwrap();
    run.drive(Drive::Brake, 50);
    run.sim.step(Duration::from_secs(3));
    let before = run.sim.motion().unwrap().x_m;
    // By its own clock it has waited for long, but it may have been away.
    assert!(near(run.drive(power(1.0, 0.0), 1500).linear_mps, 2.0));
    assert!(run.sim.motion().unwrap().x_m > before);
}

#[test]
fn a_car_at_rest_without_a_daemon_gives_its_esc_neutral_and_its_steering_a_pulse() {
    for driven in [false, true] {
        let mut run = Run::ready(RC_CAR);
        if driven {
            run.drive(power(1.0, 1.0), 1000);
        }
        let Run { board, sim, car: _stuck } = run;
        Car::rest(&board, &mut sim.clone()).unwrap();
        sim.step(Duration::from_secs(5));
        assert!(sim.motion().unwrap().linear_mps.abs() < 1e-3);
        let pin = board.motors[0].driver.pins()[0].clone();
        let pulse = sim.signal(&pin).unwrap().pulse_us().expect("a pulse");
        assert!((pulse - 1500.0).abs() < 5.0, "{pulse}");
    }
}

#[test]
fn a_dropped_car_leaves_its_esc_neutral() {
    let mut run = Run::ready(RC_CAR);
    run.drive(power(1.0, 0.0), 1000);
    let Run { board, sim, car } = run;
    drop(car);
    let pulse = sim.signal(board.motors[0].driver.pins()[0]).unwrap().pulse_us().unwrap();
    assert!((pulse - 1500.0).abs() < 5.0, "{pulse}");
    sim.step(Duration::from_secs(5));
    assert!(sim.motion().unwrap().linear_mps.abs() < 1e-3);
}

#[test]
fn cars_with_front_wheels_go_round_the_circle_that_geometry_says() {
    for (text, wheelbase_m, lock_deg) in [(RC_CAR, 0.25, 25.0_f64), (ROBOT_HAT, 0.087, 30.0)] {
        for (throttle, steer) in [(0.3, 1.0), (0.3, -1.0), (0.3, 0.5), (-0.3, 1.0)] {
            let mut run = Run::ready(text);
            let motion = run.drive(power(throttle, steer), 3000);
            let turn = motion.linear_mps * (steer * lock_deg).to_radians().tan() / wheelbase_m;
            assert!(
                (motion.angular_rad_s - turn).abs() < 0.02 * turn.abs(),
                "{throttle} {steer}: {motion:?}"
            );
            assert!(motion.linear_mps * throttle > 0.0);
        }
    }
}

#[test]
fn both_rear_wheels_of_a_robot_hat_roll_on_the_circle_that_the_front_wheels_steer() {
    let mut run = Run::ready(ROBOT_HAT);
    run.drive(power(0.5, 1.0), 3000);
    let [left, right] = ["left", "right"].map(|motor| run.sim.wheel_speed_rad_s(motor).unwrap());
    let difference = 30.0_f64.to_radians().tan() * 0.117 / 2.0 / 0.087;
    assert!(near(left / right, (1.0 - difference) / (1.0 + difference)), "{left} {right}");
    // Its bridge lets go between pulses: half the power is more than half of 0.5 m/s.
    let parts = [1.0 - difference, 1.0 + difference];
    let expected = 0.5 * Steady::of(&run.board).rolling(&parts.map(|part| 0.5 * part), &parts);
    let got = f64::midpoint(left, right) * 0.0325;
    assert!((got - expected).abs() < 0.02 * expected && got > 0.3, "{got} for {expected}");
}

#[test]
fn front_wheels_turn_while_the_car_stands_and_stay_when_it_brakes() {
    let mut run = Run::ready(ROBOT_HAT);
    let motion = run.drive(power(0.0, 1.0), 500);
    assert_eq!(motion.linear_mps, 0.0);
    let angle = |run: &Run| run.sim.servo_deg("steering").unwrap();
    assert!((angle(&run) - 30.0).abs() < 0.5);
    run.drive(Drive::Brake, 500);
    assert!((angle(&run) - 30.0).abs() < 0.5);
    run.drive(power(0.0, 0.0), 500);
    assert!(angle(&run).abs() < 0.5);
}

#[test]
fn a_velocity_of_a_car_with_front_wheels_is_what_it_does() {
    for (linear, angular) in [(0.3, 0.5), (0.25, -0.4), (-0.3, 0.3), (0.3, 0.0)] {
        let mut run = Run::of(calibrated(&board(RC_CAR)), &Setup::default()).armed();
        let demand = run.car.drivetrain().power_for(linear, angular);
        assert_eq!(demand.beyond, None);
        let motion = run.drive(power(demand.throttle, demand.steer), 3000);
        // An ESC's steps of 4.88 µs are a percent of its range each.
        assert!((motion.linear_mps - linear).abs() < 0.02, "{linear} {angular}: {motion:?}");
        assert!((motion.angular_rad_s - angular).abs() < 0.05, "{linear} {angular}: {motion:?}");
    }
}

#[test]
fn a_velocity_of_a_car_whose_bridges_let_go_between_pulses_is_too_fast_on_the_curve_that_was_asked() {
    for (linear, angular) in [(0.3, 0.5), (0.25, -0.4), (-0.3, 0.3), (0.3, 0.0)] {
        let mut run = Run::ready(ROBOT_HAT);
        let demand = run.car.drivetrain().power_for(linear, angular);
        let motion = run.drive(power(demand.throttle, demand.steer), 3000);
        let expected = 0.5 * Steady::of(&run.board).share(demand.throttle);
        assert!(
            (motion.linear_mps - expected).abs() < 0.02,
            "{linear} {angular}: {motion:?}, not {expected}"
        );
        let curve = motion.linear_mps / linear;
        assert!((motion.angular_rad_s - curve * angular).abs() < 0.08, "{linear} {angular}: {motion:?}");
    }
}

#[test]
fn a_robot_hat_drives_stops_and_comes_back_after_its_bus_was_cut() {
    let mut run = Run::ready(ROBOT_HAT);
    assert!(near(run.drive(power(1.0, 0.0), 2000).linear_mps, 0.5));
    assert!(near(run.drive(power(-1.0, 0.0), 2000).linear_mps, -0.5));
    run.sim.fault(Fault::ChipSilent("robot-hat@0x14".into()));
    let error = run.car.check().unwrap_err();
    assert!(error.to_string().contains("robot-hat@0x14"), "{error}");
    run.car.halt().unwrap_err();
    run.sim.mend_all();
    run.car.recover().unwrap();
    for motor in ["left", "right"] {
        assert_eq!(run.sim.terminals(motor), Some(Terminals::Coast), "no magnitude");
    }
    assert!(near(run.drive(power(1.0, 0.0), 3000).linear_mps, 0.5));
}

#[test]
fn the_reset_line_of_a_robot_hat_takes_whatever_was_left_running() {
    let Run { board, sim, car } = Run::ready(ROBOT_HAT);
    drop(car);
    // Somebody else drives both motors, P12 and P13, and leaves it at that.
    let mut bus = sim.clone().i2c("i2c-1", 0x14).unwrap();
    for register in [0x2C, 0x2D] {
        bus.write(0x14, &[register, 0x0F, 0xFF]).unwrap();
    }
    let duties = || [12, 13].map(|channel| sim.signal(&PinRef::Chip { chip: 0, channel }).unwrap().duty);
    assert_eq!(duties(), [1.0, 1.0]);
    Car::rest(&board, &mut sim.clone()).unwrap();
    assert_eq!(duties(), [0.0, 0.0]);
    let line = PinRef::Gpio { line: "GPIO5".to_owned() };
    assert_eq!(sim.signal(&line), Some(Signal::HIGH), "it may run");
}

#[test]
fn mecanum_wheels_go_ahead_sideways_and_round_and_all_of_it_at_once() {
    let board = calibrated(&board(&mecanum()));
    let go = |throttle, steer, strafe| {
        let mut run = Run::of(board.clone(), &Setup::default()).armed();
        let motion = run.drive(Drive::Power { throttle, steer, strafe }, 2000);
        (motion.linear_mps, motion.lateral_mps, motion.angular_rad_s)
    };
    // Within three percent: the less all motors draw the more volts there are.
    let all = |got: (f64, f64, f64), ahead: f64, aside: f64, turn: f64| {
        let near = |got: f64, expected: f64| (got - expected).abs() <= 0.03 * expected.abs() + 1e-3;
        assert!(near(got.0, ahead) && near(got.1, aside) && near(got.2, turn), "{got:?}");
    };
    all(go(1.0, 0.0, 0.0), 0.6, 0.0, 0.0);
    all(go(0.0, 0.0, 1.0), 0.0, 0.6, 0.0);
    all(go(0.0, 0.0, -0.5), 0.0, -0.3, 0.0);
    all(go(0.0, 1.0, 0.0), 0.0, 0.0, 0.6 / 0.13);
    // What takes it round its curve, its wheels must push: 1 kg at 0.3 m/s and 0.92 rad/s are a quarter of a newton.
    let (ahead, aside, turn) = go(0.4, 0.2, -0.3);
    assert!((ahead - 0.24).abs() < 0.04 && (aside + 0.18).abs() < 0.04, "{ahead} {aside}");
    assert!((turn - 0.12 / 0.13).abs() < 0.03, "{turn}");
    // Too much for one wheel is less of everything.
    all(go(1.0, 0.0, 1.0), 0.3, 0.3, 0.0);
}

#[test]
fn whatever_drives_it_a_car_stands_under_the_latch_and_drives_on_after_its_release() {
    for text in [RC_CAR, ROBOT_HAT, &mecanum()] {
        let mut run = Run::ready(text);
        assert!(run.drive(power(1.0, 0.0), 1500).linear_mps > 0.4);
        run.car.interlock().engage();
        // A Robot HAT lets its motors roll out.
        assert!(near(run.drive(power(1.0, 0.5), 5000).linear_mps, 0.0), "{}", run.board.name);
        run.car.interlock().release();
        assert!(run.drive(power(1.0, 0.0), 1500).linear_mps > 0.4, "{}", run.board.name);
    }
}

/// On blocks: on the floor one wheel takes the others along.
#[test]
fn one_motor_alone_turns_its_wheel_whatever_drives_it() {
    for text in [RC_CAR, ROBOT_HAT, &mecanum()] {
        let mut run = Run::of(board(text), &rig::blocks()).armed();
        let motors: Vec<String> = run.board.motors.iter().map(|motor| motor.name.clone()).collect();
        for (index, motor) in motors.iter().enumerate() {
            run.drive(Drive::One { motor: index, power: 0.5 }, 1500);
            for other in &motors {
                let speed = run.sim.wheel_speed_rad_s(other).unwrap();
                assert_eq!(speed > 1.0, other == motor, "{other} of {}: {speed}", run.board.name);
            }
            // An ESC lets its wheel roll, which then nothing but its gears holds.
            run.drive(Drive::Brake, 3000);
        }
    }
}
