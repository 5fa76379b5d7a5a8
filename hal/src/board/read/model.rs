//! `[model]`: the body, for the simulator.

use crate::board::{BatterySpec, DrivetrainSpec, ModelSpec, MotorSpec};
use crate::file::{Field, Table};

/// Of two lithium cells, where a board does not measure its battery.
const EMPTY_V: f64 = 6.4;

/// What is absent is as [`ModelSpec::of`] has it; that of a table which is wrong is `None`.
pub(super) fn read(
    field: &Field<'_>,
    drivetrain: Option<&DrivetrainSpec>,
    motors: &[MotorSpec],
    battery: Option<&BatterySpec>,
) -> Option<ModelSpec> {
    let empty_v = battery.map_or(EMPTY_V, |battery| battery.empty_v);
    let standard = ModelSpec::of(drivetrain?, motors, empty_v);
    field.or(standard.clone(), |field| keys(field.table()?, standard))
}

fn keys(mut table: Table<'_>, mut model: ModelSpec) -> Option<ModelSpec> {
    let mut whole = true;
    let mut number = |key: &str, value: &mut f64, range, unit: &str| match table
        .get(key)
        .or(*value, |field| field.number(range, unit))
    {
        Some(read) => *value = read,
        None => whole = false,
    };
    number("mass_kg", &mut model.mass_kg, 0.05..=50.0, "kilograms");
    number("radius_m", &mut model.radius_m, 0.01..=2.0, "metres");
    number("driven_weight", &mut model.driven_weight, 0.1..=1.0, "of the weight");
    number("wheel_kg_m2", &mut model.wheel_kg_m2, 1e-7..=0.1, "kilogram square metres");
    number("motor_ohms", &mut model.motor_ohms, 0.01..=100.0, "ohms");
    number("motor_mh", &mut model.motor_mh, 0.001..=100.0, "millihenries");
    number("motor_nm_per_a", &mut model.motor_nm_per_a, 0.001..=10.0, "newton metres an ampere");
    number("friction_nm", &mut model.friction_nm, 0.0..=5.0, "newton metres");
    number("stiction_nm", &mut model.stiction_nm, 0.0..=5.0, "newton metres");
    number("drag_nm_s", &mut model.drag_nm_s, 0.0..=1.0, "newton metre seconds");
    number("motor_spread", &mut model.motor_spread, 0.0..=0.3, "of the speed");
    number("battery_ah", &mut model.battery_ah, 0.01..=100.0, "ampere-hours");
    number("battery_ohms", &mut model.battery_ohms, 0.0..=10.0, "ohms");
    number("brown_out_v", &mut model.brown_out_v, 0.0..=60.0, "volts");
    number("camera_ahead_m", &mut model.camera_m[0], -2.0..=2.0, "metres");
    number("camera_up_m", &mut model.camera_m[1], 0.01..=2.0, "metres");
    number("camera_fov_deg", &mut model.camera_fov_deg, 20.0..=140.0, "degrees");
    number("range_ahead_m", &mut model.range_ahead_m, -2.0..=2.0, "metres");
    number("line_ahead_m", &mut model.line_ahead_m, -2.0..=2.0, "metres");
    number("line_spacing_m", &mut model.line_spacing_m, 0.002..=0.5, "metres");
    table.finish();
    whole.then_some(model)
}
