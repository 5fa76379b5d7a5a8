//! JSON-RPC 2.0 as its specification has it, with the car's methods in place of `subtract`.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

mod common;

use common::{answer, car, command, fault, id, one};
use protocol::dialect::MAX_BATCH;
use protocol::{Command, DialectId, Id, Power, Requests, Ttl};
use serde_json::{Value, json};

fn said(message: &str) -> Option<Value> {
    let data = answer(DialectId::Json, message.as_bytes())?;
    assert!(data.iter().all(|byte| (b' '..=b'~').contains(byte)), "{}", data.escape_ascii());
    Some(serde_json::from_slice(&data).unwrap())
}

fn wrong(message: &str) -> (i32, String) {
    fault(DialectId::Json, message.as_bytes())
}

/// The fault of a call with an id, without its envelope.
fn call(method: &str, params: &str) -> (i32, String) {
    wrong(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{method}","params":{params}}}"#))
}

fn drive(throttle: f64, steer: f64) -> Command {
    Command::Drive {
        throttle: Power::new("throttle", throttle).unwrap(),
        steer: Power::new("steer", steer).unwrap(),
        strafe: None,
        ttl: None,
        seq: None,
        t: None,
    }
}

// The examples of the specification's section 7, in its order.

#[test]
fn parameters_go_by_position() {
    let message = r#"{"jsonrpc": "2.0", "method": "drive", "params": [0.42, -0.23], "id": 1}"#;
    assert_eq!(command(DialectId::Json, message.as_bytes()), drive(0.42, -0.23));
    assert_eq!(said(message), Some(json!({"jsonrpc": "2.0", "result": {"accepted": true}, "id": 1})));
}

#[test]
fn parameters_go_by_name_in_any_order() {
    for params in [r#"{"throttle": 0.5, "steer": 1}"#, r#"{"steer": 1, "throttle": 0.5}"#] {
        let message = format!(r#"{{"id": 3, "params": {params}, "method": "drive", "jsonrpc": "2.0"}}"#);
        assert_eq!(command(DialectId::Json, message.as_bytes()), drive(0.5, 1.0));
    }
}

#[test]
fn a_notification_is_done_and_never_answered() {
    for message in [
        r#"{"jsonrpc": "2.0", "method": "drive", "params": [1,0]}"#,
        r#"{"jsonrpc": "2.0", "method": "stop"}"#,
        r#"{"jsonrpc": "2.0", "method": "foobar"}"#,
        r#"{"jsonrpc": "2.0", "method": "drive", "params": [9]}"#,
    ] {
        assert_eq!(said(message), None, "{message}");
    }
    assert_eq!(
        DialectId::Json.get().decode(br#"{"jsonrpc":"2.0","method":"stop"}"#),
        Requests::One(protocol::Request { id: None, command: Ok(Command::Stop { seq: None }) })
    );
}

#[test]
fn a_method_that_is_not_there_is_refused_with_the_id() {
    let answer = said(r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#).unwrap();
    assert_eq!(answer["error"]["code"], -32601);
    assert_eq!(answer["id"], "1");
}

#[test]
fn broken_json_is_a_parse_error_with_a_null_id() {
    let answer = said(r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#).unwrap();
    assert_eq!(answer["error"]["code"], -32700);
    assert_eq!(answer["id"], Value::Null);
    let broken_batch = r#"[{"jsonrpc": "2.0", "method": "stop", "id": "1"}, {"jsonrpc": "2.0", "method""#;
    assert_eq!(wrong(broken_batch).0, -32700);
}

#[test]
fn what_is_no_request_is_an_invalid_request_with_a_null_id() {
    let answer = said(r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#).unwrap();
    assert_eq!(answer["error"]["code"], -32600);
    assert_eq!(answer["id"], Value::Null);
}

#[test]
fn an_empty_batch_is_one_invalid_request() {
    let answer = said("[]").unwrap();
    assert_eq!(answer["error"]["code"], -32600);
    assert_eq!(answer["id"], Value::Null);
}

#[test]
fn a_batch_of_what_are_no_requests_is_as_many_invalid_requests() {
    let answers = said("[1,2,3]").unwrap();
    assert_eq!(answers.as_array().unwrap().len(), 3);
    for answer in answers.as_array().unwrap() {
        assert_eq!(answer["error"]["code"], -32600);
        assert_eq!(answer["id"], Value::Null);
    }
}

#[test]
fn a_batch_is_answered_together_and_its_notifications_are_not() {
    let answers = said(
        r#"[
        {"jsonrpc": "2.0", "method": "drive", "params": [1,0], "id": "1"},
        {"jsonrpc": "2.0", "method": "stop"},
        {"jsonrpc": "2.0", "method": "ping", "params": [42], "id": "2"},
        {"foo": "boo"},
        {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
        {"jsonrpc": "2.0", "method": "stop", "id": "9"}
    ]"#,
    )
    .unwrap();
    let brief: Vec<_> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| (answer["id"].clone(), answer["error"]["code"].clone()))
        .collect();
    assert_eq!(json!(brief), json!([["1", null], ["2", null], [null, -32600], ["5", -32601], ["9", null]]));
    assert_eq!(answers[1]["result"], json!({"value": 42, "t": 1.5}));
}

#[test]
fn a_batch_of_notifications_is_not_answered() {
    let message = r#"[{"jsonrpc": "2.0", "method": "stop"}, {"jsonrpc": "2.0", "method": "center"}]"#;
    assert_eq!(said(message), None);
}

// Beyond the examples.

#[test]
fn a_batch_has_a_bound() {
    let batch =
        |len: usize| format!("[{}]", vec![r#"{"jsonrpc":"2.0","method":"stop","id":1}"#; len].join(","));
    assert_eq!(said(&batch(MAX_BATCH)).unwrap().as_array().unwrap().len(), MAX_BATCH);
    let answer = said(&batch(MAX_BATCH + 1)).unwrap();
    assert_eq!(answer["error"]["code"], -32600);
    assert!(answer["error"]["message"].as_str().unwrap().contains("32 are the most"));
}

#[test]
fn an_id_comes_back_as_it_was() {
    for id in ["1", "-1", "1.5", "\"a\"", "\"\"", "null", "18446744073709551615", "-9223372036854775808"] {
        let answer =
            answer(DialectId::Json, format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"stop"}}"#).as_bytes());
        let answer = String::from_utf8(answer.unwrap()).unwrap();
        assert!(answer.ends_with(&format!("\"id\":{id}}}")), "{answer}");
    }
}

#[test]
fn an_id_that_is_none_is_refused() {
    for id in ["true", "[1]", "{}", &format!("\"{}\"", "x".repeat(257))] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"center"}}"#);
        let request = one(DialectId::Json, message.as_bytes());
        assert_eq!(request.id, Some(Id::Null));
        assert_eq!(request.command.unwrap_err().code.0, -32600);
    }
}

#[test]
fn a_readable_id_is_in_the_answer_to_an_invalid_request() {
    for message in [
        r#"{"id":7,"method":"center"}"#,
        r#"{"jsonrpc":"1.0","id":7,"method":"center"}"#,
        r#"{"jsonrpc":2.0,"id":7,"method":"center"}"#,
        r#"{"jsonrpc":"2.0","id":7}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"center","params":3}"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"center","method":"center"}"#,
    ] {
        let request = one(DialectId::Json, message.as_bytes());
        assert_eq!(request.id, Some(id(7)), "{message}");
        assert_eq!(request.command.unwrap_err().code.0, -32600, "{message}");
    }
}

#[test]
fn a_stop_is_a_stop_however_it_is_worded() {
    let stop = |seq| Command::Stop { seq };
    let estop = |reason: Option<&str>| Command::Estop { reason: reason.map(str::to_owned) };
    let long = "x".repeat(65);
    for (rest, meaning) in [
        (r#""method":"stop","params":{"x":1}"#, stop(None)),
        (r#""method":"stop","params":{"x":1,"seq":7}"#, stop(Some(7))),
        (r#""method":"stop","params":{"seq":-1}"#, stop(None)),
        (r#""method":"stop","params":[7,8]"#, stop(Some(7))),
        (r#""method":"stop","params":"now""#, stop(None)),
        (r#""method":"stop","method":"stop","parms":3"#, stop(None)),
        (r#""method":"estop","params":{"why":"a child"}"#, estop(None)),
        (r#""method":"estop","params":{"reason":["a child"]}"#, estop(None)),
        (r#""method":"estop","params":{"reason":" \n"}"#, estop(None)),
        (r#""method":"estop","params":{"reason":"a\u001bchild\n","x":1}"#, estop(Some("a child"))),
        (r#""method":"estop","params":{"reason":"a\u202echild"}"#, estop(Some("a child"))),
        (&format!(r#""method":"estop","params":["{long}"]"#), estop(Some(&long[..64]))),
    ] {
        let asked = |message: String| one(DialectId::Json, message.as_bytes());
        let request = asked(format!(r#"{{"jsonrpc":"2.0","id":7,{rest}}}"#));
        assert_eq!((request.id, request.command), (Some(id(7)), Ok(meaning.clone())), "{rest}");
        let notified = asked(format!(r#"{{"jsonrpc":"2.0",{rest}}}"#));
        assert_eq!((notified.id, notified.command), (None, Ok(meaning.clone())), "{rest}");
        let unversioned = asked(format!(r#"{{"id":[],{rest}}}"#));
        assert_eq!((unversioned.id, unversioned.command), (Some(Id::Null), Ok(meaning.clone())), "{rest}");
        let batch = format!(r#"[3,{{"jsonrpc":"2.0","id":7,{rest}}}]"#);
        let Requests::Batch(batch) = DialectId::Json.get().decode(batch.as_bytes()) else {
            panic!("a batch was sent")
        };
        assert_eq!(batch[1].command, Ok(meaning), "{rest}");
    }
}

#[test]
fn an_unknown_member_is_passed_over_and_a_misspelt_one_is_refused() {
    let message = r#"{"jsonrpc":"2.0","id":1,"method":"stop","trace":"x"}"#;
    assert_eq!(command(DialectId::Json, message.as_bytes()), Command::Stop { seq: None });
    let (code, words) = wrong(r#"{"jsonrpc":"2.0","id":1,"method":"look","parms":{"pan":1}}"#);
    assert_eq!((code, &words[..]), (-32600, "no member `parms`; did you mean `params`?"));
}

#[test]
fn null_is_as_good_as_absent() {
    let message = br#"{"jsonrpc":"2.0","id":1,"method":"drive","params":{"throttle":0,"steer":0,"ttl_ms":null,"seq":null}}"#;
    assert_eq!(command(DialectId::Json, message), drive(0.0, 0.0));
    let message = br#"{"jsonrpc":"2.0","id":1,"method":"stop","params":null}"#;
    assert_eq!(command(DialectId::Json, message), Command::Stop { seq: None });
}

#[test]
fn every_parameter_of_drive_is_understood() {
    let message =
        br#"{"jsonrpc":"2.0","id":1,"method":"drive","params":[1,-1,0.5,250,18446744073709551615]}"#;
    let Command::Drive { strafe, ttl, seq, .. } = command(DialectId::Json, message) else {
        panic!("not drive")
    };
    assert_eq!(strafe, Some(Power::new("strafe", 0.5).unwrap()));
    assert_eq!(ttl, Some(Ttl::from_ms(250.0).unwrap()));
    assert_eq!(seq, Some(u64::MAX));
}

#[test]
fn wrong_parameters_are_named_with_what_would_be_right() {
    for (method, params, words) in [
        (
            "drive",
            "[0.5]",
            "drive: `steer` is missing; the parameters are throttle, steer, strafe, ttl_ms, seq, t",
        ),
        (
            "drive",
            "{}",
            "drive: `throttle` is missing; the parameters are throttle, steer, strafe, ttl_ms, seq, t",
        ),
        ("drive", r#"{"thrttle":1,"steer":0}"#, "drive: no parameter `thrttle`; did you mean `throttle`?"),
        ("drive", r#"{"throttle":1.5,"steer":0}"#, "drive: `throttle` is 1.5: it must be -1 to 1"),
        (
            "drive",
            r#"{"throttle":"full","steer":0}"#,
            "drive: `throttle` is the text `full`: it must be a number",
        ),
        ("drive", r#"{"throttle":true,"steer":0}"#, "drive: `throttle` is true: it must be a number"),
        ("drive", "[0,0,0,2001]", "drive: `ttl_ms` is 2001: it must be 1 to 2000 milliseconds"),
        ("drive", "[0,0,0,0]", "drive: `ttl_ms` is 0: it must be 1 to 2000 milliseconds"),
        ("drive", "[0,0,0,1,-1]", "drive: `seq` is -1: it must be a whole number from 0 to 2^64 - 1"),
        ("drive", "[0,0,0,1,1.5]", "drive: `seq` is 1.5: it must be a whole number from 0 to 2^64 - 1"),
        (
            "drive",
            "[0,0,0,1,1,1,1]",
            "drive: too many parameters; the parameters are throttle, steer, strafe, ttl_ms, seq, t",
        ),
        ("drive", r#"{"throttle":1,"throttle":0,"steer":0}"#, "drive: `throttle` is given twice"),
        ("acquire", "[true,2]", "acquire: too many parameters; the parameters are force"),
        ("acquire", r#"{"x":1}"#, "acquire: no parameter `x`; the parameters are force"),
        ("state", "[1]", "state: too many parameters; it takes no parameters"),
        ("velocity", "[100.1,0]", "velocity: `linear` is 100.1: it must be -100 to 100 m/s"),
        ("velocity", "[0,-101]", "velocity: `angular` is -101: it must be -100 to 100 rad/s"),
        ("look", "{}", "look: `pan` and `tilt` are missing: at least one is needed, in degrees"),
        ("nudge", "[181]", "nudge: `pan` is 181: it must be -180 to 180 degrees"),
        (
            "subscribe",
            r#"{"topics":["states"]}"#,
            "subscribe: no topic `states`; the topics are state, events; did you mean `state`?",
        ),
        (
            "subscribe",
            r#"{"topics":"state"}"#,
            "subscribe: `topics` is the text `state`: it must be a list of names of topics",
        ),
        ("subscribe", r#"[["state"],0]"#, "subscribe: `rate_hz` is 0: it must be 0.1 to 1000 Hz"),
        (
            "hello",
            r#"["a\nb"]"#,
            "hello: `name` is the text `a\\nb`: it must be text of at most 64 characters on one line",
        ),
    ] {
        assert_eq!(call(method, params), (-32602, words.to_owned()), "{method} {params}");
    }
}

#[test]
fn a_crowd_of_unknown_members_is_passed_over_without_looking_at_each() {
    let message = |strangers: usize| {
        let strangers: String = (0..strangers).map(|n| format!(r#""stranger{n}":0,"#)).collect();
        format!(r#"{{{strangers}"jsonrpc":"2.0","metod":0,"method":"center"}}"#)
    };
    assert_eq!(wrong(&message(15)), (-32600, "no member `metod`; did you mean `method`?".to_owned()));
    assert_eq!(command(DialectId::Json, message(5000).as_bytes()), Command::Center);
}

#[test]
fn an_unknown_method_gets_a_hint_across_the_dialects() {
    for (method, words) in [
        ("drvie", "no method `drvie`; did you mean `drive`?"),
        ("up", "no method `up`; `up` is a word of the text dialect, sent as plain text"),
        ("cam_int", "no method `cam_int`; `cam_init` is a word of the text dialect, sent as plain text"),
        (
            "explode",
            "no method `explode`; the methods are drive, velocity, test, stop, estop, reset, acquire, release, who, \
             look, nudge, center, output, state, subscribe, unsubscribe, hello, auth, info, board, ping, \
             sim.fault, sim.mend, sim.reset, sim.teleport, sim.step, sim.truth",
        ),
    ] {
        assert_eq!(call(method, "[]"), (-32601, words.to_owned()));
    }
}

#[test]
fn ping_hands_back_anything() {
    for (params, value) in [
        (r#"{"value":{"a":[1,2.5,"x",null]}}"#, json!({"a":[1,2.5,"x",null]})),
        (r#"["x"]"#, json!("x")),
        (r#"[[1,2]]"#, json!([1, 2])),
        (r#"[1,2]"#, json!([1, 2])),
        (r#"{"a":1}"#, json!({"a":1})),
        ("[null]", Value::Null),
        ("null", Value::Null),
        ("[]", Value::Null),
        ("{}", Value::Null),
        (r#"["é\n\u0000😀"]"#, json!("é\n\u{0}😀")),
    ] {
        let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{params}}}"#);
        assert_eq!(said(&message).unwrap()["result"]["value"], value, "{params}");
    }
    assert_eq!(said(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#).unwrap()["result"]["value"], Value::Null);
}

#[test]
fn a_number_that_no_double_can_hold_is_a_parse_error() {
    for params in ["[1e999,0]", "[NaN,0]", "[Infinity,0]", "[-1e400,0]"] {
        let (code, words) = call("drive", params);
        assert_eq!(code, -32700);
        assert!(words.starts_with("not JSON: "), "{words}");
    }
}

#[test]
fn nesting_has_a_bound() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(wrong(&nested(33)).0, -32700);
    assert!(wrong(&nested(33)).1.contains("nested deeper than 32 levels"));
    assert_eq!(wrong(&nested(32_000)).0, -32700);
    let value = nested(29);
    assert!(said(&format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":[{value}]}}"#)).is_some());
}

#[test]
fn space_and_the_marks_of_other_platforms_around_a_message_do_not_matter() {
    for message in [
        "\u{feff}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}",
        "\r\n {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}\r\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"stop\"}\0",
    ] {
        assert_eq!(command(DialectId::Json, message.as_bytes()), Command::Stop { seq: None });
    }
    assert_eq!(wrong(r#"{"jsonrpc":"2.0","id":1,"method":"stop"} x"#).0, -32700);
}

#[test]
fn what_is_not_utf8_is_a_parse_error() {
    assert_eq!(fault(DialectId::Json, b"{\"jsonrpc\":\"\xFF\"}").0, -32700);
}

#[test]
fn answers_come_in_the_order_of_the_batch() {
    let batch: Vec<_> =
        (0..9).map(|n| json!({"jsonrpc": "2.0", "method": "ping", "params": [n], "id": n})).collect();
    let requests = DialectId::Json.get().decode(json!(batch).to_string().as_bytes());
    let protocol::Replies::Batch(replies) = requests.answered_by(car).unwrap() else { panic!("not a batch") };
    assert!(replies.iter().enumerate().all(|(n, reply)| reply.id == id(n as u64)));
}
