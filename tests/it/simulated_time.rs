//! The time of a simulated car: faster than the wall's, by steps alone, and as fast as its driver.

use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::{Duration, Instant};

use car_daemon::Speed;
use car_daemon::config::Config;
use serde_json::{Value, json};

use crate::support::{Garage, Peer, Process, car_daemon, pass};

/// A machine under load takes seconds; nothing waits for this unless a story fails.
const PATIENCE: Duration = Duration::from_secs(120);

fn at(speed: Speed) -> impl FnOnce(&mut Config) {
    move |config| config.sim.speed = speed
}

/// Lets time pass by `sim.step`; what time it is then.
async fn step(peer: &mut Peer, ms: u64) -> f64 {
    let reply = peer.call("sim.step", json!({ "ms": ms })).await;
    reply["result"]["t"].as_f64().unwrap_or_else(|| panic!("{reply}"))
}

async fn truth(peer: &mut Peer) -> Value {
    peer.call("sim.truth", Value::Null).await["result"].take()
}

fn x(truth: &Value) -> f64 {
    truth["pose"]["x"].as_f64().expect("a pose")
}

#[tokio::test(start_paused = true)]
async fn by_steps_nothing_happens_but_what_was_stepped() {
    let garage = Garage::open_with(at(Speed::Step)).await;
    let mut anna = garage.visit().await;
    assert!(anna.ask("up").await.starts_with("ok"));
    let before = truth(&mut anna).await;
    pass(3_600_000).await;
    assert_eq!(truth(&mut anna).await, before, "an hour of the wall's");
    assert_eq!(anna.state().await["t"], 0.0);
    let mut t = 0.0;
    for ms in [1, 9, 15, 3, 972] {
        t += ms as f64 / 1e3;
        assert!((step(&mut anna, ms).await - t).abs() < 1e-9);
        let state = anna.state().await;
        assert_eq!(
            (garage.sim.now().as_millis(), state["t"].as_f64()),
            ((t * 1e3).round() as u128, Some((t * 1e6).round() / 1e6))
        );
    }
    assert!(x(&truth(&mut anna).await) > 0.2);
}

#[tokio::test(start_paused = true)]
async fn a_step_is_of_many_turns_so_a_motion_ends_in_the_midst_of_it() {
    let garage = Garage::open_with(at(Speed::Step)).await;
    let mut anna = garage.visit().await;
    anna.call("drive", json!({ "throttle": 0.5, "steer": 0, "ttl_ms": 500 })).await;
    step(&mut anna, 60_000).await;
    let state = anna.state().await;
    assert_eq!((&state["mode"], &state["driver"]), (&json!("idle"), &Value::Null), "the lease ended, too");
    assert!(
        state["stop_reason"].as_str().is_some_and(|why| why.contains("nothing new for 500 ms")),
        "{state}"
    );
    let went = x(&truth(&mut anna).await);
    assert!((0.02..0.3).contains(&went), "half a second of driving is {went} m");
}

#[tokio::test(start_paused = true)]
async fn samples_come_at_their_rate_in_the_time_of_a_step() {
    let garage = Garage::open_with(at(Speed::Step)).await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    ben.call("subscribe", json!({ "topics": ["state"], "rate_hz": 10 })).await;
    let first: Value = serde_json::from_str(&ben.hear().await.expect("a state")).expect("JSON");
    assert_eq!(first["params"]["t"], 0.0);
    anna.say(r#"{"jsonrpc":"2.0","id":7,"method":"sim.step","params":{"ms":1000}}"#).await;
    for tenth in 1..=10 {
        let told: Value = serde_json::from_str(&ben.hear().await.expect("a state")).expect("JSON");
        assert_eq!(told["params"]["t"], f64::from(tenth) / 10.0);
    }
    assert_eq!(anna.hear().await.as_deref(), Some(r#"{"jsonrpc":"2.0","result":{"t":1.0},"id":7}"#));
}

#[tokio::test(start_paused = true)]
async fn a_step_is_cut_short_when_whoever_asked_for_it_leaves() {
    let garage = Garage::open_with(at(Speed::Step)).await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    anna.say(r#"{"jsonrpc":"2.0","id":7,"method":"sim.step","params":{"ms":3600000}}"#).await;
    assert!(ben.ask("up").await.starts_with("ok"), "others are answered meanwhile");
    drop(anna);
    while ben.call("who", Value::Null).await["result"]["sessions"].as_array().map(Vec::len) != Some(1) {}
    // The wall's time passes only while nothing moves the other.
    pass(1_000).await;
    let now = garage.sim.now();
    assert!(now < Duration::from_secs(3_600), "{now:?}");
    assert!(step(&mut ben, 10).await > now.as_secs_f64(), "and the next is as good as any");
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_midst_of_a_long_step_is_heard_at_its_next_turn() {
    let garage = Garage::open_with(at(Speed::Step)).await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    ben.ask("up").await;
    anna.say(r#"{"jsonrpc":"2.0","id":7,"method":"sim.step","params":{"ms":60000}}"#).await;
    while ben.state().await["t"].as_f64().is_none_or(|t| t < 1.0) {}
    assert!(ben.ask("estop enough").await.starts_with("ok"));
    let t = garage.sim.now();
    while garage.sim.now() < t + Duration::from_millis(20) {
        tokio::task::yield_now().await;
    }
    assert_eq!(ben.state().await["wheels"], json!({ "left": 0.0, "right": 0.0 }));
    assert!(
        anna.hear().await.is_some_and(|done| done.contains(r#""t":60.0"#)),
        "and the step goes on to its end"
    );
}

#[tokio::test(start_paused = true)]
async fn one_order_at_a_time_and_none_in_a_batch() {
    let garage = Garage::open_with(at(Speed::Step)).await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    anna.say(r#"{"jsonrpc":"2.0","id":1,"method":"sim.step","params":{"ms":60000}}"#).await;
    let busy = anna.ask(r#"{"jsonrpc":"2.0","id":2,"method":"sim.truth"}"#).await;
    assert!(busy.contains("-32006") && busy.contains("one order at a time"), "{busy}");
    assert!(anna.hear().await.is_some_and(|done| done.contains(r#""id":1"#)));
    let batch = ben.ask(r#"[{"jsonrpc":"2.0","id":3,"method":"sim.truth"}]"#).await;
    assert!(batch.contains("-32600") && batch.contains("a message of its own"), "{batch}");
    for ms in [json!(0), json!(3_600_001), json!("1"), Value::Null] {
        let reply = ben.call("sim.step", json!({ "ms": ms })).await;
        assert_eq!(reply["error"]["code"], -32602, "{reply}");
    }
}

#[tokio::test(start_paused = true)]
async fn at_every_speed_a_step_lets_time_pass_at_once() {
    for speed in [Speed::REAL, Speed::Times(10.0), Speed::Max] {
        let garage = Garage::open_with(at(speed)).await;
        let mut anna = garage.visit().await;
        let wall = tokio::time::Instant::now();
        let before = anna.state().await["t"].as_f64().expect("a time");
        let after = step(&mut anna, 60_000).await;
        assert!((59.9..61.0).contains(&(after - before)), "{speed}: {after}");
        assert!(wall.elapsed() < Duration::from_millis(100), "{speed}: {:?}", wall.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn ten_times_as_fast_all_that_is_decided_is_ten_times_as_fast() {
    let garage = Garage::open_with(at(Speed::Times(10.0))).await;
    let mut anna = garage.visit().await;
    // A client's idea of when it spoke says nothing here.
    let drive = json!({ "throttle": 0.5, "steer": 0, "ttl_ms": 2000, "t": 0.0 });
    pass(1_000).await;
    assert_eq!(anna.call("drive", drive.clone()).await["result"]["accepted"], true);
    pass(150).await;
    assert_eq!(anna.state().await["mode"], "driving");
    pass(60).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], "idle", "two seconds of its time are over");
    assert!(state["t"].as_f64().is_some_and(|t| (12.0..12.5).contains(&t)), "{state}");
    pass(320).await;
    assert_eq!(anna.state().await["driver"], Value::Null, "and so is the lease");
}

#[tokio::test(start_paused = true)]
async fn at_max_time_stands_while_nobody_looks() {
    let garage = Garage::open_with(at(Speed::Max)).await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    let now = garage.sim.now();
    pass(10_000).await;
    assert_eq!(garage.sim.now(), now);
    anna.call("subscribe", json!({ "topics": ["state"] })).await;
    // Whoever only looks on is waited for once.
    while !anna.hear().await.expect("connected").contains(r#""t":60."#) {}
    anna.say(r#"{"jsonrpc":"2.0","id":1,"method":"unsubscribe","params":{"topics":["state"]}}"#).await;
    while !anna.hear().await.expect("connected").contains(r#""id":1"#) {}
    pass(10).await;
    let now = garage.sim.now();
    pass(10_000).await;
    assert_eq!(garage.sim.now(), now);
}

/// What a program drives by: a leg of two seconds, then a turn of one, again and again.
fn plan(t: f64) -> (f64, f64) {
    if t.rem_euclid(3.0) < 2.0 { (0.6, 0.1) } else { (0.0, 0.5) }
}

/// Drives for so many seconds of its time, one command for each state, of which one comes late by so many
/// milliseconds of the wall's; what is so then.
async fn drive_in_lockstep(for_s: f64, rate_hz: f64, late_ms: u64) -> Value {
    let garage = Garage::open_with(at(Speed::Max)).await;
    let mut anna = garage.visit().await;
    anna.say(&format!(
        r#"{{"jsonrpc":"2.0","method":"subscribe","params":{{"topics":["state"],"rate_hz":{rate_hz}}}}}"#
    ))
    .await;
    loop {
        let told: Value = serde_json::from_str(&anna.hear().await.expect("connected")).expect("JSON");
        let t = told["params"]["t"].as_f64().unwrap_or_else(|| panic!("no state: {told}"));
        if t >= for_s {
            return truth(&mut anna).await;
        }
        if t == 10.0 {
            pass(late_ms).await;
        }
        let (throttle, steer) = plan(t);
        let drive = json!({ "jsonrpc": "2.0", "method": "drive", "params": { "throttle": throttle, "steer": steer } });
        anna.say(&drive.to_string()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_says_one_thing_for_each_state_drives_the_same_way_again() {
    let (one, other) = (drive_in_lockstep(30.0, 10.0, 0).await, drive_in_lockstep(30.0, 10.0, 9_000).await);
    assert_eq!(one, other);
    assert_eq!(one["t"], 30.0);
    assert!(one["hash"].as_str().is_some_and(|hash| hash.len() == 16), "{one}");
    assert_ne!(one, drive_in_lockstep(30.0, 0.9, 0).await, "at another rate it is another run");
}

/// Subscribes to the state at ten a second and hears of it; time stands for its word then.
async fn watch(garage: &Garage) -> Peer {
    let mut peer = garage.visit().await;
    peer.call("subscribe", json!({ "topics": ["state"], "rate_hz": 10 })).await;
    assert!(peer.hear().await.is_some_and(|told| told.contains("\"seq\":")));
    peer
}

#[tokio::test(start_paused = true)]
async fn whatever_somebody_says_for_a_state_is_an_answer_to_it() {
    let garage = Garage::open_with(at(Speed::Max)).await;
    let mut anna = watch(&garage).await;
    for said in ["{", "no such word", "auth no-such-token", "ping"] {
        let wall = tokio::time::Instant::now();
        anna.say(said).await;
        while !anna.hear().await.expect("connected").contains("\"seq\":") {}
        assert!(wall.elapsed() < Duration::from_millis(100), "{said}: {:?}", wall.elapsed());
        pass(500).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_driver_who_falls_silent_is_given_up_after_ten_seconds_and_everybody_is_told() {
    let garage = Garage::open_with(at(Speed::Max)).await;
    let (mut ben, mut anna) = (garage.visit().await, watch(&garage).await);
    ben.call("subscribe", json!({ "topics": ["events"] })).await;
    anna.say("up").await;
    while !anna.hear().await.expect("connected").contains("\"seq\":") {}
    let now = garage.sim.now();
    pass(9_900).await;
    assert_eq!(garage.sim.now(), now);
    // The wall's time passes only while nothing moves the other.
    loop {
        let told = ben.hear().await.expect("connected");
        if told.contains("time waits no longer for session 2: it was silent for 10 s after states") {
            break;
        }
        assert!(!told.contains("\"sim\""), "{told}");
    }
    while garage.sim.now() < now + Duration::from_secs(1) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn while_time_stands_the_state_says_what_the_outputs_do() {
    for (speed, end) in [
        (Speed::Step, "stop"),
        (Speed::Step, "estop"),
        (Speed::Max, "stop"),
        (Speed::Step, "leave"),
        (Speed::Max, "leave"),
    ] {
        let garage = Garage::open_with(at(speed)).await;
        let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
        anna.call("drive", json!({ "throttle": 0.5, "steer": 0, "ttl_ms": 2000 })).await;
        step(&mut ben, 100).await;
        let before = ben.state().await;
        assert!(before["wheels"]["left"].as_f64().is_some_and(|left| left > 0.0), "{before}");
        match end {
            "leave" => drop(anna),
            word => assert!(ben.ask(word).await.starts_with("ok")),
        }
        pass(100).await;
        let after = ben.state().await;
        assert_eq!(after["wheels"], json!({ "left": 0.0, "right": 0.0 }), "{speed}, {end}: {after}");
        assert_eq!(after["t"], before["t"], "{speed}, {end}");
    }
}

/// A program of another process, over a Unix socket.
struct Program {
    stream: UnixStream,
    lines: Lines<BufReader<UnixStream>>,
}

impl Program {
    fn connect(daemon: &Process) -> Self {
        let stream = UnixStream::connect(daemon.socket()).expect("listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
        let mut program = Self { stream, lines };
        assert!(program.hear().to_string().contains("hello"));
        program
    }

    fn hear(&mut self) -> Value {
        serde_json::from_str(&self.lines.next().expect("connected").expect("readable")).expect("JSON")
    }

    fn call(&mut self, method: &str, params: Value) {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        writeln!(self.stream, "{request}").expect("connected");
    }

    /// The state that comes next, past the answers.
    fn state(&mut self) -> Value {
        loop {
            let mut said = self.hear();
            if said["method"] == "state" {
                return said["params"].take();
            }
            assert!(said["error"].is_null(), "{said}");
        }
    }

    /// The answer that comes next, past the states.
    fn answer(&mut self) -> Value {
        loop {
            let mut said = self.hear();
            if said["method"].is_null() {
                assert!(said["error"].is_null(), "{said}");
                return said["result"].take();
            }
        }
    }
}

fn at_speed(speed: &str) -> Process {
    let mut command = car_daemon();
    command.args(["--sim-speed", speed]);
    Process::launch(command, "127.0.0.1", "", &[])
}

/// As [`drive_in_lockstep`], on real threads and sockets.
fn drive_a_process(for_s: f64) -> Value {
    let daemon = at_speed("max");
    let mut program = Program::connect(&daemon);
    program.call("subscribe", json!({ "topics": ["state"], "rate_hz": 10 }));
    loop {
        let state = program.state();
        let t = state["t"].as_f64().expect("a time");
        if t >= for_s {
            program.call("sim.truth", json!({}));
            loop {
                let answer = program.answer();
                if !answer["hash"].is_null() {
                    return answer;
                }
            }
        }
        let (throttle, steer) = plan(t);
        program.call("drive", json!({ "throttle": throttle, "steer": steer }));
    }
}

#[test]
fn on_real_threads_and_sockets_it_drives_the_same_way_again_too() {
    // A run of a minute's driving takes a part of a second; on a machine that is busy, longer.
    let (one, other) = (drive_a_process(60.0), drive_a_process(60.0));
    assert_eq!(one, other);
    assert_eq!(one["t"], 60.0);
}

#[test]
fn a_daemon_at_max_that_nobody_looks_at_is_not_taken_for_stuck() {
    let daemon = at_speed("max");
    // What must not happen has no sign: past the two seconds after which a loop on `sim` is.
    thread::sleep(Duration::from_secs(3));
    assert_eq!(daemon.state()["t"], 0.0);
    // And one who only looks on lets time run.
    let mut program = Program::connect(&daemon);
    program.call("subscribe", json!({ "topics": ["state"], "rate_hz": 1 }));
    while program.state()["t"].as_f64().is_none_or(|t| t < 60.0) {}
}

#[test]
fn twenty_times_as_fast_a_minute_takes_seconds() {
    let daemon = at_speed("20");
    let mut program = Program::connect(&daemon);
    let began = Instant::now();
    program.call("subscribe", json!({ "topics": ["state"], "rate_hz": 10 }));
    let first = program.state()["t"].as_f64().expect("a time");
    let mut t = first;
    while t < first + 60.0 {
        t = program.state()["t"].as_f64().expect("a time");
    }
    let took = began.elapsed();
    // Never faster than that, and on a machine that keeps up a little slower: three seconds. A busy one has time.
    assert!(took > Duration::from_millis(2_900), "{took:?}");
    assert!(took < PATIENCE, "{took:?}");
}

#[test]
fn what_is_no_speed_and_what_has_no_time_of_its_own_is_said_in_words() {
    let refused = |args: &[&str]| {
        let output = car_daemon().args(args).output().expect("runs");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    let said = refused(&["check", "--sim-speed", "fast"]);
    assert!(said.contains("it must be a number from 1 to 100, or max, or step"), "{said}");
    let said = refused(&["check", "--sim-speed", "max", "--platform", "linux"]);
    assert!(said.contains("--sim-speed: is max, and only a simulated car has a time of its own"), "{said}");
    let said = refused(&["check", "--sim-seed=-1"]);
    assert!(said.contains("--sim-seed"), "{said}");
}
