//! Driving, on virtual time: what a person at the other end of a link sees.

use futures_util::{SinkExt, StreamExt};
use hal::platform::Motion;
use hal::{Board, Platform};
use serde_json::{Value, json};
use sim::Fault;

use crate::support::{Garage, pass};

fn motion(garage: &Garage) -> Motion {
    garage.sim.motion().expect("the simulator knows")
}

#[tokio::test(start_paused = true)]
async fn up_drives_the_simulated_car_forward_and_stop_stops_it() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    assert!(anna.ask("up").await.starts_with("ok"));
    pass(1_000).await;
    let state = anna.state().await;
    assert_eq!((&state["mode"], &state["throttle"]), (&json!("driving"), &json!(0.6)));
    assert_eq!(state["wheels"], json!({ "left": 0.6, "right": 0.6 }));
    assert!(state["speed"]["linear"].as_f64().is_some_and(|v| v > 0.3), "{state}");
    assert!(state["pose"]["x"].as_f64().is_some_and(|x| x > 0.2), "{state}");

    assert!(anna.ask("stop").await.starts_with("ok"));
    pass(1_000).await;
    let state = anna.state().await;
    assert_eq!((&state["mode"], &state["wheels"]), (&json!("idle"), &json!({ "left": 0.0, "right": 0.0 })));
    assert!(motion(&garage).linear_mps.abs() < 0.01);
}

#[tokio::test(start_paused = true)]
async fn each_word_turns_the_wheels_as_it_says() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    for (word, left, right) in [("up", 1, 1), ("back", -1, -1), ("left", -1, 1), ("right", 1, -1)] {
        anna.ask("stop").await;
        pass(2_000).await;
        anna.ask(word).await;
        pass(1_000).await;
        for (motor, sign) in [("left", left), ("right", right)] {
            let speed = garage.sim.wheel_speed_rad_s(motor).expect("a motor");
            assert!(speed * f64::from(sign) > 1.0, "{word}: {motor} turns at {speed} rad/s");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_held_left_turns_the_car_to_the_left() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.ask("left").await;
    pass(300).await;
    assert!(motion(&garage).heading_rad > 0.1);
}

#[tokio::test(start_paused = true)]
async fn the_camera_words_turn_the_servos_within_their_limits() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    for (word, pan, tilt) in
        [("cam_left", 10.0, 0.0), ("cam_up", 10.0, 10.0), ("cam_right", 0.0, 10.0), ("cam_down", 0.0, 0.0)]
    {
        anna.ask(word).await;
        pass(500).await;
        assert_eq!(anna.state().await["gimbal"], json!({ "pan": pan, "tilt": tilt }), "{word}");
    }
    let reply = anna.call("look", json!({ "pan": 170, "tilt": -170 })).await;
    assert_eq!(reply["result"], json!({ "pan": 90.0, "tilt": -30.0 }));
    pass(2_000).await;
    let pan = garage.sim.servo_deg("pan").expect("a servo");
    assert!((pan - 90.0).abs() < 1.0, "{pan}");
    anna.ask("cam_init").await;
    pass(2_000).await;
    assert!(garage.sim.servo_deg("pan").expect("a servo").abs() < 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_structured_command_ends_with_its_time_to_live() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    let reply = anna.call("drive", json!({ "throttle": 1, "steer": 0, "ttl_ms": 300 })).await;
    assert_eq!(reply["result"]["accepted"], json!(true));
    pass(290).await;
    assert_eq!(anna.state().await["mode"], json!("driving"));
    pass(20).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], json!("idle"));
    assert_eq!(state["wheels"]["left"], json!(0.0));
    assert!(
        state["stop_reason"].as_str().is_some_and(|r| r.contains("sent nothing new for 300 ms")),
        "{state}"
    );
}

#[tokio::test(start_paused = true)]
async fn the_car_stands_at_most_20_ms_after_its_drivers_connection_closes() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    let mut ben = garage.visit().await;
    anna.ask("up").await;
    pass(1_000).await;
    drop(anna);
    pass(20).await;
    let state = ben.state().await;
    assert_eq!((&state["mode"], &state["wheels"]), (&json!("idle"), &json!({ "left": 0.0, "right": 0.0 })));
    assert!(state["stop_reason"].as_str().is_some_and(|r| r.contains("drove and is gone")), "{state}");
}

#[tokio::test(start_paused = true)]
async fn a_visitor_who_leaves_does_not_stop_the_driver() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    drop(garage.visit().await);
    pass(500).await;
    assert_eq!(anna.state().await["mode"], json!("driving"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_still_drives() {
    let garage = Garage::open().await;
    let mut deaf = garage.visit_silently().await;
    for _ in 0..1_000 {
        deaf.say("up").await;
        pass(1).await;
    }
    assert_eq!(garage.state().await["mode"], json!("driving"));
    deaf.say("stop").await;
    pass(20).await;
    assert_eq!(garage.state().await["mode"], json!("idle"));
}

#[tokio::test(start_paused = true)]
async fn subscribers_hear_the_state_at_their_rate_and_events_as_they_happen() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    let mut ben = garage.visit().await;
    let reply = anna.call("subscribe", json!({ "topics": ["state", "events"], "rate_hz": 20 })).await;
    assert_eq!(reply["result"], json!({ "topics": ["state", "events"], "rate_hz": 20.0 }));
    ben.ask("up").await;
    let (mut samples, mut events) = (Vec::new(), Vec::new());
    let second = tokio::time::sleep(std::time::Duration::from_millis(1_025));
    tokio::pin!(second);
    loop {
        let text = tokio::select! { text = anna.hear() => text.expect("open"), () = &mut second => break };
        let mut message: Value = serde_json::from_str(&text).expect("JSON");
        match message["method"].as_str() {
            Some("state") => samples.push(message["params"].take()),
            Some("event") => events.push(message["params"].take()),
            _ => panic!("{message}"),
        }
    }
    assert!((20..=21).contains(&samples.len()), "{} samples", samples.len());
    let seqs: Vec<_> = samples.iter().filter_map(|s| s["seq"].as_u64()).collect();
    assert!(seqs.windows(2).all(|w| w[0] < w[1]), "{seqs:?}");
    let lease = json!({ "event": "lease", "driver": 2, "reason": "session 2 (mem car) drives" });
    assert_eq!(events, [lease, json!({ "event": "driving", "driver": 2 })]);
    anna.call("unsubscribe", json!({ "topics": ["state", "events"] })).await;
    ben.ask("stop").await;
    pass(1_000).await;
    assert!(anna.ask("ping").await.starts_with("ok"), "nothing came between");
}

#[tokio::test(start_paused = true)]
async fn a_listener_who_was_too_slow_is_told_how_much_it_missed() {
    let garage = Garage::open_with(|config| config.limits.session.send_queue = 4).await;
    let mut slow = garage.visit().await;
    slow.call("subscribe", json!({ "topics": ["events"] })).await;
    let mut anna = garage.visit().await;
    for _ in 0..100 {
        anna.ask("up").await;
        anna.ask("stop").await;
        pass(10).await;
    }
    let count_up_to_missed = async |slow: &mut crate::support::Peer| {
        let mut heard = 0;
        loop {
            let event: Value = serde_json::from_str(&slow.hear().await.expect("open")).expect("JSON");
            match event["params"]["event"].as_str() {
                Some("missed") => return heard + event["params"]["count"].as_u64().expect("a number"),
                _ => heard += 1,
            }
        }
    };
    let reader = tokio::spawn(async move { count_up_to_missed(&mut slow).await });
    pass(100).await;
    anna.ask("up").await;
    assert_eq!(reader.await.expect("ends"), 201, "the lease once, and two for each round");
}

#[tokio::test(start_paused = true)]
async fn every_dialect_drives_on_one_connection() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    assert!(anna.ask("drive 0.5 0").await.starts_with("ok"));
    let reply = anna.call("drive", json!([0.5, 0.1])).await;
    assert_eq!(reply["result"]["accepted"], json!(true));
    pass(20).await;
    let cbor = protocol::DialectId::Cbor.get();
    let command = protocol::Command::State;
    let frame = cbor.request(Some(&protocol::Id::Number(7.into())), &command).expect("a method");
    anna.0.tx.send(frame).await.expect("open");
    let frame = anna.0.rx.next().await.expect("open").expect("a reply");
    let protocol::Outgoing::Reply { outcome: Ok(state), .. } =
        cbor.decode_outgoing(&frame.data).expect("cbor")
    else {
        panic!("no reply")
    };
    assert_eq!(state["steer"].as_f64().map(|s| s > 0.0), Some(true), "{state}");
}

#[tokio::test(start_paused = true)]
async fn a_chip_that_does_not_answer_stops_the_car_and_says_which() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    pass(500).await;
    garage.sim.fault(Fault::ChipSilent("pca9685@0x40".into()));
    // Nothing new is written for a motion that is held; it is noticed all the same.
    pass(150).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], json!("fault"));
    assert!(state["stop_reason"].as_str().is_some_and(|r| r.contains("0x40")), "{state}");
    let reply = anna.call("drive", json!({ "throttle": 0.1, "steer": 0 })).await;
    assert_eq!(reply["error"]["code"], json!(-32004));
    assert!(anna.ask("stop").await.starts_with("ok"), "stop is always allowed");
    let reply = anna.ask("reset").await;
    assert!(
        reply.starts_with("error: hardware fault: ") && reply.ends_with("still does not answer"),
        "{reply}"
    );

    garage.sim.mend_all();
    pass(1_000).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], json!("fault"), "it answers, and waits for a `reset`");
    assert!(
        state["stop_reason"].as_str().is_some_and(|why| why.ends_with("answers again: reset")),
        "{state}"
    );
    assert!(anna.ask("up").await.ends_with("it answers again: reset"));
    assert_eq!(anna.ask("reset").await, "ok");
    pass(1_000).await;
    let state = anna.state().await;
    assert_eq!(
        (&state["mode"], &state["wheels"]["left"]),
        (&json!("idle"), &json!(0.0)),
        "nothing is resumed"
    );
    anna.ask("up").await;
    pass(1_000).await;
    assert!(motion(&garage).linear_mps > 0.3);
}

#[tokio::test(start_paused = true)]
async fn noise_that_spoils_two_transfers_in_a_row_stops_nobody_and_three_do() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    pass(500).await;
    garage.sim.fault(Fault::BusNoise("i2c-1".into(), 2));
    pass(500).await;
    assert_eq!(anna.state().await["mode"], json!("driving"));
    garage.sim.fault(Fault::BusNoise("i2c-1".into(), 3));
    pass(500).await;
    let state = anna.state().await;
    let why = state["stop_reason"].as_str().unwrap_or_default();
    assert!(why.contains("0x40") && why.contains("disturbed; tried 3 times"), "{state}");
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_hangs_stops_the_car_with_that_reason_until_it_is_free_and_reset() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    pass(500).await;
    garage.sim.fault(Fault::BusStuck("i2c-1".into()));
    pass(1_000).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], json!("fault"));
    assert!(state["stop_reason"].as_str().is_some_and(|why| why.contains("the bus hangs")), "{state}");
    assert!(anna.ask("reset").await.starts_with("error: hardware fault: "));
    garage.sim.mend_all();
    pass(1_000).await;
    assert_eq!(anna.ask("reset").await, "ok");
    anna.ask("up").await;
    pass(1_000).await;
    assert!(motion(&garage).linear_mps > 0.3);
}

#[tokio::test(start_paused = true)]
async fn a_bus_that_acknowledges_whatever_is_said_is_a_fault_within_100_ms_and_no_reset_helps_until_it_hears()
{
    for board in ["demo", "picar-x", "jetbot-sparkfun"] {
        let garage = Garage::open_with(|config| config.board = Board::preset(board).expect("a preset")).await;
        let mut anna = garage.visit().await;
        anna.ask("up").await;
        pass(500).await;
        garage.sim.fault(Fault::BusGrounded("i2c-1".into()));
        pass(100 + 20).await;
        let state = anna.state().await;
        assert_eq!(state["mode"], json!("fault"), "{board}: {state}");
        let why = state["stop_reason"].as_str().unwrap_or_default();
        assert!(why.contains("it acknowledges addresses where no chip is"), "{state}");
        pass(1_000).await;
        assert!(anna.ask("reset").await.starts_with("error: hardware fault: "), "{board}");
        garage.sim.mend_all();
        pass(1_000).await;
        assert_eq!(anna.ask("reset").await, "ok", "{board}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_chip_whose_supply_dropped_is_noticed_and_set_up_again() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.ask("up").await;
    pass(1_000).await;
    garage.sim.fault(Fault::ChipReset("pca9685@0x40".into()));
    let mut modes = Vec::new();
    for _ in 0..100 {
        pass(10).await;
        modes.push(anna.state().await["mode"].clone());
    }
    let noticed = modes.iter().position(|mode| mode == "fault");
    assert!(noticed.is_some_and(|tick| tick <= 10), "within 100 ms: {modes:?}");
    modes.dedup();
    assert_eq!(modes.last(), Some(&json!("fault")), "nothing is resumed");
    assert_eq!(anna.ask("reset").await, "ok", "it is set up again");
    anna.ask("up").await;
    pass(1_000).await;
    assert!(motion(&garage).linear_mps > 0.3);
}

#[tokio::test(start_paused = true)]
async fn a_stop_by_somebody_else_holds_against_a_stick_that_is_still_held() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    let mut ben = garage.visit().await;
    for tick in 0..40 {
        let reply = anna.call("drive", json!({ "throttle": 0.5, "steer": 0 })).await;
        assert_eq!(reply["result"].is_object(), tick <= 10, "{tick}: {reply}");
        if tick == 10 {
            ben.ask("stop").await;
        }
        pass(50).await;
    }
    assert_eq!(anna.state().await["mode"], json!("idle"));
    pass(500).await;
    let reply = anna.call("drive", json!({ "throttle": 0.5, "steer": 0 })).await;
    assert_eq!(reply["result"]["accepted"], json!(true), "it had let go");
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_ends_stops_the_car_and_says_goodbye() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    anna.call("subscribe", json!({ "topics": ["events"] })).await;
    anna.ask("up").await;
    anna.hear().await.expect("the event that somebody drives");
    pass(500).await;
    garage.daemon.stop("the test is over").await;
    let mut heard = Vec::new();
    while let Some(text) = anna.hear().await {
        heard.push(text);
    }
    let last = heard.last().expect("a goodbye");
    assert!(last.contains("bye") && last.contains("the test is over"), "{heard:?}");
    let before = garage.sim.wheel_speed_rad_s("left").expect("a motor");
    garage.sim.step(std::time::Duration::from_secs(2));
    let after = garage.sim.wheel_speed_rad_s("left").expect("a motor");
    assert!(before > 1.0 && after.abs() < 0.01, "braked: {before} → {after}");
}
