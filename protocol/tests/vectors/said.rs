//! One of each thing that can be said, in the order of the file of vectors. How it is written must never be
//! known here.

use std::sync::Arc;

use protocol::{
    Angle, AngularSpeed, Answer, Battery, BoardInfo, Code, Command, DialectId, Event, Fault, Gimbal, Heading,
    Hello, Imu, Info, Latched, Level, Limit, LinearSpeed, Mode, Moment, MotorInfo, Move, Odometry, Place,
    Pose, Power, Pulse, Rate, Role, ServoInfo, SimOrder, Speed, State, Stretch, Token, Topics, Trial,
    TrueBattery, TrueSpeed, Truth, Ttl, Visitor, Wheels, Who,
};
use serde_json::{Value, json};

pub(super) fn commands() -> Vec<(&'static str, Command)> {
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
        (
            "test of a motor",
            Command::Test {
                trial: Trial::Motor { name: "front-left".to_owned(), power: power(-0.4) },
                ttl: None,
                seq: None,
                t: None,
            },
        ),
        (
            "test of a servo with every parameter",
            Command::Test {
                trial: Trial::Servo {
                    name: "pan".to_owned(),
                    pulse: Pulse::new("pulse_us", 1510.0).unwrap(),
                },
                ttl,
                seq: Some(9),
                t: Moment::new("t", 12.5).ok(),
            },
        ),
        ("stop", Command::Stop { seq: None }),
        ("stop with a number", Command::Stop { seq: Some(9) }),
        ("look", Command::Look { pan: Some(angle(10.0)), tilt: Some(angle(-5.0)) }),
        ("look on one axis", Command::Look { pan: None, tilt: Some(angle(20.5)) }),
        ("nudge", Command::Nudge { pan: angle(-2.5), tilt: angle(0.0) }),
        ("center", Command::Center),
        ("output", Command::Output { name: "horn".to_owned(), level: Level::MAX, ttl: None }),
        ("output for a while", Command::Output { name: "lamp".to_owned(), level: Level::clamped(0.25), ttl }),
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
        ("board", Command::Board),
        ("ping", Command::Ping { value: Value::Null }),
        ("ping with a value", Command::Ping { value: json!({"sent": [1, -2, 0.5, "é", true, null]}) }),
        ("help", Command::Help),
        (
            "sim.fault",
            Command::Sim(SimOrder::Fault {
                fault: "pin-stuck".into(),
                on: Some("gpio:GPIO17".into()),
                level: Some("high".into()),
                count: None,
                for_s: Some(2.5),
            }),
        ),
        (
            "sim.fault that counts",
            Command::Sim(SimOrder::Fault {
                fault: "bus-noise".into(),
                on: Some("i2c-1".into()),
                level: None,
                count: Some(20),
                for_s: None,
            }),
        ),
        ("sim.mend", Command::Sim(SimOrder::Mend { fault: None, on: None })),
        (
            "sim.mend of a part",
            Command::Sim(SimOrder::Mend {
                fault: Some("chip-silent".into()),
                on: Some("pca9685@0x40".into()),
            }),
        ),
        ("sim.reset", Command::Sim(SimOrder::Reset)),
        ("sim.teleport", {
            let place = |value| Place::new("x", value).unwrap();
            let heading = Heading::new("heading", 0.25).unwrap();
            Command::Sim(SimOrder::Teleport { x: place(1.25), y: place(-0.5), heading })
        }),
        ("sim.step", Command::Sim(SimOrder::Step(Stretch::from_ms(100.0).unwrap()))),
        ("sim.truth", Command::Sim(SimOrder::Truth)),
    ]
}

fn truth() -> Truth {
    Truth {
        t: 12.6,
        pose: Some(Pose { x: 1.25, y: -0.5, heading: 0.25 }),
        speed: Some(TrueSpeed { linear: 0.5, lateral: 0.0, angular: -0.125 }),
        touches: true,
        battery: TrueBattery { volts: 7.4, amps: 1.25, charge: 0.75 },
        faults: vec!["chip-silent pca9685@0x40".into()],
        hash: "00c0ffee00c0ffee".into(),
    }
}

pub(super) fn state() -> State {
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

pub(super) fn hello() -> Hello {
    Hello {
        server: "car-daemon".to_owned(),
        version: "0.1.0".to_owned(),
        name: "Käfer".to_owned(),
        dialects: DialectId::ALL.map(|id| id.name().to_owned()).to_vec(),
        session: 3,
        eye: "3-00112233445566778899aabbccddeeff".to_owned(),
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

fn board() -> BoardInfo {
    BoardInfo {
        name: "my car".to_owned(),
        preset: None,
        motors: vec![MotorInfo {
            name: "front-left".to_owned(),
            side: "left".to_owned(),
            end: Some("front".to_owned()),
            invert: true,
            trim: 0.95,
            deadband: 0.02,
            min_duty: 0.22,
            reverses: true,
        }],
        servos: vec![ServoInfo {
            name: "pan".to_owned(),
            role: "pan".to_owned(),
            frequency_hz: 50.0,
            min_us: 500.0,
            max_us: 2500.0,
            min_deg: -90.0,
            max_deg: 90.0,
            invert: false,
            center_deg: 0.0,
            reach_deg: [0.0, 180.0],
        }],
    }
}

pub(super) fn answers() -> Vec<(&'static str, Result<Answer, Fault>)> {
    let info = Info {
        version: "0.1.0".to_owned(),
        name: "car".to_owned(),
        board: "demo".to_owned(),
        platform: "sim".to_owned(),
        limits: [("command_ttl_ms".to_owned(), 500.0), ("max_speed_m_s".to_owned(), 0.8)].into(),
        topics: vec!["state".to_owned(), "events".to_owned()],
        methods: protocol::dialect::method_names().map(str::to_owned).collect(),
        outputs: [("horn".to_owned(), "buzzer".to_owned())].into(),
        drivetrain: "differential".into(),
        sim_speed: Some("max".to_owned()),
        reset: Some(Role::Driver),
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
        ("board", Ok(Answer::Board(Arc::new(board())))),
        ("pong", Ok(Answer::Pong { value: json!({"sent": [1, -2, 0.5, "é", true, null]}), t: 12.5 })),
        ("pong without a value", Ok(Answer::Pong { value: Value::Null, t: 12.5 })),
        ("help", Ok(Answer::Help)),
        ("sim.step", Ok(Answer::Stepped { t: 12.6 })),
        ("sim.truth", Ok(Answer::Truth(Box::new(truth())))),
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

pub(super) fn events() -> Vec<(&'static str, Event)> {
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
        (
            "event sensor",
            Event::Sensor { sensor: "range".to_owned(), fault: Some("range: no echo".to_owned()) },
        ),
        ("event sensor answers again", Event::Sensor { sensor: "range".to_owned(), fault: None }),
        ("event hardware was reset", Event::Hardware { fault: None }),
        (
            "event sim",
            Event::Sim {
                by: "session 2 (uid 1000)".to_owned(),
                what: "broke chip-silent pca9685@0x40 for 2 s".to_owned(),
            },
        ),
        ("event missed", Event::Missed { count: 3 }),
        ("event bye", Event::Bye { reason: "SIGTERM".to_owned() }),
    ]
}
