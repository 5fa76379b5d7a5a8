//! What commands mean on cars that are not steered by their sides.

use hal::board::{DrivetrainSpec, ServoRole};

use super::*;

fn gate_of(change: impl Fn(&mut Board), slew: Duration) -> Gate {
    let mut board = Board::preset("demo").expect("a preset");
    change(&mut board);
    let mut gate = Gate::new(Rules::new(Control { slew, ..Control::default() }, &board));
    gate.session_opened(ANNA, "127.0.0.1:1", true, driver(), ms(0));
    gate
}

fn mecanum(slew: Duration) -> Gate {
    let drivetrain = DrivetrainSpec::Mecanum {
        wheelbase_m: 0.12,
        track_m: 0.12,
        wheel_diameter_m: 0.08,
        top_speed_mps: 0.6,
    };
    gate_of(|board| board.drivetrain = drivetrain.clone(), slew)
}

/// Its pan servo turns the front wheels, 30 degrees to each side.
fn ackermann(slew: Duration) -> Gate {
    let change = |board: &mut Board| {
        board.drivetrain = DrivetrainSpec::Ackermann {
            wheelbase_m: 0.09,
            track_m: 0.12,
            wheel_diameter_m: 0.065,
            top_speed_mps: 0.6,
        };
        let servo = &mut board.servos[0];
        (servo.role, servo.min_deg, servo.max_deg) = (ServoRole::Steering, -30.0, 30.0);
    };
    gate_of(change, slew)
}

fn sideways(strafe: f64) -> Command {
    let power = |value| Power::new("power", value).expect("in range");
    let (throttle, steer, strafe) = (power(0.25), power(0.0), Some(power(strafe)));
    Command::Drive { throttle, steer, strafe, ttl: None, seq: None, t: None }
}

fn velocity(linear: f64, angular: f64) -> Command {
    Command::Velocity {
        linear: LinearSpeed::new("linear", linear).expect("in range"),
        angular: AngularSpeed::new("angular", angular).expect("in range"),
        ttl: None,
        seq: None,
        t: None,
    }
}

fn limited(gate: &mut Gate, command: &Command) -> Option<Limit> {
    let answer = gate.handle(ANNA, command, ms(0));
    let Ok(Answer::Accepted { limited }) = answer else { panic!("{answer:?}") };
    limited
}

#[test]
fn mecanum_wheels_strafe_no_faster_than_the_slew_and_stop_at_once() {
    let mut gate = mecanum(ms(200));
    assert_eq!(limited(&mut gate, &sideways(-1.0)), None);
    let outputs = gate.tick(ms(100));
    let Drive::Power { strafe, .. } = outputs.target.drive else { panic!("{outputs:?}") };
    assert!((-0.56..=-0.5).contains(&strafe) && outputs.strafe == strafe, "{strafe}");
    assert_eq!(gate.tick(ms(300)).strafe, -1.0);
    gate.handle(ANNA, &Command::Stop { seq: None }, ms(301)).expect("always allowed");
    assert!(is_braked(&gate.outputs()));
}

#[test]
fn a_car_that_only_strafes_is_driven() {
    let mut gate = mecanum(Duration::ZERO);
    let Command::Drive { steer, strafe, .. } = sideways(0.5) else { unreachable!() };
    let command = Command::Drive { throttle: steer, steer, strafe, ttl: None, seq: None, t: None };
    assert_eq!(limited(&mut gate, &command), None);
    let outputs = gate.tick(ms(1));
    assert_eq!(outputs.target.drive, Drive::Power { throttle: 0.0, steer: 0.0, strafe: 0.5 });
    assert_eq!((outputs.mode, outputs.driver), (Mode::Driving, Some(ANNA)));
}

#[test]
fn a_car_that_cannot_strafe_says_so_and_does_the_rest() {
    for mut gate in [gate_of(|_| (), Duration::ZERO), ackermann(Duration::ZERO)] {
        assert_eq!(limited(&mut gate, &sideways(1.0)), Some(Limit::Strafe));
        assert_eq!(limited(&mut gate, &sideways(0.0)), None);
        let drive = gate.tick(ms(1)).target.drive;
        assert_eq!(drive, Drive::Power { throttle: 0.25, steer: 0.0, strafe: 0.0 });
    }
}

#[test]
fn left_and_right_are_the_tightest_curve_ahead_where_a_car_cannot_turn_on_the_spot() {
    let mut gate = ackermann(Duration::ZERO);
    let cases = [
        (Move::Forward, 0.6, 0.0),
        (Move::Backward, -0.6, 0.0),
        (Move::Left, 0.6, 1.0),
        (Move::Right, 0.6, -1.0),
    ];
    for (word, throttle, steer) in cases {
        accepted(&mut gate, ANNA, &Command::Move(word), ms(0));
        assert_eq!(gate.tick(ms(1)).target.drive, Drive::Power { throttle, steer, strafe: 0.0 }, "{word:?}");
    }
}

#[test]
fn a_velocity_is_the_curve_of_the_front_wheels_and_one_that_is_too_tight_says_so() {
    let mut gate = ackermann(Duration::ZERO);
    // tan 30° · 0.3 m/s / 90 mm
    let tightest = 30.0_f64.to_radians().tan() * 0.3 / 0.09;
    assert_eq!(limited(&mut gate, &velocity(0.3, tightest / 2.0)), None);
    assert_eq!(limited(&mut gate, &velocity(0.3, tightest * 1.5)), Some(Limit::Turn));
    assert_eq!(gate.tick(ms(1)).steer, 1.0);
    assert_eq!(limited(&mut gate, &velocity(3.0, 0.0)), Some(Limit::Speed));
    assert_eq!(limited(&mut gate, &velocity(0.0, 1.0)), Some(Limit::Turn));
    let outputs = gate.tick(ms(2));
    assert_eq!((outputs.throttle, outputs.steer), (0.0, 1.0), "it stands, and shows where it would go");
}

#[test]
fn front_wheels_that_are_told_to_go_straight_do_so_to_the_end() {
    let mut gate = ackermann(ms(200));
    let drive = |steer| {
        let power = |value| Power::new("power", value).expect("in range");
        let (throttle, steer) = (power(0.0), power(steer));
        Command::Drive { throttle, steer, strafe: None, ttl: None, seq: None, t: None }
    };
    accepted(&mut gate, ANNA, &drive(1.0), ms(0));
    let steered = |gate: &mut Gate, at| match gate.tick(ms(at)).target.drive {
        Drive::Power { throttle: 0.0, steer, strafe: 0.0 } => steer,
        other => panic!("{other:?}"),
    };
    assert_eq!(steered(&mut gate, 200), 1.0);
    accepted(&mut gate, ANNA, &drive(0.0), ms(200));
    assert!((0.4..0.6).contains(&steered(&mut gate, 300)));
    assert_eq!(steered(&mut gate, 400), 0.0);
    assert_eq!(steered(&mut gate, 410), 0.0);
}
