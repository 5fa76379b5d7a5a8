//! What a board file cannot mean, by its values and names.

use crate::Board;

fn preset(name: &str) -> &'static str {
    crate::board::PRESETS.iter().find(|preset| preset.name == name).expect("a preset").toml
}

/// The faults of a preset with one piece exchanged.
fn said(name: &str, from: &str, to: &str) -> String {
    let toml = preset(name);
    assert!(toml.contains(from), "{from}");
    Board::parse("b.toml", &toml.replacen(from, to, 1)).expect_err(to).to_string()
}

/// The demo with something more.
fn demo_and(more: &str) -> Result<Board, crate::file::Faults> {
    Board::parse("b.toml", &format!("{}\n{more}", preset("demo")))
}

#[test]
fn a_battery_can_read_as_full() {
    let adc = "[[chips]]\ndriver = \"ads7830\"\naddress = 0x48\nreference_v = 5\n";
    let with = |ratio: &str| {
        demo_and(&format!("{adc}[battery]\ninput = \"ads7830@0x48:0\"\nempty_v = 6.4\nfull_v = 8.4\n{ratio}"))
    };
    let forgotten = with("").unwrap_err().to_string();
    let right = "battery.ratio: is 1: an input that reads up to 5 volts never sees 8.4; must be that of the divider, at least 1.68";
    assert!(forgotten.ends_with(right), "{forgotten}");
    with("ratio = 1.68").unwrap();
    assert!(with("ratio = 1.67").is_err());
    let high = said("jetbot-waveshare", "full_v  = 12.6", "full_v = 29.4");
    assert!(
        high.ends_with(
            "battery.full_v: is 29.4; an INA219 bears 26 volts: use a divider and an analog input"
        )
    );
}

#[test]
fn a_name_is_one_that_a_client_can_send_and_a_person_can_read() {
    let long = "n".repeat(65);
    for bad in ["", "a\\nb", "\\u001b[31m", "\\u202eb", &long] {
        let output =
            demo_and(&format!("[outputs.\"{bad}\"]\nkind = \"led\"\npin = \"gpio:GPIO5\"")).unwrap_err();
        let motor = said("demo", "[motors.left]", &format!("[motors.\"{bad}\"]"));
        let board = said("demo", "\"demo\"", &format!("\"{bad}\""));
        for fault in [output.to_string(), motor, board] {
            assert!(fault.contains("` is no name; a name has 1 to 64 characters on one line"), "{fault:?}");
            assert!(!fault.contains(['\u{1b}', '\n', '\u{202e}']), "{fault:?}");
        }
    }
    demo_and(&format!("[outputs.\"{}\"]\nkind = \"led\"\npin = \"gpio:GPIO5\"", "ü".repeat(64))).unwrap();
    let line = said("demo", "\ndescription = \"", "\ndescription = \"\\n");
    assert!(line.contains("description: is not one line"), "{line}");
}

#[test]
fn a_loopback_comes_from_what_the_board_writes() {
    let button = "[estop]\npin = \"gpio:GPIO4\"\npressed = \"high\"\n";
    let wire = |from: &str, to: &str| format!("[[loopback]]\nfrom = \"gpio:{from}\"\nto = \"gpio:{to}\"\n");
    for (more, at) in [
        (format!("{button}{}", wire("GPIO4", "GPIO10")), "loopback[0].from"),
        (format!("{}{}", wire("GPIO23", "GPIO10"), wire("GPIO10", "GPIO11")), "loopback[1].from"),
    ] {
        let fault = demo_and(&more).unwrap_err().to_string();
        assert!(fault.contains(&format!("{at}: is no output of this board")), "{fault}");
    }
    demo_and(&wire("GPIO23", "GPIO10")).unwrap();
}

#[test]
fn a_servo_takes_what_its_chip_runs_at() {
    let fault = said("demo", "frequency_hz = 50", "frequency_hz = 399");
    assert!(
        fault.contains(".frequency_hz: is 399, as all of pca9685@0x40; must be 20 to 333 hertz"),
        "{fault}"
    );
}

#[test]
fn a_bus_has_a_plain_name_and_a_channel_no_sign() {
    let chip =
        |bus: &str| demo_and(&format!("[[chips]]\ndriver = \"ads1115\"\naddress = 0x48\nbus = \"{bus}\""));
    for bus in ["", "../etc/passwd", "/dev/i2c-1", "i2c 1", "..", "i2c-1\\n"] {
        let fault = chip(bus).unwrap_err().to_string();
        assert!(fault.contains("chips[1].bus: ") && fault.lines().count() == 1, "{fault}");
    }
    chip("i2c-3").unwrap();
    for pin in ["pca9685@0x40:+3", "pca9685@0x+40:3", "pwm:header:+12", "pwm:header:-1", "gpio:GPIO5\\u001b"]
    {
        let fault =
            demo_and(&format!("[outputs.lamp]\nkind = \"led\"\npin = \"{pin}\"")).unwrap_err().to_string();
        assert!(fault.contains("outputs.lamp.pin: is `") && !fault.contains('\u{1b}'), "{fault}");
    }
}

#[test]
fn two_chips_are_not_reset_by_one_line() {
    let hat = |address: u8| {
        format!("[[chips]]\ndriver = \"robot-hat\"\naddress = {address}\nreset = \"gpio:GPIO5\"\n")
    };
    let fault = demo_and(&format!("{}{}", hat(0x14), hat(0x15))).unwrap_err().to_string();
    assert!(fault.contains("chips[2].reset: is the pin that chips[1].reset uses"), "{fault}");
}
