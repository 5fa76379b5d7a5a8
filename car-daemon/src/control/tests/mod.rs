//! Every rule of the gate as a story, on a clock that is only a number.

use std::time::Duration;

use hal::{Board, Drive};
use protocol::{
    Angle, AngularSpeed, Answer, Code, Command, Event, Fault, Gimbal, Limit, LinearSpeed, Mode, Moment, Move,
    Power, Role, Ttl,
};

use super::{Control, Gate, Grant, Outputs, Rules};

mod any_history;
mod authority;
mod breakage;
mod drivetrains;
mod estop;
mod panel;
mod sight;
mod simulated;
mod trial;

const ANNA: u64 = 1;
const BEN: u64 = 2;
const RADIO: u64 = 3;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn gate() -> Gate {
    let board = Board::preset("demo").expect("a preset");
    let mut gate = Gate::new(Rules::new(Control { slew: Duration::ZERO, ..Control::default() }, &board));
    for (id, linked) in [(ANNA, true), (BEN, true), (RADIO, false)] {
        gate.session_opened(id, &format!("127.0.0.1:{id}"), linked, driver(), ms(0));
    }
    gate
}

fn driver() -> Grant {
    granted(Role::Driver, 50)
}

fn granted(role: Role, priority: u8) -> Grant {
    Grant { role: Some(role), priority, principal: None }
}

fn drive(throttle: f64, steer: f64) -> Command {
    numbered(throttle, steer, None)
}

fn numbered(throttle: f64, steer: f64, seq: Option<u64>) -> Command {
    let power = |what, value| Power::new(what, value).expect("in range");
    Command::Drive {
        throttle: power("throttle", throttle),
        steer: power("steer", steer),
        strafe: None,
        ttl: None,
        seq,
        t: None,
    }
}

#[track_caller]
fn accepted(gate: &mut Gate, id: u64, command: &Command, now: Duration) {
    let answer = gate.handle(id, command, now);
    assert!(matches!(answer, Ok(Answer::Accepted { limited: None })), "{answer:?}");
}

fn is_braked(outputs: &Outputs) -> bool {
    let axes = [outputs.throttle, outputs.steer, outputs.strafe];
    outputs.target.drive == Drive::Brake && outputs.target.servo_pulse.is_none() && axes == [0.0; 3]
}

#[test]
fn a_car_that_nobody_drives_brakes() {
    let outputs = gate().tick(ms(10));
    assert!(is_braked(&outputs));
    assert_eq!((outputs.mode, outputs.driver, outputs.stop_reason), (Mode::Idle, None, None));
}

#[test]
fn a_drive_command_lives_for_its_time_and_not_a_tick_longer() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &drive(0.5, 0.25), ms(100));
    let outputs = gate.tick(ms(100));
    assert_eq!(outputs.target.drive, Drive::Power { throttle: 0.5, steer: 0.25, strafe: 0.0 });
    assert_eq!((outputs.mode, outputs.driver), (Mode::Driving, Some(ANNA)));
    assert_eq!(gate.next_deadline(), Some(ms(600)));
    assert!(!is_braked(&gate.tick(ms(599))));
    let outputs = gate.tick(ms(600));
    assert!(is_braked(&outputs));
    assert_eq!(outputs.stop_reason.as_deref(), Some("session 1 (127.0.0.1:1) sent nothing new for 500 ms"));
}

#[test]
fn a_command_may_ask_for_another_time_to_live() {
    let mut gate = gate();
    let Command::Drive { throttle, steer, strafe, seq, .. } = drive(1.0, 0.0) else { unreachable!() };
    let ttl = Some(Ttl::from_ms(80.0).expect("in range"));
    accepted(&mut gate, ANNA, &Command::Drive { throttle, steer, strafe, ttl, seq, t: None }, ms(0));
    assert!(!is_braked(&gate.tick(ms(79))));
    assert!(is_braked(&gate.tick(ms(80))));
}

#[test]
fn a_word_lives_as_long_as_its_link() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    assert_eq!(gate.held_by(), Some(ANNA));
    assert_eq!(gate.next_deadline(), None);
    assert_eq!(gate.tick(ms(60_000)).target.drive, Drive::Power { throttle: 0.6, steer: 0.0, strafe: 0.0 });
    gate.session_closed(ANNA, "the connection was closed", ms(60_000));
    let outputs = gate.tick(ms(60_001));
    assert!(is_braked(&outputs));
    assert_eq!(
        outputs.stop_reason.as_deref(),
        Some("session 1 (127.0.0.1:1) drove and is gone: the connection was closed")
    );
    assert_eq!(gate.held_by(), None);
}

#[test]
fn a_word_without_a_link_must_be_repeated() {
    let mut gate = gate();
    accepted(&mut gate, RADIO, &Command::Move(Move::Left), ms(0));
    assert_eq!(gate.held_by(), None);
    accepted(&mut gate, RADIO, &Command::Move(Move::Left), ms(900));
    assert!(!is_braked(&gate.tick(ms(1_899))));
    assert!(is_braked(&gate.tick(ms(1_900))));
}

#[test]
fn words_mean_cruise_power_and_left_is_positive() {
    let mut gate = gate();
    let cases = [
        (Move::Forward, 0.6, 0.0),
        (Move::Backward, -0.6, 0.0),
        (Move::Left, 0.0, 0.6),
        (Move::Right, 0.0, -0.6),
    ];
    for (word, throttle, steer) in cases {
        accepted(&mut gate, ANNA, &Command::Move(word), ms(0));
        assert_eq!(gate.tick(ms(1)).target.drive, Drive::Power { throttle, steer, strafe: 0.0 }, "{word:?}");
    }
}

#[test]
fn stop_works_for_everybody_at_once_and_for_good() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    gate.tick(ms(10));
    assert!(matches!(gate.handle(BEN, &Command::Stop { seq: None }, ms(11)), Ok(Answer::Done)));
    assert!(is_braked(&gate.outputs()), "even before the next tick");
    let outputs = gate.tick(ms(5_000));
    assert!(is_braked(&outputs));
    assert_eq!(outputs.stop_reason.as_deref(), Some("session 2 (127.0.0.1:2) said stop"));
}

#[test]
fn a_driver_whom_somebody_stopped_must_let_go_first() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    gate.handle(BEN, &Command::Stop { seq: None }, ms(50)).expect("always allowed");
    for now in (100..2_000).step_by(50) {
        let fault = gate.handle(ANNA, &drive(0.5, 0.0), ms(now)).expect_err("still holds the stick");
        assert_eq!(fault.code, Code::BUSY);
        assert!(fault.message.starts_with("session 2 (127.0.0.1:2) said stop: let go"), "{fault}");
        assert!(is_braked(&gate.tick(ms(now))));
    }
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(2_450 + 1));
    gate.handle(BEN, &Command::Stop { seq: None }, ms(2_500)).expect("always allowed");
    accepted(&mut gate, ANNA, &drive(0.0, 0.0), ms(2_550));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(2_600));
    gate.handle(ANNA, &Command::Stop { seq: None }, ms(2_650)).expect("always allowed");
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(2_700));
}

#[test]
fn a_stop_holds_against_everybody_who_holds_a_stick() {
    let mut gate = gate();
    // Two who repeat themselves, one of them in motions shorter than its pauses.
    let Command::Drive { throttle, steer, strafe, seq, .. } = drive(0.5, 0.0) else { unreachable!() };
    let ttl = Some(Ttl::from_ms(20.0).expect("in range"));
    let short = Command::Drive { throttle, steer, strafe, ttl, seq, t: None };
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    assert_eq!(gate.handle(BEN, &short, ms(10)).expect_err("Anna drives").code, Code::NOT_DRIVER);
    gate.tick(ms(40));
    gate.handle(RADIO, &Command::Stop { seq: None }, ms(50)).expect("always allowed");
    for now in (60..1_000).step_by(20) {
        for (id, command, code) in [(ANNA, &drive(0.5, 0.0), Code::BUSY), (BEN, &short, Code::NOT_DRIVER)] {
            assert_eq!(gate.handle(id, command, ms(now)).expect_err("must let go").code, code);
        }
        // A second stop takes nothing from the first.
        gate.handle(RADIO, &Command::Stop { seq: None }, ms(now)).expect("always allowed");
        assert!(is_braked(&gate.tick(ms(now))));
    }
    gate.handle(ANNA, &Command::Release, ms(1_000)).expect("its own");
    assert_eq!(gate.handle(BEN, &short, ms(1_001)).expect_err("must let go").code, Code::BUSY);
    accepted(&mut gate, RADIO, &drive(0.5, 0.0), ms(1_002));
}

#[test]
fn somebody_elses_end_does_not_stop_the_driver() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    gate.session_closed(BEN, "bored", ms(60_000));
    assert!(!is_braked(&gate.tick(ms(10))));
}

#[test]
fn zeros_of_an_idle_client_do_not_freeze_the_driver() {
    let mut gate = gate();
    accepted(&mut gate, BEN, &drive(0.0, 0.0), ms(0));
    assert_eq!(gate.tick(ms(1)).driver, None);
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(2));
    accepted(&mut gate, BEN, &drive(0.0, 0.0), ms(3));
    let outputs = gate.tick(ms(4));
    assert_eq!((outputs.driver, outputs.throttle), (Some(ANNA), 0.5));
    accepted(&mut gate, ANNA, &drive(0.0, 0.0), ms(5));
    assert!(is_braked(&gate.tick(ms(6))), "the driver's own zeros brake");
}

#[test]
fn a_drive_from_before_a_numbered_stop_is_stale() {
    let mut gate = gate();
    accepted(&mut gate, RADIO, &numbered(1.0, 0.0, Some(5)), ms(0));
    // Number 6 was sent next and is overtaken by the stop.
    gate.handle(RADIO, &Command::Stop { seq: Some(7) }, ms(1)).expect("always allowed");
    let late = gate.handle(RADIO, &numbered(1.0, 0.0, Some(6)), ms(2)).expect_err("stale");
    assert_eq!(late.code, Code::STALE);
    assert!(is_braked(&gate.tick(ms(3))));
    gate.handle(RADIO, &Command::Stop { seq: Some(3) }, ms(4)).expect("an old stop stops too");
    let late = gate.handle(RADIO, &numbered(1.0, 0.0, Some(7)), ms(5)).expect_err("the mark has not sunk");
    assert_eq!(late.code, Code::STALE);
    accepted(&mut gate, RADIO, &numbered(1.0, 0.0, Some(8)), ms(6));
    gate.handle(RADIO, &Command::Stop { seq: Some(9) }, ms(7)).expect("always allowed");
    accepted(&mut gate, BEN, &numbered(1.0, 0.0, Some(0)), ms(7));
}

#[test]
fn an_old_or_repeated_seq_is_refused_and_moves_nothing() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &numbered(0.1, 0.0, Some(5)), ms(0));
    for seq in [5, 4, 0] {
        let fault = gate.handle(ANNA, &numbered(1.0, 0.0, Some(seq)), ms(1)).expect_err("stale");
        assert_eq!(fault.code, Code::STALE);
    }
    assert_eq!(gate.tick(ms(2)).throttle, 0.1);
    accepted(&mut gate, ANNA, &numbered(0.2, 0.0, Some(6)), ms(3));
    gate.handle(ANNA, &Command::Release, ms(4)).expect("its own");
    accepted(&mut gate, BEN, &numbered(0.3, 0.0, Some(1)), ms(4));
}

#[test]
fn a_command_that_says_when_it_was_sent_is_good_from_then_on() {
    let sent = |t: f64| {
        let Command::Drive { throttle, steer, strafe, ttl, seq, .. } = drive(0.5, 0.0) else {
            unreachable!()
        };
        Command::Drive { throttle, steer, strafe, ttl, seq, t: Moment::new("t", t).ok() }
    };
    let mut gate = gate();
    accepted(&mut gate, ANNA, &sent(9.7), ms(10_000));
    assert_eq!(gate.next_deadline(), Some(ms(10_200)), "500 ms after it was sent");
    let late = gate.handle(ANNA, &sent(9.5), ms(10_000)).expect_err("as old as its time to live");
    assert_eq!(
        (late.code, late.message.as_str()),
        (Code::STALE, "late: sent 500 ms ago, and good for 500 ms")
    );
    accepted(&mut gate, ANNA, &sent(10.9), ms(10_000));
    assert_eq!(gate.next_deadline(), Some(ms(10_500)), "a clock ahead of ours gives no longer life");
    let other = gate.handle(ANNA, &sent(12.0), ms(10_000)).expect_err("another clock");
    assert_eq!(other.code, Code::INVALID_PARAMS);
    assert!(other.message.starts_with("`t` is 2.0 s ahead"), "{other}");
}

#[test]
fn a_command_of_a_closed_session_moves_nothing() {
    let mut gate = gate();
    gate.session_closed(ANNA, "gone", ms(60_000));
    assert_eq!(gate.handle(ANNA, &drive(1.0, 0.0), ms(1)).expect_err("closed").code, Code::STALE);
    assert!(is_braked(&gate.tick(ms(2))));
}

#[test]
fn power_rises_within_the_slew_and_falls_at_once_on_stop() {
    let board = Board::preset("demo").expect("a preset");
    let mut gate = Gate::new(Rules::new(Control::default(), &board));
    gate.session_opened(ANNA, "a", true, driver(), ms(0));
    gate.tick(ms(1_000));
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(1_500));
    let first = gate.tick(ms(1_500)).throttle;
    assert!((first - 0.05).abs() < 1e-9, "one turn's worth, not 0.5 s of it: {first}");
    assert!((gate.tick(ms(1_550)).throttle - 0.3).abs() < 1e-9);
    assert!((gate.tick(ms(1_700)).throttle - 0.6).abs() < 1e-9);
    gate.handle(ANNA, &Command::Stop { seq: None }, ms(1_701)).expect("always allowed");
    assert!(is_braked(&gate.tick(ms(1_701))));
}

#[test]
fn speed_beyond_the_cars_is_scaled_as_a_whole() {
    let mut gate = gate();
    let linear = LinearSpeed::new("linear", 6.8).expect("in range");
    let command =
        Command::Velocity { linear, angular: AngularSpeed::default(), ttl: None, seq: None, t: None };
    let answer = gate.handle(ANNA, &command, ms(0));
    assert!(matches!(answer, Ok(Answer::Accepted { limited: Some(Limit::Speed) })), "{answer:?}");
    assert_eq!(gate.tick(ms(1)).throttle, 1.0);
}

#[test]
fn a_daemon_that_goes_away_moves_no_more() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    gate.close("the daemon is shutting down", ms(1));
    assert!(is_braked(&gate.tick(ms(1))));
    assert_eq!(gate.handle(ANNA, &drive(1.0, 0.0), ms(2)).expect_err("closing").code, Code::BUSY);
}

#[test]
fn the_camera_turns_within_its_limits() {
    let mut gate = gate();
    let angle = |d| Angle::new("pan", d).ok();
    let look = Command::Look { pan: angle(180.0), tilt: angle(0.0) };
    let Ok(Answer::Angles(Gimbal { pan, tilt })) = gate.handle(ANNA, &look, ms(0)) else { panic!("angles") };
    assert!(pan < 180.0 && tilt == 0.0);
    gate.handle(ANNA, &Command::Center, ms(0)).expect("has a gimbal");
    let before = gate.tick(ms(1)).target.pan_deg;
    gate.handle(ANNA, &Command::NudgeStep { pan: 1, tilt: 0 }, ms(1)).expect("has a gimbal");
    assert_eq!(gate.tick(ms(2)).target.pan_deg, before + 10.0);
}
