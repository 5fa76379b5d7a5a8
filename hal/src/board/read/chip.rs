//! `[[chips]]`: one function for each kind; a new kind is a function and a line in [`KINDS`].

use super::check::{self, Role, Use};
use super::wiring::gpio_line;
use crate::board::{Chip, ChipKind, DEFAULT_BUS, PinRef};
use crate::driver::pca9685;
use crate::file::{Field, Item, Reader, Table};

/// Beside the chip, what it is wired to itself.
type ReadKind = fn(&mut Table<'_>, &mut Vec<Use>) -> Option<ChipKind>;

/// The chips as they are where a file says nothing of them, and what reads the rest of their tables.
const KINDS: [(ChipKind, ReadKind); 8] = [
    (ChipKind::Pca9685 { frequency_hz: 50.0 }, pca9685),
    (ChipKind::RobotHat { reset: None }, robot_hat),
    // Breakout boards have 0.1 ohms.
    (ChipKind::Ina219 { shunt_ohms: 0.1 }, ina219),
    (ChipKind::Ads7830 { reference_v: HEADER_V }, |table, _| {
        Some(ChipKind::Ads7830 { reference_v: reference(table)? })
    }),
    (ChipKind::Pcf8591 { reference_v: HEADER_V }, |table, _| {
        Some(ChipKind::Pcf8591 { reference_v: reference(table)? })
    }),
    (ChipKind::Ads1115, |_, _| Some(ChipKind::Ads1115)),
    (ChipKind::Mpu6050, |_, _| Some(ChipKind::Mpu6050)),
    (ChipKind::Scmd, |_, _| Some(ChipKind::Scmd)),
];

/// The supply of a Raspberry Pi's header.
const HEADER_V: f64 = 3.3;

/// The chips, and what they are wired to themselves.
pub(super) fn all(reader: &Reader<'_>, field: &Field<'_>) -> (Vec<Option<Item<Chip>>>, Vec<Use>) {
    let mut uses = Vec::new();
    let chips: Vec<_> = field.tables().into_iter().map(|table| read(reader, table, &mut uses)).collect();
    check::chips(reader, &chips);
    (chips, uses)
}

fn read(reader: &Reader<'_>, mut table: Table<'_>, uses: &mut Vec<Use>) -> Option<Item<Chip>> {
    let spot = table.spot();
    let rows = KINDS.each_ref().map(|row| (row.0.name(), row));
    let driver = table.need("driver", r#""pca9685""#).choice(&rows);
    let bus = table.get("bus").or(DEFAULT_BUS.to_owned(), bus_name);
    let at = table.need("address", "0x40");
    // Seven-bit addresses below 0x03 and above 0x77 are reserved by the I²C specification (UM10204, 3.1.12).
    let address = at.integer(0x03..=0x77, "(0x03 to 0x77)").and_then(|address| u8::try_from(address).ok());
    // Which keys are right depends on the chip: without one nothing is said about the others.
    let (like, read) = driver?;
    let address = address.filter(|address| check::address(reader, &at.spot(), like, *address));
    let kind = read(&mut table, uses);
    table.finish();
    Some(Item { value: Chip { kind: kind?, bus: bus?, address: address? }, spot })
}

/// The name of a device, which the platform puts after a folder of its own.
fn bus_name(field: &Field<'_>) -> Option<String> {
    let name = field.name()?;
    let sound = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if !sound {
        field.fault(format!("is `{name}`"), "must be a plain name: i2c-1");
    }
    sound.then_some(name)
}

fn pca9685(table: &mut Table<'_>, _: &mut Vec<Use>) -> Option<ChipKind> {
    let limits = *pca9685::FREQUENCIES_HZ.start()..=*pca9685::FREQUENCIES_HZ.end();
    let frequency_hz = table.get("frequency_hz").or(50.0, |field| field.number(limits, "hertz"));
    Some(ChipKind::Pca9685 { frequency_hz: frequency_hz? })
}

fn robot_hat(table: &mut Table<'_>, uses: &mut Vec<Use>) -> Option<ChipKind> {
    let reset = table.get("reset").or(None, |field| {
        let line = gpio_line(field)?;
        uses.push(Use::new(&PinRef::Gpio { line: line.clone() }, &field.spot(), Role::Alone));
        Some(Some(line))
    });
    Some(ChipKind::RobotHat { reset: reset? })
}

fn ina219(table: &mut Table<'_>, _: &mut Vec<Use>) -> Option<ChipKind> {
    let shunt_ohms = table.get("shunt_ohms").or(0.1, |field| field.number(0.001..=1.0, "ohms"));
    Some(ChipKind::Ina219 { shunt_ohms: shunt_ohms? })
}

fn reference(table: &mut Table<'_>) -> Option<f64> {
    table.get("reference_v").or(HEADER_V, |field| field.number(1.0..=6.0, "volts"))
}
