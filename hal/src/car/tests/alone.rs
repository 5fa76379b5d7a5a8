//! One motor and one servo by themselves, as a calibration moves them.

use super::*;

fn one(motor: usize, power: f64) -> Target {
    Target { drive: Drive::One { motor, power }, ..Target::default() }
}

fn pulsed(servo: usize, pulse_us: f64) -> Target {
    Target { servo_pulse: Some((servo, pulse_us)), ..Target::default() }
}

#[test]
fn one_motor_turns_and_every_other_brakes_whichever_it_is() {
    for board in boards() {
        let (mut car, bench) = car(&board);
        for index in 0..board.motors.len() {
            for power in [0.25, -0.5] {
                car.apply(&one(index, power), NOW).unwrap();
                let outputs = bench.world().outputs.clone();
                for (other, motor) in board.motors.iter().enumerate() {
                    let wanted = if other == index { Does::Turn(power) } else { Does::Brake };
                    assert_eq!(does(&board, motor, &outputs), wanted, "{} of {}", motor.name, board.name);
                }
            }
        }
        drop(car);
        never_reversed_under_power(&board, &bench.world().history);
    }
}

#[test]
fn what_one_motor_does_is_said_of_its_side() {
    let (mut car, _bench) = car(&Board::preset("demo").unwrap());
    car.apply(&one(1, -0.5), NOW).unwrap();
    assert_eq!(car.wheels(), WheelPower { left: 0.0, right: -0.5, strafe: 0.0 });
}

#[test]
fn one_motor_has_its_bare_power_but_its_leads_are_swapped_as_the_board_says() {
    let mut board = Board::preset("demo").unwrap();
    let motor = &mut board.motors[0];
    (motor.invert, motor.trim, motor.deadband, motor.min_duty) = (true, 0.5, 0.4, 0.5);
    let (mut car, bench) = car(&board);
    car.apply(&one(0, 0.25), NOW).unwrap();
    let outputs = bench.world().outputs.clone();
    assert_eq!(does(&board, &board.motors[0], &outputs), Does::Turn(0.25));
    assert_eq!((outputs["gpio:GPIO17"], outputs["gpio:GPIO27"]), (0.0, 1.0));
}

#[test]
fn a_motor_that_is_not_there_or_has_no_number_moves_nothing() {
    let (mut car, bench) = car(&Board::preset("demo").unwrap());
    bench.take_log();
    let error = car.apply(&one(2, 0.5), NOW).unwrap_err();
    assert_eq!(error.to_string(), "motor 2: motor: there is no motor 2: the board has 2, counted from 0");
    car.apply(&one(0, f64::NAN), NOW).unwrap_err();
    assert_eq!(bench.take_log(), [""; 0]);
}

#[test]
fn a_raw_pulse_goes_to_its_servo_alone_within_what_servos_bear_and_ends_with_the_target() {
    let board = Board::preset("demo").unwrap();
    let (mut car, bench) = car(&board);
    let pulses = || [ServoRole::Pan, ServoRole::Tilt].map(|role| pulse_us(&board, &bench, role).round());
    assert_eq!(board.servos[1].role, ServoRole::Tilt);
    let middle = pulses()[0];
    // Steps of 4.88 µs.
    for (wanted, given) in [(800.0, 800.0), (2550.0, 2552.0), (9000.0, 2601.0), (-5.0, 400.0)] {
        car.apply(&pulsed(1, wanted), NOW).unwrap();
        assert_eq!(pulses(), [middle, given], "{wanted}");
    }
    bench.take_log();
    car.apply(&pulsed(1, -6.0), NOW).unwrap();
    assert_eq!(bench.take_log(), [""; 0]);
    assert_eq!(car.gimbal(), (Some(0.0), Some(board.servos[1].min_deg)));
    car.apply(&Target::default(), NOW).unwrap();
    assert_eq!(pulses(), [middle, middle]);
    let error = car.apply(&pulsed(1, f64::NAN), NOW).unwrap_err();
    assert_eq!(error.to_string(), "servo tilt: servo tilt: NaN is no pulse");
}

#[test]
fn under_the_latch_a_servo_holds_its_raw_pulse_and_the_motor_brakes() {
    let board = Board::preset("demo").unwrap();
    let (mut car, bench) = car(&board);
    car.apply(&Target { drive: Drive::One { motor: 0, power: 0.5 }, ..pulsed(0, 900.0) }, NOW).unwrap();
    let pulse = pulse_us(&board, &bench, ServoRole::Pan);
    car.interlock().engage();
    car.apply(&pulsed(0, 1800.0), NOW).unwrap();
    all_do(&board, &bench, Does::Brake);
    assert_eq!(pulse_us(&board, &bench, ServoRole::Pan), pulse);
    car.recover().unwrap();
    assert_eq!(pulse_us(&board, &bench, ServoRole::Pan), pulse);
}

#[test]
fn a_servo_with_a_speed_turns_no_faster_and_gets_there() {
    let mut board = Board::preset("demo").unwrap();
    board.servos[0].speed_deg_s = Some(90.0);
    let (mut car, _bench) = car(&board);
    let target = Target { pan_deg: 9.0, tilt_deg: 9.0, ..Target::default() };
    let at = |turn: u64| Duration::from_millis(10 * turn);
    car.apply(&Target::default(), at(0)).unwrap();
    let mut angles = Vec::new();
    for turn in 1..=12 {
        car.apply(&target, at(turn)).unwrap();
        let (pan, tilt) = car.gimbal();
        assert_eq!(tilt, Some(9.0), "the other one is as fast as it can");
        angles.push(pan.unwrap());
    }
    for (index, angle) in angles.iter().enumerate() {
        let most = 0.9 * (index + 1) as f64;
        assert!((angle - most.min(9.0)).abs() < 1e-9, "{angles:?}");
    }
    // Nobody asked for an hour: no leap.
    car.apply(&Target::default(), Duration::from_secs(3600)).unwrap();
    assert_eq!(car.gimbal().0, Some(9.0 - 90.0 * 0.05));
}
