//! `[estop]`, `[battery]`, `[range]`, `[line]`, `[imu]`: what the car can read.

use super::check;
use super::wiring::Wiring;
use crate::board::{
    BatterySource, BatterySpec, ChipKind, EstopSpec, ImuSpec, Level, LineSpec, Mount, Pull, RangeSpec,
    ServoRole, ServoSpec,
};
use crate::file::{Item, Table};

pub(super) const LEVELS: [(&str, Level); 2] = [("low", Level::Low), ("high", Level::High)];
pub(super) const PULLS: [(&str, Pull); 3] = [("up", Pull::Up), ("down", Pull::Down), ("none", Pull::None)];
pub(super) const MOUNTS: [(&str, Mount); 2] = [("body", Mount::Body), ("pan", Mount::Pan)];

pub(super) fn estop(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<EstopSpec> {
    let line = wiring.input(&table.need("pin", r#""gpio:GPIO26""#));
    let pressed = table.need("pressed", r#""high""#).choice(&LEVELS);
    // Towards pressed, so that a wire that breaks presses the button.
    let towards = if pressed == Some(Level::Low) { Pull::Down } else { Pull::Up };
    let pull = table.get("pull").or(towards, |field| field.choice(&PULLS));
    table.finish();
    Some(EstopSpec { line: line?, pressed: pressed?, pull: pull? })
}

pub(super) fn battery(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<BatterySpec> {
    let (chip, input) = (table.get("chip"), table.get("input"));
    // Beside a chip it is no key.
    let at_ratio = if chip.is_present() { chip.clone() } else { table.get("ratio") };
    let source = match (chip.is_present(), input.is_present()) {
        (true, true) => {
            let hint = "give the chip or the input, not both";
            wiring.reader().fault(&chip.spot(), "stands beside an input", hint);
            None
        }
        (true, false) => wiring
            .chip(&chip, "ina219", |kind| matches!(kind, ChipKind::Ina219 { .. }))
            .map(|chip| BatterySource::Ina219 { chip }),
        _ => {
            let input = wiring.analog(&table.need("input", r#""ads7830@0x48:2" (or chip = "ina219@0x41")"#));
            // The greatest is that of 60 volts at an input of 1 volt.
            let ratio = at_ratio.or(1.0, |field| field.number(1.0..=60.0, "volts for one"));
            input.zip(ratio).map(|(input, ratio)| BatterySource::Analog { input, ratio })
        }
    };
    let (empty, full) = (table.need("empty_v", "6.4"), table.need("full_v", "8.4"));
    let empty_v = empty.number(0.5..=60.0, "volts");
    let full_v = full.number(0.5..=60.0, "volts");
    check::ascending(wiring.reader(), empty_v, full_v, &full.spot(), "");
    match (&source, full_v) {
        (Some(BatterySource::Analog { input, ratio }), Some(full_v)) => {
            let highest_v = wiring.full_scale_v(input.chip);
            check::reads_full(wiring.reader(), full_v, highest_v, *ratio, &at_ratio.spot());
        }
        (Some(BatterySource::Ina219 { chip }), Some(full_v)) => {
            let highest_v = wiring.full_scale_v(*chip);
            check::bears_full(wiring.reader(), full_v, highest_v, &full.spot());
        }
        _ => {}
    }
    table.finish();
    Some(BatterySpec { source: source?, empty_v: empty_v?, full_v: full_v? })
}

pub(super) fn range(
    wiring: &mut Wiring<'_>,
    servos: &[Option<Item<ServoSpec>>],
    mut table: Table<'_>,
) -> Option<RangeSpec> {
    let trigger = wiring.line(&table.need("trigger", r#""gpio:GPIO27""#));
    let echo = wiring.input(&table.need("echo", r#""gpio:GPIO22""#));
    // 2 centimetres to 4 metres is what its data sheet promises; some hear further.
    let max_m = table.get("max_m").or(4.0, |field| field.number(0.1..=6.0, "metres"));
    let on_field = table.get("on");
    let on = on_field.or(Mount::Body, |field| field.choice(&MOUNTS));
    let pans = servos.iter().any(|servo| servo.as_ref().is_none_or(|s| s.value.role == ServoRole::Pan));
    if on == Some(Mount::Pan) && !pans {
        let hint = "add [servos.pan] with role = \"pan\", or leave `on` out";
        wiring.reader().fault(&on_field.spot(), "is on a servo that is not there", hint);
    }
    table.finish();
    Some(RangeSpec { trigger: trigger?, echo: echo?, max_m: max_m?, on: on? })
}

pub(super) fn line(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<LineSpec> {
    let inputs = wiring.line_inputs(&table.need("inputs", r#"["gpio:GPIO14", "gpio:GPIO15"]"#));
    let dark = table.need("dark", r#""high""#).choice(&LEVELS);
    table.finish();
    Some(LineSpec { inputs: inputs?, dark: dark? })
}

pub(super) fn imu(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<ImuSpec> {
    let field = table.need("chip", r#""mpu6050@0x68""#);
    let chip = wiring.chip(&field, "mpu6050", |kind| matches!(kind, ChipKind::Mpu6050));
    table.finish();
    Some(ImuSpec { chip: chip? })
}
