//! `[drive]`: how the wheels move the car.

use crate::board::DrivetrainSpec;
use crate::file::Table;

#[derive(Clone, Copy)]
enum Kind {
    Differential,
    Ackermann,
    Mecanum,
}

const KINDS: [(&str, Kind); 3] =
    [("differential", Kind::Differential), ("ackermann", Kind::Ackermann), ("mecanum", Kind::Mecanum)];

pub(super) fn read(mut table: Table<'_>) -> Option<DrivetrainSpec> {
    let kind = table.need("kind", r#""differential""#).choice(&KINDS);
    let track_m = table.need("track_m", "0.13").number(0.01..=5.0, "metres");
    let wheel_diameter_m = table.need("wheel_diameter_m", "0.065").number(0.005..=2.0, "metres");
    let top_speed_mps = table.need("top_speed_mps", "0.7").number(0.01..=20.0, "metres a second");
    let wheelbase_m = match kind {
        Some(Kind::Ackermann | Kind::Mecanum) => {
            table.need("wheelbase_m", "0.15").number(0.01..=5.0, "metres")
        }
        Some(Kind::Differential) => Some(0.0),
        // Whether it is known depends on the kind.
        None => return None,
    };
    table.finish();
    let (track_m, wheel_diameter_m, top_speed_mps) = (track_m?, wheel_diameter_m?, top_speed_mps?);
    let wheelbase_m = wheelbase_m?;
    Some(match kind? {
        Kind::Differential => DrivetrainSpec::Differential { track_m, wheel_diameter_m, top_speed_mps },
        Kind::Ackermann => {
            DrivetrainSpec::Ackermann { wheelbase_m, track_m, wheel_diameter_m, top_speed_mps }
        }
        Kind::Mecanum => DrivetrainSpec::Mecanum { wheelbase_m, track_m, wheel_diameter_m, top_speed_mps },
    })
}
