//! A board from its TOML.
//!
//! What lives here: the file as a whole; beside it one file for each kind of table. What must never live
//! here: what is wrong between tables, which is `check`.

use super::Board;
use crate::file::{Faults, Field, Reader};
use wiring::Wiring;

mod check;
mod chip;
mod drive;
mod model;
mod motor;
mod panel;
mod sensor;
mod servo;
#[cfg(test)]
mod tests;
mod timers;
mod wiring;

pub(super) fn board(file: &str, text: &str) -> Result<Board, Faults> {
    let reader = Reader::new(file, text);
    let mut top = reader.root();
    let name = top.need("name", r#""my car""#).name();
    let description = top.get("description").or(String::new(), Field::line);
    let (chips, resets) = chip::all(&reader, &top.get("chips"));
    let drivetrain = top.need("drive", r#"{ kind = "differential", … }"#).table().and_then(drive::read);
    let mut wiring = Wiring::new(&reader, &chips, resets);
    let motors: Vec<_> =
        top.get("motors").named_tables().into_iter().map(|t| motor::read(&mut wiring, t)).collect();
    let servos: Vec<_> =
        top.get("servos").named_tables().into_iter().map(|t| servo::read(&mut wiring, t)).collect();
    let estop = top.get("estop").or(None, |f| sensor::estop(&mut wiring, f.table()?).map(Some));
    let battery = top.get("battery").or(None, |f| sensor::battery(&mut wiring, f.table()?).map(Some));
    let range = top.get("range").or(None, |f| sensor::range(&mut wiring, &servos, f.table()?).map(Some));
    let line = top.get("line").or(None, |f| sensor::line(&mut wiring, f.table()?).map(Some));
    let imu = top.get("imu").or(None, |f| sensor::imu(&mut wiring, f.table()?).map(Some));
    let outputs: Vec<_> =
        top.get("outputs").named_tables().into_iter().map(|t| panel::output(&mut wiring, t)).collect();
    let loopbacks: Vec<_> =
        top.get("loopback").tables().into_iter().map(|t| panel::loopback(&mut wiring, t)).collect();
    let driven: Vec<_> = motors.iter().flatten().map(|item| item.value.clone()).collect();
    let feeds = battery.as_ref().and_then(Option::as_ref);
    let model = model::read(&top.get("model"), drivetrain.as_ref(), &driven, feeds);
    let uses = wiring.into_uses();
    let root = top.spot();
    top.finish();

    check::pins(&reader, &uses);
    check::servos(&reader, &servos);
    if reader.is_clean() {
        check::wheels(&reader, &root, drivetrain.as_ref(), &motors, &servos);
    }
    let board = (|| {
        Some(Board {
            name: name?,
            description: description?,
            chips: chips.into_iter().map(|chip| chip.map(|item| item.value)).collect::<Option<_>>()?,
            drivetrain: drivetrain?,
            motors: motors.into_iter().map(|motor| motor.map(|item| item.value)).collect::<Option<_>>()?,
            servos: servos.into_iter().map(|servo| servo.map(|item| item.value)).collect::<Option<_>>()?,
            estop: estop?,
            battery: battery?,
            range: range?,
            line: line?,
            imu: imu?,
            outputs: outputs.into_iter().collect::<Option<_>>()?,
            loopbacks: loopbacks.into_iter().collect::<Option<_>>()?,
            model: model?,
        })
    })();
    reader.into_result(board)
}
