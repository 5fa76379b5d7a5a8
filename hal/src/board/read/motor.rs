//! `[motors.NAME]`: one function for each kind of driver and bridge; a new one is a function and a line
//! in [`DRIVERS`] or [`BRIDGES`].
//!
//! What must never live here: what a bridge does with its wires.

use super::check;
use super::sensor::PULLS;
use super::wiring::Wiring;
use crate::board::{BridgeSpec, DriverSpec, EncoderSpec, End, EscReverse, EscSpec, MotorSpec, Pull, Side};
use crate::file::{Field, Item, Table};

type ReadDriver = fn(&mut Wiring<'_>, &mut Table<'_>) -> Option<DriverSpec>;

/// The drivers by their names in a file.
const DRIVERS: [(&str, ReadDriver); 3] = [
    ("hbridge", |wiring, table| {
        // Which keys are right depends on the bridge: without one nothing is said about the others.
        let read = table.need("bridge", r#""tb6612""#).choice(&BRIDGES)?;
        read(wiring, table).map(DriverSpec::HBridge)
    }),
    ("robot-hat", |wiring, table| robot_hat(wiring, table).map(DriverSpec::HBridge)),
    ("esc", |wiring, table| esc(wiring, table).map(DriverSpec::Esc)),
];

type ReadBridge = fn(&mut Wiring<'_>, &mut Table<'_>) -> Option<BridgeSpec>;

/// The bridges by their names in a file.
const BRIDGES: [(&str, ReadBridge); 3] = [("l298n", l298n), ("tb6612", tb6612), ("drv8833", drv8833)];

/// What a motor's PWM runs at if neither the file nor a chip says: kits use 500 to 2,000 hertz.
const MOTOR_HZ: f64 = 1_000.0;

/// The deadband of a motor that leaps to its least duty, where the file names none: more than the noise and
/// the worn middle of a stick that nobody holds, and no speed that anybody would miss. An estimate.
const STICK_NOISE: f64 = 0.02;

const SIDES: [(&str, Side); 3] = [("left", Side::Left), ("right", Side::Right), ("both", Side::Both)];
const ENDS: [(&str, End); 2] = [("front", End::Front), ("rear", End::Rear)];
const REVERSES: [(&str, EscReverse); 3] =
    [("direct", EscReverse::Direct), ("brake-first", EscReverse::BrakeFirst), ("none", EscReverse::None)];

pub(super) fn read(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<Item<MotorSpec>> {
    let spot = table.spot();
    let name = table.name();
    let side = table.need("side", r#""left""#).choice(&SIDES);
    let end = table.get("end").or(None, |field| field.choice(&ENDS).map(Some));
    let at_invert = table.get("invert");
    let invert = at_invert.or(false, Field::boolean);
    let at_invert = at_invert.spot();
    let trim = table.get("trim").or(1.0, |field| field.number(0.5..=1.0, ""));
    let min_duty = table.get("min_duty").or(0.0, |field| field.number(0.0..=0.9, ""));
    let leaps = min_duty.is_some_and(|duty| duty > 0.0);
    let at_rest = if leaps { STICK_NOISE } else { 0.0 };
    let deadband = table.get("deadband").or(at_rest, |field| field.number(0.0..=0.5, ""));
    let encoder = table.get("encoder").or(None, |field| encoder(wiring, field.table()?).map(Some));
    // Which keys are right depends on the driver: without one nothing is said about the others.
    let driver = table.need("driver", r#""hbridge""#).choice(&DRIVERS)?(wiring, &mut table)?;
    check::goes_forward(wiring.reader(), &at_invert, invert, &driver);
    table.finish();
    let value = MotorSpec {
        name: name?,
        side: side?,
        end: end?,
        driver,
        invert: invert?,
        trim: trim?,
        deadband: deadband?,
        min_duty: min_duty?,
        encoder: encoder?,
    };
    Some(Item { value, spot })
}

/// ST allows 40 kilohertz.
fn l298n(wiring: &mut Wiring<'_>, table: &mut Table<'_>) -> Option<BridgeSpec> {
    let in1 = wiring.level(&table.need("in1", r#""gpio:GPIO17""#));
    let in2 = wiring.level(&table.need("in2", r#""gpio:GPIO27""#));
    let en = wiring.duty(&table.need("en", r#""pwm:header:12""#));
    let frequency_hz = wiring.frequency(&table.get("frequency_hz"), en.as_ref(), MOTOR_HZ, 40_000.0);
    Some(BridgeSpec::L298n { en: en?, in1: in1?, in2: in2?, frequency_hz: frequency_hz? })
}

/// Toshiba allows 100 kilohertz.
fn tb6612(wiring: &mut Wiring<'_>, table: &mut Table<'_>) -> Option<BridgeSpec> {
    let in1 = wiring.level(&table.need("in1", r#""gpio:GPIO17""#));
    let in2 = wiring.level(&table.need("in2", r#""gpio:GPIO27""#));
    let pwm = wiring.duty(&table.need("pwm", r#""pwm:header:12""#));
    let standby = table.get("standby").or(None, |field| wiring.shared_level(field).map(Some));
    let frequency_hz = wiring.frequency(&table.get("frequency_hz"), pwm.as_ref(), MOTOR_HZ, 100_000.0);
    let (in1, in2, standby) = (in1?, in2?, standby?);
    Some(BridgeSpec::Tb6612 { pwm: pwm?, in1, in2, standby, frequency_hz: frequency_hz? })
}

/// 50 kilohertz is what its own current control runs at.
fn drv8833(wiring: &mut Wiring<'_>, table: &mut Table<'_>) -> Option<BridgeSpec> {
    let wires = [("in1", r#""pca9685@0x40:0""#), ("in2", r#""pca9685@0x40:1""#)];
    let [first, second] = wires.map(|(key, example)| table.need(key, example));
    let (in1, in2) = wiring.pair(&first, &second);
    let asked = table.get("frequency_hz");
    let frequency_hz = wiring.frequency(&asked, in1.as_ref(), MOTOR_HZ, 50_000.0);
    // Said once, though both of its wires are modulated.
    let frequency_hz =
        frequency_hz.filter(|_| wiring.frequency(&asked, in2.as_ref(), MOTOR_HZ, 50_000.0).is_some());
    Some(BridgeSpec::Drv8833 { in1: in1?, in2: in2?, frequency_hz: frequency_hz? })
}

/// Its bridges are behind two inputs: speed and direction.
fn robot_hat(wiring: &mut Wiring<'_>, table: &mut Table<'_>) -> Option<BridgeSpec> {
    let pwm = wiring.duty(&table.need("pwm", r#""robot-hat@0x14:P13""#));
    let direction = wiring.level(&table.need("direction", r#""gpio:GPIO23""#));
    let frequency_hz = wiring.frequency(&table.get("frequency_hz"), pwm.as_ref(), MOTOR_HZ, 50_000.0);
    Some(BridgeSpec::RobotHat { pwm: pwm?, direction: direction?, frequency_hz: frequency_hz? })
}

fn esc(wiring: &mut Wiring<'_>, table: &mut Table<'_>) -> Option<EscSpec> {
    let pwm = wiring.duty(&table.need("pwm", r#""pca9685@0x40:1""#));
    let frequency_hz = wiring.frequency(&table.get("frequency_hz"), pwm.as_ref(), check::PULSE_HZ, 333.0);
    let pulse = |field: &Field<'_>, default| field.or(default, |f| f.number(800.0..=2200.0, "microseconds"));
    let [at_reverse, at_neutral, at_forward] =
        ["reverse_us", "neutral_us", "forward_us"].map(|key| table.get(key));
    let reverse_us = pulse(&at_reverse, 1000.0);
    let neutral_us = pulse(&at_neutral, 1500.0);
    let forward_us = pulse(&at_forward, 2000.0);
    check::ascending(wiring.reader(), reverse_us, neutral_us, &at_neutral.spot());
    check::ascending(wiring.reader(), neutral_us, forward_us, &at_forward.spot());
    let arm_ms = table.get("arm_ms").or(2000.0, |field| field.number(0.0..=10_000.0, "milliseconds"));
    let reverse = table.get("reverse").or(EscReverse::BrakeFirst, |field| field.choice(&REVERSES));
    Some(EscSpec {
        pwm: pwm?,
        frequency_hz: frequency_hz?,
        reverse_us: reverse_us?,
        neutral_us: neutral_us?,
        forward_us: forward_us?,
        arm_ms: arm_ms?,
        reverse: reverse?,
    })
}

fn encoder(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<EncoderSpec> {
    let a = wiring.input(&table.need("a", r#""gpio:GPIO5""#));
    let b = table.get("b").or(None, |field| wiring.input(field).map(Some));
    let pulses_per_turn = table.need("pulses_per_turn", "20").number(1.0..=100_000.0, "pulses a turn");
    let invert = table.get("invert").or(false, Field::boolean);
    let pull = table.get("pull").or(Pull::Up, |field| field.choice(&PULLS));
    table.finish();
    Some(EncoderSpec { a: a?, b: b?, pulses_per_turn: pulses_per_turn?, invert: invert?, pull: pull? })
}

#[cfg(test)]
mod tests {
    use crate::Board;

    /// The faults of SparkFun's JetBot with one piece exchanged.
    fn faults_with(from: &str, to: &str) -> String {
        let preset = include_str!("../../../boards/jetbot-sparkfun.toml");
        assert!(preset.contains(from), "{from}");
        Board::parse("b.toml", &preset.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn a_terminal_of_an_scmd_is_for_a_motor_and_its_pair_is_of_one_motor() {
        let left = "in2    = \"scmd@0x5d:0\"";
        let lamp = format!("{left}\n[outputs.lamp]\nkind = \"led\"\npin = \"scmd@0x5d:0\"");
        for (to, fault) in [
            ("in2 = \"scmd@0x5d:3\"", "left.in2: is of another motor than motors.left.in1"),
            ("in2 = \"pwm:header:12\"", "left.in2: is of another motor than motors.left.in1"),
            ("in2 = \"scmd@0x5d:4\"", "it has PWM channels 0 to 3"),
            (&format!("{left}\nfrequency_hz = 50"), "left.frequency_hz: is not for scmd@0x5d to choose"),
            (&lamp, "outputs.lamp.pin: is the terminal of a motor"),
        ] {
            let said = faults_with(left, to);
            assert!(said.contains(fault), "{to}: {said}");
        }
        let elsewhere = faults_with("address = 0x5D", "address = 0x40");
        assert!(elsewhere.contains("it can be at 0x58 to 0x61"), "{elsewhere}");
    }

    #[test]
    fn an_esc_that_only_goes_forward_is_not_inverted_and_front_wheels_turn_to_both_sides_within_reason() {
        let preset = include_str!("../../../boards/donkeycar.toml");
        let at = preset.find("[servos.").expect("a servo");
        let motors = "[motors.main]\nside = \"both\"\ndriver = \"esc\"\npwm = \"pca9685@0x40:0\"\n\
                      reverse = \"none\"\ninvert = true\n";
        let servo = "[servos.steering]\nrole = \"steering\"\npwm = \"pca9685@0x40:1\"\nmin_us = 1000\n\
                     max_us = 2000\nmin_deg = 0\nmax_deg = 90\n";
        let head = preset.find("[motors.").expect("a motor");
        assert!(head < at);
        let said = |motors: &str| {
            let text = format!("{}{motors}{servo}", &preset[..head]);
            Board::parse("b.toml", &text).unwrap_err().to_string()
        };
        let inverted = said(motors);
        assert!(
            inverted.contains("motors.main.invert: is true of an ESC that cannot turn backward"),
            "{inverted}"
        );
        let wide = said(&motors.replace("invert = true", "invert = false"));
        for side in ["90 degrees to the left", "0 degrees to the right"] {
            assert!(wide.contains(&format!("servos.steering: turns the front wheels {side}")), "{wide}");
        }
    }
}
