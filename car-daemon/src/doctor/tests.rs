//! Machines that are only facts, and what a person is told of them, to the letter.

use std::collections::BTreeMap;

use hal::Board;
use hal::board::{EstopSpec, Level, PinRef, Pull};
use hal::platform::linux::survey::{GpioChip, GpioLine, Heard, I2cBus, PwmDevice, PwmPin};

use super::*;
use crate::PLATFORMS;
use crate::realtime::Rights;

/// Like a Raspberry Pi 4 with PWM on its header and a PCA9685.
fn pi() -> Survey {
    let line = |number| GpioLine { name: format!("GPIO{number}"), ..GpioLine::default() };
    let gpio = GpioChip {
        name: "gpiochip0".to_owned(),
        label: "pinctrl-bcm2711".to_owned(),
        lines: (0..28).map(line).collect(),
        refused: None,
    };
    let bus = I2cBus {
        name: "i2c-1".to_owned(),
        adapter: "bcm2835 (i2c@7e804000)".to_owned(),
        heard: BTreeMap::from([(0x40, Heard::Answer), (0x70, Heard::Answer)]),
        refused: None,
    };
    let pin = |kind: &str, gpio, channel| PwmPin { kind: kind.to_owned(), gpio, channel };
    let pwm = PwmDevice {
        chip: "pwmchip0".to_owned(),
        name: "fe20c000.pwm".to_owned(),
        channels: 2,
        pins: [(12, 0), (13, 1), (18, 0), (19, 1)]
            .map(|(gpio, channel)| pin("header", gpio, channel))
            .to_vec(),
        writable: true,
    };
    let soft = |line: u32| PwmDevice {
        chip: format!("pwmchip{}", line - 4),
        name: format!("pwm_gpio@{line}"),
        channels: 1,
        pins: vec![pin("soft", line, 0)],
        writable: true,
    };
    Survey {
        model: Some("Raspberry Pi 4 Model B Rev 1.4".to_owned()),
        gpio: vec![gpio],
        i2c: vec![bus],
        pwm: vec![pwm, soft(5), soft(6)],
    }
}

fn you() -> You {
    You {
        user: "anna".to_owned(),
        groups: vec!["anna".to_owned(), "gpio".to_owned(), "i2c".to_owned()],
        rights: Rights { priority: 50, memory: None },
        daemon: None,
    }
}

/// A car with every kind of wiring: a chip, lines, PWM of the header and by software, a button.
fn config(platform: &str) -> Config {
    let mut config = Config::standard();
    config.platform = PLATFORMS.iter().find(|row| row.name == platform).expect("a platform");
    config.board = Board::preset("l298n").expect("a preset");
    let chip = Board::preset("demo").expect("a preset").chips[0].clone();
    config.board.chips = vec![chip];
    config.board.servos[1].pwm = PinRef::Chip { chip: 0, channel: 8 };
    config.board.estop = Some(EstopSpec { line: "GPIO26".into(), pressed: Level::High, pull: Pull::Up });
    config
}

fn line<'s>(survey: &'s mut Survey, name: &str) -> &'s mut GpioLine {
    survey.gpio[0].lines.iter_mut().find(|line| line.name == name).expect("a line")
}

#[test]
fn a_machine_that_has_everything_is_fit() {
    let diagnosis = report(&config("linux"), &pi(), &Eyes::default(), &you());
    assert_eq!(diagnosis.text, include_str!("golden/fit.txt"));
    assert!(diagnosis.is_fit);
}

#[test]
fn what_is_missing_is_said_with_what_to_do() {
    let mut survey = pi();
    line(&mut survey, "GPIO17").used_by = Some("spi0 CS0".to_owned());
    survey.gpio[0].lines.retain(|line| line.name != "GPIO26");
    survey.i2c[0].heard.remove(&0x40);
    survey.pwm[0].writable = false;
    let mut you = you();
    you.rights = Rights { priority: 0, memory: Some(8 << 20) };
    let diagnosis = report(&config("linux"), &survey, &Eyes::default(), &you);
    assert_eq!(diagnosis.text, include_str!("golden/missing.txt"));
    assert!(!diagnosis.is_fit);
}

#[test]
fn whoever_may_see_nothing_is_told_once_which_group_may() {
    let mut survey = pi();
    let why =
        "/dev/gpiochip0: permission denied; add the user to the group gpio (sudo usermod -aG gpio USER)";
    survey.gpio[0] =
        GpioChip { name: "gpiochip0".to_owned(), refused: Some(why.to_owned()), ..GpioChip::default() };
    let text = report(&config("linux"), &survey, &Eyes::default(), &you()).text;
    assert_eq!(text.matches("problem  gpio:").count(), text.matches("  not seen  ").count(), "{text}");
    assert_eq!(text.matches("→ /dev/gpiochip0").count(), 1, "{text}");
    assert!(text.contains("usermod -aG gpio anna)") && !text.contains("USER"), "{text}");
}

#[test]
fn a_laptop_is_told_what_a_real_car_would_need() {
    let diagnosis = report(&config("sim"), &Survey::default(), &Eyes::default(), &you());
    assert_eq!(diagnosis.text, include_str!("golden/sim.txt"));
    assert!(diagnosis.is_fit);
}

#[test]
fn what_the_running_daemon_holds_is_fine_and_what_another_one_holds_is_not() {
    let (mut survey, mut you) = (pi(), you());
    line(&mut survey, "GPIO17").used_by = Some("car-daemon".to_owned());
    assert!(!report(&config("linux"), &survey, &Eyes::default(), &you).is_fit);
    you.daemon = Some("process 411 drives this board".to_owned());
    let diagnosis = report(&config("linux"), &survey, &Eyes::default(), &you);
    assert!(diagnosis.is_fit, "{}", diagnosis.text);
    assert!(diagnosis.text.contains("in use by car-daemon, which runs"), "{}", diagnosis.text);
    assert!(diagnosis.text.contains("daemon   process 411 drives this board"), "{}", diagnosis.text);
}

#[test]
fn rights_that_only_make_it_better_keep_no_car_from_starting() {
    let mut you = you();
    you.rights.priority = 0;
    let mut config = config("linux");
    let diagnosis = report(&config, &pi(), &Eyes::default(), &you);
    assert!(diagnosis.is_fit && diagnosis.text.contains("`anna - rtprio 50`"), "{}", diagnosis.text);
    config.linux.realtime = false;
    let diagnosis = report(&config, &pi(), &Eyes::default(), &you);
    assert!(!diagnosis.text.contains("advice"), "{}", diagnosis.text);
}

#[test]
fn an_output_that_is_pulled_up_until_the_daemon_starts_is_named() {
    let mut survey = pi();
    let pulled = GpioLine { is_pulled_up: true, ..line(&mut survey, "GPIO17").clone() };
    *line(&mut survey, "GPIO17") = pulled;
    let diagnosis = report(&config("linux"), &survey, &Eyes::default(), &you());
    assert!(diagnosis.is_fit && diagnosis.text.contains("write gpio=17=op,dl"), "{}", diagnosis.text);
    // As config.txt makes it.
    line(&mut survey, "GPIO17").is_output = true;
    assert!(!report(&config("linux"), &survey, &Eyes::default(), &you()).text.contains("advice"));
    line(&mut survey, "GPIO26").is_pulled_up = true;
    assert!(
        !report(&config("linux"), &survey, &Eyes::default(), &you()).text.contains("advice"),
        "an input may be"
    );
}

#[test]
fn a_chip_is_asked_for_by_name_and_its_bus_may_be_the_reason() {
    for (heard, refused, note) in [
        (Some(Heard::Driver), None, "held by the kernel"),
        (None, Some("the bus hangs"), "→ the bus hangs"),
        (None, None, "no chip answers at 0x40 on i2c-1, nor at any other address"),
    ] {
        let mut survey = pi();
        survey.i2c[0].heard = heard.map(|heard| (0x40, heard)).into_iter().collect();
        survey.i2c[0].refused = refused.map(str::to_owned);
        let diagnosis = report(&config("linux"), &survey, &Eyes::default(), &you());
        assert!(!diagnosis.is_fit && diagnosis.text.contains(note), "{}", diagnosis.text);
    }
    let mut survey = pi();
    survey.i2c.clear();
    let text = report(&config("linux"), &survey, &Eyes::default(), &you()).text;
    assert!(text.contains("no such bus") && text.contains("dtparam=i2c_arm=on"), "{text}");
}

#[test]
fn two_pins_that_are_one_on_this_machine_are_a_problem_and_on_another_they_are_not() {
    let mut config = config("linux");
    let pin = |channel| PinRef::Pwm { device: "header".to_owned(), channel };
    (config.board.servos[0].pwm, config.board.servos[1].pwm) = (pin(12), pin(18));
    let mut survey = pi();
    let diagnosis = report(&config, &survey, &Eyes::default(), &you());
    assert!(!diagnosis.is_fit, "{}", diagnosis.text);
    assert!(diagnosis.text.contains("problem  pwm:header:18"), "{}", diagnosis.text);
    assert!(diagnosis.text.contains("pwm:header:18 is one with pwm:header:12"), "{}", diagnosis.text);
    // As on a Raspberry Pi 5.
    for (pin, channel) in survey.pwm[0].pins.iter_mut().zip(0..) {
        pin.channel = channel;
    }
    let diagnosis = report(&config, &survey, &Eyes::default(), &you());
    assert!(diagnosis.is_fit, "{}", diagnosis.text);
    // A line by its name and by its place.
    config.board.estop =
        Some(EstopSpec { line: "pinctrl-bcm2711/17".into(), pressed: Level::High, pull: Pull::Up });
    let diagnosis = report(&config, &survey, &Eyes::default(), &you());
    assert!(diagnosis.text.contains("gpio:pinctrl-bcm2711/17 is one with gpio:GPIO17"), "{}", diagnosis.text);
}

#[test]
fn every_preset_is_wholly_asked_for() {
    for preset in hal::board::PRESETS {
        let board = Board::preset(preset.name).expect("a preset");
        let needs = needs::of(&board);
        assert!(needs.iter().all(|need| !need.users.is_empty()), "{}: {needs:?}", preset.name);
        let text =
            report(&Config { board, ..config("linux") }, &Survey::default(), &Eyes::default(), &you()).text;
        assert_eq!(text.matches("problem  ").count(), needs.len(), "{text}");
    }
}

#[test]
fn beside_a_daemon_no_chip_is_asked_and_none_is_missed() {
    let (config, mut you) = (config("linux"), you());
    assert_eq!(asked(&config, &you).len(), 0x78 - 0x08);
    you.daemon = Some("process 411 drives this board".to_owned());
    assert!(asked(&config, &you).is_empty());
    let mut survey = pi();
    survey.i2c[0].heard.clear();
    let diagnosis = report(&config, &survey, &Eyes::default(), &you);
    assert!(diagnosis.is_fit && diagnosis.text.contains("OK       pca9685@0x40"), "{}", diagnosis.text);
    assert!(diagnosis.text.contains("not asked: a daemon drives"), "{}", diagnosis.text);
    you.daemon = None;
    assert!(asked(&self::config("sim"), &you).is_empty(), "no machine is looked at");
}
