//! Who may drive, told from outside: the lease, the emergency stop, and commands that come too late.
//! In this process, on paused time.

use protocol::{Command, DialectId, Id, Outgoing};
use serde_json::{Value, json};
use transport::Frame;

use crate::support::{Garage, Peer, pass};

fn left(garage: &Garage) -> f64 {
    garage.sim.wheel_speed_rad_s("left").expect("a motor")
}

/// The next event of one kind; others and samples are passed over.
async fn event(peer: &mut Peer, kind: &str) -> Value {
    loop {
        let mut message: Value = serde_json::from_str(&peer.hear().await.expect("open")).expect("JSON");
        if message["params"]["event"] == kind {
            return message["params"].take();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_drives_at_a_time_and_the_other_is_told_who_and_gets_it_when_it_is_given_back() {
    let garage = Garage::open().await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    anna.call("hello", json!({ "name": "tablet" })).await;
    assert_eq!(anna.ask("up").await, "ok");
    pass(2_000).await;
    let refused = ben.call("drive", json!([-1.0, 0.0])).await;
    assert_eq!(refused["error"]["code"], -32001);
    let words = refused["error"]["message"].as_str().expect("words");
    assert!(words.starts_with("session 1 (tablet, mem car) drives, for 2.0 s now"), "{words}");
    assert_eq!(refused["error"]["data"]["driver"]["name"], "tablet");
    assert!(left(&garage) > 1.0, "Anna drives on");

    ben.call("subscribe", json!({ "topics": ["events"] })).await;
    ben.call("acquire", Value::Null).await;
    assert_eq!(anna.ask("release").await, "ok session 2 drives");
    let lease = event(&mut ben, "lease").await;
    assert_eq!(lease["driver"], 2);
    pass(2_000).await;
    assert!(left(&garage).abs() < 0.01, "losing the lease brakes");
    assert!(anna.ask("back").await.starts_with("error: session 2 (mem car) drives"));
    let accepted = ben.call("drive", json!([-1.0, 0.0])).await;
    assert_eq!(accepted["result"]["accepted"], true);
    pass(400).await;
    assert!(left(&garage) < -1.0);
}

#[tokio::test(start_paused = true)]
async fn an_emergency_stop_in_any_dialect_holds_until_it_is_released() {
    let garage = Garage::open().await;
    for dialect in DialectId::ALL {
        let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
        assert_eq!(anna.ask("up").await, "ok");
        pass(500).await;
        assert!(left(&garage) > 1.0);
        let estop = Command::Estop { reason: Some("a child".to_owned()) };
        let id = (dialect != DialectId::Text).then(|| Id::Number(1.into()));
        let frame: Frame = dialect.get().request(id.as_ref(), &estop).expect("can be said");
        futures_util::SinkExt::send(&mut ben.0.tx, frame).await.expect("connected");
        let frame = futures_util::StreamExt::next(&mut ben.0.rx).await.expect("open").expect("no error");
        let answer = dialect.get().decode_outgoing(&frame.data).expect("an answer");
        assert!(matches!(answer, Outgoing::Reply { outcome: Ok(_), .. }), "{answer:?}");
        pass(2_000).await;
        assert!(left(&garage).abs() < 0.01, "{dialect:?}");
        let state = ben.state().await;
        assert_eq!((&state["mode"], &state["estop"]["reason"]), (&json!("estop"), &json!("a child")));
        for word in ["up", "drive 1 0", "cam_left"] {
            assert!(
                anna.ask(word).await.starts_with("error: the emergency stop is latched by session"),
                "{word}"
            );
        }
        assert_eq!(ben.ask("reset").await, "ok");
        pass(1_000).await;
        assert!(left(&garage).abs() < 0.01, "nothing is resumed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_that_a_bad_link_kept_for_too_long_moves_nothing() {
    let garage = Garage::open().await;
    let mut anna = garage.visit().await;
    let sent = anna.state().await["t"].clone();
    pass(600).await;
    let late = anna.call("drive", json!({ "throttle": 1, "steer": 0, "t": sent })).await;
    assert_eq!(late["error"]["code"], -32005);
    assert!(late["error"]["message"].as_str().expect("words").starts_with("late: sent 6"), "{late}");
    pass(500).await;
    assert!(left(&garage).abs() < 0.01);
    let sent = anna.state().await["t"].clone();
    pass(300).await;
    anna.call("drive", json!({ "throttle": 1, "steer": 0, "t": sent })).await;
    pass(190).await;
    assert!(left(&garage) > 0.1, "in time");
    pass(2_000).await;
    assert!(left(&garage).abs() < 0.01, "its life began when it was sent");
}

#[tokio::test(start_paused = true)]
async fn a_driver_who_falls_silent_makes_room_for_another() {
    let garage = Garage::open().await;
    let (mut anna, mut ben) = (garage.visit().await, garage.visit().await);
    anna.ask("drive 0.5 0").await;
    pass(2_900).await;
    assert!(ben.ask("drive 0.5 0").await.starts_with("error: session 1"));
    pass(600).await;
    assert_eq!(ben.ask("drive 0.5 0").await, "ok");
}
