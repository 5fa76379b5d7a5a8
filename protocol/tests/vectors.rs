//! `vectors/vectors.json` says exactly what the codec writes and reads. After a change that is meant,
//! `UPDATE_VECTORS=1 cargo test -p protocol --test vectors` writes the file anew.
#![allow(clippy::unwrap_used, reason = "a test may fail by a panic")]

use std::path::Path;
use std::sync::Arc;

use protocol::{
    Angle, AngularSpeed, Answer, Battery, Code, Command, DialectId, Event, Fault, Gimbal, Hello, Id, Imu,
    Info, Latched, Limit, LinearSpeed, Mode, Moment, Move, Notification, Odometry, Outgoing, Pose, Power,
    Rate, Replies, Reply, Request, Requests, Role, Speed, State, Token, Topics, Ttl, Visitor, Wheels, Who,
};
use serde::Serialize;
use serde_json::{Value, json};
use transport::Frame;

/// One message in every dialect that can say it.
#[derive(Serialize)]
struct Vector {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cbor: Option<String>,
    /// The error code that is answered, where the message is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<i32>,
}

impl Vector {
    fn new(name: &'static str, say: impl Fn(DialectId) -> Option<Frame>) -> Self {
        let text = |id| say(id).map(|frame| String::from_utf8(frame.data.to_vec()).unwrap());
        let hex = |frame: Frame| frame.data.iter().map(|byte| format!("{byte:02x}")).collect();
        Self {
            name,
            text: text(DialectId::Text),
            json: text(DialectId::Json),
            cbor: say(DialectId::Cbor).map(hex),
            code: None,
        }
    }

    /// Each dialect in which it is written, and the bytes.
    fn bytes(&self) -> Vec<(DialectId, Vec<u8>)> {
        let unhex = |hex: &String| {
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
        };
        let text = |text: &String| text.as_bytes().to_vec();
        [
            self.text.as_ref().map(|said| (DialectId::Text, text(said))),
            self.json.as_ref().map(|said| (DialectId::Json, text(said))),
            self.cbor.as_ref().map(|said| (DialectId::Cbor, unhex(said))),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn commands() -> Vec<(&'static str, Command)> {
    let power = |value| Power::new("power", value).unwrap();
    let angle = |value| Angle::new("angle", value).unwrap();
    let ttl = Ttl::from_ms(250.0).ok();
    let velocity = |linear, angular, ttl, seq| Command::Velocity {
        linear: LinearSpeed::new("linear", linear).unwrap(),
        angular: AngularSpeed::new("angular", angular).unwrap(),
        ttl,
        seq,
        t: None,
    };
    let nudge_step = |pan, tilt| Command::NudgeStep { pan, tilt };
    vec![
        ("up", Command::Move(Move::Forward)),
        ("back", Command::Move(Move::Backward)),
        ("left", Command::Move(Move::Left)),
        ("right", Command::Move(Move::Right)),
        ("cam_up", nudge_step(0, 1)),
        ("cam_down", nudge_step(0, -1)),
        ("cam_left", nudge_step(1, 0)),
        ("cam_right", nudge_step(-1, 0)),
        (
            "drive",
            Command::Drive {
                throttle: power(0.5),
                steer: power(-0.25),
                strafe: None,
                ttl: None,
                seq: None,
                t: None,
            },
        ),
        (
            "drive with every parameter",
            Command::Drive {
                throttle: power(-1.0),
                steer: power(0.1),
                strafe: Some(power(1.0)),
                ttl,
                seq: Some(7),
                t: Moment::new("t", 12.5).ok(),
            },
        ),
        (
            "drive sideways",
            Command::Drive {
                throttle: power(0.5),
                steer: power(0.0),
                strafe: Some(power(-0.5)),
                ttl: None,
                seq: None,
                t: None,
            },
        ),
        ("velocity", velocity(0.3, -1.5, None, None)),
        ("velocity with every parameter", velocity(0.0, 0.2, ttl, Some(8))),
        ("stop", Command::Stop { seq: None }),
        ("stop with a number", Command::Stop { seq: Some(9) }),
        ("look", Command::Look { pan: Some(angle(10.0)), tilt: Some(angle(-5.0)) }),
        ("look on one axis", Command::Look { pan: None, tilt: Some(angle(20.5)) }),
        ("nudge", Command::Nudge { pan: angle(-2.5), tilt: angle(0.0) }),
        ("center", Command::Center),
        ("state", Command::State),
        ("subscribe", Command::Subscribe { topics: Topics::ALL, rate: Rate::new("rate_hz", 20.0).ok() }),
        (
            "subscribe at the daemon's rate",
            Command::Subscribe { topics: Topics { state: true, events: false }, rate: None },
        ),
        ("unsubscribe", Command::Unsubscribe { topics: Topics { state: false, events: true } }),
        ("estop", Command::Estop { reason: None }),
        ("estop with a reason", Command::Estop { reason: Some("a child".to_owned()) }),
        ("reset", Command::Reset),
        ("acquire", Command::Acquire { force: false }),
        ("acquire by force", Command::Acquire { force: true }),
        ("release", Command::Release),
        ("who", Command::Who),
        ("hello", Command::Hello { name: Some("tablet".to_owned()), token: None }),
        ("hello without a name", Command::Hello { name: None, token: None }),
        ("hello with a token", Command::Hello { name: None, token: Some(Token::new("s3cret-word")) }),
        ("auth", Command::Auth { token: Token::new("s3cret-word") }),
        ("info", Command::Info),
        ("ping", Command::Ping { value: Value::Null }),
        ("ping with a value", Command::Ping { value: json!({"sent": [1, -2, 0.5, "é", true, null]}) }),
        ("help", Command::Help),
    ]
}

fn state() -> State {
    State {
        t: 12.5,
        seq: 1250,
        mode: Mode::Driving,
        throttle: 0.5,
        steer: -0.25,
        strafe: 0.125,
        wheels: Wheels { left: 0.75, right: 0.25 },
        gimbal: Some(Gimbal { pan: 10.0, tilt: -5.0 }),
        speed: Some(Speed { linear: 0.3, angular: -0.5 }),
        pose: Some(Pose { x: 1.25, y: -0.5, heading: 0.1 }),
        odometry: Some(Odometry::Commanded),
        battery: Some(Battery { volts: 7.4, percent: 62.0, amps: Some(1.25) }),
        range_m: Some(0.85),
        line: Some(vec![0.0, 0.75, 1.0]),
        imu: Some(Imu { acceleration: [0.5, -0.25, 9.75], rotation: [0.0, 0.125, -0.5] }),
        driver: Some(3),
        estop: Some(Latched { by: "session 2 (uid 1000)".to_owned(), reason: Some("a child".to_owned()) }),
        stop_reason: Some("the command ran out".to_owned()),
    }
}

fn hello() -> Hello {
    Hello {
        server: "car-daemon".to_owned(),
        version: "0.1.0".to_owned(),
        name: "Käfer".to_owned(),
        dialects: DialectId::ALL.map(|id| id.name().to_owned()).to_vec(),
        session: 3,
        role: Some(Role::Driver),
        t: 12.5,
    }
}

fn driver() -> Visitor {
    Visitor {
        session: 3,
        name: Some("tablet".to_owned()),
        peer: "192.0.2.7:40112".to_owned(),
        role: Some(Role::Driver),
        priority: 30,
        here_s: 60.5,
        drives_s: Some(2.5),
        asks_s: None,
    }
}

fn answers() -> Vec<(&'static str, Result<Answer, Fault>)> {
    let info = Info {
        version: "0.1.0".to_owned(),
        name: "car".to_owned(),
        board: "demo".to_owned(),
        platform: "sim".to_owned(),
        limits: [("command_ttl_ms".to_owned(), 500.0), ("max_speed_m_s".to_owned(), 0.8)].into(),
        topics: vec!["state".to_owned(), "events".to_owned()],
        methods: protocol::dialect::method_names().map(str::to_owned).collect(),
    };
    let fault = |code, words: &str| Err(Fault::new(code, words));
    vec![
        ("accepted", Ok(Answer::Accepted { limited: None })),
        ("accepted with less speed", Ok(Answer::Accepted { limited: Some(Limit::Speed) })),
        ("accepted without strafe", Ok(Answer::Accepted { limited: Some(Limit::Strafe) })),
        ("accepted in a wider turn", Ok(Answer::Accepted { limited: Some(Limit::Turn) })),
        ("stopped", Ok(Answer::Done)),
        ("driver", Ok(Answer::Driver(Some(Box::new(driver()))))),
        ("nobody drives", Ok(Answer::Driver(None))),
        ("who", Ok(Answer::Who(Box::new(Who { driver: Some(3), sessions: vec![driver()] })))),
        ("angles", Ok(Answer::Angles(Gimbal { pan: 10.0, tilt: -5.0 }))),
        ("state", Ok(Answer::State(Arc::new(state())))),
        ("state of a car without sensors", Ok(Answer::State(Arc::default()))),
        ("subscribed", Ok(Answer::Subscribed { topics: Topics::ALL, rate_hz: 20.0 })),
        ("hello", Ok(Answer::Hello(Arc::new(hello())))),
        ("info", Ok(Answer::Info(Arc::new(info)))),
        ("pong", Ok(Answer::Pong { value: json!({"sent": [1, -2, 0.5, "é", true, null]}), t: 12.5 })),
        ("pong without a value", Ok(Answer::Pong { value: Value::Null, t: 12.5 })),
        ("help", Ok(Answer::Help)),
        ("parse error", fault(Code::PARSE, "not UTF-8 after 0 bytes")),
        ("invalid request", fault(Code::INVALID_REQUEST, "a batch must not be empty")),
        ("method not found", fault(Code::METHOD_NOT_FOUND, "no method `drvie`; did you mean `drive`?")),
        ("invalid parameters", fault(Code::INVALID_PARAMS, "drive: `throttle` is 3: it must be -1 to 1")),
        (
            "internal error",
            fault(Code::INTERNAL, "the answer has 1500 bytes and this connection carries 1200"),
        ),
        (
            "not the driver",
            Err(Fault { data: Some(json!(driver())), ..Fault::new(Code::NOT_DRIVER, "session 3 drives") }),
        ),
        ("emergency stop", fault(Code::ESTOP, "the emergency stop is latched: `reset` releases it")),
        ("not authorised", fault(Code::NOT_AUTHORISED, "show a token first: `auth TOKEN`")),
        ("hardware error", fault(Code::HARDWARE, "the motor driver does not answer")),
        ("stale", fault(Code::STALE, "`seq` 6 came after 7")),
        ("busy", fault(Code::BUSY, "all 64 sessions are taken")),
        (
            "error with data",
            Err(Fault { data: Some(json!({"seq": 7})), ..Fault::new(Code::STALE, "`seq` 6 came after 7") }),
        ),
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    vec![
        ("event driving", Event::Driving { driver: 3 }),
        ("event stopped", Event::Stopped { reason: "the connection closed".to_owned() }),
        (
            "event lease",
            Event::Lease { driver: Some(3), reason: "session 3 (192.0.2.7:40112) drives".to_owned() },
        ),
        ("event asked", Event::Asked { session: 4, who: "session 4 (uid 1000)".to_owned() }),
        (
            "event estop",
            Event::Estop {
                latched: true,
                by: "session 2 (uid 1000)".to_owned(),
                reason: Some("a child".to_owned()),
            },
        ),
        ("event hardware", Event::Hardware { fault: Some("the motor driver does not answer".to_owned()) }),
        ("event battery", Event::Battery { empty: true, volts: 6.3 }),
        ("event hardware was reset", Event::Hardware { fault: None }),
        ("event missed", Event::Missed { count: 3 }),
        ("event bye", Event::Bye { reason: "SIGTERM".to_owned() }),
    ]
}

/// Messages that are wrong, and the code of the answer to each.
fn refused() -> Vec<Vector> {
    let bad = |name, dialect, input: &str, Code(code)| {
        let mut vector = Vector { name, text: None, json: None, cbor: None, code: Some(code) };
        let place = match dialect {
            DialectId::Text => &mut vector.text,
            DialectId::Json => &mut vector.json,
            DialectId::Cbor => &mut vector.cbor,
        };
        *place = Some(input.to_owned());
        vector
    };
    let text = |name, input, code| bad(name, DialectId::Text, input, code);
    let json = |name, input, code| bad(name, DialectId::Json, input, code);
    let cbor = |name, input, code| bad(name, DialectId::Cbor, input, code);
    vec![
        text("an unknown word", "upp", Code::METHOD_NOT_FOUND),
        text("nothing", "", Code::INVALID_REQUEST),
        text("a missing number", "drive 1", Code::INVALID_PARAMS),
        text("a number out of range", "drive 1.5 0", Code::INVALID_PARAMS),
        text("no number", "drive nan 0", Code::INVALID_PARAMS),
        text("a word too many", "stop now", Code::INVALID_PARAMS),
        text("a token that is missing", "auth", Code::INVALID_PARAMS),
        text("a word that is not force", "acquire please", Code::INVALID_PARAMS),
        json("a message cut short", r#"{"jsonrpc":"2.0","id":1,"#, Code::PARSE),
        json(
            "a number beyond every double",
            r#"{"jsonrpc":"2.0","id":1,"method":"drive","params":[1e999,0]}"#,
            Code::PARSE,
        ),
        json("an empty batch", "[]", Code::INVALID_REQUEST),
        json("no version", r#"{"id":1,"method":"stop"}"#, Code::INVALID_REQUEST),
        json("a method that is no text", r#"{"jsonrpc":"2.0","id":1,"method":1}"#, Code::INVALID_REQUEST),
        json("an id that is none", r#"{"jsonrpc":"2.0","id":[1],"method":"stop"}"#, Code::INVALID_REQUEST),
        json("an unknown method", r#"{"jsonrpc":"2.0","id":1,"method":"fly"}"#, Code::METHOD_NOT_FOUND),
        json(
            "a word of the text dialect",
            r#"{"jsonrpc":"2.0","id":1,"method":"up"}"#,
            Code::METHOD_NOT_FOUND,
        ),
        json(
            "an unknown parameter",
            r#"{"jsonrpc":"2.0","id":1,"method":"look","params":{"pam":1}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a parameter given twice",
            r#"{"jsonrpc":"2.0","id":1,"method":"look","params":{"pan":1,"pan":2}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a missing parameter",
            r#"{"jsonrpc":"2.0","id":1,"method":"drive","params":{"throttle":1}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a time to live beyond 2 s",
            r#"{"jsonrpc":"2.0","id":1,"method":"drive","params":{"throttle":1,"steer":0,"ttl_ms":2001}}"#,
            Code::INVALID_PARAMS,
        ),
        json(
            "a speed beyond any car",
            r#"{"jsonrpc":"2.0","id":1,"method":"velocity","params":[1.5e308,1.5e308]}"#,
            Code::INVALID_PARAMS,
        ),
        cbor("a map cut short", "a4", Code::PARSE),
        cbor("a length that is not there", "bb7fffffffffffffff", Code::PARSE),
        cbor("a key that is a number", "a10101", Code::PARSE),
        cbor("bytes after the message", "8000", Code::PARSE),
        cbor("an empty list", "80", Code::INVALID_REQUEST),
        cbor("a map without members", "a0", Code::INVALID_REQUEST),
    ]
}

/// `id` is null in text, which has none, and 1 elsewhere.
fn id(dialect: DialectId) -> Id {
    if dialect == DialectId::Text { Id::Null } else { Id::Number(1.into()) }
}

fn written() -> [(&'static str, Vec<Vector>); 4] {
    let hello = hello();
    let state = state();
    let events = events();
    let notifications = [("hello", Notification::Hello(&hello)), ("state", Notification::State(&state))];
    let notifications = notifications
        .into_iter()
        .chain(events.iter().map(|(name, event)| (*name, Notification::Event(event))));
    [
        (
            "requests",
            commands()
                .iter()
                .map(|(name, command)| {
                    Vector::new(name, |dialect| dialect.get().request(Some(&id(dialect)), command).ok())
                })
                .collect(),
        ),
        (
            "answers",
            answers()
                .into_iter()
                .map(|(name, outcome)| {
                    Vector::new(name, |dialect| {
                        let reply = Reply { id: id(dialect), outcome: outcome.clone() };
                        let asked_here = dialect == DialectId::Text || outcome != Ok(Answer::Help);
                        asked_here.then(|| dialect.get().reply(&Replies::One(reply)))
                    })
                })
                .collect(),
        ),
        (
            "notifications",
            notifications
                .map(|(name, said)| Vector::new(name, |dialect| Some(dialect.get().notify(said))))
                .collect(),
        ),
        ("refused", refused()),
    ]
}

#[test]
fn the_file_says_exactly_what_is_written() {
    let parts: Vec<_> = written()
        .into_iter()
        .map(|(part, vectors)| {
            let lines = serde_json::to_string_pretty(&vectors).unwrap().replace('\n', "\n  ");
            format!("  \"{part}\": {lines}")
        })
        .collect();
    let written = format!("{{\n{}\n}}\n", parts.join(",\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/vectors.json");
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(&path, &written).unwrap();
    }
    let file = std::fs::read_to_string(&path).unwrap();
    for (line, (file, written)) in file.lines().zip(written.lines()).enumerate() {
        assert_eq!(file, written, "vectors.json, line {}", line + 1);
    }
    assert_eq!(file, written);
}

#[test]
fn every_request_is_read_as_it_was_meant() {
    let vectors = &written()[0].1;
    for ((_, command), vector) in commands().into_iter().zip(vectors) {
        assert!(!vector.bytes().is_empty(), "no dialect says {}", vector.name);
        for (dialect, data) in vector.bytes() {
            assert_eq!(DialectId::detect(&data), dialect, "{}", vector.name);
            let request = Request { id: Some(id(dialect)), command: Ok(command.clone()) };
            assert_eq!(dialect.get().decode(&data), Requests::One(request), "{}", vector.name);
        }
    }
}

#[test]
fn every_answer_is_read_the_same_in_json_and_cbor() {
    for vector in &written()[1].1 {
        let [text, rest @ ..] = &vector.bytes()[..] else { panic!("nothing says {}", vector.name) };
        let read: Vec<_> =
            rest.iter().map(|(dialect, data)| dialect.get().decode_outgoing(data).unwrap()).collect();
        assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "{}", vector.name);
        let Outgoing::Reply { id: Id::Null, outcome } = text.0.get().decode_outgoing(&text.1).unwrap() else {
            panic!("not a reply: {}", vector.name)
        };
        if let [Outgoing::Reply { outcome: written, .. }, ..] = &read[..] {
            assert_eq!(outcome.is_ok(), written.is_ok(), "{}", vector.name);
        }
    }
}

#[test]
fn every_notification_is_read_the_same_in_every_dialect() {
    for vector in &written()[2].1 {
        let read: Vec<_> = vector
            .bytes()
            .iter()
            .map(|(dialect, data)| dialect.get().decode_outgoing(data).unwrap())
            .collect();
        assert_eq!(read.len(), 3);
        assert!(read.windows(2).all(|pair| pair[0] == pair[1]), "{}", vector.name);
    }
}

#[test]
fn a_state_and_an_event_come_back_as_they_were() {
    let (state, events) = (state(), events());
    for dialect in DialectId::ALL {
        let read = |said| match dialect.get().decode_outgoing(&dialect.get().notify(said).data).unwrap() {
            Outgoing::Notification { params, .. } => params,
            other => panic!("not a notification: {other:?}"),
        };
        assert_eq!(serde_json::from_value::<State>(read(Notification::State(&state))).unwrap(), state);
        for (_, event) in &events {
            assert_eq!(serde_json::from_value::<Event>(read(Notification::Event(event))).unwrap(), *event);
        }
    }
}

#[test]
fn every_wrong_message_is_refused_with_its_code() {
    for vector in refused() {
        for (dialect, data) in vector.bytes() {
            let Requests::One(request) = dialect.get().decode(&data) else {
                panic!("a batch: {}", vector.name)
            };
            let code = request.command.map_err(|fault| fault.code.0);
            assert_eq!(code, Err(vector.code.unwrap()), "{}", vector.name);
            assert!(request.id.is_some(), "{} would not be answered", vector.name);
        }
    }
}
