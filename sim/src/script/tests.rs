//! Scripts as files, and that what they say happens when they say it.

use std::time::Duration;

use hal::{Board, Platform};

use super::*;
use crate::{Fault, Setup, Sim};

/// The demo car with a button.
pub(super) fn board() -> Board {
    let estop = "[estop]\npin = \"gpio:GPIO26\"\npressed = \"high\"\n";
    let preset = hal::board::PRESETS.iter().find(|preset| preset.name == "demo").expect("a preset");
    Board::parse("b.toml", &format!("{}\n{estop}", preset.toml)).expect("a sound board")
}

fn parse(text: &str) -> Result<Script, Faults> {
    Script::parse("s.toml", text, &board())
}

#[test]
fn events_are_in_the_order_of_time_and_at_one_time_in_that_of_the_file() {
    let script = parse(
        r#"
        [[events]]
        at_s = 2
        press_estop = true
        [[events]]
        at_s = 0.5
        fault = "pin-stuck"
        on = "gpio:GPIO17"
        level = "high"
        for_s = 0.25
        [[events]]
        at_s = 2
        teleport = [1, -2.5, 180]
        "#,
    );
    let outage = Outage {
        fault: Fault::PinStuck("gpio:GPIO17".into(), true),
        lasts: Some(Duration::from_millis(250)),
    };
    let there = Act::Teleport { x_m: 1.0, y_m: -2.5, heading_rad: std::f64::consts::PI };
    let [half, two] = [500, 2_000].map(Duration::from_millis);
    let events = [(half, Act::Break(outage)), (two, Act::Press(true)), (two, there)];
    assert_eq!(script.expect("sound").events(), events.map(|(at, act)| Event { at, act }));
    assert_eq!(parse("").expect("sound"), Script::default());
}

#[test]
fn everything_wrong_is_told_at_once_each_at_its_line() {
    let text = r#"evnets = 1
[[events]]
fault = "brown-out"
[[events]]
at_s = -1
fault = "chip-slient"
[[events]]
at_s = 1
fault = "pin-stuck"
on = "gpio:GPIO99"
level = "on"
for_s = 1e9
[[events]]
at_s = 1
[[events]]
at_s = 1
press_estop = 1
fault = "camera-frozen"
on = "left"
[[events]]
at_s = 1
press_estop = true
count = 3
[[events]]
at_s = "soon"
teleport = [1, 2]
[[events]]
at_s = 1
fault = 7
"#;
    let told = parse(text).unwrap_err().to_string();
    let expected = [
        "s.toml:1: evnets: is not a known key; did you mean `events`?",
        "s.toml:2: events[0].at_s: is missing; add at_s = 1.5",
        "s.toml:5: events[1].at_s: is -1; must be 0 to 604800 seconds",
        "s.toml:6: events[1].fault: is `chip-slient`, which is none; did you mean `chip-silent`? there are chip-silent, ",
        "s.toml:10: events[2].on: is `gpio:GPIO99`, which is no pin of this board; did you mean `gpio:GPIO",
        "s.toml:11: events[2].level: is `on`; must be low or high",
        "s.toml:12: events[2].for_s: is 1000000000; must be 0.001 to 86400 seconds",
        "s.toml:13: events[3]: says not what happens; add one of fault, press_estop, teleport",
        "s.toml:15: events[4]: has fault and press_estop; each is an event of its own",
        "s.toml:17: events[4].press_estop: is the number 1; must be true or false",
        "s.toml:19: events[4].on: is too much; camera-frozen is of the whole car",
        "s.toml:23: events[5].count: is of a fault; add fault = \"pin-stuck\", or another",
        "s.toml:25: events[6].at_s: is the string \"soon\"; must be a number",
        "s.toml:26: events[6].teleport: has 2 items; must be 3 numbers",
        "s.toml:29: events[7].fault: is the number 7; must be a string",
    ];
    let lines: Vec<&str> = told.lines().collect();
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}\n{expected}\n{told}");
    }
    assert_eq!(lines.len(), expected.len(), "{told}");
}

#[test]
fn a_button_that_the_board_does_not_have_cannot_be_pressed() {
    let bare = Board::preset("demo").expect("a preset");
    let told = Script::parse("s.toml", "[[events]]\nat_s = 1\npress_estop = true\n", &bare).unwrap_err();
    assert!(told.to_string().contains("press_estop: needs an e-stop button; this board has none"), "{told}");
}

#[test]
fn a_script_without_end_is_refused_by_its_count() {
    let many = "[[events]]\nat_s = 1\npress_estop = true\n".repeat(10_001);
    let told = parse(&many).unwrap_err().to_string();
    assert_eq!(told, "s.toml:1: events: has 10001 items; 10000 are the most");
}

#[test]
fn what_happens_happens_at_its_very_nanosecond() {
    let text = r#"
        [[events]]
        at_s = 0
        fault = "motor-open"
        on = "left"
        [[events]]
        at_s = 0.001000001
        fault = "bus-stuck"
        on = "i2c-1"
        for_s = 0.0015
        [[events]]
        at_s = 0.004
        press_estop = true
        [[events]]
        at_s = 0.005
        teleport = [1, 2, 90]
    "#;
    let board = board();
    let sim = Sim::of(&board, &Setup { script: parse(text).expect("sound"), ..Setup::default() });
    let open = Fault::MotorOpen("left".into());
    let stuck = Fault::BusStuck("i2c-1".into());
    let button = hal::board::PinRef::Gpio { line: "GPIO26".into() };
    assert_eq!(sim.faults(), std::slice::from_ref(&open), "before the first step");
    let at = |ns: u64| sim.step(Duration::from_nanos(ns) - sim.now());
    at(1_000_000);
    assert_eq!(sim.faults(), std::slice::from_ref(&open));
    at(1_000_001);
    assert_eq!(sim.faults(), [open.clone(), stuck.clone()]);
    at(2_500_000);
    assert_eq!(sim.faults(), [open.clone(), stuck]);
    at(2_500_001);
    assert_eq!(sim.faults(), [open]);
    at(3_999_999);
    assert_eq!(sim.signal(&button), Some(crate::Signal::LOW));
    at(4_000_000);
    assert_eq!(sim.signal(&button), Some(crate::Signal::HIGH));
    at(5_000_000);
    let motion = sim.motion().expect("a chassis");
    assert_eq!((motion.x_m, motion.y_m, motion.heading_rad), (1.0, 2.0, std::f64::consts::FRAC_PI_2));
}

#[test]
fn however_the_time_is_divided_a_script_ends_in_the_same_state() {
    let text = "[[events]]\nat_s = 0.0123456\nfault = \"motor-stalled\"\non = \"left\"\nfor_s = 0.0456789\n\
                [[events]]\nat_s = 0.1\nfault = \"brown-out\"\nfor_s = 0.05\n";
    let hash = |slice: u64| {
        let sim = Sim::of(&board(), &Setup { script: parse(text).expect("sound"), ..Setup::default() });
        let end = Duration::from_millis(300);
        while sim.now() < end {
            sim.step(Duration::from_nanos(slice).min(end - sim.now()));
        }
        sim.state_hash()
    };
    assert_eq!(hash(1_000_000_000), hash(77_777));
    assert_eq!(hash(1_000_000_000), hash(1_000_000));
}
