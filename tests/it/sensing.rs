//! What a car senses, as a client sees it, on virtual time.

use hal::board::PinRef;
use hal::{Board, Platform};
use serde_json::{Value, json};
use sim::{Fault, Setup, World};

use crate::support::{Garage, pass};

/// The demo car with sensors on its bus.
const SENSORS: &str = r#"
    [[chips]]
    driver = "ina219"
    address = 0x41
    [[chips]]
    driver = "ads7830"
    address = 0x48
    [[chips]]
    driver = "mpu6050"
    address = 0x68
    [battery]
    chip = "ina219@0x41"
    empty_v = 6.4
    full_v = 8.4
    [line]
    inputs = ["ads7830@0x48:0", "gpio:GPIO14"]
    dark = "high"
    [imu]
    chip = "mpu6050@0x68"
"#;

async fn garage(sensors: &str) -> Garage {
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    let board = Board::parse("sensors.toml", &format!("{}\n{sensors}", preset.toml)).expect("a sound board");
    Garage::open_with(|config| config.board = board).await
}

#[tokio::test(start_paused = true)]
async fn the_state_says_what_the_sensors_say_and_null_where_there_is_none() {
    let garage = garage(SENSORS).await;
    assert!(garage.sim.set_battery(7.4, 1.25) && garage.sim.set_line(1, 1.0));
    pass(500).await;
    let state = garage.state().await;
    assert_eq!(state["battery"], json!({ "volts": 7.4, "percent": 50.0, "amps": 1.25 }));
    assert_eq!(state["line"], json!([0.0, 1.0]));
    assert_eq!(state["imu"]["rotation"], json!([0.0, 0.0, 0.0]));
    assert_eq!(state["range_m"], Value::Null);

    let bare = Garage::open().await;
    pass(500).await;
    let state = bare.state().await;
    for sensor in ["battery", "range_m", "line", "imu"] {
        assert_eq!(state[sensor], Value::Null, "{sensor}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_says_what_stands_around_the_simulated_car_as_noisily_as_real_sensors_do() {
    let board = Board::preset("classroom").expect("a preset");
    let world = World::preset("track").expect("a preset");
    let setup = Setup { world, seed: 1, noise: 1.0, ..Setup::default() };
    let garage = Garage::open_in(setup, |config| config.board = board).await;
    pass(1_000).await;
    let state = garage.state().await;
    // The border is 3 m ahead of where the car stands, on the line.
    let range_m = state["range_m"].as_f64().expect("a wall");
    assert!((2.8..3.0).contains(&range_m), "{range_m}");
    assert_eq!(state["line"], json!([0.0, 1.0, 0.0]));
    let up = state["imu"]["acceleration"][2].as_f64().expect("it answers");
    assert!((up - 9.81).abs() < 1.5 && up != 9.81, "{up}");
    pass(1_000).await;
    let later = garage.state().await;
    assert_ne!(later["imu"], state["imu"]);
}

#[tokio::test(start_paused = true)]
async fn a_sensor_that_fails_is_null_and_the_car_drives_on() {
    let garage = garage(SENSORS).await;
    let mut anna = garage.visit().await;
    assert!(anna.ask("up").await.starts_with("ok"));
    pass(500).await;
    for chip in ["ina219@0x41", "ads7830@0x48", "mpu6050@0x68"] {
        garage.sim.fault(Fault::ChipSilent(chip.into()));
    }
    pass(500).await;
    let state = anna.state().await;
    assert_eq!(state["mode"], json!("driving"), "{state}");
    for sensor in ["battery", "line", "imu"] {
        assert_eq!(state[sensor], Value::Null, "{sensor}");
    }
    garage.sim.mend_all();
    pass(4_000).await;
    let state = anna.state().await;
    for sensor in ["battery", "line", "imu"] {
        assert_ne!(state[sensor], Value::Null, "{sensor}");
    }
    assert_eq!(state["mode"], json!("driving"), "{state}");
}

#[tokio::test(start_paused = true)]
async fn an_empty_battery_is_an_event_once() {
    let garage = garage(SENSORS).await;
    let mut anna = garage.visit().await;
    anna.call("subscribe", json!({ "topics": ["events"] })).await;
    pass(1_000).await;
    garage.sim.set_battery(6.3, 0.5);
    pass(30_000).await;
    garage.sim.set_battery(8.0, 0.5);
    pass(30_000).await;
    for empty in [true, false] {
        let event: Value = serde_json::from_str(&anna.hear().await.expect("an event")).expect("JSON");
        assert_eq!(
            (&event["params"]["event"], &event["params"]["empty"]),
            (&json!("battery"), &json!(empty))
        );
    }
}

const ENCODERS: &str = r#"
    [motors.left.encoder]
    a = "gpio:GPIO5"
    b = "gpio:GPIO6"
    pulses_per_turn = 20
    [motors.right.encoder]
    a = "gpio:GPIO12"
    b = "gpio:GPIO13"
    pulses_per_turn = 20
    [range]
    trigger = "gpio:GPIO20"
    echo = "gpio:GPIO21"
"#;

#[tokio::test(start_paused = true)]
async fn the_state_says_where_the_car_is_and_by_what_that_is_known() {
    // What is commanded tells nothing of friction, nor of how long it takes to get going.
    for (sensors, odometry, metres, radians) in
        [("", "commanded", 0.06, 0.4), (ENCODERS, "encoders", 0.03, 0.15)]
    {
        let garage = garage(sensors).await;
        let mut anna = garage.visit().await;
        anna.ask("up").await;
        pass(1_000).await;
        anna.ask("left").await;
        pass(300).await;
        anna.ask("stop").await;
        pass(1_000).await;
        let state = anna.state().await;
        assert_eq!(state["odometry"], json!(odometry));
        assert_eq!(state["speed"], json!({ "linear": 0.0, "angular": 0.0 }));
        let truth = garage.sim.motion().expect("a chassis");
        let (x, heading) = (state["pose"]["x"].as_f64(), state["pose"]["heading"].as_f64());
        assert!(truth.x_m > 0.3 && x.is_some_and(|x| (x - truth.x_m).abs() < metres), "{state} {truth:?}");
        assert!(
            heading.is_some_and(|heading| (heading - truth.heading_rad).abs() < radians),
            "{state} {truth:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_says_how_far_it_is_to_what_is_ahead() {
    let garage = garage(ENCODERS).await;
    pass(1_000).await;
    assert_eq!(garage.state().await["range_m"], Value::Null);
    garage.sim.set_range(Some(1.25));
    pass(1_000).await;
    let range = garage.state().await["range_m"].as_f64();
    assert!(range.is_some_and(|range| (range - 1.25).abs() < 0.005), "{range:?}");
}

const PANEL: &str = r#"
    [outputs.horn]
    kind = "buzzer"
    pin = "gpio:GPIO12"
    active = "low"
    [outputs.lamp]
    kind = "led"
    pin = "pca9685@0x40:15"
"#;

#[tokio::test(start_paused = true)]
async fn a_buzzer_sounds_for_its_time_and_not_under_an_emergency_stop_and_a_lamp_stays() {
    let garage = garage(PANEL).await;
    let mut anna = garage.visit().await;
    // Horn and lamp; the horn is on while its line is low.
    let on = || {
        let horn = garage.sim.signal(&PinRef::Gpio { line: "GPIO12".into() }).expect("a line");
        let lamp = garage.sim.signal(&PinRef::Chip { chip: 0, channel: 15 }).expect("a channel");
        (horn.duty == 0.0, (lamp.duty * 100.0).round())
    };
    let info = anna.call("info", Value::Null).await;
    assert_eq!(info["result"]["outputs"], json!({ "horn": "buzzer", "lamp": "led" }));
    assert_eq!(on(), (false, 0.0));
    assert_eq!(anna.ask("output horn 1").await, "ok");
    assert_eq!(anna.ask("output lamp 0.5").await, "ok");
    pass(400).await;
    assert_eq!(on(), (true, 50.0));
    pass(200).await;
    assert_eq!(on(), (false, 50.0));

    anna.call("output", json!({ "name": "horn", "level": 1, "ttl_ms": 2000 })).await;
    pass(100).await;
    assert_eq!(on(), (true, 50.0));
    anna.ask("estop").await;
    pass(100).await;
    assert_eq!(on(), (false, 50.0));
    assert!(anna.ask("output horn 1").await.starts_with("error: "));
    pass(100).await;
    assert_eq!(on(), (false, 50.0));
    anna.ask("reset").await;
    pass(100).await;
    assert_eq!(on(), (false, 50.0), "nothing is resumed");
    let refused = anna.ask("output bell 1").await;
    assert_eq!(refused, "error: no output `bell`; this board has horn, lamp");
    assert!(anna.ask("output horn 2").await.contains("0 to 1"));

    anna.ask("output horn 1").await;
    pass(100).await;
    assert_eq!(on(), (true, 50.0));
    garage.daemon.stop("the end").await;
    assert_eq!(on(), (false, 50.0));
}
