//! One story: a car that drives, something breaks, lasts for three seconds, and is mended.

use std::time::Duration;

use hal::{Board, Platform};
use serde_json::{Value, json};
use sim::{Script, Setup};
use tokio::time::timeout;

use super::page::Row;
use crate::support::{Garage, Peer, pass};

/// When it breaks, and for how long, milliseconds.
const BREAKS: u64 = 1_000;
const LASTS: u64 = 3_000;
/// How far ahead of the car something stands, metres.
const AHEAD_M: f64 = 1.0;
/// What a sensor needs to be asked again after it was given up for a while, milliseconds.
const RECOVERS: u64 = 6_000;

/// A car.
#[derive(Debug)]
pub(super) struct Car {
    pub(super) preset: &'static str,
    /// What is added to its file.
    pub(super) more: &'static str,
}

impl Car {
    fn board(&self) -> Board {
        let preset = hal::board::PRESETS.iter().find(|preset| preset.name == self.preset).expect("a preset");
        Board::parse("car.toml", &format!("{}\n{}", preset.toml, self.more)).expect("a sound board")
    }
}

/// How it comes to break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By a script that the run began with.
    Script,
    /// By `sim.fault`.
    Method,
}

pub(super) struct Story {
    row: Row,
    garage: Garage,
    driver: Peer,
    listener: Peer,
    /// What is ordered when it shall break, if no script says so.
    order: Option<Value>,
    /// Every event so far, as it came.
    events: Vec<Value>,
}

impl Story {
    /// Up to the moment at which it breaks.
    pub(super) async fn begin(row: Row, car: &Car, fault: &Value, by: By) -> Self {
        let board = car.board();
        let script = match by {
            By::Script => Script::parse("story.toml", &script(fault), &board).expect("a sound script"),
            By::Method => Script::default(),
        };
        let order = (by == By::Method).then(|| lasting(fault));
        let setup = Setup { script, ..Setup::default() };
        let garage = Garage::open_in(setup, |config| config.board = board).await;
        garage.sim.set_range(Some(AHEAD_M));
        let mut listener = garage.visit().await;
        listener.call("subscribe", json!({ "topics": ["events"] })).await;
        let driver = garage.visit().await;
        Self { row, garage, driver, listener, order, events: Vec::new() }
    }

    /// All of it, as its row says.
    pub(super) async fn told(mut self) {
        self.drives().await;
        self.breaks().await;
        self.is_mended().await;
    }

    fn at(&self) -> u64 {
        u64::try_from(self.garage.sim.now().as_millis()).expect("some seconds")
    }

    async fn until(&self, ms: u64) {
        pass(ms.saturating_sub(self.at())).await;
    }

    async fn mode(&mut self) -> String {
        self.driver.state().await["mode"].as_str().expect("a mode").to_owned()
    }

    /// Whether it holds a motion that has a time to live.
    fn is_timed(&self) -> bool {
        self.row.what.contains("`drive` holds")
    }

    async fn drives(&mut self) {
        let what = self.row.what;
        if self.is_timed() {
            self.until(BREAKS - 200).await;
            let drive = json!({ "throttle": 0.6, "steer": 0, "ttl_ms": 2000 });
            assert!(self.driver.call("drive", drive).await["error"].is_null(), "{what}");
        } else {
            assert!(self.driver.ask("up").await.starts_with("ok"), "{what}");
        }
        self.until(BREAKS - 10).await;
        assert_eq!(self.mode().await, "driving", "{what}");
        if let Some(order) = self.order.take() {
            self.until(BREAKS).await;
            let reply = self.driver.call("sim.fault", order).await;
            assert_eq!(reply["result"], json!({ "accepted": true }), "{what}: {reply}");
        }
    }

    async fn breaks(&mut self) {
        let Row { what, .. } = self.row;
        if let Some(within) = self.row.stops_within() {
            let latest = BREAKS + u64::try_from(within.as_millis()).expect("milliseconds");
            while self.mode().await == "driving" {
                assert!(self.at() <= latest, "{what}: drives on at {} ms", self.at());
                pass(5).await;
            }
            assert!(self.at() >= BREAKS, "{what}: stopped at {} ms, before it broke", self.at());
        }
        let x_m = |story: &Self| story.garage.sim.motion().expect("a chassis").x_m;
        let from = x_m(self);
        self.until(BREAKS + LASTS - 10).await;
        let went = x_m(self) - from;
        let state = self.driver.state().await;
        match self.row.stops_within() {
            Some(_) => {
                assert_ne!(state["mode"], "driving", "{what}");
                assert_eq!(state["wheels"], json!({ "left": 0.0, "right": 0.0 }), "{what}");
                let speed = self.garage.sim.motion().expect("a chassis").linear_mps;
                assert!(speed.abs() < 0.05, "{what}: rolls at {speed} m/s");
            }
            None => {
                assert_eq!(state["mode"], "driving", "{what}: {state}");
                // Three seconds at more than half of what 0.6 of the power makes of any of these cars.
                assert_eq!(went > 0.6, self.row.drives_as_before(), "{what}: went {went} m");
            }
        }
        let jumped = state["t"].as_f64().expect("a time") > 60.0;
        assert_eq!(jumped, what.starts_with("`clock-jump`"), "{what}: {state}");
        for sensor in self.row.reads_null() {
            assert_eq!(state[sensor], Value::Null, "{what}: {sensor}");
        }
        self.heard(&state).await;
    }

    /// What was said of it: that, and where nothing is to be said, nothing.
    async fn heard(&mut self, state: &Value) {
        let what = self.row.what;
        self.listen().await;
        let faults: Vec<String> =
            self.events.iter().filter(|event| is_of_a_fault(event)).map(Value::to_string).collect();
        let all = format!("{} {}", faults.join(" "), state["stop_reason"]);
        for words in self.row.says() {
            assert!(all.contains(words), "{what}: `{words}` is not in {all}");
        }
        if self.row.says().is_empty() {
            assert!(faults.is_empty(), "{what}: {faults:?}");
        }
    }

    async fn listen(&mut self) {
        while let Ok(Some(text)) = timeout(Duration::from_millis(1), self.listener.hear()).await {
            let mut event: Value = serde_json::from_str(&text).expect("JSON");
            self.events.push(event["params"].take());
        }
    }

    async fn is_mended(&mut self) {
        let what = self.row.what;
        self.until(BREAKS + LASTS + RECOVERS).await;
        assert_eq!(self.garage.sim.faults(), [], "{what}");
        match self.row.mended {
            "by itself" => {}
            "`reset`" => {
                assert!(["fault", "estop"].contains(&self.mode().await.as_str()), "{what}: it is latched");
                assert!(self.driver.ask("up").await.starts_with("error: "), "{what}");
                assert_eq!(self.driver.ask("reset").await, "ok", "{what}");
                pass(500).await;
                assert_eq!(self.mode().await, "idle", "{what}: nothing is resumed");
                self.goes_again().await;
            }
            "by a new command" => self.goes_again().await,
            other => panic!("{what}: {other}"),
        }
        pass(2_000).await;
        let state = self.driver.state().await;
        assert_eq!(state["mode"], "driving", "{what}: {state}");
        for sensor in self.row.reads_null() {
            assert_ne!(state[sensor], Value::Null, "{what}: {sensor}");
        }
        let speed = self.garage.sim.motion().expect("a chassis");
        assert!(speed.linear_mps > 0.25 && speed.angular_rad_s.abs() < 0.2, "{what}: {speed:?}");
        self.listen().await;
        self.sensors_answer();
    }

    async fn goes_again(&mut self) {
        assert!(self.driver.ask("stop").await.starts_with("ok"));
        pass(500).await;
        assert!(self.driver.ask("up").await.starts_with("ok"), "{}", self.row.what);
    }

    /// Every sensor of which it was said that it fails, is said to answer again.
    fn sensors_answer(&self) {
        let of = |event: &Value| event["sensor"].as_str().map(str::to_owned);
        for failed in self.events.iter().filter(|event| event["event"] == "sensor") {
            let last = self.events.iter().rev().find(|event| of(event) == of(failed)).expect("itself");
            assert_eq!(last["fault"], Value::Null, "{}: {last}", self.row.what);
        }
    }
}

fn is_of_a_fault(event: &Value) -> bool {
    let words = || event["reason"].as_str().unwrap_or_default();
    match event["event"].as_str() {
        Some("sensor" | "hardware" | "battery" | "estop") => true,
        Some("stopped") => !words().is_empty(),
        _ => false,
    }
}

/// A script in which it breaks, and is mended if it does not mend itself.
fn script(fault: &Value) -> String {
    let mut text = format!("[[events]]\nat_s = {}\n", BREAKS as f64 / 1e3);
    for (key, value) in lasting(fault).as_object().expect("an object") {
        text += &format!("{key} = {value}\n");
    }
    text
}

/// For three seconds, where it lasts at all.
fn lasting(fault: &Value) -> Value {
    let mut fault = fault.clone();
    if fault["fault"] != "chip-reset" && fault.get("for_s").is_none() {
        fault["for_s"] = json!(LASTS as f64 / 1e3);
    }
    fault
}
