//! The emergency stop, as stories.

use protocol::Latched;

use super::*;

fn estop(gate: &mut Gate, id: u64, reason: Option<&str>, now: Duration) {
    let command = Command::Estop { reason: reason.map(str::to_owned) };
    assert!(matches!(gate.handle(id, &command, now), Ok(Answer::Done)));
}

#[test]
fn anybody_latches_it_and_it_says_who_and_why() {
    let mut gate = gate();
    gate.session_granted(BEN, granted(Role::Observer, 0), ms(0));
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    estop(&mut gate, BEN, Some("a child"), ms(10));
    assert!(is_braked(&gate.outputs()), "even before the next tick");
    let outputs = gate.tick(ms(11));
    assert_eq!(outputs.mode, Mode::Estop);
    let latched = Latched { by: "session 2 (127.0.0.1:2)".into(), reason: Some("a child".into()) };
    assert_eq!(outputs.estop, Some(latched));
    assert_eq!(outputs.stop_reason.as_deref(), Some("emergency stop by session 2 (127.0.0.1:2): a child"));
    for command in [drive(0.5, 0.0), drive(0.0, 0.0), Command::Move(Move::Left), Command::Center] {
        let fault = gate.handle(ANNA, &command, ms(5_000)).expect_err("latched");
        assert_eq!(fault.code, Code::ESTOP, "{command:?}");
        assert!(fault.message.contains("by session 2 (127.0.0.1:2) (a child)"), "{fault}");
    }
    gate.handle(ANNA, &Command::Stop { seq: None }, ms(5_001)).expect("always allowed");
    estop(&mut gate, ANNA, None, ms(5_002));
    assert_eq!(
        gate.latched().map(|l| l.by.as_str()),
        Some("session 2 (127.0.0.1:2)"),
        "the first stays named"
    );
}

#[test]
fn it_is_the_reason_also_where_a_stop_came_just_before_and_whatever_comes_after() {
    let mut gate = gate();
    let stop = Command::Stop { seq: None };
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    gate.handle(ANNA, &stop, ms(10)).expect("always allowed");
    estop(&mut gate, ANNA, Some("pressed"), ms(12));
    let told = "emergency stop by session 1 (127.0.0.1:1): pressed";
    assert_eq!(gate.tick(ms(12)).stop_reason.as_deref(), Some(told));
    gate.handle(ANNA, &stop, ms(14)).expect("always allowed");
    gate.session_closed(ANNA, "the connection was closed", ms(16));
    let outputs = gate.tick(ms(16));
    assert_eq!((outputs.mode, outputs.stop_reason.as_deref()), (Mode::Estop, Some(told)));
    let stops = gate.take_events().into_iter().filter(|event| matches!(event, Event::Stopped { .. })).count();
    assert_eq!(stops, 1, "the car stopped once");
}

#[test]
fn only_the_configured_role_releases_it() {
    let board = Board::preset("demo").expect("a preset");
    let mut gate = Gate::new(Rules::new(Control::default(), &board).with_reset(Role::Admin));
    gate.session_opened(ANNA, "a", true, driver(), ms(0));
    gate.session_opened(BEN, "b", true, granted(Role::Admin, 80), ms(0));
    estop(&mut gate, ANNA, None, ms(1));
    let fault = gate.handle(ANNA, &Command::Reset, ms(2)).expect_err("only a driver");
    assert_eq!(fault.code, Code::NOT_AUTHORISED);
    assert_eq!(gate.tick(ms(3)).mode, Mode::Estop);
    gate.handle(BEN, &Command::Reset, ms(4)).expect("an admin");
    assert_eq!(gate.tick(ms(5)).mode, Mode::Idle);
}

#[test]
fn a_release_resumes_nothing_and_a_stick_that_is_held_must_be_let_go() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    estop(&mut gate, BEN, None, ms(10));
    for now in (20..4_000).step_by(50) {
        gate.handle(ANNA, &drive(0.5, 0.0), ms(now)).expect_err("latched");
    }
    gate.handle(BEN, &Command::Reset, ms(4_000)).expect("a driver");
    assert!(is_braked(&gate.tick(ms(4_001))));
    let fault = gate.handle(ANNA, &drive(0.5, 0.0), ms(4_020)).expect_err("never let go");
    assert_eq!(fault.code, Code::BUSY);
    assert!(fault.message.contains("released the emergency stop: let go"), "{fault}");
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(4_520));
}

#[test]
fn what_was_latched_before_a_restart_still_is() {
    let mut gate = gate();
    gate.restore(Latched { by: "the button at gpio:GPIO26".into(), reason: None });
    assert_eq!(gate.handle(ANNA, &drive(0.5, 0.0), ms(1)).expect_err("latched").code, Code::ESTOP);
    gate.handle(ANNA, &Command::Reset, ms(600)).expect("a driver");
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(601));
}

#[test]
fn a_button_stops_the_car_and_cannot_be_released_while_it_is_pressed() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    gate.button(Some("gpio:GPIO26"), ms(10));
    let outputs = gate.tick(ms(10));
    assert!(is_braked(&outputs));
    assert_eq!(outputs.stop_reason.as_deref(), Some("emergency stop by the button at gpio:GPIO26"));
    assert_eq!(gate.handle(ANNA, &Command::Reset, ms(20)).expect_err("pressed").code, Code::ESTOP);
    gate.button(None, ms(30));
    assert_eq!(gate.tick(ms(30)).mode, Mode::Estop, "letting it out releases nothing");
    gate.handle(ANNA, &Command::Reset, ms(40)).expect("let out");
    assert_eq!(gate.tick(ms(40)).mode, Mode::Idle);
}

#[test]
fn everybody_hears_of_it_once() {
    let mut gate = gate();
    estop(&mut gate, ANNA, Some("test"), ms(0));
    estop(&mut gate, BEN, None, ms(1));
    gate.handle(BEN, &Command::Reset, ms(2)).expect("a driver");
    gate.handle(BEN, &Command::Reset, ms(3)).expect("nothing to do");
    let latched: Vec<_> = gate.take_events();
    assert!(
        matches!(
            latched.as_slice(),
            [Event::Estop { latched: true, reason: Some(_), .. }, Event::Estop { latched: false, .. }]
        ),
        "{latched:?}"
    );
}
