//! `[servos.NAME]`: pulses, angles and limits.

use super::check;
use super::wiring::Wiring;
use crate::board::{ServoRole, ServoSpec};
use crate::file::{Field, Item, Table};

const ROLES: [(&str, ServoRole); 3] =
    [("pan", ServoRole::Pan), ("tilt", ServoRole::Tilt), ("steering", ServoRole::Steering)];

pub(super) fn read(wiring: &mut Wiring<'_>, mut table: Table<'_>) -> Option<Item<ServoSpec>> {
    let spot = table.spot();
    let name = table.name();
    let role = table.need("role", r#""pan""#).choice(&ROLES);
    let pwm = wiring.duty(&table.need("pwm", r#""pca9685@0x40:8""#));
    // Digital servos go to 333 hertz; beyond that no pulse of 2 milliseconds fits.
    let frequency_hz = wiring.frequency(&table.get("frequency_hz"), pwm.as_ref(), check::PULSE_HZ, 333.0);
    let (shortest, longest) = (table.need("min_us", "1000"), table.need("max_us", "2000"));
    let pulse = 400.0..=2600.0;
    let min_us = shortest.number(pulse.clone(), "microseconds");
    let max_us = longest.number(pulse, "microseconds");
    check::ascending(wiring.reader(), min_us, max_us, &longest.spot());
    let (least, greatest) = (table.need("min_deg", "-90"), table.need("max_deg", "90"));
    let angle = -180.0..=180.0;
    let min_deg = least.number(angle.clone(), "degrees");
    let max_deg = greatest.number(angle.clone(), "degrees");
    check::ascending(wiring.reader(), min_deg, max_deg, &greatest.spot());
    let invert = table.get("invert").or(false, Field::boolean);
    let center = table.get("center_deg");
    let range = min_deg.zip(max_deg).filter(|(min, max)| min < max).map_or(angle, |(min, max)| min..=max);
    let middle = 0.0_f64.clamp(*range.start(), *range.end());
    let center_deg = center.or(middle, |field| field.number(range, "degrees"));
    let speed = table.get("speed_deg_s");
    let speed_deg_s = speed.or(None, |field| field.number(1.0..=2000.0, "degrees a second").map(Some));
    table.finish();
    let value = ServoSpec {
        name: name?,
        role: role?,
        pwm: pwm?,
        frequency_hz: frequency_hz?,
        min_us: min_us?,
        max_us: max_us?,
        min_deg: min_deg?,
        max_deg: max_deg?,
        invert: invert?,
        center_deg: center_deg?,
        speed_deg_s: speed_deg_s?,
    };
    Some(Item { value, spot })
}
