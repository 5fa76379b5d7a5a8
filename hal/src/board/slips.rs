//! Slips that people make in board files, and that they are told what they meant.

use super::Board;

const PLAIN: &str = r#"
name = "plain"
[drive]
kind = "differential"
track_m = 0.1
wheel_diameter_m = 0.06
top_speed_mps = 1
[motors.left]
side = "left"
driver = "hbridge"
bridge = "l298n"
in1 = "gpio:GPIO17"
in2 = "gpio:GPIO27"
en = "pwm:header:12"
[motors.right]
side = "right"
driver = "hbridge"
bridge = "l298n"
in1 = "gpio:GPIO23"
in2 = "gpio:GPIO24"
en = "pwm:header:13"
[servos.pan]
role = "pan"
pwm = "pca9685@0x40:0"
min_us = 1000
max_us = 2000
min_deg = -90
max_deg = 90
[[chips]]
driver = "pca9685"
address = 0x40
"#;

/// The faults of [`PLAIN`] with one piece exchanged.
fn said(from: &str, to: &str) -> Vec<String> {
    assert!(PLAIN.contains(from), "{from}");
    let faults = Board::parse("b.toml", &PLAIN.replacen(from, to, 1)).unwrap_err();
    faults.to_string().lines().map(str::to_owned).collect()
}

#[test]
fn the_board_of_these_tests_is_sound() {
    Board::parse("b.toml", PLAIN).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn a_pin_that_is_none_is_one_fault_that_says_what_was_meant() {
    for (from, to, fault) in [
        (
            "pwm:header:12",
            "pwm:header:5",
            "b.toml:14: motors.left.en: is `pwm:header:5`; the header has hardware PWM at 12, 13, 18 and 19; \
             elsewhere: pwm:soft:5",
        ),
        (
            "\"gpio:GPIO17\"",
            "\"gpio:17\"",
            "b.toml:12: motors.left.in1: is `gpio:17`; did you mean gpio:GPIO17? lines have names, as gpioinfo \
             lists them",
        ),
        (
            "\"gpio:GPIO17\"",
            "17",
            "b.toml:12: motors.left.in1: is the number 17; must be a string, as in \"gpio:GPIO17\"",
        ),
        (
            "0x40\n",
            "\"0x40\"\n",
            "b.toml:31: chips[0].address: is the string \"0x40\"; must be a whole number, without quotes: 0x40",
        ),
    ] {
        assert_eq!(said(from, to), [fault]);
    }
    let by_place = PLAIN.replace("gpio:GPIO17", "gpio:pinctrl-rp1/17");
    Board::parse("b.toml", &by_place).unwrap_or_else(|faults| panic!("{faults}"));
}

#[test]
fn chips_that_were_written_as_one_table_or_two_are_one_fault_and_no_pin_is_blamed() {
    let single = "[chips]\ndriver = \"pca9685\"\naddress = 0x40\n";
    let two = format!("{single}{}", single.replace("0x40", "0x41"));
    for (to, line) in [(single, 29), (two.as_str(), 32)] {
        assert_eq!(
            said("[[chips]]\ndriver = \"pca9685\"\naddress = 0x40\n", to),
            [format!("b.toml:{line}: chips: is a single table; there may be several: write [[chips]]")]
        );
    }
}

#[test]
fn only_a_servo_is_told_of_invert_where_limits_are_in_the_wrong_order() {
    let invert = "to turn the other way, set invert = true";
    assert!(said("max_us = 2000", "max_us = 900")[0].contains(invert));
    let battery = "[battery]\nchip = \"ina219@0x41\"\nempty_v = 8.4\nfull_v = 6.4\n[[chips]]\n\
                   driver = \"ina219\"\naddress = 0x41\n[[chips]]";
    assert_eq!(said("[[chips]]", battery), ["b.toml:32: battery.full_v: is 6.4; must be more than 8.4"]);
    let esc = "driver = \"esc\"\npwm = \"pca9685@0x40:1\"\nreverse_us = 1600\n[motors.right]";
    let bridge = "driver = \"hbridge\"\nbridge = \"l298n\"\nin1 = \"gpio:GPIO17\"\nin2 = \"gpio:GPIO27\"\n\
                  en = \"pwm:header:12\"\n[motors.right]";
    let pulses = said(bridge, esc).join("\n");
    assert!(pulses.contains("is 1500; must be more than 1600"), "{pulses}");
    assert!(!pulses.contains("invert"), "{pulses}");
}

#[test]
fn a_mecanum_motor_without_an_end_is_not_called_missing() {
    let mut text = PLAIN.replace("kind = \"differential\"", "kind = \"mecanum\"\nwheelbase_m = 0.1");
    text = text.replacen("side = \"left\"", "side = \"left\"\nend = \"front\"", 1);
    let faults = Board::parse("b.toml", &text).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "b.toml:17: motors.right: does not say at which end of the car it is; \
         add end = \"front\" or end = \"rear\", as each mecanum wheel needs it"
    );
}
