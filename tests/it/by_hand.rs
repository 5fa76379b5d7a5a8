//! What a simulated car is told past its driver, and what everybody hears of it.

use car_daemon::Speed;
use car_daemon::config::Config;
use serde_json::{Value, json};

use crate::support::{Garage, Peer, Process, carctl, pass};

/// A car on an open floor whose time moves by steps alone.
async fn stepped() -> Garage {
    Garage::open_with(|config: &mut Config| config.sim.speed = Speed::Step).await
}

async fn step(peer: &mut Peer, ms: u64) {
    let reply = peer.call("sim.step", json!({ "ms": ms })).await;
    assert!(reply["result"]["t"].is_number(), "{reply}");
}

async fn truth(peer: &mut Peer) -> Value {
    peer.call("sim.truth", Value::Null).await["result"].take()
}

async fn done(peer: &mut Peer, method: &str, params: Value) {
    assert_eq!(peer.call(method, params).await["result"], json!({ "accepted": true }), "{method}");
}

#[tokio::test(start_paused = true)]
async fn a_chip_that_falls_silent_stops_the_car_until_it_is_mended_and_reset() {
    let garage = stepped().await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    step(&mut anna, 500).await;
    done(&mut anna, "sim.fault", json!({ "fault": "chip-silent", "on": "pca9685@0x40" })).await;
    step(&mut anna, 500).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], "fault", "{state}");
    assert_eq!(truth(&mut anna).await["faults"], json!(["chip-silent pca9685@0x40"]));
    done(&mut anna, "sim.mend", Value::Null).await;
    step(&mut anna, 1_000).await;
    assert_eq!(truth(&mut anna).await["faults"], json!([]));
    assert!(anna.ask("reset").await.starts_with("ok"));
    assert_eq!(anna.state().await["mode"], "idle");
}

#[tokio::test(start_paused = true)]
async fn a_fault_for_a_while_is_mended_by_itself() {
    let garage = stepped().await;
    let mut anna = garage.visit().await;
    done(&mut anna, "sim.fault", json!({ "fault": "motor-open", "on": "left", "for_s": 0.5 })).await;
    step(&mut anna, 499).await;
    assert_eq!(truth(&mut anna).await["faults"], json!(["motor-open left"]));
    step(&mut anna, 2).await;
    assert_eq!(truth(&mut anna).await["faults"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn what_the_board_does_not_have_cannot_break() {
    let garage = stepped().await;
    let mut anna = garage.visit().await;
    for (params, words) in [
        (json!({ "fault": "chip-silnt", "on": "pca9685@0x40" }), "chip-silent"),
        (json!({ "fault": "chip-silent", "on": "pca9685@0x41" }), "pca9685@0x40"),
        (json!({ "fault": "motor-open", "on": "middle" }), "left"),
        (json!({ "fault": "motor-open" }), "on"),
        (json!({ "fault": "bus-noise", "on": "i2c-1", "count": 5_000_000_000_u64 }), "1000000"),
    ] {
        let error = anna.call("sim.fault", params).await["error"].take();
        assert_eq!(error["code"], -32602, "{error}");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(words)), "{error}");
    }
    let error = anna.call("sim.mend", json!({ "fault": "everything" })).await["error"].take();
    assert_eq!(error["code"], -32602, "{error}");
    assert_eq!(truth(&mut anna).await["faults"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_car_that_is_taken_in_hand_stands_and_everybody_hears_who_did_it() {
    let garage = stepped().await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    ben.call("subscribe", json!({ "topics": ["events"] })).await;
    anna.ask("up").await;
    step(&mut anna, 1_000).await;
    let told = anna.state().await["pose"].clone();
    done(&mut anna, "sim.teleport", json!({ "x": 3.0, "y": -1.5, "heading": 0.5 })).await;
    let there = truth(&mut anna).await;
    assert_eq!(there["pose"], json!({ "x": 3.0, "y": -1.5, "heading": 0.5 }));
    assert_eq!(there["speed"], json!({ "linear": 0.0, "lateral": 0.0, "angular": 0.0 }));
    step(&mut anna, 1_000).await;
    assert_eq!(truth(&mut anna).await["pose"], there["pose"], "nobody drives");
    let state = anna.state().await;
    assert_eq!(state["mode"], "idle");
    assert!(state["stop_reason"].as_str().is_some_and(|why| why.contains("be at 3 m, -1.5 m")), "{state}");
    let x = |pose: &Value| pose["x"].as_f64().expect("metres");
    assert!((x(&state["pose"]) - x(&told)).abs() < 0.1, "its odometry knows nothing of it: {state}");
    let mut heard = Vec::new();
    while !heard.iter().any(|event: &String| event.contains(r#""event":"sim""#)) {
        heard.push(ben.hear().await.expect("connected"));
    }
    assert!(heard.iter().any(|event| event.contains("be at 3 m")), "{heard:?}");
    // Whoever did it may drive on at once.
    assert!(anna.ask("up").await.starts_with("ok"));
}

#[tokio::test(start_paused = true)]
async fn a_reset_puts_the_car_where_it_began_and_its_odometry_to_zero() {
    let garage = stepped().await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    let began = truth(&mut anna).await["pose"].take();
    ben.ask("up").await;
    step(&mut anna, 2_000).await;
    done(&mut anna, "sim.fault", json!({ "fault": "motor-open", "on": "left" })).await;
    done(&mut anna, "sim.reset", Value::Null).await;
    let there = truth(&mut anna).await;
    assert_eq!((&there["pose"], &there["faults"]), (&began, &json!([])));
    step(&mut anna, 500).await;
    let state = anna.state().await;
    assert_eq!(state["pose"], json!({ "x": 0.0, "y": 0.0, "heading": 0.0 }));
    assert_eq!(state["t"], 2.5, "time goes on");
    // The wall's time, in which a peer lets go of a stick, is not the car's.
    let refused = ben.ask("up").await;
    assert!(refused.starts_with("ok"), "half a second of quiet has passed: {refused}");
}

#[tokio::test(start_paused = true)]
async fn a_driver_must_let_go_of_a_car_that_another_took_in_hand() {
    let garage = stepped().await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    let drive = json!({ "throttle": 0.5, "steer": 0.0 });
    ben.call("drive", drive.clone()).await;
    step(&mut anna, 100).await;
    done(&mut anna, "sim.reset", Value::Null).await;
    let refused = ben.call("drive", drive).await["error"].take();
    assert_eq!(refused["code"], -32006, "{refused}");
    assert!(refused["message"].as_str().is_some_and(|why| why.contains("let go")), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_room_the_car_stays_and_numbers_beyond_any_room_are_refused() {
    let garage = stepped().await;
    let mut anna = garage.visit().await;
    for params in [json!({ "x": 1001, "y": 0 }), json!({ "x": 0 }), json!({ "x": 0, "y": 0, "heading": 101 })]
    {
        let error = anna.call("sim.teleport", params).await["error"].take();
        assert_eq!(error["code"], -32602, "{error}");
    }
    assert_eq!(truth(&mut anna).await["pose"]["x"], 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_ends_what_was_to_end_by_then() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.call("drive", json!({ "throttle": 0.5, "steer": 0.0, "ttl_ms": 2000 })).await;
    pass(100).await;
    done(&mut anna, "sim.fault", json!({ "fault": "clock-jump", "for_s": 60 })).await;
    pass(50).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], "idle", "{state}");
    assert!(state["t"].as_f64().is_some_and(|t| (60.0..60.5).contains(&t)), "{state}");
    // And all goes on as before.
    assert!(anna.ask("up").await.starts_with("ok"));
    pass(1_000).await;
    assert_eq!(anna.state().await["mode"], "driving");
}

#[tokio::test(start_paused = true)]
async fn whoever_is_no_admin_is_refused() {
    for role in ["driver", "observer"] {
        let garage = Garage::open_with(|config: &mut Config| {
            config.listen = vec![format!("mem://car?role={role}").parse().expect("an endpoint")];
        })
        .await;
        let mut anna = garage.visit().await;
        for (method, params) in [
            ("sim.step", json!({ "ms": 10 })),
            ("sim.truth", Value::Null),
            ("sim.reset", Value::Null),
            ("sim.fault", json!({ "fault": "camera-frozen" })),
            ("sim.mend", Value::Null),
            ("sim.teleport", json!({ "x": 1, "y": 0 })),
        ] {
            assert_eq!(anna.call(method, params).await["error"]["code"], -32003, "{role} {method}");
        }
    }
}

#[test]
fn carctl_says_where_time_stands_while_it_drives_and_nothing_where_it_goes() {
    for (speed, told) in
        [("\"max\"", "time stands there while"), ("\"step\"", "time stands there but"), ("1", "")]
    {
        let daemon = Process::start_with(&format!("[sim]\nspeed = {speed}\n"));
        let mut command = std::process::Command::new(carctl());
        command.args(["--to", daemon.url("tcp"), "drive", "0.5", "0", "--for", "0.2s"]);
        let output = command.output().expect("runs");
        let said = String::from_utf8(output.stdout).expect("text");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(said.starts_with(told) && said.is_empty() == told.is_empty(), "{speed}: {said}");
        let info = daemon.call("info");
        assert_eq!(info["sim_speed"], speed.trim_matches('"'), "{info}");
    }
}

/// What `carctl sim` prints.
fn sim(daemon: &Process, args: &str) -> Result<String, String> {
    let url = format!("unix://{}", daemon.socket().display());
    let mut command = std::process::Command::new(carctl());
    let output = command.args(["--to", &url, "sim"]).args(args.split(' ')).output().expect("runs");
    let said = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    if output.status.success() { Ok(said(output.stdout)) } else { Err(said(output.stderr)) }
}

#[test]
fn carctl_tells_it_all() {
    let daemon = Process::start_with("[sim]\nspeed = \"step\"\n");
    assert_eq!(sim(&daemon, "step 1500"), Ok("t 1.500 s\n".to_owned()));
    assert_eq!(sim(&daemon, "fault motor-open left"), Ok(String::new()));
    assert_eq!(sim(&daemon, "teleport 0.25 -.5 90"), Ok(String::new()));
    let truth = sim(&daemon, "truth").expect("admin");
    for words in
        ["place   x +0.2500 m  y -0.5000 m  heading +90.00°", "broken  motor-open left", "time    1.500 s"]
    {
        assert!(truth.contains(words), "{truth}");
    }
    assert_eq!(sim(&daemon, "mend motor-open"), Ok(String::new()));
    assert_eq!(sim(&daemon, "reset"), Ok(String::new()));
    let truth: Value = serde_json::from_str(&sim(&daemon, "truth --json").expect("admin")).expect("JSON");
    assert_eq!((&truth["faults"], &truth["battery"]["charge"]), (&json!([]), &json!(1.0)));
    let wrong = sim(&daemon, "fault chip-silent pca9685@0x41").expect_err("not there");
    assert!(wrong.contains("pca9685@0x40"), "{wrong}");
    let wrong = sim(&daemon, "step 0").expect_err("too little");
    assert!(wrong.contains("1 to 3600000 milliseconds"), "{wrong}");
}
