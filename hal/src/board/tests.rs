//! What a board file may say, and what its author is told.

use super::*;

const SOUND: &str = r#"
name = "bench"
[[chips]]
driver = "pca9685"
address = 0x41
bus = "i2c-3"
[drive]
kind = "differential"
track_m = 0.1
wheel_diameter_m = 0.06
top_speed_mps = 1
[motors.b-left]
side = "left"
driver = "hbridge"
bridge = "tb6612"
in1 = "gpio:GPIO5"
in2 = "gpio:GPIO6"
pwm = "pca9685@i2c-3/0x41:0"
standby = "gpio:GPIO7"
[motors.a-right]
side = "right"
driver = "hbridge"
bridge = "l298n"
in1 = "pca9685@i2c-3/0x41:1"
in2 = "pca9685@i2c-3/0x41:2"
en = "pwm:header:12"
frequency_hz = 20000
invert = true
[servos.neck]
role = "pan"
pwm = "pca9685@i2c-3/0x41:15"
min_us = 1000
max_us = 2000
min_deg = 10
max_deg = 90
"#;

pub(super) fn faults(text: &str) -> Vec<String> {
    Board::parse("b.toml", text).unwrap_err().to_string().lines().map(str::to_owned).collect()
}

/// The faults of [`SOUND`] with one piece exchanged.
fn faults_with(from: &str, to: &str) -> Vec<String> {
    assert!(SOUND.contains(from), "{from}");
    faults(&SOUND.replacen(from, to, 1))
}

#[test]
fn a_sound_file_says_what_it_says() {
    let board = Board::parse("b.toml", SOUND).unwrap();
    let chip = |channel| PinRef::Chip { chip: 0, channel };
    let gpio = |line: &str| PinRef::Gpio { line: line.to_owned() };
    assert_eq!(board.chips[0].to_string(), "pca9685@i2c-3/0x41");
    assert_eq!(board.chips[0].kind, ChipKind::Pca9685 { frequency_hz: 50.0 });
    assert_eq!(board.pin_name(&chip(15)), "pca9685@i2c-3/0x41:15");
    assert_eq!(
        board.motors,
        [
            MotorSpec {
                name: "b-left".to_owned(),
                side: Side::Left,
                end: None,
                driver: DriverSpec::HBridge(BridgeSpec::Tb6612 {
                    pwm: chip(0),
                    in1: gpio("GPIO5"),
                    in2: gpio("GPIO6"),
                    standby: Some(gpio("GPIO7")),
                    frequency_hz: 50.0
                }),
                invert: false,
                trim: 1.0,
                deadband: 0.0,
                min_duty: 0.0,
                encoder: None,
            },
            MotorSpec {
                name: "a-right".to_owned(),
                side: Side::Right,
                end: None,
                driver: DriverSpec::HBridge(BridgeSpec::L298n {
                    en: PinRef::Pwm { device: "header".to_owned(), channel: 12 },
                    in1: chip(1),
                    in2: chip(2),
                    frequency_hz: 20_000.0
                }),
                invert: true,
                trim: 1.0,
                deadband: 0.0,
                min_duty: 0.0,
                encoder: None,
            },
        ]
    );
    let servo = &board.servos[0];
    assert_eq!((servo.center_deg, servo.frequency_hz, servo.invert), (10.0, 50.0, false));
}

#[test]
fn a_file_with_eleven_faults_reports_eleven() {
    let text = r#"name = 1
[[chips]]
driver = "pca9865"
address = 0x40
[[chips]]
driver = "pca9685"
address = 0x70
frequency_hz = 2000
[drive]
kind = "differential"
track = 0.1
wheel_diameter_m = -1
top_speed_mps = 1
[motors.left]
side = "lft"
driver = "hbridge"
bridge = "drv8833"
in1 = "gpio:GPIO5"
in2 = "pwm:header:x"
frequency_hz = 1e6
"#;
    assert_eq!(
        faults(text),
        [
            "b.toml:1: name: is the number 1; must be a string, as in \"my car\"",
            "b.toml:3: chips[0].driver: is `pca9865`; did you mean `pca9685`?",
            "b.toml:7: chips[1].address: is what every PCA9685 answers to at first; set its pins A0 to A5 to another",
            "b.toml:8: chips[1].frequency_hz: is 2000; must be 24 to 1526 hertz",
            "b.toml:9: drive.track_m: is missing; add track_m = 0.13",
            "b.toml:11: drive.track: is not a known key; did you mean `track_m`?",
            "b.toml:12: drive.wheel_diameter_m: is -1; must be 0.005 to 2 metres",
            "b.toml:15: motors.left.side: is `lft`; did you mean `left`?",
            "b.toml:18: motors.left.in1: is `gpio:GPIO5`, and a plain line cannot carry PWM; use pwm:header:…, pwm:soft:… or a channel of a chip",
            "b.toml:19: motors.left.in2: is `pwm:header:x`; the channel must be a number, as in pwm:header:12",
            "b.toml:20: motors.left.frequency_hz: is 1000000; must be 20 to 50000 hertz",
        ]
    );
}

#[test]
fn a_line_of_the_header_by_its_place_is_the_pin_that_has_its_name() {
    for label in ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"] {
        let faults = faults_with("in2 = \"gpio:GPIO6\"", &format!("in2 = \"gpio:{label}/12\""));
        assert!(faults[0].contains("is the pin that motors.b-left.in2 uses"), "{faults:?}");
    }
    let expander = SOUND.replace("\"gpio:GPIO6\"", "\"gpio:mcp23017/12\"");
    Board::parse("b.toml", &expander).unwrap();
}

#[test]
fn a_pin_is_used_once_by_whatever_name() {
    assert_eq!(
        faults_with("in2 = \"gpio:GPIO6\"", "in2 = \"gpio:GPIO12\""),
        [
            "b.toml:26: motors.a-right.en: is the pin that motors.b-left.in2 uses; wire each signal to a pin of its own"
        ]
    );
    assert_eq!(
        faults_with(":15\"", ":2\""),
        [
            "b.toml:31: servos.neck.pwm: is the pin that motors.a-right.in2 uses; wire each signal to a pin of its own"
        ]
    );
    let standby_as_input = faults_with("standby = \"gpio:GPIO7\"", "standby = \"gpio:GPIO5\"");
    assert!(
        standby_as_input[0].starts_with("b.toml:19: motors.b-left.standby: is the pin"),
        "{standby_as_input:?}"
    );
}

#[test]
fn two_motors_of_one_chip_may_share_its_standby() {
    let right = "bridge = \"tb6612\"\nstandby = \"gpio:GPIO7\"";
    let text = SOUND.replacen("bridge = \"l298n\"", right, 1).replacen("en = ", "pwm = ", 1);
    Board::parse("b.toml", &text).unwrap();
}

#[test]
fn a_wire_that_is_only_low_or_high_wants_no_pwm() {
    assert_eq!(
        faults_with("gpio:GPIO7", "pwm:header:13"),
        ["b.toml:19: motors.b-left.standby: is `pwm:header:13`, and this wire is only ever low or high; \
          use gpio:… or a channel of a chip, and keep the PWM"]
    );
}

#[test]
fn a_reference_must_name_a_declared_chip_and_a_channel_it_has() {
    assert_eq!(
        faults_with("pca9685@i2c-3/0x41:0", "pca9685@0x41:0"),
        ["b.toml:18: motors.b-left.pwm: names the chip pca9685@i2c-1/0x41, which is not declared; \
          the [[chips]] of this board are pca9685@i2c-3/0x41"]
    );
    assert_eq!(
        faults_with("0x41:15", "0x41:16"),
        ["b.toml:31: servos.neck.pwm: names 16 of pca9685; it has PWM channels 0 to 15"]
    );
}

#[test]
fn a_chip_has_an_address_of_its_own_that_it_can_have() {
    let twin = "[[chips]]\ndriver = \"pca9685\"\naddress = 0x41\nbus = \"i2c-3\"\n[drive]";
    assert_eq!(
        faults_with("[drive]", twin),
        [
            "b.toml:7: chips[1]: is at the same address as chips[0]; a chip has a bus and an address of its own"
        ]
    );
    let low = faults_with("address = 0x41", "address = 0x39");
    assert_eq!(low, ["b.toml:5: chips[0].address: is no address of pca9685; it can be at 0x40 to 0x77"]);
}

#[test]
fn each_side_needs_a_motor() {
    assert_eq!(
        faults_with("side = \"right\"", "side = \"left\""),
        ["b.toml:1: there is no motor on the right; add [motors.right] with side = \"right\""]
    );
}

#[test]
fn one_servo_pans() {
    let second = "[servos.x]\nrole = \"pan\"\npwm = \"pca9685@i2c-3/0x41:14\"\nmin_us = 1000\nmax_us = 2000\nmin_deg = 0\nmax_deg = 9\n[servos.neck]";
    assert_eq!(
        faults_with("[servos.neck]", second),
        ["b.toml:36: servos.neck: has the same role as servos.x; one servo pans, one tilts and one steers"]
    );
}

#[test]
fn a_servo_has_a_range_that_fits_its_period() {
    assert_eq!(
        faults_with("max_us = 2000", "max_us = 1000"),
        [
            "b.toml:33: servos.neck.max_us: is 1000; must be more than 1000; to turn the other way, set invert = true"
        ]
    );
    assert!(faults_with("min_deg = 10", "min_deg = 90")[0].contains("servos.neck.max_deg: is 90"));
    assert!(faults_with("min_us = 1000", "min_us = 300")[0].ends_with("must be 400 to 2600 microseconds"));
    assert_eq!(
        faults_with("address = 0x41", "address = 0x41\nfrequency_hz = 1000"),
        [
            "b.toml:30: servos.neck.frequency_hz: is 1000, as all of pca9685@i2c-3/0x41; must be 20 to 333 hertz: change the chip's, or use another"
        ]
    );
    assert!(faults_with("max_deg = 90", "max_deg = 90\ncenter_deg = 5")[0].contains("center_deg: is 5"));
}

#[test]
fn what_shares_a_chip_shares_its_frequency() {
    assert_eq!(
        faults_with("standby", "frequency_hz = 1000\nstandby"),
        ["b.toml:19: motors.b-left.frequency_hz: is 1000, but all of pca9685@i2c-3/0x41 runs at 50 hertz; \
          a PCA9685 has one prescaler: leave this out, or use another chip"]
    );
}

#[test]
fn every_preset_parses_under_its_own_name_and_they_are_sorted() {
    for preset in PRESETS {
        let board = Board::parse(preset.name, preset.toml).unwrap_or_else(|faults| panic!("{faults}"));
        assert_eq!(board.name, preset.name);
        assert_eq!(Board::preset(preset.name), Some(board));
    }
    assert!(PRESETS.windows(2).all(|pair| pair[0].name < pair[1].name));
}

#[test]
fn a_board_is_loaded_by_name_or_by_path() {
    assert_eq!(Board::load("demo").unwrap().name, "demo");
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.toml");
    std::fs::write(&path, SOUND).unwrap();
    assert_eq!(Board::load(path.to_str().unwrap()).unwrap().name, "bench");
    let missing = Board::load("no/such/board").unwrap_err().to_string();
    assert!(missing.starts_with("no/such/board: cannot be read: No such file"), "{missing}");
    let unknown = Board::load("dmo").unwrap_err().to_string();
    assert!(
        unknown.starts_with("no board is called `dmo`; did you mean `demo`? the presets are "),
        "{unknown}"
    );
    assert!(
        unknown.contains(" l298n, ") && unknown.ends_with("; a path has a `/` or ends with .toml"),
        "{unknown}"
    );
}

/// [`SOUND`] with a button.
fn with_button(table: &str) -> Result<Board, Faults> {
    Board::parse("b.toml", &format!("{SOUND}\n[estop]\n{table}"))
}

#[test]
fn a_button_pulls_towards_pressed_unless_the_file_says_otherwise() {
    for (table, pressed, pull) in [
        ("pressed = \"high\"", Level::High, Pull::Up),
        ("pressed = \"low\"", Level::Low, Pull::Down),
        ("pressed = \"low\"\npull = \"up\"", Level::Low, Pull::Up),
        ("pressed = \"high\"\npull = \"none\"", Level::High, Pull::None),
    ] {
        let board = with_button(&format!("pin = \"gpio:GPIO26\"\n{table}")).unwrap();
        assert_eq!(board.estop, Some(EstopSpec { line: "GPIO26".to_owned(), pressed, pull }));
    }
    assert_eq!(Board::parse("b.toml", SOUND).unwrap().estop, None);
}

#[test]
fn a_button_that_cannot_be_is_refused() {
    for (table, fault) in [
        ("", "estop.pin: is missing; add pin = \"gpio:GPIO26\""),
        ("pin = \"gpio:GPIO26\"", "estop.pressed: is missing; add pressed = \"high\""),
        ("pin = \"gpio:GPIO5\"\npressed = \"low\"", "estop.pin: is the pin that motors.b-left.in1 uses"),
        ("pin = \"gpio:GPIO12\"\npressed = \"low\"", "estop.pin: is the pin that motors.a-right.en uses"),
        ("pin = \"pca9685@i2c-3/0x41:3\"\npressed = \"low\"", "estop.pin: is no plain line"),
        ("pin = \"pwm:header:13\"\npressed = \"low\"", "estop.pin: is no plain line"),
        ("pin = \"gpio:GPIO26\"\npressed = \"hihg\"", "estop.pressed: is `hihg`; did you mean `high`?"),
        ("pin = \"gpio:GPIO26\"\npressed = \"low\"\npull = \"upp\"", "did you mean `up`?"),
        ("pin = \"gpio:GPIO26\"\npresed = \"low\"", "did you mean `pressed`?"),
    ] {
        let said = with_button(table).unwrap_err().to_string();
        assert!(said.contains(fault), "{table}: {said}");
    }
    assert!(faults(&format!("estop = true\n{SOUND}"))[0].contains("must be a table"));
}

#[test]
fn the_button_that_the_demo_board_explains_is_one_that_works() {
    let demo = PRESETS.iter().find(|preset| preset.name == "demo").unwrap().toml;
    let (before, button) = demo.split_once("#[estop]").unwrap();
    let uncommented = format!("{before}[estop]{}", button.replace("\n#", "\n"));
    let board = Board::parse("demo", &uncommented).unwrap();
    let estop = EstopSpec { line: "GPIO26".to_owned(), pressed: Level::High, pull: Pull::Up };
    assert_eq!(board.estop, Some(estop));
    assert_eq!(Board { estop: None, ..board }, Board::preset("demo").unwrap());
}
