//! `[outputs.NAME]` and `[[loopback]]`: buzzers, lamps, and wires for tests.

use super::sensor::LEVELS;
use super::wiring::Wiring;
use crate::board::{Level, LoopbackSpec, OutputKind, OutputSpec};
use crate::file::Table;

/// What a lamp on a PWM pin runs at if neither the file nor a chip says: no eye sees it.
const LAMP_HZ: f64 = 1_000.0;

const KINDS: [(&str, OutputKind); 2] = [("buzzer", OutputKind::Buzzer), ("led", OutputKind::Led)];

pub(super) fn output(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<OutputSpec> {
    let name = table.name();
    let kind = table.need("kind", r#""led""#).choice(&KINDS);
    let pin = wiring.any(&table.need("pin", r#""gpio:GPIO17""#));
    let frequency_hz = wiring.frequency(&table.get("frequency_hz"), pin.as_ref(), LAMP_HZ, 40_000.0);
    let active = table.get("active").or(Level::High, |field| field.choice(&LEVELS));
    table.finish();
    Some(OutputSpec { name: name?, kind: kind?, pin: pin?, frequency_hz: frequency_hz?, active: active? })
}

pub(super) fn loopback(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<LoopbackSpec> {
    let from = wiring.known_output(&table.need("from", r#""pca9685@0x40:0""#));
    let to = wiring.input(&table.need("to", r#""gpio:GPIO5""#));
    table.finish();
    Some(LoopbackSpec { from: from?, to: to? })
}
