//! Drivers who watch by the camera, and no longer see.

use super::*;

const WHY: &str = "no new picture reached it for 700 ms";

#[test]
fn who_drives_and_sees_no_more_is_stopped_and_told_so() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    gate.tick(ms(10));
    gate.session_sees(ANNA, Some(WHY), ms(20));
    let outputs = gate.tick(ms(20));
    assert!(is_braked(&outputs));
    let reason = outputs.stop_reason.expect("a reason");
    assert_eq!(reason, format!("session 1 (127.0.0.1:1) drove and saw nothing: {WHY}"));
    let refused = gate.handle(ANNA, &drive(0.5, 0.0), ms(30)).expect_err("it sees nothing");
    assert_eq!(refused.code, Code::BUSY);
    assert!(refused.message.contains(WHY), "{}", refused.message);
    assert!(gate.handle(ANNA, &Command::Move(Move::Forward), ms(2_000)).is_err());
    assert!(is_braked(&gate.tick(ms(2_000))));
}

#[test]
fn pictures_that_come_back_resume_nothing_before_the_stick_was_let_go() {
    let mut gate = gate();
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(0));
    gate.session_sees(ANNA, Some(WHY), ms(100));
    for now in (200..1_000).step_by(100) {
        assert!(gate.handle(ANNA, &drive(0.5, 0.0), ms(now)).is_err());
    }
    gate.session_sees(ANNA, None, ms(1_000));
    let held = gate.handle(ANNA, &drive(0.5, 0.0), ms(1_050)).expect_err("the stick is held");
    assert!(held.message.contains("let go for 500 ms"), "{}", held.message);
    accepted(&mut gate, ANNA, &drive(0.0, 0.0), ms(1_100));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(1_200));
}

#[test]
fn a_stick_that_was_pushed_while_nothing_was_seen_moves_nothing_when_pictures_come_back() {
    let mut gate = gate();
    gate.session_sees(ANNA, Some(WHY), ms(100));
    for now in (1_000..2_000).step_by(100) {
        assert!(gate.handle(ANNA, &drive(0.5, 0.0), ms(now)).is_err());
    }
    gate.session_sees(ANNA, None, ms(1_950));
    for now in (2_000..4_000).step_by(100) {
        let held = gate.handle(ANNA, &drive(0.5, 0.0), ms(now)).expect_err("the stick is held");
        assert!(held.message.starts_with("you saw nothing: no new picture"), "{}", held.message);
        assert!(is_braked(&gate.tick(ms(now))));
    }
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(4_500));
}

#[test]
fn who_only_looked_on_while_nothing_was_seen_drives_at_once_when_pictures_come_back() {
    let mut gate = gate();
    gate.session_sees(ANNA, Some(WHY), ms(100));
    assert!(gate.handle(ANNA, &drive(0.5, 0.0), ms(200)).is_err());
    gate.session_sees(ANNA, None, ms(700));
    accepted(&mut gate, ANNA, &drive(0.5, 0.0), ms(710));
}

#[test]
fn who_sees_nothing_may_stop_and_others_drive_on() {
    let mut gate = gate();
    accepted(&mut gate, BEN, &drive(0.5, 0.0), ms(0));
    gate.session_sees(ANNA, Some(WHY), ms(100));
    assert!(!is_braked(&gate.tick(ms(110))));
    accepted(&mut gate, ANNA, &drive(0.0, 0.0), ms(120));
    assert_eq!(gate.handle(ANNA, &Command::Stop { seq: None }, ms(130)), Ok(Answer::Done));
    assert!(is_braked(&gate.tick(ms(140))));
    gate.session_sees(77, Some(WHY), ms(150));
}
