//! What is wrong between the tables of a board file, though each is right by itself.

use std::collections::HashMap;

use crate::board::{
    Chip, ChipKind, DriverSpec, DrivetrainSpec, End, MotorSpec, PinRef, ServoRole, ServoSpec, Side,
};
use crate::driver::pca9685;
use crate::file::{Item, Reader, Spot};

/// What every hobby servo and ESC understands, hertz.
pub(super) const PULSE_HZ: f64 = 50.0;

/// A pin, and where the file names it.
pub(super) struct Use {
    /// What it physically is: one text for one pin, whatever it was called.
    pub(super) pin: String,
    pub(super) spot: Spot,
    pub(super) role: Role,
}

/// How a pin is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Written, for one alone.
    Alone,
    /// Written, and others may write it in the same way.
    Shared,
    Read,
}

impl Use {
    pub(super) fn new(pin: &PinRef, spot: &Spot, role: Role) -> Self {
        Self { pin: physical(pin), spot: spot.clone(), role }
    }
}

/// No pin is used twice, by any name that says which pin it is; the others are the platform's to know.
pub(super) fn pins(reader: &Reader<'_>, uses: &[Use]) {
    let mut first: HashMap<&str, &Use> = HashMap::new();
    for this in uses {
        let other = *first.entry(&this.pin).or_insert(this);
        let both_shared = other.role == Role::Shared && this.role == Role::Shared;
        if !std::ptr::eq(other, this) && !both_shared {
            let what = format!("is the pin that {} uses", other.spot.key());
            reader.fault(&this.spot, what, "wire each signal to a pin of its own");
        }
    }
}

/// The chips whose lines are a Raspberry Pi's header, by their labels: there the offset is the number of the
/// GPIO ("BCM2835 ARM Peripherals", 6.1; "RP1 Peripherals", 3.1; the device trees' `gpio-line-names`).
const HEADER_CHIPS: [&str; 3] = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"];

/// Above it, a line of such a chip is not on the header.
const LAST_HEADER_GPIO: u32 = 27;

/// `pwm:header:12`, `pwm:soft:12` and `gpio:pinctrl-rp1/12` come out at GPIO12. What else may be one pin by two
/// names (the device of a kernel's PWM, the line of an expander) nobody can tell without the machine. Nor
/// whether two pins of the header share a channel of PWM: on a Raspberry Pi 5 none do.
pub(super) fn physical(pin: &PinRef) -> String {
    match pin {
        PinRef::Gpio { line } => {
            match line.rsplit_once('/').map(|(label, offset)| (label, offset.parse::<u32>())) {
                Some((label, Ok(offset))) if HEADER_CHIPS.contains(&label) && offset <= LAST_HEADER_GPIO => {
                    format!("gpio:GPIO{offset}")
                }
                _ => pin.to_string(),
            }
        }
        PinRef::Pwm { device, channel } if device == "header" || device == "soft" => {
            format!("gpio:GPIO{channel}")
        }
        PinRef::Pwm { .. } | PinRef::Chip { .. } => pin.to_string(),
    }
}

/// A chip of this kind can be at this address.
pub(super) fn address(reader: &Reader<'_>, at: &Spot, kind: &ChipKind, address: u8) -> bool {
    let possible = kind.addresses();
    let is_pca9685 = matches!(kind, ChipKind::Pca9685 { .. });
    if !possible.contains(&address) {
        let hint = format!("it can be at {:#04x} to {:#04x}", possible.start(), possible.end());
        reader.fault(at, format!("is no address of {}", kind.name()), hint);
    } else if is_pca9685 && address == pca9685::ALL_CALL {
        reader.fault(at, "is what every PCA9685 answers to at first", "set its pins A0 to A5 to another");
    } else {
        return true;
    }
    false
}

/// No two chips answer to one address.
pub(super) fn chips(reader: &Reader<'_>, chips: &[Option<Item<Chip>>]) {
    let mut first: HashMap<(&str, u8), &Item<Chip>> = HashMap::new();
    for this in chips.iter().flatten() {
        let other = *first.entry((&this.value.bus, this.value.address)).or_insert(this);
        if !std::ptr::eq(other, this) {
            reader.fault(
                &this.spot,
                format!("is at the same address as {}", other.spot.key()),
                "a chip has a bus and an address of its own",
            );
        }
    }
}

/// At most one servo for each role.
pub(super) fn servos(reader: &Reader<'_>, servos: &[Option<Item<ServoSpec>>]) {
    let servos: Vec<&Item<ServoSpec>> = servos.iter().flatten().collect();
    for (index, this) in servos.iter().enumerate() {
        if let Some(other) = servos[..index].iter().find(|other| other.value.role == this.value.role) {
            let what = format!("has the same role as {}", other.spot.key());
            reader.fault(&this.spot, what, "one servo pans, one tilts and one steers");
        }
    }
}

/// The motors and servos are those that the drivetrain needs.
pub(super) fn wheels(
    reader: &Reader<'_>,
    root: &Spot,
    drivetrain: Option<&DrivetrainSpec>,
    motors: &[Option<Item<MotorSpec>>],
    servos: &[Option<Item<ServoSpec>>],
) {
    let motors: Vec<&Item<MotorSpec>> = motors.iter().flatten().collect();
    let steering = servos.iter().flatten().find(|servo| servo.value.role == ServoRole::Steering);
    let Some(drivetrain) = drivetrain else { return };
    match drivetrain {
        DrivetrainSpec::Differential { .. } => sides(reader, root, &motors),
        DrivetrainSpec::Ackermann { .. } => {
            if motors.is_empty() {
                let hint = "add [motors.rear] with side = \"both\"";
                reader.fault(root, "there is no motor", hint);
            }
            for motor in motors.iter().filter(|motor| motor.value.end == Some(End::Front)) {
                let hint = "motors of an ackermann car turn its rear wheels: end = \"rear\", or none";
                reader.fault(&motor.spot, "is at the front, where wheels only steer", hint);
            }
            match steering {
                Some(servo) => locks(reader, servo),
                None => {
                    reader.fault(root, "nothing steers", "add [servos.steering] with role = \"steering\"");
                }
            }
        }
        DrivetrainSpec::Mecanum { .. } => corners(reader, root, &motors),
    }
    if let (Some(servo), false) = (steering, matches!(drivetrain, DrivetrainSpec::Ackermann { .. })) {
        let what = format!("steers, but the drivetrain is {}", drivetrain.name());
        reader.fault(&servo.spot, what, "only kind = \"ackermann\" has a steering servo");
    }
}

/// The front wheels turn to both sides, and no further than wheels do.
fn locks(reader: &Reader<'_>, servo: &Item<ServoSpec>) {
    let ServoSpec { min_deg, center_deg, max_deg, .. } = servo.value;
    for (side, lock) in [("left", max_deg - center_deg), ("right", center_deg - min_deg)] {
        let reach = ServoRole::Steering.reach_deg();
        if !reach.contains(&lock) {
            let what = format!("turns the front wheels {lock} degrees to the {side}");
            let hint = format!("its limits are {} to {} degrees from center_deg", reach.start(), reach.end());
            reader.fault(&servo.spot, what, hint);
        }
    }
}

/// An ESC that cannot turn backward has forward where its motor has it.
pub(super) fn goes_forward(reader: &Reader<'_>, at: &Spot, invert: Option<bool>, driver: &DriverSpec) {
    if !driver.reverses() && invert == Some(true) {
        let hint = "swap two wires of the motor instead, or set its reverse";
        reader.fault(at, "is true of an ESC that cannot turn backward: it would never go forward", hint);
    }
}

/// Both sides have a motor, and no motor has both.
fn sides(reader: &Reader<'_>, root: &Spot, motors: &[&Item<MotorSpec>]) {
    for (side, name) in [(Side::Left, "left"), (Side::Right, "right")] {
        if !motors.iter().any(|motor| motor.value.side == side) {
            let hint = format!("add [motors.{name}] with side = \"{name}\"");
            reader.fault(root, format!("there is no motor on the {name}"), hint);
        }
    }
    for motor in motors.iter().filter(|motor| motor.value.side == Side::Both) {
        let hint = "a differential drive steers by its sides: side = \"left\" or \"right\"";
        reader.fault(&motor.spot, "turns both sides", hint);
    }
}

/// Each corner has one motor.
fn corners(reader: &Reader<'_>, root: &Spot, motors: &[&Item<MotorSpec>]) {
    // Who forgot an end has not forgotten the motor.
    let mut nowhere = motors.iter().filter(|motor| motor.value.end.is_none()).peekable();
    if motors.len() <= 4 && nowhere.peek().is_some() {
        for motor in nowhere {
            let hint = "add end = \"front\" or end = \"rear\", as each mecanum wheel needs it";
            reader.fault(&motor.spot, "does not say at which end of the car it is", hint);
        }
        return;
    }
    for (end, end_name) in [(End::Front, "front"), (End::Rear, "rear")] {
        for (side, side_name) in [(Side::Left, "left"), (Side::Right, "right")] {
            let there = |motor: &&&Item<MotorSpec>| (motor.value.end, motor.value.side) == (Some(end), side);
            let corner = format!("{end_name}-{side_name}");
            match motors.iter().filter(there).count() {
                1 => {}
                0 => {
                    let hint =
                        format!("add [motors.{corner}] with side = \"{side_name}\" and end = \"{end_name}\"");
                    reader.fault(root, format!("no motor turns the {corner} wheel"), hint);
                }
                _ => reader.fault(root, format!("several motors turn the {corner} wheel"), "one turns each"),
            }
        }
    }
}

/// The greater is greater than the less; the fault is at the greater, and `else_do` is said to its author.
pub(super) fn ascending(
    reader: &Reader<'_>,
    less: Option<f64>,
    greater: Option<f64>,
    at: &Spot,
    else_do: &str,
) {
    let Some((less, greater)) = less.zip(greater) else { return };
    if less >= greater {
        reader.fault(at, format!("is {greater}"), format!("must be more than {less}{else_do}"));
    }
}

/// Far below what any of these numbers means, and above what arithmetic adds to them.
const ROUNDING: f64 = 1e-9;

/// A full battery, divided by `ratio`, is no more than its input can read; the fault is at the ratio.
pub(super) fn reads_full(reader: &Reader<'_>, full_v: f64, highest_v: Option<f64>, ratio: f64, at: &Spot) {
    let Some(highest_v) = highest_v.filter(|highest_v| full_v > highest_v * ratio + ROUNDING) else { return };
    let what = format!("is {ratio}: an input that reads up to {highest_v} volts never sees {full_v}");
    // Rounded up, so that who writes it is right.
    let least = ((full_v / highest_v - ROUNDING) * 100.0).ceil() / 100.0;
    reader.fault(at, what, format!("must be that of the divider, at least {least}"));
}

/// A full battery is no more than the chip at it may have.
pub(super) fn bears_full(reader: &Reader<'_>, full_v: f64, highest_v: Option<f64>, at: &Spot) {
    if let Some(highest_v) = highest_v.filter(|highest_v| full_v > *highest_v) {
        let hint = format!("an INA219 bears {highest_v} volts: use a divider and an analog input");
        reader.fault(at, format!("is {full_v}"), hint);
    }
}
