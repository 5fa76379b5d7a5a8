//! Whole cars, every preset, on a platform that remembers every write.

use proptest::prelude::*;

use super::*;
use crate::bench::{Bench, Outputs};
use crate::board::{
    BridgeSpec, Chip, ChipKind, DriverSpec, EscSpec, MotorSpec, PRESETS, PinRef, ServoRole, Side,
};

/// Nothing here takes time but what says so.
const NOW: Duration = Duration::ZERO;

mod alone;
mod estop;
mod failure;
mod panel;
mod rest;

/// Every preset that the bench can judge: it knows PCA9685s and Robot HATs. The simulator drives all. Their
/// ESCs are armed as soon as they are told something, and their motors have the power that they are given.
fn boards() -> impl Iterator<Item = Board> {
    let known = |board: &Board| {
        let senses = |chip: &Chip| chip.kind.pwm_channels() == 0;
        let written = |chip: &Chip| matches!(chip.kind, ChipKind::Pca9685 { .. } | ChipKind::RobotHat { .. });
        board.chips.iter().all(|chip| senses(chip) || written(chip))
    };
    let armed = |mut board: Board| {
        for motor in &mut board.motors {
            if let DriverSpec::Esc(esc) = &mut motor.driver {
                esc.arm_ms = 0.0;
            }
            (motor.trim, motor.deadband, motor.min_duty) = (1.0, 0.0, 0.0);
        }
        board
    };
    PRESETS.iter().map(|preset| Board::preset(preset.name).unwrap()).filter(known).map(armed)
}

/// Those with a camera that pans and tilts.
fn with_camera() -> impl Iterator<Item = Board> {
    let role = |board: &Board, role| board.servos.iter().any(|servo| servo.role == role);
    boards().filter(move |board| role(board, ServoRole::Pan) && role(board, ServoRole::Tilt))
}

fn car(board: &Board) -> (Car, Bench) {
    let bench = Bench::default();
    let car = Car::assemble(board, &mut bench.clone()).unwrap();
    (car, bench)
}

fn go(throttle: f64, steer: f64) -> Target {
    Target { drive: Drive::Power { throttle, steer, strafe: 0.0 }, ..Target::default() }
}

/// What a motor does: a power, or one of the two ways to do nothing. Typed again from the data sheets.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Does {
    Turn(f64),
    Brake,
    Coast,
}

fn does(board: &Board, motor: &MotorSpec, outputs: &Outputs) -> Does {
    let at = |pin: &PinRef| outputs.get(&board.pin_name(pin)).copied().unwrap_or(0.0);
    let sign = if motor.invert { -1.0 } else { 1.0 };
    let bridge = match &motor.driver {
        DriverSpec::HBridge(bridge) => bridge,
        DriverSpec::Esc(esc) => return esc_does(esc, sign, at(&esc.pwm)),
    };
    match bridge {
        BridgeSpec::L298n { en, in1, in2, .. } => match (at(in1), at(in2), at(en)) {
            (_, _, 0.0) => Does::Coast,
            (in1, in2, _) if in1 == in2 => Does::Brake,
            (in1, in2, en) => Does::Turn(sign * (in1 - in2) * en),
        },
        BridgeSpec::Tb6612 { pwm, in1, in2, standby, .. } => {
            let awake = standby.as_ref().is_none_or(|pin| at(pin) == 1.0);
            match (awake, at(in1), at(in2), at(pwm)) {
                (false, ..) | (_, 0.0, 0.0, _) => Does::Coast,
                (_, 1.0, 1.0, _) | (_, _, _, 0.0) => Does::Brake,
                (_, in1, in2, pwm) => Does::Turn(sign * (in1 - in2) * pwm),
            }
        }
        BridgeSpec::Drv8833 { in1, in2, .. } => match (at(in1), at(in2)) {
            // All that it may do where its inputs do not change together.
            (0.0, 0.0) if !neighbours(board, in1, in2) => Does::Brake,
            (0.0, 0.0) => Does::Coast,
            (1.0, 1.0) => Does::Brake,
            (in1, in2) => Does::Turn(sign * (in1 - in2)),
        },
        // Without magnitude it stands; how it was left cannot be told from its wires.
        BridgeSpec::RobotHat { pwm, direction, .. } => match (at(direction), at(pwm)) {
            (_, 0.0) => Does::Brake,
            // A period has some 4,000 steps.
            (direction, pwm) => Does::Turn(sign * (2.0 * direction - 1.0) * (pwm * 1e3).round() / 1e3),
        },
    }
}

/// On one PCA9685: nothing else on the bench writes two channels at once.
fn neighbours(board: &Board, one: &PinRef, other: &PinRef) -> bool {
    match (one, other) {
        (PinRef::Chip { chip, channel: one }, PinRef::Chip { chip: same, channel: other }) => {
            let burst = matches!(board.chips[*chip].kind, ChipKind::Pca9685 { .. });
            burst && chip == same && one.abs_diff(*other) == 1
        }
        _ => false,
    }
}

/// A pulse that brakes before it reverses is taken for one that reverses: both are power backward.
fn esc_does(esc: &EscSpec, sign: f64, share: f64) -> Does {
    let pulse_us = share * 1e6 / esc.frequency_hz;
    let end = if pulse_us < esc.neutral_us { esc.reverse_us } else { esc.forward_us };
    // A PCA9685's steps are 4.88 µs, and its frequency half a percent off.
    let power = (20.0 * (pulse_us - esc.neutral_us) / (end - esc.neutral_us).abs()).round() / 20.0;
    match power {
        _ if share == 0.0 => Does::Coast,
        0.0 => Does::Brake,
        power => Does::Turn(sign * power),
    }
}

fn all_do(board: &Board, bench: &Bench, wanted: Does) {
    let outputs = bench.world().outputs.clone();
    for motor in &board.motors {
        assert_eq!(does(board, motor, &outputs), wanted, "{} of {}", motor.name, board.name);
    }
}

/// The inputs of a bridge whose direction is not carried by the modulated wires.
fn inputs(board: &Board, motor: &MotorSpec, outputs: &Outputs) -> Option<(f64, f64, f64)> {
    let at = |pin: &PinRef| outputs.get(&board.pin_name(pin)).copied().unwrap_or(0.0);
    let DriverSpec::HBridge(bridge) = &motor.driver else { return None };
    match bridge {
        BridgeSpec::L298n { en: duty, in1, in2, .. } | BridgeSpec::Tb6612 { pwm: duty, in1, in2, .. } => {
            Some((at(in1), at(in2), at(duty)))
        }
        BridgeSpec::RobotHat { pwm, direction, .. } => Some((at(direction), 0.0, at(pwm))),
        BridgeSpec::Drv8833 { .. } => None,
    }
}

/// At no moment does a motor go from one direction to the other, nor do inputs change under duty, unless
/// their chip turns everything off at once.
fn never_reversed_under_power(board: &Board, history: &[Outputs]) {
    for pair in history.windows(2) {
        for motor in &board.motors {
            if let (Does::Turn(before), Does::Turn(after)) =
                (does(board, motor, &pair[0]), does(board, motor, &pair[1]))
            {
                assert!(before * after >= 0.0, "{} went from {before} to {after}", motor.name);
            }
            let (before, after) = (inputs(board, motor, &pair[0]), inputs(board, motor, &pair[1]));
            let (Some(before), Some(after)) = (before, after) else { continue };
            if (before.0, before.1) != (after.0, after.1) && after != (0.0, 0.0, 0.0) {
                assert_eq!((before.2, after.2), (0.0, 0.0), "{} switched under duty", motor.name);
            }
        }
    }
}

/// The pulse at a servo's pin in microseconds.
fn pulse_us(board: &Board, bench: &Bench, role: ServoRole) -> f64 {
    let servo = board.servos.iter().find(|servo| servo.role == role).unwrap();
    let hz = match servo.pwm {
        PinRef::Chip { chip, .. } if matches!(board.chips[chip].kind, ChipKind::Pca9685 { .. }) => {
            25e6 / 4096.0 / 122.0
        }
        _ => 50.0,
    };
    bench.world().outputs[&board.pin_name(&servo.pwm)] * 1e6 / hz
}

#[test]
fn every_preset_stands_braked_with_its_camera_ahead() {
    for board in boards() {
        let (car, bench) = car(&board);
        all_do(&board, &bench, Does::Brake);
        assert_eq!(car.wheels(), WheelPower::default());
        for spec in board.servos.iter().filter(|servo| servo.role != ServoRole::Steering) {
            let role = spec.role;
            let least = if spec.invert { spec.max_deg } else { -spec.min_deg };
            let ahead = spec.min_us + least / (spec.max_deg - spec.min_deg) * (spec.max_us - spec.min_us);
            // One step of a PCA9685 is 4.88 µs; the bench's plain PWM counts in 20.
            assert!((pulse_us(&board, &bench, role) - ahead).abs() <= 10.0, "{} {role:?}", board.name);
        }
    }
}

#[test]
fn nothing_turns_at_any_moment_while_a_board_is_opened_or_left() {
    for board in boards() {
        let (car, bench) = car(&board);
        drop(car);
        let history = bench.world().history.clone();
        assert!(history.len() > board.motors.len(), "{}", board.name);
        for (motor, outputs) in board.motors.iter().flat_map(|motor| history.iter().map(move |o| (motor, o)))
        {
            let does = does(&board, motor, outputs);
            assert!(!matches!(does, Does::Turn(_)), "{} of {}: {does:?}", motor.name, board.name);
        }
    }
}

#[test]
fn every_preset_drives_forward_and_turns_left_with_its_right_wheels() {
    for board in boards() {
        let (mut car, bench) = car(&board);
        car.apply(&go(0.5, 0.0), NOW).unwrap();
        all_do(&board, &bench, Does::Turn(0.5));
        if !car.drivetrain().turns_on_the_spot() {
            continue;
        }
        car.apply(&go(0.0, 0.5), NOW).unwrap();
        let outputs = bench.world().outputs.clone();
        for motor in &board.motors {
            let wanted = if motor.side == Side::Right { 0.5 } else { -0.5 };
            assert_eq!(does(&board, motor, &outputs), Does::Turn(wanted), "{} of {}", motor.name, board.name);
        }
        assert_eq!(car.wheels(), WheelPower { left: -0.5, right: 0.5, strafe: 0.0 });
    }
}

#[test]
fn the_demo_car_is_assembled_in_this_order() {
    let (car, bench) = car(&Board::preset("demo").unwrap());
    let log = bench.take_log();
    let log: Vec<&str> = log.iter().map(String::as_str).collect();
    assert_eq!(
        log,
        [
            "open pca9685@0x40",
            "pca9685@0x40 fd 10",
            "pca9685@0x40 00 30",
            "pca9685@0x40 fe 79",
            "pca9685@0x40 01 04",
            "pca9685@0x40 00 20",
            "pca9685@0x40 00 a0",
            "open gpio:GPIO17",
            "open gpio:GPIO27",
            "open gpio:GPIO23",
            "open gpio:GPIO24",
            "open gpio:GPIO22",
            // No duty, both inputs high, and only then out of standby.
            "pca9685@0x40 06 00 00 00 10 00 00 00 10",
            "gpio:GPIO17 = 1",
            "gpio:GPIO27 = 1",
            "gpio:GPIO23 = 1",
            "gpio:GPIO24 = 1",
            "gpio:GPIO22 = 1",
            // Both servos in one burst, 307 steps of 4.88 µs.
            "pca9685@0x40 26 00 00 33 01 00 00 33 01",
            // MODE1: does it run?
            "pca9685@0x40 00?",
        ]
    );
    drop(car);
}

#[test]
fn only_what_changes_is_written() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    bench.take_log();
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    assert_eq!(
        bench.take_log(),
        ["gpio:GPIO27 = 0", "gpio:GPIO24 = 0", "pca9685@0x40 06 00 00 00 08 00 00 00 08"]
    );
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    assert_eq!(bench.take_log(), [""; 0]);
    car.apply(&Target { pan_deg: 90.0, ..go(0.5, 0.0) }, NOW).unwrap();
    assert_eq!(bench.take_log(), ["pca9685@0x40 26 00 00 00 02"]);
}

#[test]
fn four_motors_behind_one_chip_reverse_in_two_bursts() {
    let (mut car, bench) = car(&Board::preset("freenove-4wd").unwrap());
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    bench.take_log();
    car.apply(&go(-1.0, 0.0), NOW).unwrap();
    let log = bench.take_log();
    // To zero: channels 1, 2, 5 and 7 were on. Then 0, 3, 4 and 6.
    assert_eq!(
        log,
        [
            "pca9685@0x40 0a 00 00 00 10 00 00 00 10",
            "pca9685@0x40 1a 00 00 00 10",
            "pca9685@0x40 22 00 00 00 10",
            "pca9685@0x40 06 00 10 00 00",
            "pca9685@0x40 12 00 10 00 00 00 10 00 00",
            "pca9685@0x40 1e 00 10 00 00",
        ]
    );
}

#[test]
fn motors_are_written_before_servos() {
    let (mut car, bench) = car(&Board::preset("l298n").unwrap());
    bench.take_log();
    car.apply(&Target { pan_deg: 90.0, ..go(1.0, 0.0) }, NOW).unwrap();
    assert_eq!(bench.take_log().last().map(String::as_str), Some("pwm:header:12 = 125/1000"));
}

#[test]
fn a_halt_writes_everything_of_the_motors_again() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    bench.take_log();
    car.halt().unwrap();
    assert_eq!(
        bench.take_log(),
        [
            "pca9685@0x40 06 00 00 00 10 00 00 00 10",
            "pca9685@0x40 26 00 00 33 01 00 00 33 01",
            "gpio:GPIO17 = 1",
            "gpio:GPIO27 = 1",
            "gpio:GPIO23 = 1",
            "gpio:GPIO24 = 1",
        ]
    );
}

#[test]
fn a_dropped_car_brakes_and_its_camera_holds() {
    for board in with_camera() {
        let (mut car, bench) = car(&board);
        car.apply(&Target { pan_deg: 20.0, ..go(1.0, 0.3) }, NOW).unwrap();
        let before = pulse_us(&board, &bench, ServoRole::Pan);
        drop(car);
        all_do(&board, &bench, Does::Brake);
        assert_eq!(pulse_us(&board, &bench, ServoRole::Pan), before);
    }
}

#[test]
fn the_gimbal_is_where_the_servos_were_last_told_to_turn_within_their_limits() {
    for board in with_camera() {
        let (mut car, _bench) = car(&board);
        assert_eq!(car.gimbal(), (Some(0.0), Some(0.0)));
        car.apply(&Target { pan_deg: 20.0, tilt_deg: -500.0, ..Target::default() }, NOW).unwrap();
        let tilt = board.servos.iter().find(|servo| servo.role == ServoRole::Tilt);
        assert_eq!(car.gimbal(), (Some(20.0), tilt.map(|servo| servo.min_deg)));
    }
    let mut board = Board::preset("l298n").unwrap();
    board.servos.retain(|servo| servo.role == ServoRole::Tilt);
    assert_eq!(car(&board).0.gimbal(), (None, Some(0.0)));
}

#[test]
fn beyond_a_limit_further_is_no_change() {
    let (mut car, bench) = car(&Board::preset("l298n").unwrap());
    car.apply(&Target { pan_deg: 100.0, ..Target::default() }, NOW).unwrap();
    bench.take_log();
    car.apply(&Target { pan_deg: 120.0, ..Target::default() }, NOW).unwrap();
    assert_eq!(bench.take_log(), [""; 0]);
}

#[test]
fn what_is_not_a_number_is_refused_and_moves_nothing() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    bench.take_log();
    let error = car.apply(&go(f64::NAN, 0.0), NOW).unwrap_err();
    assert_eq!(error.to_string(), "motor left: power: NaN is not a number from -1 to 1");
    assert_eq!(bench.take_log(), [""; 0]);
    let error = car.apply(&Target { tilt_deg: f64::NAN, ..Target::default() }, NOW).unwrap_err();
    assert_eq!(error.to_string(), "servo tilt: servo tilt: NaN is no angle");
}

#[test]
fn an_inverted_motor_turns_the_other_way_round() {
    let mut board = Board::preset("demo").unwrap();
    board.motors[0].invert = true;
    let (mut car, bench) = car(&board);
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    all_do(&board, &bench, Does::Turn(0.5));
    assert_eq!(bench.world().outputs["gpio:GPIO17"], 0.0);
    assert_eq!(bench.world().outputs["gpio:GPIO27"], 1.0);
}

#[test]
fn a_car_can_be_sent_to_its_own_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&car(&Board::preset("demo").unwrap()).0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_sequence_of_targets_reverses_a_motor_under_power(
        targets in prop::collection::vec((-1.5_f64..1.5, -1.5_f64..1.5, prop::bool::ANY), 1..12)
    ) {
        for board in boards() {
            let (mut car, bench) = car(&board);
            for (throttle, steer, brake) in &targets {
                let drive = if *brake { Drive::Brake } else { Drive::Power { throttle: *throttle, steer: *steer, strafe: 0.0 } };
                car.apply(&Target { drive, ..Target::default() }, NOW).unwrap();
            }
            drop(car);
            never_reversed_under_power(&board, &bench.world().history);
            all_do(&board, &bench, Does::Brake);
        }
    }
}
