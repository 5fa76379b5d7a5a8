//! Faults as they are said.

use std::time::Duration;

use hal::Board;

use super::*;

/// With one of everything.
fn board() -> Board {
    let toml =
        hal::board::PRESETS.iter().find(|preset| preset.name == "freenove-4wd").expect("a preset").toml;
    let encoder = "[motors.front-left.encoder]\na = \"gpio:GPIO5\"\npulses_per_turn = 20\n";
    let imu = "[[chips]]\ndriver = \"mpu6050\"\naddress = 0x68\n[imu]\nchip = \"mpu6050@0x68\"\n";
    Board::parse("b.toml", &format!("{toml}\n{encoder}{imu}")).expect("a sound board")
}

fn said(fault: &str) -> Said<'_> {
    Said { fault, ..Said::default() }
}

fn on<'a>(fault: &'a str, on: &'a str) -> Said<'a> {
    Said { on: Some(on), ..said(fault) }
}

#[test]
fn each_kind_is_read_and_says_itself_as_it_was_said() {
    let jump = Said { for_s: Some(60.0), ..said("clock-jump") };
    let noise = Said { count: Some(3), ..on("bus-noise", "i2c-1") };
    let stuck = Said { level: Some("high"), ..on("pin-stuck", "pca9685@0x40:8") };
    let all = [
        (on("chip-silent", "ads7830@0x48"), "chip-silent ads7830@0x48"),
        (on("chip-reset", "pca9685@0x40"), "chip-reset pca9685@0x40"),
        (on("bus-stuck", "i2c-1"), "bus-stuck i2c-1"),
        (on("bus-grounded", "i2c-1"), "bus-grounded i2c-1"),
        (noise, "bus-noise i2c-1 3"),
        (stuck, "pin-stuck pca9685@0x40:8 high"),
        (on("motor-open", "rear-left"), "motor-open rear-left"),
        (on("motor-stalled", "rear-right"), "motor-stalled rear-right"),
        (on("encoder-dead", "front-left"), "encoder-dead front-left"),
        (on("sensor-silent", "imu"), "sensor-silent imu"),
        (on("sensor-mad", "range"), "sensor-mad range"),
        (said("brown-out"), "brown-out"),
        (said("camera-frozen"), "camera-frozen"),
        (jump, "clock-jump 60 s"),
    ];
    assert!(all.iter().map(|(said, _)| said.fault).eq(KINDS.iter().map(|kind| kind.name)));
    for (said, shown) in all {
        let outage = Fault::read(&said, &board()).unwrap_or_else(|error| panic!("{said:?}: {error}"));
        assert_eq!(outage.fault.to_string(), shown);
        assert_eq!((outage.fault.kind(), outage.fault.on()), (said.fault, said.on));
        assert_eq!(outage.lasts, None);
    }
}

#[test]
fn what_lasts_for_a_time_says_so_and_what_is_of_a_moment_does_not_last() {
    let lasting = |said: Said<'static>| Fault::read(&Said { for_s: Some(1.5), ..said }, &board());
    assert_eq!(lasting(said("brown-out")).unwrap().lasts, Some(Duration::from_millis(1500)));
    assert_eq!(lasting(said("clock-jump")).unwrap(), Fault::ClockJump(Duration::from_millis(1500)).into());
    let error = lasting(on("chip-reset", "pca9685@0x40")).unwrap_err();
    assert_eq!(error, "for_s: is too much; chip-reset is of one moment");
}

#[test]
fn what_cannot_be_is_told_with_what_would_be_right() {
    let level = |level| Said { level: Some(level), ..on("pin-stuck", "gpio:GPIO17") };
    let noise = |count| Said { count: Some(count), ..on("bus-noise", "i2c-1") };
    let lasting = |for_s| Said { for_s: Some(for_s), ..said("brown-out") };
    let chips = "it has pca9685@0x40, ads7830@0x48, mpu6050@0x68";
    for (said, error) in [
        (
            said("motor_open"),
            "fault: is `motor_open`, which is none; did you mean `motor-open`? there are chip-silent, ",
        ),
        (said(""), "fault: is ``, which is none; there are chip-silent, chip-reset, "),
        (
            on("chip-silent", "pca9685@0x41"),
            &format!(
                "on: is `pca9685@0x41`, which is no chip of this board; did you mean `pca9685@0x40`? {chips}"
            ),
        ),
        (on("chip-silent", "left"), &format!("on: is `left`, which is no chip of this board; {chips}")),
        (
            said("motor-open"),
            "on: is missing; motor-open needs a motor: this board has front-left, rear-left, front-right, rear-right",
        ),
        (
            on("encoder-dead", "rear-left"),
            "on: is `rear-left`, which is no motor with an encoder of this board; it has front-left",
        ),
        (on("brown-out", "i2c-1"), "on: is too much; brown-out is of the whole car"),
        (on("pin-stuck", "gpio:GPIO17"), "level: is missing; pin-stuck needs low or high"),
        (level("on"), "level: is `on`; must be low or high"),
        (Said { level: Some("low"), ..said("brown-out") }, "level: is too much; brown-out has none"),
        (Said { count: Some(1), ..said("brown-out") }, "count: is too much; brown-out has none"),
        (on("bus-noise", "i2c-1"), "count: is missing; bus-noise needs 1 to 1000000 transfers"),
        (noise(0), "count: is 0; must be 1 to 1000000 transfers"),
        (said("clock-jump"), "for_s: is missing; clock-jump needs how far it jumps, 0.001 to 86400 seconds"),
        (lasting(-1.0), "for_s: is -1; must be 0.001 to 86400 seconds"),
        (lasting(f64::NAN), "for_s: is NaN; must be 0.001 to 86400 seconds"),
        (lasting(1e300), "; must be 0.001 to 86400 seconds"),
        (
            on("sensor-mad", "\u{1b}[2J\n"),
            "on: is `\\u{1b}[2J\\n`, which is no sensor of this board; it has battery, range, line, imu",
        ),
    ] {
        let told = Fault::read(&said, &board()).expect_err(error);
        assert!(told.contains(error), "{told}\n{error}");
        assert!(!told.contains(char::is_control), "{told:?}");
    }
    let long = "x".repeat(100_000);
    assert!(Fault::read(&on("motor-open", &long), &board()).unwrap_err().len() < 300);
    let bare = Board { chips: Vec::new(), ..Board::preset("l298n").expect("a preset") };
    let told = Fault::read(&on("chip-silent", "pca9685@0x40"), &bare).unwrap_err();
    assert_eq!(told, "on: is `pca9685@0x40`, which is no chip of this board; it has none");
}

#[test]
fn what_is_mended_is_said_by_kind_by_thing_by_both_or_not_at_all() {
    let which = |fault, on| Which::read(fault, on, &board());
    let silent = Fault::ChipSilent("ads7830@0x48".into());
    for (fault, on) in [
        (None, None),
        (Some("chip-silent"), None),
        (None, Some("ads7830@0x48")),
        (Some("chip-silent"), Some("ads7830@0x48")),
    ] {
        let which = which(fault, on).expect("of this board");
        assert!(which.is(&silent), "{which:?}");
        assert_eq!(which.is(&Fault::BrownOut), (fault, on) == (None, None), "{which:?}");
    }
    assert!(!which(None, Some("pca9685@0x40")).unwrap().is(&silent));
    assert!(which(Some("chip-silnt"), None).unwrap_err().contains("did you mean `chip-silent`?"));
    assert!(
        which(None, Some("moon")).unwrap_err().starts_with("on: is `moon`, which is no thing that can break")
    );
}
