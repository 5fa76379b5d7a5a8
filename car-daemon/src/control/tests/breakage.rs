//! A fault of the hardware, as stories.

use super::*;

const WHAT: &str = "motor left: no answer";

#[test]
fn a_fault_stops_and_holds_until_the_hardware_answers_and_somebody_resets_it() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &Command::Move(Move::Forward), ms(0));
    gate.hardware_failed(WHAT, ms(1));
    let outputs = gate.tick(ms(1));
    assert!(is_braked(&outputs));
    assert_eq!(outputs.mode, Mode::Fault);
    let silent = "hardware fault: motor left: no answer; it still does not answer";
    assert_eq!(outputs.stop_reason.as_deref(), Some(silent));
    for command in [drive(1.0, 0.0), Command::Center] {
        let fault = gate.handle(ANNA, &command, ms(2)).expect_err("fault");
        assert_eq!((fault.code, fault.message.as_str()), (Code::HARDWARE, silent));
    }
    assert!(gate.handle(ANNA, &Command::Stop { seq: None }, ms(2)).is_ok(), "stop is always allowed");

    gate.hardware_answers();
    let outputs = gate.tick(ms(600));
    assert!(is_braked(&outputs), "nothing is resumed");
    assert_eq!(outputs.mode, Mode::Fault);
    let answers = "hardware fault: motor left: no answer; it answers again: reset";
    assert_eq!(outputs.stop_reason.as_deref(), Some(answers));
    let fault = gate.handle(ANNA, &drive(1.0, 0.0), ms(601)).expect_err("not reset");
    assert_eq!((fault.code, fault.message.as_str()), (Code::HARDWARE, answers));

    gate.handle(BEN, &Command::Reset, ms(700)).expect("a driver");
    let outputs = gate.tick(ms(701));
    assert!(is_braked(&outputs), "nothing is resumed");
    assert_eq!(outputs.mode, Mode::Idle);
    assert_eq!(outputs.stop_reason.as_deref(), Some("hardware fault: motor left: no answer"));
    accepted(&mut gate, ANNA, &drive(1.0, 0.0), ms(1_300));
}

#[test]
fn every_change_of_a_fault_is_an_event() {
    let mut gate = gate();
    for what in [WHAT, WHAT, "servo pan: no answer"] {
        gate.hardware_failed(what, ms(1));
    }
    gate.hardware_answers();
    gate.hardware_answers();
    gate.handle(ANNA, &Command::Reset, ms(2)).expect("a driver");
    let told: Vec<Option<String>> = gate
        .take_events()
        .into_iter()
        .filter_map(|event| if let Event::Hardware { fault } = event { Some(fault) } else { None })
        .collect();
    let said = |text: &str| Some(text.to_owned());
    assert_eq!(
        told,
        [
            said("motor left: no answer; it still does not answer"),
            said("servo pan: no answer; it still does not answer"),
            said("servo pan: no answer; it answers again: reset"),
            None
        ]
    );
}

#[test]
fn a_reset_is_refused_with_the_reason_while_the_hardware_does_not_answer() {
    let mut gate = gate();
    gate.hardware_failed(WHAT, ms(0));
    let fault = gate.handle(ANNA, &Command::Reset, ms(1)).expect_err("gone");
    assert_eq!(fault.code, Code::HARDWARE);
    assert!(fault.message.ends_with("it still does not answer"), "{fault}");
    gate.hardware_answers();
    gate.hardware_failed(WHAT, ms(2));
    gate.handle(ANNA, &Command::Reset, ms(3)).expect_err("gone again");
    assert_eq!(gate.tick(ms(4)).mode, Mode::Fault);
}

#[test]
fn a_reset_releases_both_latches_or_none() {
    let mut gate = gate();
    gate.handle(BEN, &Command::Estop { reason: None }, ms(0)).expect("anybody");
    gate.hardware_failed(WHAT, ms(0));
    assert_eq!(gate.handle(ANNA, &Command::Reset, ms(1)).expect_err("gone").code, Code::HARDWARE);
    assert_eq!(gate.tick(ms(2)).mode, Mode::Estop);
    gate.hardware_answers();
    gate.button(Some("gpio:GPIO26"), ms(3));
    assert_eq!(gate.handle(ANNA, &Command::Reset, ms(4)).expect_err("pressed").code, Code::ESTOP);
    gate.button(None, ms(5));
    assert!(gate.tick(ms(5)).stop_reason.is_some_and(|why| why.ends_with(": reset")));
    gate.handle(ANNA, &Command::Reset, ms(6)).expect("all is well");
    assert_eq!(gate.tick(ms(7)).mode, Mode::Idle);
}

#[test]
fn who_may_not_release_the_emergency_stop_may_not_reset_a_fault() {
    let mut gate = gate();
    gate.set_reset(Role::Admin);
    gate.session_granted(BEN, granted(Role::Admin, 80), ms(0));
    gate.hardware_failed(WHAT, ms(0));
    gate.hardware_answers();
    assert_eq!(
        gate.handle(ANNA, &Command::Reset, ms(1)).expect_err("only a driver").code,
        Code::NOT_AUTHORISED
    );
    gate.handle(BEN, &Command::Reset, ms(2)).expect("an admin");
    assert_eq!(gate.tick(ms(3)).mode, Mode::Idle);
}

#[test]
fn a_stick_that_is_held_through_a_fault_must_be_let_go_after_the_reset() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    gate.hardware_failed(WHAT, ms(10));
    for now in (50..2_000).step_by(50) {
        gate.handle(ANNA, &drive(0.5, 0.0), ms(now)).expect_err("fault");
    }
    gate.hardware_answers();
    gate.handle(BEN, &Command::Reset, ms(2_000)).expect("a driver");
    let fault = gate.handle(ANNA, &drive(0.5, 0.0), ms(2_020)).expect_err("never let go");
    assert!(fault.message.starts_with("session 2 (127.0.0.1:2) reset the hardware fault: let go"), "{fault}");
    accepted(&mut gate, ANNA, &drive(0.0, 0.0), ms(2_040));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(2_060));
}
