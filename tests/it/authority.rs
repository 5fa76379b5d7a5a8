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

/// The demo board with the button that its file explains.
fn board_with_a_button() -> hal::Board {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let (before, button) = preset.toml.split_once("#[estop]").expect("explained");
    let toml = format!("{before}[estop]{}", button.replace("\n#", "\n"));
    hal::Board::parse("demo", &toml).expect("a board")
}

#[tokio::test(start_paused = true)]
async fn the_button_on_the_car_stops_it_and_says_so() {
    let garage = Garage::open_with(|config| config.board = board_with_a_button()).await;
    let mut anna = garage.visit().await;
    assert_eq!(anna.ask("up").await, "ok");
    pass(500).await;
    assert!(garage.sim.press_estop(true));
    pass(20).await;
    let state = anna.state().await;
    assert_eq!((&state["mode"], &state["wheels"]["left"]), (&json!("estop"), &json!(0.0)));
    assert_eq!(state["stop_reason"], "emergency stop by the button at gpio:GPIO26");
    assert!(anna.ask("reset").await.contains("GPIO26 is pressed"));
    garage.sim.press_estop(false);
    pass(20).await;
    assert_eq!(anna.ask("reset").await, "ok");
    assert_eq!(anna.ask("up").await, "ok");
}

#[tokio::test(start_paused = true)]
async fn an_emergency_stop_survives_a_restart_and_damage_to_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || Garage::open_with(|config| config.state_dir = Some(folder.path().to_owned()));
    let garage = open().await;
    let mut anna = garage.visit().await;
    anna.ask("estop a child").await;
    garage.daemon.stop("the power is lost").await;

    let garage = open().await;
    let mut anna = garage.visit().await;
    assert!(anna.ask("up").await.contains("before a restart (a child)"));
    assert_eq!(anna.ask("reset").await, "ok");
    garage.daemon.stop("again").await;

    let garage = open().await;
    assert_eq!(garage.visit().await.ask("up").await, "ok", "released is released");
    garage.daemon.stop("again").await;

    std::fs::write(folder.path().join("estop-car.toml"), "gar\0bage").expect("writes");
    let garage = open().await;
    let mut anna = garage.visit().await;
    let refused = anna.ask("up").await;
    assert!(refused.contains("latched by the daemon") && refused.contains("estop-car.toml"), "{refused}");
    assert_eq!(anna.ask("reset").await, "ok");
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
