//! Whole cars whose interlock is engaged, and their e-stop button.

use super::*;
use crate::Interlock;
use crate::board::{EstopSpec, Level, Pull};

/// A target that changes everything: both motors reverse, both servos turn.
const ELSEWHERE: Target = Target {
    drive: Drive::Power { throttle: -0.5, steer: 0.0, strafe: 0.0 },
    pan_deg: 20.0,
    tilt_deg: 10.0,
    servo_pulse: None,
};

fn engage_after(bench: &Bench, writes: usize, interlock: Interlock) {
    bench.world().engage_after = Some((writes, interlock));
}

#[test]
fn a_latch_set_between_two_writes_of_one_change_stops_the_second() {
    let (mut car, bench) = car(&Board::preset("l298n").unwrap());
    bench.take_log();
    engage_after(&bench, 2, car.interlock());
    car.apply(&ELSEWHERE, NOW).unwrap();
    let log = bench.take_log();
    // No duty for either motor was written before. GPIO17 = 1, the first input of the left motor, never is.
    assert_eq!(log[..2], ["pwm:soft:5 = 0/1000", "pwm:soft:6 = 0/1000"]);
    assert!(log[2..].iter().all(|line| !line.ends_with("= 1")), "{log:?}");
    assert!(!log.iter().any(|line| line.starts_with("pwm:header")), "{log:?}");
    // What brakes an L298N: equal inputs, and then the enable.
    assert_eq!(log[log.len() - 2..], ["pwm:soft:5 = 1000/1000", "pwm:soft:6 = 1000/1000"]);
}

#[test]
fn a_latch_set_between_two_bursts_of_one_flush_stops_the_second() {
    let board = Board::preset("freenove-4wd").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&go(1.0, 0.0), NOW).unwrap();
    bench.take_log();
    // Three bursts take the duty away, then the first of three that give it the other way round.
    engage_after(&bench, 4, car.interlock());
    car.apply(&go(-1.0, 0.0), NOW).unwrap();
    let log = bench.take_log();
    assert_eq!(log[3], "pca9685@0x40 06 00 10 00 00");
    // Everything off is what comes next; not the other motors' duty.
    assert_eq!(log[4], "pca9685@0x40 fd 10");
    all_do(&board, &bench, Does::Brake);
}

#[test]
fn whichever_write_the_latch_comes_after_no_motor_starts_and_no_servo_turns() {
    for board in boards() {
        let mut moments = 0;
        for writes in 1..40 {
            let (mut car, bench) = car(&board);
            car.apply(&go(0.75, 0.0), NOW).unwrap();
            bench.world().history.clear();
            engage_after(&bench, writes, car.interlock());
            car.apply(&ELSEWHERE, NOW).unwrap();
            if !car.interlock().is_engaged() {
                break;
            }
            moments += 1;
            let history = bench.world().history.clone();
            let at_latch = &history[writes - 1];
            for pair in history[writes - 1..].windows(2) {
                for motor in &board.motors {
                    if let Does::Turn(after) = does(&board, motor, &pair[1]) {
                        assert_eq!(does(&board, motor, &pair[0]), Does::Turn(after), "{}", motor.name);
                    }
                }
                for servo in &board.servos {
                    let pin = board.pin_name(&servo.pwm);
                    // A chip that is set up anew is off for a moment.
                    assert!([at_latch[&pin], 0.0].contains(&pair[1][&pin]), "{} turned", servo.name);
                }
            }
            all_do(&board, &bench, Does::Brake);
            never_reversed_under_power(&board, &history);
            assert_eq!(car.wheels(), WheelPower::default());
            for servo in &board.servos {
                let pin = board.pin_name(&servo.pwm);
                assert_eq!(bench.world().outputs[&pin], at_latch[&pin], "{} holds", servo.name);
            }
            // The latch holds, and nothing more is to be written.
            bench.take_log();
            car.apply(&ELSEWHERE, NOW).unwrap();
            assert_eq!(bench.take_log(), [""; 0]);
            car.interlock().release();
            car.apply(&ELSEWHERE, NOW).unwrap();
            all_do(&board, &bench, Does::Turn(-0.5));
            let (mut twin, other) = self::car(&board);
            twin.apply(&ELSEWHERE, NOW).unwrap();
            assert_eq!(bench.world().outputs, other.world().outputs, "{} write {writes}", board.name);
        }
        assert!((2..39).contains(&moments), "{} had {moments} writes", board.name);
    }
}

#[test]
fn under_the_latch_a_car_brakes_with_the_fewest_writes_and_only_once() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    bench.take_log();
    car.interlock().engage();
    car.apply(&ELSEWHERE, NOW).unwrap();
    assert_eq!(
        bench.take_log(),
        ["pca9685@0x40 06 00 00 00 10 00 00 00 10", "gpio:GPIO27 = 1", "gpio:GPIO24 = 1"]
    );
    car.apply(&ELSEWHERE, NOW).unwrap();
    assert_eq!(bench.take_log(), [""; 0]);
    // A question is no write.
    car.check().unwrap();
    assert_eq!(bench.take_log(), ["pca9685@0x40 00?"]);
}

#[test]
fn a_halt_a_recovery_and_a_drop_pass_the_latch() {
    for board in boards() {
        let (mut car, bench) = car(&board);
        car.apply(&go(0.5, 0.0), NOW).unwrap();
        car.interlock().engage();
        car.halt().unwrap();
        all_do(&board, &bench, Does::Brake);
        car.recover().unwrap();
        car.interlock().release();
        car.apply(&go(0.5, 0.0), NOW).unwrap();
        all_do(&board, &bench, Does::Turn(0.5));
        car.interlock().engage();
        drop(car);
        all_do(&board, &bench, Does::Brake);
    }
}

#[test]
fn a_servo_that_failed_under_way_does_not_turn_with_the_halt_of_the_latch() {
    for latch_first in [false, true] {
        let (mut car, bench) = car(&Board::preset("demo").unwrap());
        let pan = "pca9685@0x40:8";
        let before = bench.world().outputs[pan];
        bench.world().dead = Some("pca9685".to_owned());
        car.apply(&Target { pan_deg: 20.0, ..Target::default() }, NOW).unwrap_err();
        bench.world().dead = None;
        car.interlock().engage();
        if latch_first {
            car.apply(&ELSEWHERE, NOW).unwrap();
        }
        car.halt().unwrap();
        car.recover().unwrap();
        assert_eq!(bench.world().outputs[pan], before);
        car.interlock().release();
        car.apply(&Target { pan_deg: 20.0, ..Target::default() }, NOW).unwrap();
        assert!(bench.world().outputs[pan] > before);
    }
}

#[test]
fn a_failure_under_the_latch_is_a_failure() {
    let (mut car, bench) = car(&Board::preset("l298n").unwrap());
    car.apply(&go(0.5, 0.0), NOW).unwrap();
    bench.world().dead = Some("gpio:GPIO17".to_owned());
    car.interlock().engage();
    assert_eq!(
        car.apply(&go(0.5, 0.0), NOW).unwrap_err().to_string(),
        "motor left: gpio:GPIO17: made to fail"
    );
}

#[test]
fn a_car_that_is_assembled_under_the_latch_brakes_and_gives_its_servos_no_pulse() {
    for board in boards() {
        let (bench, interlock) = (Bench::default(), Interlock::default());
        interlock.engage();
        let mut car = Car::assemble_under(&board, &mut bench.clone(), interlock.clone()).unwrap();
        car.apply(&ELSEWHERE, NOW).unwrap();
        car.halt().unwrap();
        all_do(&board, &bench, Does::Brake);
        for outputs in &bench.world().history {
            for servo in &board.servos {
                let pin = board.pin_name(&servo.pwm);
                assert_eq!(outputs.get(&pin).copied().unwrap_or(0.0), 0.0, "{pin}");
            }
        }
        interlock.release();
        car.apply(&ELSEWHERE, NOW).unwrap();
        all_do(&board, &bench, Does::Turn(-0.5));
        let (pan, tilt) = car.gimbal();
        assert_eq!((pan.unwrap_or(20.0), tilt.unwrap_or(10.0)), (20.0, 10.0), "{}", board.name);
    }
}

#[test]
fn a_servo_that_never_had_a_pulse_gets_none_under_the_latch_whenever_that_comes() {
    // Its burst is the last: that of another servo went out before.
    let mut board = Board::preset("freenove-4wd").unwrap();
    board.servos[1].pwm = PinRef::Chip { chip: 0, channel: 12 };
    let mut moments = 0;
    for writes in 1..40 {
        let (bench, interlock) = (Bench::default(), Interlock::default());
        engage_after(&bench, writes, interlock.clone());
        let car = Car::assemble_under(&board, &mut bench.clone(), interlock.clone());
        if !interlock.is_engaged() {
            break;
        }
        let Ok(mut car) = car else { continue };
        moments += 1;
        let pulses = || {
            let outputs = bench.world().outputs.clone();
            board.servos.iter().map(|servo| outputs[&board.pin_name(&servo.pwm)]).collect::<Vec<_>>()
        };
        let before = pulses();
        car.apply(&ELSEWHERE, NOW).unwrap();
        car.halt().unwrap();
        car.recover().unwrap();
        assert_eq!(pulses(), before, "after {writes} writes");
    }
    assert!(moments > 10, "{moments}");
}

fn with_button(pressed: Level, pull: Pull) -> Board {
    let mut board = Board::preset("demo").unwrap();
    board.estop = Some(EstopSpec { line: "GPIO26".to_owned(), pressed, pull });
    board
}

#[test]
fn a_button_is_pressed_where_its_line_is_at_the_level_of_the_board() {
    for (pressed, high, is_pressed) in [
        (Level::High, true, true),
        (Level::High, false, false),
        (Level::Low, true, false),
        (Level::Low, false, true),
    ] {
        let (mut car, bench) = car(&with_button(pressed, Pull::Up));
        bench.world().inputs.insert("gpio:GPIO26".to_owned(), high);
        assert_eq!(car.estop_pressed(), Ok(is_pressed), "{pressed:?} {high}");
    }
    assert_eq!(car(&Board::preset("demo").unwrap()).0.estop_pressed(), Ok(false));
}

#[test]
fn a_button_is_opened_with_its_resistor_before_anything_else() {
    let (_car, bench) = car(&with_button(Level::Low, Pull::Down));
    assert_eq!(bench.take_log()[0], "open gpio:GPIO26 pulled Down");
}

#[test]
fn a_button_that_cannot_be_read_or_opened_is_an_error_that_names_it() {
    let (mut car, bench) = car(&with_button(Level::High, Pull::Up));
    bench.world().dead = Some("gpio:GPIO26".to_owned());
    assert_eq!(car.estop_pressed().unwrap_err().to_string(), "e-stop button: gpio:GPIO26: made to fail");
    let bench = Bench::default();
    bench.world().dead = Some("gpio:GPIO26".to_owned());
    let error = Car::assemble(&with_button(Level::High, Pull::Up), &mut bench.clone()).unwrap_err();
    assert_eq!(error.to_string(), "board `demo`, e-stop button: gpio:GPIO26: made to fail");
}
