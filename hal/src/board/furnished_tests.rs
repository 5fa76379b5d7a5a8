//! A board with one of everything beyond motors and servos, and what it cannot mean.

use super::tests::faults;
use super::*;

/// A board with one of everything beyond motors and servos.
const FURNISHED: &str = r#"
name = "furnished"
[[chips]]
driver = "robot-hat"
address = 0x14
reset = "gpio:GPIO5"
[[chips]]
driver = "ads7830"
address = 0x48
reference_v = 5.2
[[chips]]
driver = "ina219"
address = 0x41
[[chips]]
driver = "mpu6050"
address = 0x68
[drive]
kind = "ackermann"
track_m = 0.117
wheelbase_m = 0.087
wheel_diameter_m = 0.065
top_speed_mps = 0.6
[motors.left]
side = "left"
driver = "robot-hat"
pwm = "robot-hat@0x14:P13"
direction = "gpio:GPIO23"
trim = 0.9
deadband = 0.05
min_duty = 0.3
[motors.left.encoder]
a = "gpio:GPIO6"
b = "gpio:GPIO7"
pulses_per_turn = 20
[motors.right]
side = "both"
driver = "esc"
pwm = "pwm:header:18"
reverse = "direct"
[servos.steer]
role = "steering"
pwm = "robot-hat@0x14:P2"
min_us = 1000
max_us = 2000
min_deg = -30
max_deg = 30
speed_deg_s = 120
[battery]
input = "robot-hat@0x14:A4"
ratio = 3
empty_v = 6.4
full_v = 8.4
[range]
trigger = "gpio:GPIO27"
echo = "gpio:GPIO22"
[line]
inputs = ["robot-hat@0x14:A0", "ads7830@0x48:1", "gpio:GPIO14"]
dark = "low"
[imu]
chip = "mpu6050@0x68"
[outputs.horn]
kind = "buzzer"
pin = "gpio:GPIO17"
[[loopback]]
from = "gpio:GPIO23"
to = "gpio:GPIO24"
"#;

fn furnished_with(from: &str, to: &str) -> Vec<String> {
    assert!(FURNISHED.contains(from), "{from}");
    faults(&FURNISHED.replacen(from, to, 1))
}

#[test]
fn a_furnished_board_says_what_it_says() {
    let board = Board::parse("b.toml", FURNISHED).unwrap_or_else(|faults| panic!("{faults}"));
    let parts =
        "ackermann drive, 2 motors, 1 encoder, 1 servo, 1 output, 4 chips, 1 loopback wire, battery, ";
    assert_eq!(board.parts(), format!("{parts}range, line, imu"));
    let input = AnalogRef { chip: 0, channel: 4 };
    assert_eq!(board.analog_name(&input), "robot-hat@0x14:A4");
    assert_eq!(board.analog_name(&AnalogRef { chip: 1, channel: 1 }), "ads7830@0x48:1");
    assert_eq!(board.pin_name(&PinRef::Chip { chip: 0, channel: 13 }), "robot-hat@0x14:P13");
    let battery = board.battery.unwrap();
    assert_eq!(battery.source, BatterySource::Analog { input, ratio: 3.0 });
    assert_eq!(board.line.unwrap().inputs[2], LineInput::Digital { line: "GPIO14".to_owned() });
    assert_eq!(board.imu, Some(ImuSpec { chip: 3 }));
    assert_eq!(board.range.map(|range| (range.max_m, range.on)), Some((4.0, Mount::Body)));
    let encoder = board.motors[0].encoder.as_ref().unwrap();
    assert_eq!((encoder.b.as_deref(), encoder.pulses_per_turn), (Some("GPIO7"), 20.0));
    let DriverSpec::Esc(esc) = &board.motors[1].driver else { panic!("an ESC") };
    assert_eq!((esc.neutral_us, esc.arm_ms, esc.reverse), (1500.0, 2000.0, EscReverse::Direct));
    assert_eq!(board.servos[0].speed_deg_s, Some(120.0));
    assert_eq!(board.outputs[0].kind, OutputKind::Buzzer);
    assert_eq!(board.loopbacks[0].to, "GPIO24");
}

#[test]
fn every_pin_of_a_furnished_board_is_used_once() {
    for (from, to, key) in [
        (
            "pin = \"gpio:GPIO17\"",
            "pin = \"gpio:GPIO5\"",
            "outputs.horn.pin: is the pin that chips[0].reset uses",
        ),
        (
            "echo = \"gpio:GPIO22\"",
            "echo = \"gpio:GPIO6\"",
            "range.echo: is the pin that motors.left.encoder.a",
        ),
        (
            "\"robot-hat@0x14:A0\"",
            "\"robot-hat@0x14:A4\"",
            "line.inputs[0]: is the pin that battery.input uses",
        ),
        (
            "to = \"gpio:GPIO24\"",
            "to = \"gpio:GPIO23\"",
            "loopback[0].to: is the pin that motors.left.direction",
        ),
    ] {
        let said = furnished_with(from, to);
        assert!(said.len() == 1 && said[0].contains(key), "{said:?}");
    }
}

#[test]
fn what_a_furnished_board_cannot_mean_is_refused() {
    for (from, to, fault) in [
        ("robot-hat@0x14:A4", "robot-hat@0x14:A8", "names A8 of robot-hat; it has analog inputs 0 to 7"),
        ("robot-hat@0x14:A4", "robot-hat@0x14:P4", "names P4 of robot-hat; it has analog inputs 0 to 7"),
        ("robot-hat@0x14:P13", "robot-hat@0x14:A3", "names A3 of robot-hat; it has PWM channels 0 to 19"),
        ("robot-hat@0x14:P13", "ads7830@0x48:0", "names 0 of ads7830; it has no PWM channels"),
        ("robot-hat@0x14:P13", "robot-hat@0x14:P3", "P0 to P3 share a timer"),
        ("robot-hat@0x14:A4", "gpio:GPIO20", "battery.input: is no analog input"),
        ("mpu6050@0x68", "ina219@0x41", "imu.chip: is `ina219@0x41`; name the chip, as in mpu6050@0x48"),
        ("mpu6050@0x68", "mpu6050@0x69", "names the chip mpu6050@i2c-1/0x69, which is not declared"),
        ("gpio:GPIO23\"\nto", "gpio:GPIO21\"\nto", "loopback[0].from: is no output of this board"),
        ("[\"robot-hat@0x14:A0\", \"ads7830@0x48:1\", \"gpio:GPIO14\"]", "[]", "line.inputs: is empty"),
        ("address = 0x68", "address = 0x67", "is no address of mpu6050; it can be at 0x68 to 0x69"),
        ("full_v = 8.4", "full_v = 6", "battery.full_v: is 6; must be more than 6.4"),
        ("trim = 0.9", "trim = 0.2", "motors.left.trim: is 0.2; must be 0.5 to 1"),
        (
            "reverse = \"direct\"",
            "neutral_us = 900",
            "motors.right.neutral_us: is 900; must be more than 1000",
        ),
        (
            "side = \"left\"",
            "side = \"left\"\nend = \"front\"",
            "motors.left: is at the front, where wheels only steer; motors of an ackermann car turn its rear wheels",
        ),
        ("role = \"steering\"", "role = \"pan\"", "nothing steers; add [servos.steering]"),
        (
            "kind = \"ackermann\"",
            "kind = \"mecanum\"",
            "motors.left: does not say at which end of the car it is; add end = ",
        ),
        ("ratio = 3", "chip = \"ina219@0x41\"", "battery.chip: stands beside an input"),
        (
            "echo = \"gpio:GPIO22\"",
            "echo = \"gpio:GPIO22\"\non = \"pan\"",
            "range.on: is on a servo that is not there; add [servos.pan]",
        ),
    ] {
        let said = furnished_with(from, to).join("\n");
        assert!(said.contains(fault), "{from} → {to}: {said}");
    }
}
