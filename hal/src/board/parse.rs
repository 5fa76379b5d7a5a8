//! A board from its TOML.
//!
//! What lives here: the file as a whole, and each table that names no pin. What must never live here:
//! pins and what they drive, which is `wiring`; what is wrong between tables, which is `check`.

use super::wiring::Wiring;
use super::{Board, Chip, ChipKind, DEFAULT_BUS, DrivetrainSpec, check};
use crate::driver::pca9685;
use crate::file::{Faults, Field, Item, Reader, Table};

pub(super) fn board(file: &str, text: &str) -> Result<Board, Faults> {
    let reader = Reader::new(file, text);
    let mut top = reader.root();
    let name = top.need("name", r#""my car""#).string();
    let description = top.get("description").string().unwrap_or_default();
    let chips = chips(&reader, &top.get("chips"));
    let drivetrain = top.need("drive", r#"{ kind = "differential", … }"#).table().and_then(drivetrain);
    let mut wiring = Wiring::new(&reader, &chips);
    let motors: Vec<_> =
        top.get("motors").named_tables().into_iter().map(|table| wiring.motor(table)).collect();
    let servos: Vec<_> =
        top.get("servos").named_tables().into_iter().map(|table| wiring.servo(table)).collect();
    let estop = top.get("estop").or(None, |field| wiring.estop(field.table()?).map(Some));
    let uses = wiring.into_uses();
    let root = top.spot();
    top.finish();

    check::pins(&reader, &uses);
    check::servos(&reader, &servos);
    if reader.is_clean() {
        check::sides(&reader, &root, motors.iter().flatten());
    }
    let board = (|| {
        Some(Board {
            name: name?,
            description,
            chips: chips.into_iter().map(|chip| chip.map(|item| item.value)).collect::<Option<_>>()?,
            drivetrain: drivetrain?,
            motors: motors.into_iter().collect::<Option<_>>()?,
            servos: servos.into_iter().map(|servo| servo.map(|item| item.value)).collect::<Option<_>>()?,
            estop: estop?,
        })
    })();
    reader.into_result(board)
}

fn chips(reader: &Reader<'_>, field: &Field<'_>) -> Vec<Option<Item<Chip>>> {
    let chips: Vec<_> = field.tables().into_iter().map(|table| chip(reader, table)).collect();
    check::chips(reader, &chips);
    chips
}

fn chip(reader: &Reader<'_>, mut table: Table<'_>) -> Option<Item<Chip>> {
    let spot = table.spot();
    let driver = table.need("driver", r#""pca9685""#).choice(&[("pca9685", ())]);
    let bus = table.get("bus");
    let at = table.need("address", "0x40");
    // Seven-bit addresses below 0x03 and above 0x77 are reserved by the I²C specification (UM10204, 3.1.12).
    let address = at.integer(0x03..=0x77, "(0x03 to 0x77)").and_then(|address| u8::try_from(address).ok());
    let address = address.filter(|address| check::address(reader, &at.spot(), *address));
    let frequency_hz = table.get("frequency_hz");
    let limits = *pca9685::FREQUENCIES_HZ.start()..=*pca9685::FREQUENCIES_HZ.end();
    let frequency_hz = frequency_hz.or(50.0, |field| field.number(limits, "hertz"));
    let bus = bus.or(DEFAULT_BUS.to_owned(), Field::string);
    table.finish();
    driver?;
    let kind = ChipKind::Pca9685 { frequency_hz: frequency_hz? };
    Some(Item { value: Chip { kind, bus: bus?, address: address? }, spot })
}

fn drivetrain(mut table: Table<'_>) -> Option<DrivetrainSpec> {
    let kind = table.need("kind", r#""differential""#).choice(&[("differential", ())]);
    let track_m = table.need("track_m", "0.13").number(0.01..=5.0, "metres");
    let wheel_diameter_m = table.need("wheel_diameter_m", "0.065").number(0.005..=2.0, "metres");
    let top_speed_mps = table.need("top_speed_mps", "0.7").number(0.01..=20.0, "metres a second");
    table.finish();
    kind?;
    Some(DrivetrainSpec::Differential {
        track_m: track_m?,
        wheel_diameter_m: wheel_diameter_m?,
        top_speed_mps: top_speed_mps?,
    })
}
