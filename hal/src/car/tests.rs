//! Whole cars, every preset, on a platform that remembers every write and fails when told.

use proptest::prelude::*;

use super::*;
use crate::bench::{Bench, Outputs, Registers};
use crate::board::{BridgeSpec, MotorSpec, PRESETS, PinRef};

fn boards() -> impl Iterator<Item = Board> {
    PRESETS.iter().map(|preset| Board::preset(preset.name).unwrap())
}

fn car(board: &Board) -> (Car, Bench) {
    let bench = Bench::default();
    let car = Car::assemble(board, &mut bench.clone()).unwrap();
    (car, bench)
}

fn go(throttle: f64, steer: f64) -> Target {
    Target { drive: Drive::Power { throttle, steer }, ..Target::default() }
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
    match &motor.bridge {
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
            (0.0, 0.0) => Does::Coast,
            (1.0, 1.0) => Does::Brake,
            (in1, in2) => Does::Turn(sign * (in1 - in2)),
        },
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
    match &motor.bridge {
        BridgeSpec::L298n { en: duty, in1, in2, .. } | BridgeSpec::Tb6612 { pwm: duty, in1, in2, .. } => {
            Some((at(in1), at(in2), at(duty)))
        }
        BridgeSpec::Drv8833 { .. } => None,
    }
}

/// At no moment does a motor go from one direction to the other, nor do inputs change under duty.
fn never_reversed_under_power(board: &Board, history: &[Outputs]) {
    for pair in history.windows(2) {
        for motor in &board.motors {
            if let (Does::Turn(before), Does::Turn(after)) =
                (does(board, motor, &pair[0]), does(board, motor, &pair[1]))
            {
                assert!(before * after > 0.0, "{} went from {before} to {after}", motor.name);
            }
            let (before, after) = (inputs(board, motor, &pair[0]), inputs(board, motor, &pair[1]));
            let (Some(before), Some(after)) = (before, after) else { continue };
            if (before.0, before.1) != (after.0, after.1) {
                assert_eq!((before.2, after.2), (0.0, 0.0), "{} switched under duty", motor.name);
            }
        }
    }
}

/// The pulse at a servo's pin in microseconds.
fn pulse_us(board: &Board, bench: &Bench, role: ServoRole) -> f64 {
    let servo = board.servos.iter().find(|servo| servo.role == role).unwrap();
    let hz = if matches!(servo.pwm, PinRef::Chip { .. }) { 25e6 / 4096.0 / 122.0 } else { 50.0 };
    bench.world().outputs[&board.pin_name(&servo.pwm)] * 1e6 / hz
}

#[test]
fn every_preset_stands_braked_with_its_camera_ahead() {
    for board in boards() {
        let (car, bench) = car(&board);
        all_do(&board, &bench, Does::Brake);
        assert_eq!(car.wheels(), WheelPower::default());
        for (role, range) in [(ServoRole::Pan, car.pan_range()), (ServoRole::Tilt, car.tilt_range())] {
            let spec = board.servos.iter().find(|servo| servo.role == role).unwrap();
            assert_eq!(range, Some((spec.min_deg, spec.max_deg, 0.0)));
            let ahead =
                spec.min_us - spec.min_deg / (spec.max_deg - spec.min_deg) * (spec.max_us - spec.min_us);
            // One step of a PCA9685 is 4.88 µs; the bench's plain PWM counts in 20.
            assert!((pulse_us(&board, &bench, role) - ahead).abs() <= 10.0, "{} {role:?}", board.name);
        }
    }
}

#[test]
fn every_preset_drives_forward_and_turns_left_with_its_right_wheels() {
    for board in boards() {
        let (mut car, bench) = car(&board);
        car.apply(&go(0.5, 0.0)).unwrap();
        all_do(&board, &bench, Does::Turn(0.5));
        car.apply(&go(0.0, 0.5)).unwrap();
        let outputs = bench.world().outputs.clone();
        for motor in &board.motors {
            let wanted = if motor.side == Side::Right { 0.5 } else { -0.5 };
            assert_eq!(does(&board, motor, &outputs), Does::Turn(wanted), "{} of {}", motor.name, board.name);
        }
        assert_eq!(car.wheels(), WheelPower { left: -0.5, right: 0.5 });
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
    car.apply(&go(0.5, 0.0)).unwrap();
    assert_eq!(
        bench.take_log(),
        ["gpio:GPIO27 = 0", "gpio:GPIO24 = 0", "pca9685@0x40 06 00 00 00 08 00 00 00 08"]
    );
    car.apply(&go(0.5, 0.0)).unwrap();
    assert_eq!(bench.take_log(), [""; 0]);
    car.apply(&Target { pan_deg: 90.0, ..go(0.5, 0.0) }).unwrap();
    assert_eq!(bench.take_log(), ["pca9685@0x40 26 00 00 00 02"]);
}

#[test]
fn four_motors_behind_one_chip_reverse_in_two_bursts() {
    let (mut car, bench) = car(&Board::preset("freenove-4wd").unwrap());
    car.apply(&go(1.0, 0.0)).unwrap();
    bench.take_log();
    car.apply(&go(-1.0, 0.0)).unwrap();
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
    car.apply(&Target { pan_deg: 90.0, ..go(1.0, 0.0) }).unwrap();
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
    for board in boards() {
        let (mut car, bench) = car(&board);
        car.apply(&Target { pan_deg: 20.0, ..go(1.0, 0.3) }).unwrap();
        let before = pulse_us(&board, &bench, ServoRole::Pan);
        drop(car);
        all_do(&board, &bench, Does::Brake);
        assert_eq!(pulse_us(&board, &bench, ServoRole::Pan), before);
    }
}

#[test]
fn a_car_that_cannot_brake_is_turned_off_when_dropped() {
    let board = Board::preset("freenove-4wd").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0)).unwrap();
    // The halt's first burst fails; the chip is back when it is dropped.
    bench.world().fail_at = Some(0);
    drop(car);
    let outputs = bench.world().outputs.clone();
    for motor in &board.motors {
        assert!(!matches!(does(&board, motor, &outputs), Does::Turn(_)), "{}", motor.name);
    }
}

#[test]
fn a_motor_that_fails_is_named_and_keeps_no_other_from_braking() {
    let board = Board::preset("l298n").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0)).unwrap();
    bench.world().dead = Some("gpio:GPIO27".to_owned());
    let error = car.halt().unwrap_err();
    assert_eq!(error.to_string(), "motor left: gpio:GPIO27: made to fail");
    let outputs = bench.world().outputs.clone();
    assert_eq!(does(&board, &board.motors[1], &outputs), Does::Brake);
    assert!(!matches!(does(&board, &board.motors[0], &outputs), Does::Turn(_)));
}

/// The demo car with all wires of its motors on the chip, save the standby line.
fn all_but_standby_on_the_chip() -> Board {
    let mut board = Board::preset("demo").unwrap();
    for (motor, from) in board.motors.iter_mut().zip([2, 4]) {
        let BridgeSpec::Tb6612 { in1, in2, .. } = &mut motor.bridge else { panic!("a TB6612") };
        *in1 = PinRef::Chip { chip: 0, channel: from };
        *in2 = PinRef::Chip { chip: 0, channel: from + 1 };
    }
    board
}

#[test]
fn motors_whose_chip_no_longer_obeys_are_stopped_by_their_standby_line() {
    let board = all_but_standby_on_the_chip();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0)).unwrap();
    all_do(&board, &bench, Does::Turn(1.0));
    bench.world().dead = Some("pca9685".to_owned());
    let error = car.halt().unwrap_err();
    assert_eq!(error.source.kind, IoKind::NoAcknowledge, "{error}");
    assert_eq!(bench.world().outputs["gpio:GPIO22"], 0.0);
    all_do(&board, &bench, Does::Coast);

    // Halts that fail do not wake it; one that succeeds does, over brakes.
    car.halt().unwrap_err();
    all_do(&board, &bench, Does::Coast);
    bench.world().dead = None;
    bench.world().history.clear();
    car.halt().unwrap();
    for outputs in &bench.world().history {
        for motor in &board.motors {
            assert!(!matches!(does(&board, motor, outputs), Does::Turn(_)), "{outputs:?}");
        }
    }
    all_do(&board, &bench, Does::Brake);
    car.apply(&go(-0.5, 0.0)).unwrap();
    all_do(&board, &bench, Does::Turn(-0.5));
}

#[test]
fn a_target_that_cannot_be_written_stops_the_motors_at_once_and_the_next_one_wakes_them_over_brakes() {
    let board = all_but_standby_on_the_chip();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0)).unwrap();
    bench.world().dead = Some("pca9685".to_owned());
    car.apply(&go(0.5, 0.0)).unwrap_err();
    all_do(&board, &bench, Does::Coast);
    bench.world().dead = None;
    bench.world().history.clear();
    car.apply(&go(0.5, 0.0)).unwrap();
    all_do(&board, &bench, Does::Turn(0.5));
    let woken = bench.world().history.iter().find(|outputs| outputs["gpio:GPIO22"] == 1.0).cloned().unwrap();
    for motor in &board.motors {
        assert_eq!(does(&board, motor, &woken), Does::Brake);
    }
}

#[test]
fn a_car_that_is_dropped_while_its_chip_is_dead_is_stopped_by_its_standby_line() {
    let board = all_but_standby_on_the_chip();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0)).unwrap();
    bench.world().dead = Some("pca9685".to_owned());
    drop(car);
    assert_eq!(bench.world().outputs["gpio:GPIO22"], 0.0);
    all_do(&board, &bench, Does::Coast);
}

#[test]
fn a_standby_line_that_does_not_rise_is_an_error_until_it_does() {
    let board = Board::preset("demo").unwrap();
    let (mut car, bench) = car(&board);
    bench.world().dead = Some("gpio:GPIO17".to_owned());
    car.halt().unwrap_err();
    bench.world().dead = Some("gpio:GPIO22".to_owned());
    assert_eq!(car.halt().unwrap_err().to_string(), "motor left: gpio:GPIO22: made to fail");
    bench.world().dead = None;
    car.halt().unwrap();
    all_do(&board, &bench, Does::Brake);
}

#[test]
fn a_standby_line_on_a_chip_sleeps_and_wakes_too() {
    let mut board = Board::preset("demo").unwrap();
    for motor in &mut board.motors {
        let BridgeSpec::Tb6612 { standby, .. } = &mut motor.bridge else { panic!("a TB6612") };
        *standby = Some(PinRef::Chip { chip: 0, channel: 15 });
    }
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0)).unwrap();
    all_do(&board, &bench, Does::Turn(1.0));
    bench.world().dead = Some("gpio:GPIO17".to_owned());
    car.halt().unwrap_err();
    assert_eq!(bench.world().outputs["pca9685@0x40:15"], 0.0);
    bench.world().dead = None;
    car.apply(&go(1.0, 0.0)).unwrap();
    all_do(&board, &bench, Does::Turn(1.0));
}

#[test]
fn a_bridge_that_does_not_switch_gets_no_duty() {
    // An L298N brakes with full duty on equal inputs: full speed ahead, if an input did not change.
    let board = Board::preset("l298n").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&go(0.5, 0.0)).unwrap();
    bench.world().dead = Some("gpio:GPIO17".to_owned());
    car.halt().unwrap_err();
    let outputs = bench.world().outputs.clone();
    assert_eq!(does(&board, &board.motors[0], &outputs), Does::Coast);
    assert_eq!(does(&board, &board.motors[1], &outputs), Does::Brake);
}

#[test]
fn a_bridge_whose_chip_does_not_switch_it_gets_no_duty() {
    // The inputs are on the chip, the enable is not: what is staged has not changed an input yet.
    let mut board = Board::preset("l298n").unwrap();
    board.chips = Board::preset("demo").unwrap().chips;
    if let BridgeSpec::L298n { in1, in2, .. } = &mut board.motors[0].bridge {
        *in1 = PinRef::Chip { chip: 0, channel: 0 };
        *in2 = PinRef::Chip { chip: 0, channel: 1 };
    }
    let (mut car, bench) = car(&board);
    car.apply(&go(0.5, 0.0)).unwrap();
    bench.world().dead = Some("pca9685".to_owned());
    car.halt().unwrap_err();
    let outputs = bench.world().outputs.clone();
    assert_eq!(does(&board, &board.motors[0], &outputs), Does::Coast);
    assert_eq!(does(&board, &board.motors[1], &outputs), Does::Brake);
}

#[test]
fn after_a_failure_no_other_motor_is_given_power() {
    let board = Board::preset("l298n").unwrap();
    for (dead, other) in [("gpio:GPIO17", 1), ("gpio:GPIO23", 0)] {
        let (mut car, bench) = car(&board);
        bench.world().dead = Some(dead.to_owned());
        car.apply(&go(0.5, 0.0)).unwrap_err();
        let outputs = bench.world().outputs.clone();
        assert!(!matches!(does(&board, &board.motors[other], &outputs), Does::Turn(_)), "{dead}");
    }
}

#[test]
fn a_servo_that_failed_is_told_again_even_to_stay() {
    let (mut car, bench) = car(&Board::preset("l298n").unwrap());
    bench.world().dead = Some("pwm:header:12".to_owned());
    let error = car.apply(&Target { pan_deg: 20.0, ..Target::default() }).unwrap_err();
    assert_eq!(error.to_string(), "servo pan: pwm:header:12: made to fail");
    bench.world().dead = None;
    bench.take_log();
    car.apply(&Target::default()).unwrap();
    assert_eq!(bench.take_log(), ["pwm:header:12 = 75/1000"]);
}

#[test]
fn the_gimbal_is_where_the_servos_were_last_told_to_turn_within_their_limits() {
    for board in boards() {
        let (mut car, _bench) = car(&board);
        assert_eq!(car.gimbal(), (Some(0.0), Some(0.0)));
        car.apply(&Target { pan_deg: 20.0, tilt_deg: -500.0, ..Target::default() }).unwrap();
        assert_eq!(car.gimbal(), (Some(20.0), car.tilt_range().map(|(min, ..)| min)));
    }
    let mut board = Board::preset("l298n").unwrap();
    board.servos.retain(|servo| servo.role == ServoRole::Tilt);
    assert_eq!(car(&board).0.gimbal(), (None, Some(0.0)));
}

#[test]
fn a_gimbal_that_did_not_hear_is_where_it_was() {
    let aside = Target { pan_deg: 20.0, tilt_deg: 10.0, ..Target::default() };
    for (preset, dead, heard) in [
        ("l298n", "pwm:header:12", (Some(0.0), Some(10.0))),
        ("l298n", "pwm:header:13", (Some(20.0), Some(0.0))),
        // Told without a failure, and not sent.
        ("demo", "pca9685", (Some(0.0), Some(0.0))),
    ] {
        let (mut car, bench) = car(&Board::preset(preset).unwrap());
        bench.world().dead = Some(dead.to_owned());
        car.apply(&aside).unwrap_err();
        assert_eq!(car.gimbal(), heard, "{dead}");
        bench.world().dead = None;
        car.apply(&aside).unwrap();
        assert_eq!(car.gimbal(), (Some(20.0), Some(10.0)), "{dead}");
    }
}

#[test]
fn beyond_a_limit_further_is_no_change() {
    let (mut car, bench) = car(&Board::preset("l298n").unwrap());
    car.apply(&Target { pan_deg: 100.0, ..Target::default() }).unwrap();
    bench.take_log();
    car.apply(&Target { pan_deg: 120.0, ..Target::default() }).unwrap();
    assert_eq!(bench.take_log(), [""; 0]);
}

#[test]
fn a_car_has_not_recovered_while_a_servo_fails() {
    let board = Board::preset("l298n").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&Target { pan_deg: 20.0, ..go(0.5, 0.0) }).unwrap();
    bench.world().dead = Some("pwm:header:12".to_owned());
    car.apply(&Target { pan_deg: 30.0, ..go(0.5, 0.0) }).unwrap_err();
    for _ in 0..3 {
        // Its motors are well, so a halt alone would say that all is.
        car.halt().unwrap();
        assert_eq!(car.recover().unwrap_err().to_string(), "servo pan: pwm:header:12: made to fail");
        all_do(&board, &bench, Does::Brake);
    }
    bench.world().dead = None;
    bench.take_log();
    car.recover().unwrap();
    // 20 degrees of the 180 from 500 to 2500 µs, of the bench's 1000 steps in 20 ms.
    let log = bench.take_log();
    assert_eq!(log[log.len() - 2..], ["pwm:header:12 = 86/1000", "pwm:header:13 = 75/1000"]);
    car.apply(&Target { pan_deg: 30.0, ..go(0.5, 0.0) }).unwrap();
    all_do(&board, &bench, Does::Turn(0.5));
}

#[test]
fn a_car_has_not_recovered_while_a_chip_does_not_run() {
    let board = Board::preset("demo").unwrap();
    let (mut car, bench) = car(&board);
    bench.world().chips.insert("pca9685@0x40".to_owned(), Registers::after_reset());
    // The reset chip acknowledges every write of a halt.
    assert!(car.recover().unwrap_err().source.reason.starts_with("the chip was reset"));
    car.recover().unwrap();
    all_do(&board, &bench, Does::Brake);
}

#[test]
fn what_is_not_a_number_is_not_where_a_servo_turns_when_it_recovers() {
    let (mut car, _bench) = car(&Board::preset("l298n").unwrap());
    car.apply(&Target { pan_deg: f64::NAN, ..Target::default() }).unwrap_err();
    car.recover().unwrap();
    assert_eq!(car.gimbal(), (Some(0.0), Some(0.0)));
}

#[test]
fn a_chip_that_fails_names_all_that_hangs_on_it() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    bench.world().dead = Some("pca9685".to_owned());
    let error = car.apply(&go(1.0, 0.0)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "motor left, motor right, servo pan, servo tilt: pca9685@0x40: made to fail"
    );
    assert_eq!(error.source.kind, IoKind::NoAcknowledge);
}

#[test]
fn a_chip_that_was_reset_is_found_by_a_check_and_set_up_by_the_halt_after_it() {
    for board in boards().filter(|board| !board.chips.is_empty()) {
        let (mut car, bench) = car(&board);
        car.apply(&go(0.5, 0.0)).unwrap();
        car.check().unwrap();
        bench.world().chips.insert("pca9685@0x40".to_owned(), Registers::after_reset());
        let error = car.check().unwrap_err();
        assert!(error.part.starts_with("motor "), "{error}");
        assert_eq!(error.source.place, "pca9685@0x40");
        assert!(error.source.reason.starts_with("the chip was reset"), "{error}");
        car.halt().unwrap();
        car.check().unwrap();
        all_do(&board, &bench, Does::Brake);
        car.apply(&go(0.5, 0.0)).unwrap();
        all_do(&board, &bench, Does::Turn(0.5));
    }
}

#[test]
fn a_chip_that_is_gone_is_found_by_a_check_while_nothing_is_to_be_written() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    car.apply(&go(1.0, 0.0)).unwrap();
    bench.take_log();
    car.check().unwrap();
    assert_eq!(bench.take_log(), ["pca9685@0x40 00?"]);
    bench.world().dead = Some("pca9685".to_owned());
    car.apply(&go(1.0, 0.0)).unwrap();
    assert_eq!(car.check().unwrap_err().source.kind, IoKind::NoAcknowledge);
}

#[test]
fn whichever_write_fails_the_car_halts_and_the_next_target_is_reached_in_full() {
    for board in boards() {
        let mut failures = 0;
        for nth in 0..40 {
            let (mut car, bench) = car(&board);
            car.apply(&go(0.75, 0.0)).unwrap();
            bench.world().history.clear();
            bench.world().fail_at = Some(nth);
            let target = Target { pan_deg: 20.0, tilt_deg: 5.0, ..go(-0.5, 0.0) };
            let Err(error) = car.apply(&target) else { break };
            failures += 1;
            assert!(error.part.starts_with("motor") || error.part.starts_with("servo"), "{error}");
            assert!(error.source.place.contains([':', '@']), "{error}");
            car.halt().unwrap();
            all_do(&board, &bench, Does::Brake);
            car.apply(&target).unwrap();
            all_do(&board, &bench, Does::Turn(-0.5));
            never_reversed_under_power(&board, &bench.world().history);
            // The same outputs as those of a car that never failed.
            let (mut twin, other) = self::car(&board);
            twin.apply(&target).unwrap();
            assert_eq!(bench.world().outputs, other.world().outputs, "{} write {nth}", board.name);
        }
        assert!((4..40).contains(&failures), "{} had {failures} writes to fail", board.name);
    }
}

#[test]
fn without_a_halt_too_the_next_target_is_reached_in_full() {
    for board in boards() {
        for nth in 0..40 {
            let (mut car, bench) = car(&board);
            car.apply(&go(0.75, 0.0)).unwrap();
            bench.world().fail_at = Some(nth);
            if car.apply(&go(-0.5, 0.0)).is_ok() {
                break;
            }
            car.apply(&go(0.75, 0.0)).unwrap();
            all_do(&board, &bench, Does::Turn(0.75));
            never_reversed_under_power(&board, &bench.world().history);
        }
    }
}

#[test]
fn whichever_part_cannot_be_opened_is_named_and_nothing_moves() {
    for board in boards() {
        let mut failures = 0;
        for nth in 0..60 {
            let bench = Bench::default();
            bench.world().fail_at = Some(nth);
            let Err(error) = Car::assemble(&board, &mut bench.clone()) else { break };
            failures += 1;
            assert_eq!(error.board, board.name);
            assert!(["chip ", "motor ", "servo "].iter().any(|kind| error.part.starts_with(kind)), "{error}");
            for outputs in &bench.world().history {
                for motor in &board.motors {
                    assert!(!matches!(does(&board, motor, outputs), Does::Turn(_)), "{error}");
                }
            }
        }
        assert!((10..60).contains(&failures), "{} had {failures} writes to fail", board.name);
    }
}

#[test]
fn what_is_not_a_number_is_refused_and_moves_nothing() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    bench.take_log();
    let error = car.apply(&go(f64::NAN, 0.0)).unwrap_err();
    assert_eq!(error.to_string(), "motor left: power: NaN is not a number from -1 to 1");
    assert_eq!(bench.take_log(), [""; 0]);
    let error = car.apply(&Target { tilt_deg: f64::NAN, ..Target::default() }).unwrap_err();
    assert_eq!(error.to_string(), "servo tilt: servo tilt: NaN is no angle");
}

#[test]
fn an_inverted_motor_turns_the_other_way_round() {
    let mut board = Board::preset("demo").unwrap();
    board.motors[0].invert = true;
    let (mut car, bench) = car(&board);
    car.apply(&go(0.5, 0.0)).unwrap();
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
                let drive = if *brake { Drive::Brake } else { Drive::Power { throttle: *throttle, steer: *steer } };
                car.apply(&Target { drive, ..Target::default() }).unwrap();
            }
            drop(car);
            never_reversed_under_power(&board, &bench.world().history);
            all_do(&board, &bench, Does::Brake);
        }
    }
}
