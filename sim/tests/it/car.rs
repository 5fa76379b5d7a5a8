//! One board for each kind of bridge, driven by its real drivers, register by register, over simulated
//! wires. `presets` drives all that come with the daemon.

use std::time::Duration;

use hal::board::{PinRef, ServoRole, Side};
use hal::{Board, Car, Drive, IoKind, Motion, Platform, Target};
use sim::{Fault, Sim, Terminals};

use crate::steady::{Steady, calibrated};

/// Not among the presets: all wires on a chip at another address of another bus, and one motor with
/// its leads swapped, as a motor HAT has it.
const HAT: &str = r#"
name        = "hat"
description = "Two TB6612FNG bridges behind a PCA9685"

[[chips]]
driver       = "pca9685"
bus          = "i2c-3"
address      = 0x60
frequency_hz = 1500

[drive]
kind             = "differential"
track_m          = 0.15
wheel_diameter_m = 0.065
top_speed_mps    = 0.5

[motors.left]
side   = "left"
driver = "hbridge"
bridge = "tb6612"
pwm    = "pca9685@i2c-3/0x60:8"
in1    = "pca9685@i2c-3/0x60:10"
in2    = "pca9685@i2c-3/0x60:9"

[motors.right]
side   = "right"
driver = "hbridge"
bridge = "tb6612"
pwm    = "pca9685@i2c-3/0x60:13"
in1    = "pca9685@i2c-3/0x60:11"
in2    = "pca9685@i2c-3/0x60:12"
invert = true
"#;

/// Only the standby line is not on the chip.
const KILL_LINE: &str = r#"
name        = "kill-line"
description = "A TB6612FNG behind a PCA9685, its standby line on the header"

[[chips]]
driver       = "pca9685"
bus          = "i2c-1"
address      = 0x40
frequency_hz = 50

[drive]
kind             = "differential"
track_m          = 0.15
wheel_diameter_m = 0.065
top_speed_mps    = 0.5

[motors.left]
side    = "left"
driver  = "hbridge"
bridge  = "tb6612"
pwm     = "pca9685@0x40:0"
in1     = "pca9685@0x40:1"
in2     = "pca9685@0x40:2"
standby = "gpio:GPIO22"

[motors.right]
side    = "right"
driver  = "hbridge"
bridge  = "tb6612"
pwm     = "pca9685@0x40:3"
in1     = "pca9685@0x40:4"
in2     = "pca9685@0x40:5"
standby = "gpio:GPIO22"
"#;

fn boards() -> Vec<Board> {
    let mut boards: Vec<Board> =
        ["demo", "freenove-4wd", "l298n"].map(|name| Board::preset(name).expect("a preset")).into();
    boards.push(Board::parse("hat.toml", HAT).expect("a board"));
    boards
}

/// A car on a world of its own.
fn build(board: &Board) -> (Sim, Car) {
    let sim = Sim::new(board);
    let car = Car::assemble(board, &mut sim.clone()).expect("a car");
    (sim, car)
}

fn drive(throttle: f64, steer: f64) -> Target {
    Target { drive: Drive::Power { throttle, steer, strafe: 0.0 }, ..Target::default() }
}

/// How it moves after six seconds of `target`, long enough to be steady: where a bridge lets go of its motor between
/// pulses, its time constant is a second.
fn steady(board: &Board, target: &Target) -> Motion {
    let (sim, mut car) = build(board);
    car.apply(target, sim.now()).expect("hardware");
    sim.step(Duration::from_secs(6));
    sim.motion().expect("a chassis")
}

fn near(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 0.01 * expected.abs() + 1e-6
}

#[test]
fn a_car_that_was_put_together_is_at_rest_with_its_camera_in_the_middle() {
    for board in boards() {
        let (sim, _car) = build(&board);
        sim.step(Duration::from_secs(1));
        let Motion { x_m, y_m, heading_rad, .. } = sim.motion().unwrap();
        assert_eq!((x_m, y_m, heading_rad), (0.0, 0.0, 0.0), "{}", board.name);
        for motor in &board.motors {
            assert_eq!(sim.terminals(&motor.name), Some(Terminals::Brake), "{} {}", board.name, motor.name);
        }
        for servo in &board.servos {
            let angle = sim.servo_deg(&servo.name).unwrap();
            assert!((angle - servo.center_deg).abs() < 0.5, "{} {}: {angle}", board.name, servo.name);
        }
    }
}

#[test]
fn a_car_that_was_put_together_had_its_camera_pulse_from_the_start() {
    for board in boards() {
        let (sim, _car) = build(&board);
        for servo in &board.servos {
            let signal = sim.signal(&servo.pwm).unwrap();
            let pulse = signal.pulse_us().unwrap();
            assert!((servo.min_us..=servo.max_us).contains(&pulse), "{} {}: {pulse}", board.name, servo.name);
            assert!(near(signal.frequency_hz, servo.frequency_hz), "{} {}", board.name, servo.name);
        }
    }
}

#[test]
fn full_power_is_the_top_speed_straight_ahead_and_straight_back() {
    for board in boards() {
        for throttle in [1.0, -1.0] {
            let motion = steady(&board, &drive(throttle, 0.0));
            let top = hal::Drivetrain::new(&board).top_speed_mps();
            assert!(near(motion.linear_mps, throttle * top), "{}: {motion:?}", board.name);
            assert!(motion.x_m * throttle > 1.0 * top, "{}: {motion:?}", board.name);
            assert!(motion.y_m.abs() < 1e-6 && motion.heading_rad.abs() < 1e-6, "{}: {motion:?}", board.name);
        }
    }
}

#[test]
fn steering_left_turns_left_as_fast_as_the_drivetrain_says() {
    for board in boards() {
        for steer in [1.0, -1.0, 0.6] {
            let motion = steady(&board, &drive(0.0, steer));
            let top = hal::Drivetrain::new(&board).top_turn_rad_s();
            let turn = Steady::of(&board).share(steer) * top;
            assert!(near(motion.angular_rad_s, turn), "{} {steer}: {motion:?}", board.name);
            assert!(near(motion.linear_mps, 0.0), "{} {steer}: {motion:?}", board.name);
        }
    }
}

/// How it goes round at what its wheels end up at, left and right.
fn round(board: &Board, left: f64, right: f64) -> (f64, f64) {
    let drivetrain = hal::Drivetrain::new(board);
    (
        f64::midpoint(left, right) * drivetrain.top_speed_mps(),
        (right - left) / 2.0 * drivetrain.top_turn_rad_s(),
    )
}

#[test]
fn two_sides_of_unlike_power_go_as_fast_as_their_motors_and_bridges_let_them() {
    for board in boards() {
        let motion = steady(&board, &drive(0.65, 0.15));
        let sides = board.motors.iter().map(|motor| if motor.side == Side::Left { 0.5 } else { 0.8 });
        let shares = Steady::of(&board).shares(&sides.collect::<Vec<_>>());
        let of = |side| board.motors.iter().position(|motor| motor.side == side).map_or(0.0, |i| shares[i]);
        let (linear, angular) = round(&board, of(Side::Left), of(Side::Right));
        assert!(
            near(motion.linear_mps, linear) && near(motion.angular_rad_s, angular),
            "{}: {motion:?}, not {linear} {angular}",
            board.name
        );
    }
}

/// Where the bridge shorts its motor between pulses, speed is in proportion to the duty above a least one; where it lets
/// go, as an L298N and a DRV8833 do, half the power is more than half the speed.
#[test]
fn the_power_for_a_velocity_gives_that_velocity_once_the_least_duty_is_known() {
    for board in boards() {
        let lets_go = ["l298n", "freenove-4wd"].contains(&board.name.as_str());
        if lets_go {
            let motion = steady(&board, &drive(0.5, 0.0));
            let half = 0.5 * hal::Drivetrain::new(&board).top_speed_mps();
            assert!(board.name == "l298n" || motion.linear_mps > 1.5 * half, "{}: {motion:?}", board.name);
            continue;
        }
        let board = calibrated(&board);
        let hal::Demand { throttle, steer, .. } = hal::Drivetrain::new(&board).power_for(0.2, -0.5);
        let motion = steady(&board, &drive(throttle, steer));
        assert!(
            (motion.linear_mps - 0.2).abs() < 0.006 && (motion.angular_rad_s + 0.5).abs() < 0.015,
            "{}: {motion:?}",
            board.name
        );
    }
}

#[test]
fn a_car_that_is_halted_or_dropped_shorts_every_motor_and_stands() {
    for board in boards() {
        for dropped in [false, true] {
            let (sim, mut car) = build(&board);
            car.apply(&drive(1.0, 0.3), sim.now()).unwrap();
            sim.step(Duration::from_millis(500));
            if dropped {
                drop(car);
            } else {
                car.halt().unwrap();
            }
            for motor in &board.motors {
                assert_eq!(sim.terminals(&motor.name), Some(Terminals::Brake), "{} {dropped}", board.name);
            }
            sim.step(Duration::from_secs(3));
            let Motion { linear_mps, angular_rad_s, .. } = sim.motion().unwrap();
            assert_eq!((linear_mps, angular_rad_s), (0.0, 0.0), "{} {dropped}", board.name);
        }
    }
}

#[test]
fn the_camera_looks_where_it_is_told() {
    for board in boards() {
        let (sim, mut car) = build(&board);
        for (pan_deg, tilt_deg) in [(30.0, 20.0), (-45.5, -5.0), (79.0, 60.0)] {
            car.apply(&Target { pan_deg, tilt_deg, ..Target::default() }, sim.now()).unwrap();
            sim.step(Duration::from_millis(400));
            for servo in &board.servos {
                let told = match servo.role {
                    ServoRole::Pan => pan_deg,
                    ServoRole::Tilt => tilt_deg,
                    ServoRole::Steering => 0.0,
                };
                // Twelve bits at 50 Hz are 4.88 µs, about half a degree.
                let angle = sim.servo_deg(&servo.name).unwrap();
                assert!((angle - told).abs() < 0.5, "{} {}: {angle} for {told}", board.name, servo.name);
            }
        }
    }
}

#[test]
fn a_car_can_be_put_together_again_on_the_same_world() {
    for board in boards() {
        let (sim, mut car) = build(&board);
        car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
        drop(car);
        let mut car = Car::assemble(&board, &mut sim.clone()).expect("a car again");
        car.apply(&drive(0.6, 0.0), sim.now()).unwrap();
        sim.step(Duration::from_secs(2));
        let expected = Steady::of(&board).share(0.6) * car.drivetrain().top_speed_mps();
        assert!(near(sim.motion().unwrap().linear_mps, expected), "{}", board.name);
    }
}

#[test]
fn an_unplugged_chip_is_an_error_that_names_it_and_plugged_in_again_the_car_drives() {
    for board in boards() {
        let Some(chip) = board.chips.first() else { continue };
        let (sim, mut car) = build(&board);
        sim.fault(Fault::ChipSilent(chip.to_string()));
        let error = car.apply(&drive(1.0, 0.0), sim.now()).unwrap_err();
        assert_eq!(error.source.kind, IoKind::NoAcknowledge, "{}: {error}", board.name);
        assert!(error.to_string().contains(&format!("{:#04x}", chip.address)), "{error}");
        assert_eq!(car.halt().unwrap_err().source.kind, IoKind::NoAcknowledge);
        sim.step(Duration::from_secs(1));
        assert_eq!(sim.motion().unwrap().linear_mps, 0.0, "{}", board.name);

        sim.mend(Fault::ChipSilent(chip.to_string()));
        car.halt().unwrap();
        car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
        sim.step(Duration::from_secs(2));
        assert!(near(sim.motion().unwrap().linear_mps, car.drivetrain().top_speed_mps()), "{}", board.name);
    }
}

#[test]
fn a_chip_that_was_reset_stops_the_car_until_a_check_finds_it_and_a_halt_sets_it_up() {
    for board in boards() {
        let Some(chip) = board.chips.first() else { continue };
        let (sim, mut car) = build(&board);
        car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
        sim.step(Duration::from_secs(1));
        car.check().unwrap();
        sim.fault(Fault::ChipReset(chip.to_string()));
        // It acknowledges, and nothing turns.
        car.apply(&drive(0.5, 0.0), sim.now()).unwrap();
        sim.step(Duration::from_secs(3));
        assert!(sim.motion().unwrap().linear_mps.abs() < 0.01, "{}", board.name);

        let error = car.check().unwrap_err();
        assert!(error.to_string().contains(&format!("{:#04x}: the chip was reset", chip.address)), "{error}");
        car.halt().unwrap();
        car.check().unwrap();
        for motor in &board.motors {
            assert_eq!(sim.terminals(&motor.name), Some(Terminals::Brake), "{} {}", board.name, motor.name);
        }
        car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
        sim.step(Duration::from_secs(2));
        assert!(near(sim.motion().unwrap().linear_mps, car.drivetrain().top_speed_mps()), "{}", board.name);
    }
}

#[test]
fn a_car_whose_bus_is_cut_while_it_drives_is_stopped_by_its_standby_line_and_drives_again() {
    let board = Board::parse("kill.toml", KILL_LINE).expect("a board");
    let (sim, mut car) = build(&board);
    car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
    sim.step(Duration::from_secs(1));
    sim.fault(Fault::ChipSilent("pca9685@0x40".into()));
    assert_eq!(car.halt().unwrap_err().source.kind, IoKind::NoAcknowledge);
    sim.step(Duration::from_secs(3));
    assert!(sim.motion().unwrap().linear_mps.abs() < 0.01);

    sim.mend_all();
    car.halt().unwrap();
    for motor in &board.motors {
        assert_eq!(sim.terminals(&motor.name), Some(Terminals::Brake), "{}", motor.name);
    }
    car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
    sim.step(Duration::from_secs(2));
    assert!(near(sim.motion().unwrap().linear_mps, car.drivetrain().top_speed_mps()));
}

/// Every preset whose motors hang on a bus.
fn over_a_bus() -> Vec<Board> {
    let presets = hal::board::PRESETS.iter().map(|preset| Board::preset(preset.name).expect("a preset"));
    let over = |pin: &&PinRef| matches!(pin, PinRef::Chip { .. });
    let boards = presets.filter(|board| board.motors[0].driver.pins().iter().any(over));
    boards.collect()
}

#[test]
fn a_car_whose_bus_acknowledges_everything_believes_neither_a_check_nor_its_halt() {
    let boards = over_a_bus();
    assert!(boards.len() > 8, "{}", boards.len());
    for board in boards {
        let (sim, mut car) = build(&board);
        car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
        car.check().unwrap();
        sim.fault(Fault::BusGrounded("i2c-1".into()));
        let error = car.check().unwrap_err().to_string();
        assert!(error.contains("i2c-1: the bus hangs: it acknowledges"), "{}: {error}", board.name);
        assert!(error.starts_with("motor ") || error.starts_with("servo "), "{}: {error}", board.name);
        car.halt().unwrap_err();
        car.recover().unwrap_err();
        Car::rest(&board, &mut sim.clone()).unwrap_err();
        Car::assemble(&board, &mut sim.clone()).unwrap_err();
        sim.mend_all();
        car.recover().unwrap();
        car.check().unwrap();
    }
}

#[test]
fn a_car_that_nobody_hears_is_stopped_by_its_standby_line() {
    let board = Board::parse("kill.toml", KILL_LINE).expect("a board");
    let (sim, mut car) = build(&board);
    car.apply(&drive(1.0, 0.0), sim.now()).unwrap();
    sim.step(Duration::from_secs(1));
    sim.fault(Fault::BusGrounded("i2c-1".into()));
    car.halt().unwrap_err();
    sim.step(Duration::from_secs(3));
    assert!(sim.motion().unwrap().linear_mps.abs() < 0.01);
    sim.mend_all();
    car.halt().unwrap();
    assert_eq!(sim.terminals("left"), Some(Terminals::Brake));
}

#[test]
fn a_car_without_its_chip_cannot_be_put_together() {
    for board in boards() {
        let Some(chip) = board.chips.first() else { continue };
        let sim = Sim::new(&board);
        sim.fault(Fault::ChipSilent(chip.to_string()));
        let error = Car::assemble(&board, &mut sim.clone()).unwrap_err();
        assert_eq!(error.source.kind, IoKind::NoAcknowledge, "{error}");
        sim.mend(Fault::ChipSilent(chip.to_string()));
        assert!(Car::assemble(&board, &mut sim.clone()).is_ok(), "{}", board.name);
    }
}
