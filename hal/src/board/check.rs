//! What is wrong between the tables of a board file, though each is right by itself.

use std::collections::HashMap;

use super::{Chip, MotorSpec, PinRef, ServoSpec, Side};
use crate::driver::pca9685;
use crate::file::{Item, Reader, Spot};

/// A pin, and where the file names it.
pub(super) struct Use {
    pub(super) pin: PinRef,
    pub(super) spot: Spot,
    /// Others may use it in the same way.
    pub(super) shared: bool,
}

/// No pin is used twice, by whatever name.
pub(super) fn pins(reader: &Reader<'_>, uses: &[Use]) {
    let mut first: HashMap<String, &Use> = HashMap::new();
    for this in uses {
        let other = *first.entry(physical(&this.pin)).or_insert(this);
        let both_shared = other.shared && this.shared;
        if !std::ptr::eq(other, this) && !both_shared {
            let what = format!("is the pin that {} uses", other.spot.key());
            reader.fault(&this.spot, what, "wire each signal to a pin of its own");
        }
    }
}

/// `pwm:header:12` and `pwm:soft:12` come out at GPIO12.
fn physical(pin: &PinRef) -> String {
    match pin {
        PinRef::Pwm { device, channel } if device == "header" || device == "soft" => {
            format!("gpio:GPIO{channel}")
        }
        PinRef::Gpio { .. } | PinRef::Pwm { .. } | PinRef::Chip { .. } => pin.to_string(),
    }
}

/// A PCA9685 can be at this address.
pub(super) fn address(reader: &Reader<'_>, at: &Spot, address: u8) -> bool {
    if !pca9685::ADDRESSES.contains(&address) {
        reader.fault(at, "is no address of a PCA9685", "its pins A0 to A5 give 0x40 to 0x77");
    } else if address == pca9685::ALL_CALL {
        reader.fault(at, "is what every PCA9685 answers to at first", "set its pins A0 to A5 to another");
    } else {
        return true;
    }
    false
}

/// No two chips answer to one address.
pub(super) fn chips(reader: &Reader<'_>, chips: &[Option<Item<Chip>>]) {
    let chips: Vec<&Item<Chip>> = chips.iter().flatten().collect();
    for (index, this) in chips.iter().enumerate() {
        let same = |other: &&&Item<Chip>| {
            (&other.value.bus, other.value.address) == (&this.value.bus, this.value.address)
        };
        if let Some(other) = chips[..index].iter().find(same) {
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
            reader.fault(&this.spot, what, "one servo pans and one tilts");
        }
    }
}

/// Both sides have a motor.
pub(super) fn sides<'a>(
    reader: &Reader<'_>,
    root: &Spot,
    motors: impl Iterator<Item = &'a MotorSpec> + Clone,
) {
    for (side, name) in [(Side::Left, "left"), (Side::Right, "right")] {
        if !motors.clone().any(|motor| motor.side == side) {
            let hint = format!("add [motors.{name}] with side = \"{name}\"");
            reader.fault(root, format!("there is no motor on the {name}"), hint);
        }
    }
}

/// The greater is greater than the less; the fault is at the greater.
pub(super) fn ascending(reader: &Reader<'_>, less: Option<f64>, greater: Option<f64>, at: &Spot) {
    let Some((less, greater)) = less.zip(greater) else { return };
    if less >= greater {
        let hint = format!("must be more than {less}; to turn the other way, set invert = true");
        reader.fault(at, format!("is {greater}"), hint);
    }
}

/// The pulse is over before the next one begins.
pub(super) fn pulse_fits(reader: &Reader<'_>, pulse_us: Option<f64>, frequency_hz: Option<f64>, at: &Spot) {
    let Some((pulse_us, frequency_hz)) = pulse_us.zip(frequency_hz) else { return };
    let period_us = 1e6 / frequency_hz;
    if pulse_us >= period_us {
        let what = format!("is {pulse_us}, longer than the period of {frequency_hz} hertz");
        reader.fault(at, what, format!("must be less than {period_us:.0} microseconds"));
    }
}
