//! The text dialect: what people type, and what a school's old client sends.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod common;

use common::{answer, command, fault, outcome};
use proptest::prelude::*;
use protocol::dialect::word_names;
use protocol::{
    Angle, AngularSpeed, Answer, Code, Command, DialectId, Fault, Gimbal, Id, Limit, LinearSpeed, Move,
    Outgoing, Power, Replies, Reply, Ttl,
};
use serde_json::{Value, json};

fn said(message: &[u8]) -> String {
    String::from_utf8(answer(DialectId::Text, message).expect("every text message is answered")).unwrap()
}

fn read(message: &str) -> Command {
    command(DialectId::Text, message.as_bytes())
}

fn answered(outcome: Result<Answer, Fault>) -> String {
    let frame = DialectId::Text.get().reply(&Replies::One(Reply { id: Id::Null, outcome }));
    String::from_utf8(frame.data.to_vec()).unwrap()
}

#[test]
fn the_ten_words_of_old_clients_mean_what_they_meant() {
    for (word, meaning) in [
        ("up", Command::Move(Move::Forward)),
        ("back", Command::Move(Move::Backward)),
        ("left", Command::Move(Move::Left)),
        ("right", Command::Move(Move::Right)),
        ("stop", Command::Stop { seq: None }),
        ("cam_up", Command::NudgeStep { pan: 0, tilt: 1 }),
        ("cam_down", Command::NudgeStep { pan: 0, tilt: -1 }),
        ("cam_left", Command::NudgeStep { pan: 1, tilt: 0 }),
        ("cam_right", Command::NudgeStep { pan: -1, tilt: 0 }),
        ("cam_init", Command::Center),
    ] {
        assert_eq!(read(word), meaning);
        assert_eq!(said(word.as_bytes()), "ok");
    }
}

#[test]
fn case_and_surrounding_space_do_not_matter() {
    for message in ["UP", " up", "up\r\n", "\tUp ", "up\0", "\u{feff}up", "\u{a0}up"] {
        assert_eq!(read(message), Command::Move(Move::Forward), "{message:?}");
    }
    assert_eq!(read("  LOOK   10\t-5 \n"), read("look 10 -5"));
}

#[test]
fn a_stop_is_a_stop_whatever_follows_it() {
    let long = "x".repeat(65);
    for message in ["stop now", "STOP 1 2", "stop \u{1b}", &format!("stop {long}")] {
        assert_eq!(read(message), Command::Stop { seq: None }, "{message:?}");
        assert_eq!(said(message.as_bytes()), "ok");
    }
    for (message, reason) in [
        (&b"estop a\tchild\x1b"[..], Some("a child")),
        (b"estop \x07", None),
        (b"estop M\xE4dchen", Some("M\u{fffd}dchen")),
        (format!("estop {long}").as_bytes(), Some(&long[..64])),
        ("estop a\u{200b}child".as_bytes(), Some("a child")),
    ] {
        let reason = reason.map(str::to_owned);
        assert_eq!(command(DialectId::Text, message), Command::Estop { reason });
        assert_eq!(said(message), "ok");
    }
}

#[test]
fn numbers_are_read_as_people_write_them() {
    assert_eq!(read("drive .5 -1"), read("DRIVE +0.5 -1.0"));
    let Command::Drive { strafe, .. } = read("drive 0 1 -.25") else { panic!("not a drive") };
    assert_eq!(strafe, Some(Power::new("strafe", -0.25).unwrap()));
    let Command::Drive { strafe: None, .. } = read("drive 0 1") else { panic!("nothing sideways") };
    assert_eq!(
        read("look 10 -5.5"),
        Command::Look {
            pan: Some(Angle::new("pan", 10.0).unwrap()),
            tilt: Some(Angle::new("tilt", -5.5).unwrap())
        }
    );
}

#[test]
fn errors_say_what_would_be_right() {
    for (message, words) in [
        ("upp", "error: unknown word `upp`; did you mean `up`? `help` lists the words"),
        (
            "velocity 1 0",
            "error: unknown word `velocity`; `velocity` is a method of the json dialect; `help` lists the words",
        ),
        ("fly", "error: unknown word `fly`; `help` lists the words"),
        ("", "error: an empty message; `help` lists the words"),
        ("drive", "error: `throttle` is missing; write `drive THROTTLE STEER [STRAFE]`"),
        ("drive 1", "error: `steer` is missing; write `drive THROTTLE STEER [STRAFE]`"),
        ("drive 1 0 x", "error: `strafe` is `x`: it must be a number; write `drive THROTTLE STEER [STRAFE]`"),
        ("drive 1 0 -2", "error: `strafe` is -2: it must be -1 to 1"),
        ("drive 1 0 0 0", "error: `0` is too much; write `drive THROTTLE STEER [STRAFE]`"),
        ("up left", "error: `left` is too much; write `up`"),
        (
            "drive fast 0",
            "error: `throttle` is `fast`: it must be a number; write `drive THROTTLE STEER [STRAFE]`",
        ),
        (
            "drive 0,5 0",
            "error: `throttle` is `0,5`: it must be a number; write `drive THROTTLE STEER [STRAFE]`",
        ),
        ("drive 2 0", "error: `throttle` is 2: it must be -1 to 1"),
        ("drive nan 0", "error: `throttle` is NaN: it must be -1 to 1"),
        ("drive inf 0", "error: `throttle` is inf: it must be -1 to 1"),
        ("look 0 -181", "error: `tilt` is -181: it must be -180 to 180 degrees"),
        (
            r#"{"jsonrpc":"2.0"}"#,
            "error: unknown word `{\"jsonrpc\":\"2.0\"}`; only text is understood here, not JSON; `help` lists the words",
        ),
    ] {
        assert_eq!(said(message.as_bytes()), words);
    }
    assert_eq!(said(b"\xFF\xFE"), "error: not UTF-8 after 0 bytes");
}

#[test]
fn faults_have_the_codes_of_json_rpc() {
    for (message, code) in [
        (&b"\xFF"[..], Code::PARSE),
        (b"", Code::INVALID_REQUEST),
        (b"fly", Code::METHOD_NOT_FOUND),
        (b"drive 9 9", Code::INVALID_PARAMS),
    ] {
        assert_eq!(fault(DialectId::Text, message).0, code.0);
    }
}

#[test]
fn answers_are_short_and_on_one_line() {
    let angles = Answer::Angles(Gimbal { pan: 10.0, tilt: -5.5 });
    assert_eq!(answered(Ok(angles)), "ok pan 10 tilt -5.5");
    assert_eq!(answered(Ok(Answer::Accepted { limited: Some(Limit::Speed) })), "ok limited speed");
    assert_eq!(said(b"ping"), "ok pong");
    assert_eq!(
        said(b"help"),
        "ok up, back, left, right, stop, cam_up, cam_down, cam_left, cam_right, cam_init, \
         drive THROTTLE STEER [STRAFE], look PAN TILT, output NAME LEVEL, estop [REASON], reset, acquire [force], release, who, \
         auth TOKEN, state, ping, help"
    );
    let state = said(b"state");
    let json: Value = serde_json::from_str(state.strip_prefix("ok ").unwrap()).unwrap();
    assert_eq!(json["mode"], "idle");
    let fault = Fault::new(Code::HARDWARE, "the bus\nis gone");
    assert_eq!(answered(Err(fault)), "error: the bus is gone");
}

#[test]
fn a_client_reads_what_the_daemon_says() {
    for (line, value) in [
        ("ok", Value::Null),
        ("ok pong\n", json!("pong")),
        ("ok {\"a\":1}", json!({"a": 1})),
        ("ok {broken", json!("{broken")),
    ] {
        assert_eq!(outcome(DialectId::Text, line.as_bytes()).unwrap(), value);
    }
    let fault = outcome(DialectId::Text, b"error: unknown word `x`").unwrap_err();
    assert_eq!((fault.code, &fault.message[..]), (Code::UNSPECIFIED, "unknown word `x`"));
    for (line, method) in [
        (r#"state {"t":1}"#, "state"),
        (r#"event {"event":"bye"}"#, "event"),
        (r#"{"jsonrpc":"2.0","method":"hello","params":{}}"#, "hello"),
    ] {
        let Outgoing::Notification { method: said, .. } =
            DialectId::Text.get().decode_outgoing(line.as_bytes()).unwrap()
        else {
            panic!("not a notification: {line}")
        };
        assert_eq!(said, method);
    }
    for line in ["", "okay", "state", "state {", "\u{1b}[2J"] {
        assert!(DialectId::Text.get().decode_outgoing(line.as_bytes()).is_err(), "{line:?}");
    }
}

#[test]
fn what_has_no_word_is_not_sent() {
    let (linear, angular) = (LinearSpeed::MAX, AngularSpeed::default());
    for command in [
        Command::Info,
        Command::Stop { seq: Some(1) },
        Command::Velocity { linear, angular, ttl: None, seq: None, t: None },
        Command::Velocity { linear, angular, ttl: Ttl::from_ms(1.0).ok(), seq: None, t: None },
    ] {
        assert!(DialectId::Text.get().request(None, &command).is_err());
    }
    for id in [DialectId::Json, DialectId::Cbor] {
        assert!(id.get().request(None, &Command::Move(Move::Left)).is_err());
    }
}

#[test]
fn help_lists_every_word() {
    let help = said(b"help");
    assert!(word_names().all(|word| help.contains(word)));
}

proptest! {
    #[test]
    fn every_message_is_answered_with_one_short_line(message in ".{0,300}") {
        let line = said(message.as_bytes());
        prop_assert!(line.starts_with("ok") || line.starts_with("error: "));
        prop_assert!(!line.contains(char::is_control), "{line:?}");
        prop_assert!(line.chars().count() < 1000);
    }
}
