//! `[[chips]]`: one function for each kind; a new kind is a function and a line in [`KINDS`].

use super::check;
use super::wiring::gpio_line;
use crate::board::{Chip, ChipKind, DEFAULT_BUS};
use crate::driver::pca9685;
use crate::file::{Field, Item, Reader, Table};

type ReadKind = fn(&mut Table<'_>) -> Option<ChipKind>;

/// The chips as they are where a file says nothing of them, and what reads the rest of their tables.
const KINDS: [(ChipKind, ReadKind); 8] = [
    (ChipKind::Pca9685 { frequency_hz: 50.0 }, pca9685),
    (ChipKind::RobotHat { reset: None }, robot_hat),
    // Breakout boards have 0.1 ohms.
    (ChipKind::Ina219 { shunt_ohms: 0.1 }, ina219),
    (ChipKind::Ads7830 { reference_v: HEADER_V }, |table| {
        Some(ChipKind::Ads7830 { reference_v: reference(table)? })
    }),
    (ChipKind::Pcf8591 { reference_v: HEADER_V }, |table| {
        Some(ChipKind::Pcf8591 { reference_v: reference(table)? })
    }),
    (ChipKind::Ads1115, |_| Some(ChipKind::Ads1115)),
    (ChipKind::Mpu6050, |_| Some(ChipKind::Mpu6050)),
    (ChipKind::Scmd, |_| Some(ChipKind::Scmd)),
];

/// The supply of a Raspberry Pi's header.
const HEADER_V: f64 = 3.3;

pub(super) fn all(reader: &Reader<'_>, field: &Field<'_>) -> Vec<Option<Item<Chip>>> {
    if field.is_present() && !field.is_list() {
        // There are chips, though not which.
        drop(field.tables());
        return vec![None];
    }
    let chips: Vec<_> = field.tables().into_iter().map(|table| read(reader, table)).collect();
    check::chips(reader, &chips);
    chips
}

fn read(reader: &Reader<'_>, mut table: Table<'_>) -> Option<Item<Chip>> {
    let spot = table.spot();
    let rows = KINDS.each_ref().map(|row| (row.0.name(), row));
    let driver = table.need("driver", r#""pca9685""#).choice(&rows);
    let bus = table.get("bus").or(DEFAULT_BUS.to_owned(), Field::string);
    let at = table.need("address", "0x40");
    // Seven-bit addresses below 0x03 and above 0x77 are reserved by the I²C specification (UM10204, 3.1.12).
    let address = at.integer(0x03..=0x77, "(0x03 to 0x77)").and_then(|address| u8::try_from(address).ok());
    // Which keys are right depends on the chip: without one nothing is said about the others.
    let (like, read) = driver?;
    let address = address.filter(|address| check::address(reader, &at.spot(), like, *address));
    let kind = read(&mut table);
    table.finish();
    Some(Item { value: Chip { kind: kind?, bus: bus?, address: address? }, spot })
}

fn pca9685(table: &mut Table<'_>) -> Option<ChipKind> {
    let limits = *pca9685::FREQUENCIES_HZ.start()..=*pca9685::FREQUENCIES_HZ.end();
    let frequency_hz = table.get("frequency_hz").or(50.0, |field| field.number(limits, "hertz"));
    Some(ChipKind::Pca9685 { frequency_hz: frequency_hz? })
}

fn robot_hat(table: &mut Table<'_>) -> Option<ChipKind> {
    let reset = table.get("reset").or(None, |field| gpio_line(field).map(Some));
    Some(ChipKind::RobotHat { reset: reset? })
}

fn ina219(table: &mut Table<'_>) -> Option<ChipKind> {
    let shunt_ohms = table.get("shunt_ohms").or(0.1, |field| field.number(0.001..=1.0, "ohms"));
    Some(ChipKind::Ina219 { shunt_ohms: shunt_ohms? })
}

fn reference(table: &mut Table<'_>) -> Option<f64> {
    table.get("reference_v").or(HEADER_V, |field| field.number(1.0..=6.0, "volts"))
}
