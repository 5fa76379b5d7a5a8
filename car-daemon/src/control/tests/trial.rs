//! One part alone: a motion like any other, past the calibration, for admins.

use protocol::{Pulse, Trial};

use super::*;

pub(super) fn spin(name: &str, power: f64) -> Trial {
    Trial::Motor { name: name.to_owned(), power: Power::clamped(power) }
}

pub(super) fn pulse(name: &str, us: f64) -> Trial {
    Trial::Servo { name: name.to_owned(), pulse: Pulse::clamped(us) }
}

fn test(trial: Trial) -> Command {
    Command::Test { trial, ttl: None, seq: None, t: None }
}

/// The usual gate, with Anna an admin.
fn gate() -> Gate {
    let mut gate = super::gate();
    gate.session_granted(ANNA, granted(Role::Admin, 50), ms(0));
    gate
}

#[test]
fn one_motor_turns_alone_for_as_long_as_it_is_said() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &test(spin("right", -0.4)), ms(0));
    let outputs = gate.tick(ms(0));
    assert_eq!(outputs.target.drive, Drive::One { motor: 1, power: -0.4 });
    assert_eq!((outputs.mode, outputs.driver), (Mode::Driving, Some(ANNA)));
    assert_eq!((outputs.throttle, outputs.steer, outputs.target.servo_pulse), (0.0, 0.0, None));
    assert_eq!(gate.next_deadline(), Some(ms(500)));
    assert!(is_braked(&gate.tick(ms(500))));
}

#[test]
fn one_servo_gets_a_pulse_while_the_wheels_brake_and_turns_back() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    accepted(&mut gate, ANNA, &test(pulse("tilt", 900.0)), ms(10));
    let target = gate.tick(ms(10)).target;
    assert_eq!((target.drive, target.servo_pulse), (Drive::Brake, Some((1, 900.0))));
    assert_eq!(gate.tick(ms(509)).target.servo_pulse, Some((1, 900.0)));
    assert!(is_braked(&gate.tick(ms(510))));
}

#[test]
fn whatever_ends_a_motion_ends_a_test() {
    let ends: [fn(&mut Gate); 7] = [
        |gate| drop(gate.handle(BEN, &Command::Stop { seq: None }, ms(20))),
        |gate| drop(gate.handle(BEN, &Command::Estop { reason: None }, ms(20))),
        |gate| drop(gate.handle(ANNA, &Command::Release, ms(20))),
        |gate| gate.session_closed(ANNA, "gone", ms(20)),
        |gate| gate.session_granted(ANNA, granted(Role::Observer, 50), ms(20)),
        |gate| gate.session_granted(ANNA, granted(Role::Driver, 50), ms(20)),
        |gate| gate.hardware_failed("a chip", ms(20)),
    ];
    for (number, end) in ends.into_iter().enumerate() {
        for trial in [spin("left", 1.0), pulse("pan", 2000.0)] {
            let mut gate = gate();
            accepted(&mut gate, ANNA, &test(trial), ms(0));
            assert!(!is_braked(&gate.tick(ms(10))), "{number}");
            end(&mut gate);
            assert!(is_braked(&gate.tick(ms(20))), "{number}");
        }
    }
}

#[test]
fn who_may_still_drive_keeps_the_lease_and_what_it_drives_where_it_may_test_no_more() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &test(spin("left", 1.0)), ms(0));
    gate.session_granted(ANNA, granted(Role::Admin, 60), ms(10));
    assert!(!is_braked(&gate.tick(ms(10))), "it may test as before");
    gate.session_granted(ANNA, granted(Role::Driver, 50), ms(20));
    let outputs = gate.tick(ms(20));
    assert!(is_braked(&outputs));
    assert_eq!(outputs.driver, Some(ANNA));
    assert!(outputs.stop_reason.is_some_and(|why| why.ends_with("may not test any more")));
    gate.session_granted(ANNA, granted(Role::Admin, 50), ms(30));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(30));
    gate.session_granted(ANNA, granted(Role::Driver, 50), ms(40));
    assert!(!is_braked(&gate.tick(ms(40))), "a driver may drive");
}

#[test]
fn a_test_keeps_no_limit_and_so_wants_an_admin_who_holds_the_lease() {
    let mut gate = gate();
    let fault = gate.handle(BEN, &test(spin("left", 0.3)), ms(0)).expect_err("a driver");
    assert_eq!(fault.code, Code::NOT_AUTHORISED);
    assert!(fault.message.contains("needs the role admin"), "{}", fault.message);
    accepted(&mut gate, BEN, &drive(0.5, 0.0), ms(0));
    let fault = gate.handle(ANNA, &test(spin("left", 0.3)), ms(1)).expect_err("Ben drives");
    assert_eq!(fault.code, Code::NOT_DRIVER);
}

#[test]
fn a_part_that_is_not_there_moves_nothing() {
    let mut gate = gate();
    for (trial, words) in [
        (spin("lefft", 0.3), "no motor is called `lefft`: this board has left, right"),
        (pulse("left", 1500.0), "no servo is called `left`: this board has pan, tilt"),
    ] {
        let fault = gate.handle(ANNA, &test(trial), ms(0)).expect_err("not there");
        assert_eq!((fault.code, fault.message.as_str()), (Code::INVALID_PARAMS, words));
    }
    assert_eq!(gate.tick(ms(0)).driver, None);
}

#[test]
fn a_pulse_that_would_not_be_over_before_the_next_one_is_refused() {
    let mut board = Board::preset("demo").expect("a preset");
    board.servos[0].frequency_hz = 400.0;
    let mut gate = Gate::new(Rules::new(Control::default(), &board));
    gate.session_opened(ANNA, "x", true, granted(Role::Admin, 50), ms(0));
    let fault = gate.handle(ANNA, &test(pulse("pan", 2500.0)), ms(0)).expect_err("too long");
    assert_eq!(fault.message, "`pulse_us` is 2500: pulses of `pan` come every 2500 microseconds");
    accepted(&mut gate, ANNA, &test(pulse("pan", 2499.0)), ms(0));
}

#[test]
fn the_power_of_one_part_is_none_of_another_and_rises_from_nothing() {
    let board = Board::preset("demo").expect("a preset");
    let mut gate = Gate::new(Rules::new(Control { slew: ms(200), ..Control::default() }, &board));
    gate.session_opened(ANNA, "x", true, granted(Role::Admin, 50), ms(0));
    let power = |gate: &mut Gate, at| match gate.tick(ms(at)).target.drive {
        Drive::One { motor, power } => Some((motor, (power * 1e6).round() / 1e6)),
        _ => None,
    };
    accepted(&mut gate, ANNA, &test(spin("left", 1.0)), ms(100));
    assert_eq!(power(&mut gate, 190), Some((0, 0.5)));
    accepted(&mut gate, ANNA, &test(spin("right", 1.0)), ms(190));
    assert_eq!(power(&mut gate, 200), Some((1, 0.05)));
    assert_eq!(power(&mut gate, 400), Some((1, 1.0)));
    accepted(&mut gate, ANNA, &drive(1.0, 0.0), ms(400));
    let outputs = gate.tick(ms(410));
    assert!(matches!(outputs.target.drive, Drive::Power { throttle, .. } if throttle < 0.06), "{outputs:?}");
    accepted(&mut gate, ANNA, &test(spin("right", 0.0)), ms(420));
    assert!(is_braked(&gate.tick(ms(430))));
}
